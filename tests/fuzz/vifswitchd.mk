# SPDX-License-Identifier: GPL-2.0-or-later
$(eval $(call fuzz-target,vifswitchd-values,tests/fuzz/vifswitchd-values.c,vifswitchd policy core base,$(VIFSWITCHD_LIBS)))
$(eval $(call fuzz-target,vifswitchd-request,tests/fuzz/vifswitchd-request.c,vifswitchd policy core base,$(VIFSWITCHD_LIBS)))
$(eval $(call fuzz-target,vifswitchd-policy,tests/fuzz/vifswitchd-policy.c,vifswitchd policy vifdb core base,$(VIFSWITCHD_LIBS)))
