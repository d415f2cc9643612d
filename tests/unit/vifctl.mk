# SPDX-License-Identifier: GPL-2.0-or-later
$(eval $(call unit-test,vifctl,tests/unit/vifctl.c tests/unit/show-sample.c,$(VIFCTL_ARCHIVES),$(VIFCTL_LIBS)))
$(eval $(call unit-test,vifctl-safe,tests/unit/vifctl-safe.c,$(VIFCTL_ARCHIVES),$(VIFCTL_LIBS)))
$(eval $(call unit-test,vifctl-policy,tests/unit/vifctl-policy.c,$(VIFCTL_ARCHIVES),$(VIFCTL_LIBS)))
$(eval $(call unit-test,vifctl-why,tests/unit/vifctl-why.c,$(VIFCTL_ARCHIVES),$(VIFCTL_LIBS)))
$(eval $(call unit-test,vifctl-why-rules,tests/unit/vifctl-why-rules.c,$(VIFCTL_ARCHIVES),$(VIFCTL_LIBS)))
$(eval $(call unit-test,vifctl-rates,tests/unit/vifctl-rates.c,$(VIFCTL_ARCHIVES),$(VIFCTL_LIBS)))
$(eval $(call unit-test,vifctl-drops,tests/unit/vifctl-drops.c,$(VIFCTL_ARCHIVES),$(VIFCTL_LIBS)))
$(eval $(call unit-test,vifctl-doctor,tests/unit/vifctl-doctor.c,$(VIFCTL_ARCHIVES),$(VIFCTL_LIBS)))
