# SPDX-License-Identifier: GPL-2.0-or-later
# backend-keys.c stays out of the archive: it is the privileged seam tests replace.
$(call archive,hotplug,hotplug/invocation.c hotplug/run.c hotplug/vif-hook.c)
$(call program,vif-vifswitch,hotplug/main.c hotplug/backend-keys.c,hotplug base,-lxenstore -lxentoolcore -ljansson)
# A VM waits for it: finding and relocating five libraries is most of what it would do.
$(B)/release/vif-vifswitch: LD_release := $(CC) -static-pie -Wl,-z,relro,-z,now -pthread
