// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/action-rows.h"
#include "openflow/version.h"

const struct action_row action_rows[] = {
	{ ACT_OUTPUT, 0, 0, -1, OF13, "P2", "Q2......", NULL },
	{ ACT_ENQUEUE, 11, -1, -1, 0, "P......4", NULL, NULL },
	{ ACT_TRUNCATE, -1, -1, 39, 0, NULL, NULL, "P4" },
	{ ACT_GROUP, -1, 22, 40, OF13, NULL, "4", "..4" },
	{ ACT_SET_QUEUE, -1, 21, 4, OF13, NULL, "4", "..4" },
	{ ACT_POP_QUEUE, -1, -1, 5, 0, NULL, NULL, "......" },
	{ ACT_VLAN_VID, 1, 1, -1, OF13, "2..", "2..", NULL },
	{ ACT_VLAN_PCP, 2, 2, -1, OF13, "1...", "1...", NULL },
	{ ACT_PUSH_VLAN, -1, 17, -1, OF13, NULL, "2..", NULL },
	{ ACT_POP_VLAN, 3, 18, -1, OF13, "....", "....", NULL },
	{ ACT_FIN_TIMEOUT, -1, -1, 19, 0, NULL, NULL, "22.." },
	{ ACT_EXIT, -1, -1, 17, 0, NULL, NULL, "......" },
	{ ACT_CONJUNCTION, -1, -1, 34, 0, NULL, NULL, "114" },
	{ ACT_METER, -1, 29, -1, OF15, NULL, "4", NULL },
};
const unsigned int action_row_count = sizeof(action_rows) / sizeof(action_rows[0]);

const struct set_row set_rows[] = {
	{ "dl_src", 4, 3, 6, 0 },
	{ "dl_dst", 5, 4, 6, 0 },
	{ "nw_src", 6, 5, 4, 0 },
	{ "nw_dst", 7, 6, 4, 0 },
	{ "ip_dscp", 8, 7, 1, 2 },
	{ "nw_ecn", -1, 8, 1, 0 },
	{ "tcp_src", 9, 9, 2, 0 },
	{ "tcp_dst", 10, 10, 2, 0 },
	{ "nw_ttl", -1, 23, 1, 0 },
};
const unsigned int set_row_count = sizeof(set_rows) / sizeof(set_rows[0]);
