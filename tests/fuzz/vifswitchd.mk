# SPDX-License-Identifier: GPL-2.0-or-later
$(eval $(call fuzz-target,vifswitchd-values,tests/fuzz/vifswitchd-values.c,$(VIFSWITCHD_ARCHIVES),$(VIFSWITCHD_LIBS)))
$(eval $(call fuzz-target,vifswitchd-request,tests/fuzz/vifswitchd-request.c,$(VIFSWITCHD_ARCHIVES),$(VIFSWITCHD_LIBS)))
$(eval $(call fuzz-target,vifswitchd-policy,tests/fuzz/vifswitchd-policy.c,$(VIFSWITCHD_ARCHIVES),$(VIFSWITCHD_LIBS)))
