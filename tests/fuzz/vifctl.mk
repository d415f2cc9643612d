# SPDX-License-Identifier: GPL-2.0-or-later
$(eval $(call fuzz-target,vifctl-policy,tests/fuzz/vifctl-policy.c,$(VIFCTL_ARCHIVES),$(VIFCTL_LIBS)))
$(eval $(call fuzz-target,vifctl-fields,tests/fuzz/vifctl-fields.c,$(VIFCTL_ARCHIVES),$(VIFCTL_LIBS)))
$(eval $(call fuzz-target,vifctl-packet,tests/fuzz/vifctl-packet.c,$(VIFCTL_ARCHIVES),$(VIFCTL_LIBS)))
$(eval $(call fuzz-target,vifctl-summary,tests/fuzz/vifctl-summary.c,$(VIFCTL_ARCHIVES),$(VIFCTL_LIBS)))
$(eval $(call fuzz-target,vifctl-pool,tests/fuzz/vifctl-pool.c,$(VIFCTL_ARCHIVES),$(VIFCTL_LIBS)))
