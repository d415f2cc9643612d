# SPDX-License-Identifier: GPL-2.0-or-later
$(eval $(call fuzz-target,vifexportd-told,tests/fuzz/vifexportd-told.c,$(VIFEXPORTD_ARCHIVES),$(VIFEXPORTD_LIBS)))
