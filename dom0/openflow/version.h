/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Versions of the wire protocol, and numbers of the specifications that all of them share. */
#ifndef OPENFLOW_VERSION_H
#define OPENFLOW_VERSION_H

#include "vifswitch/openflow-abi.h"

enum of_version { OF10 = 1, OF13 = 4, OF14 = 5, OF15 = 6 };

#define for_each_version(v) \
	for (uint8_t v = OF10; v <= OF15; v = v == OF10 ? OF13 : v + 1)

#define OF_HEADER	8
#define OF_MESSAGE_MAX	65535
#define OF_HEADS_MAX	2048	/* octets of a message, a flow's head and its match, at most */
#define OF_TABLES	VIFSWITCH_OF_TABLES
#define OF_TABLE_ALL	255
#define OF_NO_BUFFER	0xffffffffu

#define NX_VENDOR	0x00002320u
#define ONF_VENDOR	0x4f4e4600u

/* Ports of 1.1 and later; those of 1.0 are their low half. */
#define OFPP_IN_PORT	0xfffffff8u
#define OFPP_TABLE	0xfffffff9u
#define OFPP_NORMAL	0xfffffffau
#define OFPP_FLOOD	0xfffffffbu
#define OFPP_ALL	0xfffffffcu
#define OFPP_CONTROLLER	0xfffffffdu
#define OFPP_LOCAL	0xfffffffeu
#define OFPP_ANY	0xffffffffu	/* NONE in 1.0 */
#define OFPP10_MAX	0xff00u

#define OFPG_MAX	0xffffff00u
#define OFPG_ALL	0xfffffffcu
#define OFPG_ANY	0xffffffffu
#define OFPM_MAX	0xffff0000u
#define OFPM_SLOWPATH	0xfffffffdu
#define OFPM_CONTROLLER	0xfffffffeu
#define OFPM_ALL	0xffffffffu

enum of_role { ROLE_NOCHANGE, ROLE_EQUAL, ROLE_PRIMARY, ROLE_SECONDARY };

enum of_flow_mod_command {
	FLOW_ADD, FLOW_MODIFY, FLOW_MODIFY_STRICT, FLOW_DELETE, FLOW_DELETE_STRICT,
};

#define OFPFF_SEND_FLOW_REM	0x01
#define OFPFF_CHECK_OVERLAP	0x02
#define OFPFF_RESET_COUNTS	0x04	/* 1.2 and later; "emergency" in 1.0 */
#define OFPFF_NO_PKT_COUNTS	0x08
#define OFPFF_NO_BYT_COUNTS	0x10

#endif /* OPENFLOW_VERSION_H */
