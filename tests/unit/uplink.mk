# SPDX-License-Identifier: GPL-2.0-or-later

$(eval $(call unit-test,uplink-adoption,tests/unit/uplink-adoption.c tests/unit/uplink-world.c,uplink policydb policy xen datapath vifdb core base,$(VIFSWITCHD_LIBS)))
$(eval $(call unit-test,uplink-return,tests/unit/uplink-return.c tests/unit/uplink-world.c,uplink policydb policy xen datapath vifdb core base,$(VIFSWITCHD_LIBS)))
$(eval $(call unit-test,uplink-bridge,tests/unit/uplink-bridge.c tests/unit/uplink-world.c,uplink policydb policy xen datapath vifdb core base,$(VIFSWITCHD_LIBS)))
$(eval $(call unit-test,uplink-links,tests/unit/uplink-links.c tests/unit/uplink-world.c,uplink policydb policy xen datapath vifdb core base,$(VIFSWITCHD_LIBS)))
$(eval $(call unit-test,config-trial,tests/unit/config-trial.c,uplink policydb policy xen datapath vifdb core base,$(VIFSWITCHD_LIBS)))
$(eval $(call unit-test,uplink-bond,tests/unit/uplink-bond.c,uplink policydb policy xen datapath vifdb core base,$(VIFSWITCHD_LIBS)))
$(eval $(call unit-test,uplink-settings,tests/unit/uplink-settings.c,uplink policydb policy xen datapath vifdb core base,$(VIFSWITCHD_LIBS)))
$(eval $(call unit-test,uplink-loop,tests/unit/uplink-loop.c,uplink policydb policy xen datapath vifdb core base,$(VIFSWITCHD_LIBS)))
