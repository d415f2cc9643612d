# SPDX-License-Identifier: GPL-2.0-or-later
BASE_SRCS := $(addprefix dom0/base/,datapath.c datapath-acl.c datapath-decode.c json-rpc.c log.c netlink.c \
	number.c problem.c uuid.c)
BASE_LIBS := -lnl-genl-3 -lnl-3 -ljansson -lsystemd

NL_CFLAGS := $(shell pkg-config --cflags libnl-genl-3.0 libnl-route-3.0)
BASE_CFLAGS += $(NL_CFLAGS)

$(eval $(call archive,base,$(BASE_SRCS)))
