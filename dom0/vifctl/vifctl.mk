# SPDX-License-Identifier: GPL-2.0-or-later
VIFCTL_SRCS := $(addprefix dom0/vifctl/,commands.c fetch.c kernel.c options.c select.c table.c \
	text.c view-list.c view-show.c)
VIFCTL_ARCHIVES := vifctl program-view control-client base core

$(eval $(call archive,control-client,dom0/base/control-client.c))
# What the daemon knows about reading a program back, without the daemon.
$(eval $(call archive,program-view,$(addprefix dom0/vifswitchd/,compile.c problem.c vlans.c)))
$(eval $(call archive,vifctl,$(VIFCTL_SRCS)))
$(eval $(call program,vifctl,dom0/vifctl/main.c,$(VIFCTL_ARCHIVES),$(BASE_LIBS)))
