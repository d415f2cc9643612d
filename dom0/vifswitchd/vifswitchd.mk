# SPDX-License-Identifier: GPL-2.0-or-later
VIFSWITCHD_SRCS := $(filter-out dom0/vifswitchd/main.c,$(wildcard dom0/vifswitchd/*.c))
VIFSWITCHD_LIBS := -lxenstore -lxenctrl -lconfuse -lnl-route-3 $(VIFDB_LIBS) $(BASE_LIBS)

$(eval $(call archive,vifswitchd,$(VIFSWITCHD_SRCS)))
$(eval $(call program,vifswitchd,dom0/vifswitchd/main.c,vifswitchd policy vifdb core base,$(VIFSWITCHD_LIBS)))
