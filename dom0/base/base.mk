# SPDX-License-Identifier: GPL-2.0-or-later
BASE_LIBS := -lnl-genl-3 -lnl-3 -ljansson -lsystemd

NL_CFLAGS := $(shell pkg-config --cflags libnl-genl-3.0 libnl-route-3.0)
BASE_CFLAGS += $(NL_CFLAGS)

$(call archive,base,$(wildcard dom0/base/*.c))
