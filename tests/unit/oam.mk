# SPDX-License-Identifier: GPL-2.0-or-later
$(call unit-test,oam-cfm,tests/unit/oam-cfm.c,oam base,$(BASE_LIBS))
$(call unit-test,oam-bfd,tests/unit/oam-bfd.c,oam base,$(BASE_LIBS))
$(call unit-test,oam-path-mtu,tests/unit/oam-path-mtu.c,oam base,$(BASE_LIBS))
$(call unit-test,oam-lldp,tests/unit/oam-lldp.c,oam base,$(BASE_LIBS))
$(call unit-test,oam-echo,tests/unit/oam-echo.c,oam base,$(BASE_LIBS))
$(call unit-test,oam-fault,tests/unit/oam-fault.c,oam base,$(BASE_LIBS))
$(eval $(call unit-test,oam-tunnel,tests/unit/oam-tunnel.c,vifoamd oam base,$(BASE_LIBS)))
$(eval $(call unit-test,oam-settings,tests/unit/oam-settings.c,uplink policydb policy xen datapath vifdb core oam base,$(VIFSWITCHD_LIBS)))
