# SPDX-License-Identifier: GPL-2.0-or-later

$(eval $(call unit-test,vifswitchd-parsers,tests/unit/vifswitchd-parsers.c,$(VIFSWITCHD_ARCHIVES),$(VIFSWITCHD_LIBS)))
$(eval $(call unit-test,vifswitchd-plan,tests/unit/vifswitchd-plan.c tests/unit/vifswitchd-world.c,$(VIFSWITCHD_ARCHIVES),$(VIFSWITCHD_LIBS)))
$(eval $(call unit-test,vifswitchd-apply,tests/unit/vifswitchd-apply.c tests/unit/vifswitchd-world.c,$(VIFSWITCHD_ARCHIVES),$(VIFSWITCHD_LIBS)))
$(eval $(call unit-test,vifswitchd-config,tests/unit/vifswitchd-config.c,$(VIFSWITCHD_ARCHIVES),$(VIFSWITCHD_LIBS)))
$(eval $(call unit-test,vifswitchd-control,tests/unit/vifswitchd-control.c,$(VIFSWITCHD_ARCHIVES),$(VIFSWITCHD_LIBS)))
$(eval $(call unit-test,vifswitchd-policy,tests/unit/vifswitchd-policy.c,$(VIFSWITCHD_ARCHIVES),$(VIFSWITCHD_LIBS)))
$(eval $(call unit-test,vifswitchd-switches,tests/unit/vifswitchd-switches.c,$(VIFSWITCHD_ARCHIVES),$(VIFSWITCHD_LIBS)))
$(eval $(call unit-test,vifswitchd-plan-policy,tests/unit/vifswitchd-plan-policy.c tests/unit/vifswitchd-world.c,$(VIFSWITCHD_ARCHIVES),$(VIFSWITCHD_LIBS)))
$(eval $(call unit-test,vifswitchd-qos,tests/unit/vifswitchd-qos.c tests/unit/vifswitchd-world.c,$(VIFSWITCHD_ARCHIVES),$(VIFSWITCHD_LIBS)))
$(eval $(call unit-test,vifswitchd-acl,tests/unit/vifswitchd-acl.c tests/unit/vifswitchd-world.c,$(VIFSWITCHD_ARCHIVES),$(VIFSWITCHD_LIBS)))
$(eval $(call unit-test,vifswitchd-mirror,tests/unit/vifswitchd-mirror.c tests/unit/vifswitchd-world.c,$(VIFSWITCHD_ARCHIVES),$(VIFSWITCHD_LIBS)))
$(eval $(call unit-test,policy-fields,tests/unit/policy-fields.c,$(VIFSWITCHD_ARCHIVES),$(VIFSWITCHD_LIBS)))
