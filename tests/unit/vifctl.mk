# SPDX-License-Identifier: GPL-2.0-or-later
$(eval $(call unit-test,vifctl,tests/unit/vifctl.c,$(VIFCTL_ARCHIVES),$(BASE_LIBS)))
