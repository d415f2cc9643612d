# SPDX-License-Identifier: GPL-2.0-or-later
$(eval $(call unit-test,show,tests/unit/show.c tests/unit/show-sample.c,$(VIFCTL_ARCHIVES),$(VIFCTL_LIBS)))
