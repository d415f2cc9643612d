// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/action-rows.h"
#include "openflow/version.h"

#define WORD(kind, word, text)	{ kind, -1, -1, -1, 0, NULL, NULL, NULL, word, text }

const struct action_row action_rows[] = {
	{ ACT_OUTPUT, 0, 0, -1, OF13, "P2", "Q2......", NULL,
	  "output", NULL },
	{ ACT_ENQUEUE, 11, -1, -1, 0, "P......4", NULL, NULL,
	  "enqueue", ":%p:%d" },
	{ ACT_TRUNCATE, -1, -1, 39, 0, NULL, NULL, "P4",
	  "output", NULL },
	{ ACT_GROUP, -1, 22, 40, OF13, NULL, "4", "..4",
	  "group", ":%d" },
	{ ACT_SET_QUEUE, -1, 21, 4, OF13, NULL, "4", "..4",
	  "set_queue", ":%d" },
	{ ACT_POP_QUEUE, -1, -1, 5, 0, NULL, NULL, "......",
	  "pop_queue", "" },
	{ ACT_VLAN_VID, 1, 1, -1, OF13, "2..", "2..", NULL,
	  "mod_vlan_vid", ":%d" },
	{ ACT_VLAN_PCP, 2, 2, -1, OF13, "1...", "1...", NULL,
	  "mod_vlan_pcp", ":%d" },
	{ ACT_PUSH_VLAN, -1, 17, -1, OF13, NULL, "2..", NULL,
	  "push_vlan", ":%x" },
	{ ACT_POP_VLAN, 3, 18, -1, OF13, "....", "....", NULL,
	  "pop_vlan", "" },
	{ ACT_PUSH_MPLS, -1, 19, 23, OF13, NULL, "2..", "2....",
	  "push_mpls", ":%x" },
	{ ACT_POP_MPLS, -1, 20, 24, OF13, NULL, "2..", "2....",
	  "pop_mpls", ":%x" },
	{ ACT_DEC_MPLS_TTL, -1, 16, 26, OF13, NULL, "....", "......",
	  "dec_mpls_ttl", "" },
	{ ACT_FIN_TIMEOUT, -1, -1, 19, 0, NULL, NULL, "22..",
	  "fin_timeout", NULL },
	{ ACT_EXIT, -1, -1, 17, 0, NULL, NULL, "......",
	  "exit", "" },
	{ ACT_CONJUNCTION, -1, -1, 34, 0, NULL, NULL, "114",
	  "conjunction", NULL },
	{ ACT_CT_CLEAR, -1, -1, 43, 0, NULL, NULL, "......",
	  "ct_clear", "" },
	{ ACT_METER, -1, 29, -1, OF15, NULL, "4", NULL,
	  "meter", ":%d" },
	WORD(ACT_SET_FIELD, "set_field", NULL),
	WORD(ACT_MOVE, "move", NULL),
	WORD(ACT_DEC_TTL, "dec_ttl", NULL),
	WORD(ACT_CONTROLLER, "controller", NULL),
	WORD(ACT_OUTPUT_REG, "output", NULL),
	WORD(ACT_RESUBMIT, "resubmit", NULL),
	WORD(ACT_NOTE, "note", NULL),
	WORD(ACT_CLONE, "clone", NULL),
	WORD(ACT_CT, "ct", NULL),
	WORD(ACT_LEARN, "learn", NULL),
	WORD(ACT_CLEAR, "clear_actions", ""),
	WORD(ACT_WRITE, "write_actions", NULL),
	WORD(ACT_METADATA, "write_metadata", NULL),
	WORD(ACT_GOTO, "goto_table", ":%d"),
};
const unsigned int action_row_count = sizeof(action_rows) / sizeof(action_rows[0]);

const struct set_row set_rows[] = {
	{ "dl_src", 4, 3, 6, 0, "mod_dl_src" },
	{ "dl_dst", 5, 4, 6, 0, "mod_dl_dst" },
	{ "nw_src", 6, 5, 4, 0, "mod_nw_src" },
	{ "nw_dst", 7, 6, 4, 0, "mod_nw_dst" },
	{ "ip_dscp", 8, 7, 1, 2, "mod_nw_tos" },
	{ "nw_ecn", -1, 8, 1, 0, "mod_nw_ecn" },
	{ "tcp_src", 9, 9, 2, 0, "mod_tp_src" },
	{ "tcp_dst", 10, 10, 2, 0, "mod_tp_dst" },
	{ "nw_ttl", -1, 23, 1, 0, "mod_nw_ttl" },
	{ "mpls_ttl", -1, 15, 1, 0, "set_mpls_ttl" },
};
const unsigned int set_row_count = sizeof(set_rows) / sizeof(set_rows[0]);

const char *const controller_reasons[] = {
	"no_match", "action", "invalid_ttl", "action_set", "group", "packet_out",
};
const unsigned int controller_reason_count =
	sizeof(controller_reasons) / sizeof(controller_reasons[0]);
