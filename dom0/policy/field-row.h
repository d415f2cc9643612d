/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the rows of fields.c are written: what fields of a type have in common. */
#ifndef POLICY_FIELD_ROW_H
#define POLICY_FIELD_ROW_H

#include <stddef.h>

#include "policy/bounds.h"
#include "policy/field.h"
#include "policy/show-fields.h"
#include "policy/vif-fields.h"
#include "policy/words.h"
#include "vifswitch/abi.h"

#define ONE(...)	.columns = { { __VA_ARGS__ } }
#define INTEGER(name, low, high, text) \
	{ name, COLUMN_INTEGER, text, .min = (int64_t)(low), .max = (int64_t)(high) }
#define NUMBER(of_unit, column, low, high, text) \
	.type = FIELD_NUMBER, .unit = UNIT_##of_unit, \
	.columns = { INTEGER(column, low, high, text) }
#define RATE(column, text) \
	NUMBER(RATE, column, VIFSWITCH_RATE_MIN_BPS, VIFSWITCH_RATE_MAX_BPS, text), \
	.like = "100Mbit"
#define BURST(column, text) \
	NUMBER(BITS, column, VIFSWITCH_BURST_MIN_BYTES * 8, VIFSWITCH_BURST_MAX_BYTES * 8, text), \
	.like = "64KiB"
#define PACKETS(column, text) \
	NUMBER(PACKETS, column, VIFSWITCH_PPS_MIN, VIFSWITCH_PPS_MAX, text), .like = "10kpps"
#define WORD(column, of, text) \
	.type = FIELD_WORD, ONE(column, COLUMN_STRING, text, .words = of)
#define WORDS(column, of, count, text) \
	.type = FIELD_WORDS, ONE(column, COLUMN_STRINGS, text, .words = of, .most = count)
#define PREFIXES(column, count, text) \
	.type = FIELD_PREFIXES, ONE(column, COLUMN_STRINGS, text, .min = PREFIX_TEXT_MIN, \
				    .max = 64, .most = count)
#define ENDPOINTS(column, count, text) \
	.type = FIELD_ENDPOINTS, ONE(column, COLUMN_STRINGS, text, .min = PREFIX_TEXT_MIN, \
				     .max = 64, .most = count)
#define NETDEV_NAME	.min = 1, .max = 15
#define BOOLEAN(column, text)	.type = FIELD_BOOLEAN, ONE(column, COLUMN_BOOLEAN, text)
#define REFERENCE(to, column, text) \
	.type = FIELD_REFERENCE, .like = "NAME", \
	ONE(column, COLUMN_REFERENCE, text, .refers = to)
#define GROUPS(column, text) \
	.type = FIELD_REFERENCES, .like = "NAME,...", \
	ONE(column, COLUMN_REFERENCES, text, .refers = "Group", .most = ACL_GROUPS_MAX)
#define PORTS(column, text) \
	.type = FIELD_PORTS, ONE(column, COLUMN_RANGES, text, .max = 65535, .most = ACL_RANGES_MAX)
#define MAP(column, text) \
	.type = FIELD_MAP, .like = "key=value,...", ONE(column, COLUMN_MAP, text, .most = 256)
#define VLANS(name, text) \
	{ name, COLUMN_INTEGERS, text, .max = VIFSWITCH_VID_MAX, .most = VIFSWITCH_VID_MAX + 1 }
#define TCP_FLAGS(name, text) \
	{ name, COLUMN_STRINGS, text, .words = tcp_flag_words, .most = 8 }

#define MEMBER(m)	.place = offsetof(struct vif_policy, m), \
			.size = sizeof(((struct vif_policy *)0)->m)
#define PROGRAM(m)	MEMBER(program.header.m)
#define KEEP_MARK	.otherwise = VIFSWITCH_MARK_KEEP, .none = VIFSWITCH_MARK_KEEP

/* Fields of several tables. */
#define MULTICAST_ROUTER(text)	WORD("multicast_router", multicast_router_words, text)
#define FACTS { \
	"external-ids", .kept = true, \
	MAP("external_ids", "Facts of other systems about this row; vifswitch does not look at them.") \
}
#define LABELS(text)	{ "labels", .pairs = true, MAP("labels", text) }
#define MTU(text, ...) \
	{ "mtu", __VA_ARGS__ NUMBER(OCTETS, "mtu", VIF_MTU_MIN, VIF_MTU_MAX, text), .like = "9000" }
#define RATE_FROM_VM { \
	"rate-from-vm", PROGRAM(rate_bps), .merge = merge_rate_from_vm, .show = show_rate_from_vm, \
	RATE("rate_from_vm", "Most bits per second that the VM may send; more is dropped.") \
}
#define BURST_FROM_VM { \
	"burst-from-vm", .merge = merge_burst_from_vm, .told_by = "rate_from_vm", \
	BURST("burst_from_vm", \
	      "Bits that it may send at once above that rate. Empty: what it may send in 250 ms, at least 1048576.") \
}
#define PACKETS_FROM_VM { \
	"packets-from-vm", PROGRAM(packet_rate), .merge = merge_packets_from_vm, \
	PACKETS("packets_from_vm", "Most packets per second that the VM may send.") \
}
#define PACKETS_TO_VM { \
	"packets-to-vm", PROGRAM(packet_rate_to), .feature = VIFSWITCH_FEATURE_PACKETS_TO, \
	PACKETS("packets_to_vm", \
		"Most packets per second that are sent to the VM; more is dropped. Spares dom0 the work of a flood, which rate_to_vm counts in bits.") \
}
#define RATE_TO_VM { \
	"rate-to-vm", MEMBER(to_bps), \
	RATE("rate_to_vm", "Most bits per second that are sent to the VM; more waits, then is dropped.") \
}

#endif /* POLICY_FIELD_ROW_H */
