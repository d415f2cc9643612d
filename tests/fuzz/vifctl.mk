# SPDX-License-Identifier: GPL-2.0-or-later
$(eval $(call fuzz-target,vifctl-policy,tests/fuzz/vifctl-policy.c,vifctl-policy base,$(VIFCTL_LIBS)))
$(eval $(call fuzz-target,vifctl-fields,tests/fuzz/vifctl-fields.c,vifctl-policy base,$(VIFCTL_LIBS)))
$(eval $(call fuzz-target,vifctl-packet,tests/fuzz/vifctl-packet.c,vifctl vifctl-policy base,$(VIFCTL_LIBS)))
$(eval $(call fuzz-target,vifctl-summary,tests/fuzz/vifctl-summary.c,vifctl vifctl-policy base core,$(VIFCTL_LIBS)))
