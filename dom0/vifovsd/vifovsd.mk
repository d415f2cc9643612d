# SPDX-License-Identifier: GPL-2.0-or-later
VIFOVSD_ARCHIVES := vifovsd ovs oam policy vifdb base
VIFOVSD_LIBS := -lnl-route-3 $(VIFDB_LIBS) $(BASE_LIBS)

$(call archive,vifovsd,$(filter-out dom0/vifovsd/main.c,$(wildcard dom0/vifovsd/*.c)))
$(call program,vifovsd,dom0/vifovsd/main.c,$(VIFOVSD_ARCHIVES),$(VIFOVSD_LIBS))
