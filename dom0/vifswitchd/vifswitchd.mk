# SPDX-License-Identifier: GPL-2.0-or-later
VIFSWITCHD_ARCHIVES := vifswitchd show vf config handover uplink mirror network ipsec vici mesh exporter policydb policy xen xapi datapath vifdb core oam base
VIFSWITCHD_LIBS := -lxenstore -lxenctrl -lconfuse -lnl-route-3 $(VIFDB_LIBS) $(BASE_LIBS) $(HANDOVER_LIBS) -lgcrypt

$(call archive,vifswitchd,$(filter-out dom0/vifswitchd/main.c,$(wildcard dom0/vifswitchd/*.c dom0/vifswitchd/told/*.c dom0/vifswitchd/vf/*.c dom0/vifswitchd/flower/*.c)))
$(call program,vifswitchd,dom0/vifswitchd/main.c,$(VIFSWITCHD_ARCHIVES),$(VIFSWITCHD_LIBS))
