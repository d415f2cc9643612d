/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/* What rtnetlink says of a switch's netdev and of its ports. */
#ifndef VIFSWITCH_LINK_ABI_H
#define VIFSWITCH_LINK_ABI_H

/* IFLA_INFO_DATA of a switch, all u32, and IFLA_INFO_SLAVE_DATA of a port; reply only. */
enum vifswitch_ifla {
	IFLA_VIFSWITCH_UNSPEC,
	IFLA_VIFSWITCH_AGEING_MS,
	IFLA_VIFSWITCH_FDB_COUNT,
	IFLA_VIFSWITCH_PORT_COUNT,
};

enum vifswitch_ifla_port {
	IFLA_VIFSWITCH_PORT_UNSPEC,
	IFLA_VIFSWITCH_PORT_FLAGS,	/* u32 VIFSWITCH_PORT_* */
	IFLA_VIFSWITCH_PORT_CLAIM,	/* u8, enum vifswitch_claim */
	IFLA_VIFSWITCH_PORT_FDB_COUNT,	/* u32: learned here */
	IFLA_VIFSWITCH_PORT_COOKIE,	/* binary */
};

#endif /* VIFSWITCH_LINK_ABI_H */
