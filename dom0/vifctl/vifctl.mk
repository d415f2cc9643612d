# SPDX-License-Identifier: GPL-2.0-or-later
VIFCTL_ARCHIVES := vifctl openflow show ovs network uplink policy xen datapath vifdb oam base core
VIFCTL_LIBS := $(BASE_LIBS) $(VIFDB_LIBS) -lyaml -lpcap -lssl -lcrypto

$(call archive,vifctl,$(wildcard dom0/vifctl/*/*.c))
$(call program,vifctl,dom0/vifctl/main.c,$(VIFCTL_ARCHIVES),$(VIFCTL_LIBS))
