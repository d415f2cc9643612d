# SPDX-License-Identifier: GPL-2.0-or-later
VIFXAPID_ARCHIVES := vifxapid xapi policy xen vifdb base

$(call archive,vifxapid,$(filter-out dom0/vifxapid/main.c,$(wildcard dom0/vifxapid/*.c)))
$(call program,vifxapid,dom0/vifxapid/main.c,$(VIFXAPID_ARCHIVES),-lcurl $(VIFDB_LIBS) -lsystemd)
