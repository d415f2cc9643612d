# SPDX-License-Identifier: GPL-2.0-or-later
# store.c stays out of the archive: it is the privileged seam tests replace.
$(call archive,hotplug,hotplug/hotplug.c hotplug/run.c)
$(call program,vif-vifswitch,hotplug/main.c hotplug/store.c,hotplug control-client base,-lxenstore -ljansson)
