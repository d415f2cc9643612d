# SPDX-License-Identifier: GPL-2.0-or-later
$(eval $(call unit-test,vifexportd-outlet,tests/unit/vifexportd-outlet.c,$(VIFEXPORTD_ARCHIVES),$(VIFEXPORTD_LIBS)))
$(eval $(call unit-test,vifexportd-exporting,tests/unit/vifexportd-exporting.c,$(VIFEXPORTD_ARCHIVES),$(VIFEXPORTD_LIBS)))
