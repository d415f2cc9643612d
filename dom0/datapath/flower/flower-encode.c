// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/flower/flower-encode.h"

#include <arpa/inet.h>
#include <linux/gen_stats.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_csum.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/tc_act/tc_pedit.h>
#include <linux/tc_act/tc_vlan.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "datapath/ko/genl.h"

#define INGRESS		TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)
#define COOKIE_MARK	"vifswtch"	/* 8 octets, and 8 of the sum */
#define ACTIONS_MAX	5		/* mark, checksum, pop, push, redirect */
#define CELL_LOG	8		/* of a table of rates that only its form is asked of */
#define NS_PER_S	1000000000ULL
#define TICK_SHIFT	6		/* a tick of the kernel's packet schedulers is 64 ns */

struct cookie {
	char mark[8];
	uint64_t sum;
};

/* ---- matches ---- */

static void put_mac(struct nl_msg *msg, int type, int mask_type, uint64_t mac)
{
	static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	uint8_t p[6];

	if (!mac)
		return;
	vs_mac_store(p, mac);
	nla_put(msg, type, sizeof(p), p);
	nla_put(msg, mask_type, sizeof(all), all);
}

/* The leading @bits of a port. */
static void put_port(struct nl_msg *msg, int type, int mask_type, uint16_t value,
		     unsigned int bits)
{
	if (!bits)
		return;
	nla_put_u16(msg, type, htons(value));
	nla_put_u16(msg, mask_type, htons((uint16_t)(0xffff << (16 - bits))));
}

static void put_octet(struct nl_msg *msg, int type, int mask_type, uint16_t value,
		      unsigned int bits)
{
	if (!bits)
		return;
	nla_put_u8(msg, type, (uint8_t)value);
	nla_put_u8(msg, mask_type, (uint8_t)(0xff << (8 - bits)));
}

static void store64(uint8_t *p, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(value >> (56 - 8 * i));
}

/* Attributes of an address, and of its mask. */
static void put_address(struct nl_msg *msg, bool ip4, const union vs_address *ip,
			unsigned int bits, int type, int mask_type)
{
	uint8_t address[16], mask[16] = {};
	size_t size = ip4 ? 4 : 16;

	if (!bits)
		return;
	for (unsigned int i = 0; i < bits; i++)
		mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
	store64(address, ip4 ? (uint64_t)ip->ip4 << 32 : ip->ip6[0]);
	store64(address + 8, ip4 ? 0 : ip->ip6[1]);
	nla_put(msg, type, size, address);
	nla_put(msg, mask_type, size, mask);
}

static void put_addresses(struct nl_msg *msg, const struct flower_rule *r)
{
	bool ip4 = r->type == VS_TYPE_IP4;

	put_address(msg, ip4, &r->src_ip, r->src_bits,
		    ip4 ? TCA_FLOWER_KEY_IPV4_SRC : TCA_FLOWER_KEY_IPV6_SRC,
		    ip4 ? TCA_FLOWER_KEY_IPV4_SRC_MASK : TCA_FLOWER_KEY_IPV6_SRC_MASK);
	put_address(msg, ip4, &r->dst_ip, r->dst_bits,
		    ip4 ? TCA_FLOWER_KEY_IPV4_DST : TCA_FLOWER_KEY_IPV6_DST,
		    ip4 ? TCA_FLOWER_KEY_IPV4_DST_MASK : TCA_FLOWER_KEY_IPV6_DST_MASK);
}

static void put_l4(struct nl_msg *msg, const struct flower_rule *r)
{
	switch (r->proto) {
	case VS_PROTO_ICMP:
		put_octet(msg, TCA_FLOWER_KEY_ICMPV4_TYPE, TCA_FLOWER_KEY_ICMPV4_TYPE_MASK,
			  r->l4_src, r->l4_src_bits);
		put_octet(msg, TCA_FLOWER_KEY_ICMPV4_CODE, TCA_FLOWER_KEY_ICMPV4_CODE_MASK,
			  r->l4_dst, r->l4_dst_bits);
		break;
	case VS_PROTO_ICMP6:
		put_octet(msg, TCA_FLOWER_KEY_ICMPV6_TYPE, TCA_FLOWER_KEY_ICMPV6_TYPE_MASK,
			  r->l4_src, r->l4_src_bits);
		put_octet(msg, TCA_FLOWER_KEY_ICMPV6_CODE, TCA_FLOWER_KEY_ICMPV6_CODE_MASK,
			  r->l4_dst, r->l4_dst_bits);
		break;
	case VS_PROTO_TCP:
		put_port(msg, TCA_FLOWER_KEY_TCP_SRC, TCA_FLOWER_KEY_TCP_SRC_MASK, r->l4_src,
			 r->l4_src_bits);
		put_port(msg, TCA_FLOWER_KEY_TCP_DST, TCA_FLOWER_KEY_TCP_DST_MASK, r->l4_dst,
			 r->l4_dst_bits);
		break;
	default:
		put_port(msg, TCA_FLOWER_KEY_UDP_SRC, TCA_FLOWER_KEY_UDP_SRC_MASK, r->l4_src,
			 r->l4_src_bits);
		put_port(msg, TCA_FLOWER_KEY_UDP_DST, TCA_FLOWER_KEY_UDP_DST_MASK, r->l4_dst,
			 r->l4_dst_bits);
	}
}

static void put_packet(struct nl_msg *msg, const struct flower_rule *rule)
{
	if (rule->proto)
		nla_put_u8(msg, TCA_FLOWER_KEY_IP_PROTO, rule->proto);
	if (rule->whole) {
		nla_put_u32(msg, TCA_FLOWER_KEY_FLAGS, 0);
		nla_put_u32(msg, TCA_FLOWER_KEY_FLAGS_MASK,
			    htonl(TCA_FLOWER_KEY_FLAGS_IS_FRAGMENT));
	}
	put_addresses(msg, rule);
	put_l4(msg, rule);
	if (rule->tcp_mask) {
		nla_put_u16(msg, TCA_FLOWER_KEY_TCP_FLAGS, htons(rule->tcp_flags));
		nla_put_u16(msg, TCA_FLOWER_KEY_TCP_FLAGS_MASK, htons(rule->tcp_mask));
	}
}

static void put_matches(struct nl_msg *msg, const struct flower_rule *rule)
{
	nla_put_u16(msg, TCA_FLOWER_KEY_ETH_TYPE,
		    htons(rule->tagged ? ETH_P_8021Q : rule->type));
	put_mac(msg, TCA_FLOWER_KEY_ETH_SRC, TCA_FLOWER_KEY_ETH_SRC_MASK, rule->src);
	put_mac(msg, TCA_FLOWER_KEY_ETH_DST, TCA_FLOWER_KEY_ETH_DST_MASK, rule->dst);
	if (rule->tagged) {
		nla_put_u16(msg, TCA_FLOWER_KEY_VLAN_ID, rule->vid);
		nla_put_u16(msg, TCA_FLOWER_KEY_VLAN_ETH_TYPE, htons(rule->type));
	}
	put_packet(msg, rule);
}

/* ---- actions ---- */

struct actions {
	struct nl_msg *msg;
	const struct cookie *cookie;	/* of the first one; NULL: without */
	int count;
	struct nlattr *one, *options;
};

static void action_begin(struct actions *a, const char *kind)
{
	a->one = nla_nest_start(a->msg, ++a->count);
	nla_put_string(a->msg, TCA_ACT_KIND, kind);
	if (a->cookie && a->count == 1)
		nla_put(a->msg, TCA_ACT_COOKIE, sizeof(*a->cookie), a->cookie);
	a->options = nla_nest_start(a->msg, TCA_ACT_OPTIONS);
}

static void action_end(struct actions *a)
{
	nla_nest_end(a->msg, a->options);
	nla_nest_end(a->msg, a->one);
}

static void put_vlan(struct actions *a, int what, uint16_t tci)
{
	struct tc_vlan parms = { .action = TC_ACT_PIPE, .v_action = what };

	action_begin(a, "vlan");
	nla_put(a->msg, TCA_VLAN_PARMS, sizeof(parms), &parms);
	if (what == TCA_VLAN_ACT_PUSH) {
		nla_put_u16(a->msg, TCA_VLAN_PUSH_VLAN_ID, tci & VS_TCI_VID);
		nla_put_u16(a->msg, TCA_VLAN_PUSH_VLAN_PROTOCOL, htons(ETH_P_8021Q));
		nla_put_u8(a->msg, TCA_VLAN_PUSH_VLAN_PRIORITY, tci >> VS_TCI_PCP_SHIFT);
	}
	action_end(a);
}

static void put_checksum(struct actions *a)
{
	struct tc_csum parms = {
		.action = TC_ACT_PIPE, .update_flags = TCA_CSUM_UPDATE_FLAG_IPV4HDR,
	};

	action_begin(a, "csum");
	nla_put(a->msg, TCA_CSUM_PARMS, sizeof(parms), &parms);
	action_end(a);
}

/* The DSCP of the IP header; ECN, the two bits behind it, stays. */
static void put_mark(struct actions *a, const struct flower_rule *rule)
{
	bool ip4 = rule->type == VS_TYPE_IP4;
	unsigned int shift = ip4 ? 18 : 22;	/* in the first 32 bits of the header */
	const struct tc_pedit_sel sel = { .action = TC_ACT_PIPE, .nkeys = 1 };
	const struct tc_pedit_key what = {
		.mask = htonl(~(0x3fU << shift)), .val = htonl((uint32_t)rule->dscp << shift),
	};
	uint8_t parms[sizeof(sel) + sizeof(what)];
	struct nlattr *keys, *key;

	memcpy(parms, &sel, sizeof(sel));
	memcpy(parms + sizeof(sel), &what, sizeof(what));
	action_begin(a, "pedit");
	nla_put(a->msg, TCA_PEDIT_PARMS_EX, sizeof(parms), parms);
	keys = nla_nest_start(a->msg, TCA_PEDIT_KEYS_EX);
	key = nla_nest_start(a->msg, TCA_PEDIT_KEY_EX);
	nla_put_u16(a->msg, TCA_PEDIT_KEY_EX_HTYPE, ip4 ? TCA_PEDIT_KEY_EX_HDR_TYPE_IP4 :
							  TCA_PEDIT_KEY_EX_HDR_TYPE_IP6);
	nla_put_u16(a->msg, TCA_PEDIT_KEY_EX_CMD, TCA_PEDIT_KEY_EX_CMD_SET);
	nla_nest_end(a->msg, key);
	nla_nest_end(a->msg, keys);
	action_end(a);
	if (ip4)
		put_checksum(a);
}

static void put_redirect(struct actions *a, uint32_t to)
{
	struct tc_mirred parms = {
		.action = TC_ACT_STOLEN, .eaction = TCA_EGRESS_REDIR, .ifindex = to,
	};

	action_begin(a, "mirred");
	nla_put(a->msg, TCA_MIRRED_PARMS, sizeof(parms), &parms);
	action_end(a);
}

static void put_drop(struct actions *a)
{
	struct tc_gact parms = { .action = TC_ACT_SHOT };

	action_begin(a, "gact");
	nla_put(a->msg, TCA_GACT_PARMS, sizeof(parms), &parms);
	action_end(a);
}

/* The time that a bucket of so many takes to fill, in ticks. */
static uint32_t ticks_of(uint64_t burst, uint64_t per_second)
{
	uint64_t ns = (uint64_t)((unsigned __int128)burst * NS_PER_S / per_second);

	return ns >> TICK_SHIFT > UINT32_MAX ? UINT32_MAX : (uint32_t)(ns >> TICK_SHIFT);
}

/* What is within the rate goes on to the next rules. */
static void put_police(struct actions *a, const struct flower_rule *rule)
{
	static const uint8_t table[1024];
	uint64_t octets = rule->rate_bps / 8;
	struct tc_police parms = { .action = TC_ACT_SHOT };

	if (octets) {
		parms.burst = ticks_of(rule->rate_burst, octets);
		parms.rate.cell_log = CELL_LOG;
		parms.rate.linklayer = TC_LINKLAYER_ETHERNET;
		parms.rate.rate = octets > UINT32_MAX ? UINT32_MAX : (uint32_t)octets;
	}
	action_begin(a, "police");
	nla_put(a->msg, TCA_POLICE_TBF, sizeof(parms), &parms);
	if (octets) {
		nla_put(a->msg, TCA_POLICE_RATE, sizeof(table), table);
		nla_put_u64(a->msg, TCA_POLICE_RATE64, octets);
	} else {
		nla_put_u64(a->msg, TCA_POLICE_PKTRATE64, rule->packet_rate);
		nla_put_u64(a->msg, TCA_POLICE_PKTBURST64,
			    ticks_of(rule->packet_burst, rule->packet_rate));
	}
	nla_put_u32(a->msg, TCA_POLICE_RESULT, (uint32_t)TC_ACT_UNSPEC);
	action_end(a);
}

static void put_actions(struct nl_msg *msg, const struct flower_rule *rule,
			const struct cookie *cookie)
{
	struct actions a = { .msg = msg, .cookie = cookie };
	struct nlattr *all = nla_nest_start(msg, rule->stage == FLOWER_POLICE ?
					    TCA_MATCHALL_ACT : TCA_FLOWER_ACT);

	if (rule->stage == FLOWER_POLICE)
		put_police(&a, rule);
	if (flower_rule_drops(rule))
		put_drop(&a);
	if (rule->mark)
		put_mark(&a, rule);
	if (rule->pop)
		put_vlan(&a, TCA_VLAN_ACT_POP, 0);
	if (rule->push)
		put_vlan(&a, TCA_VLAN_ACT_PUSH, rule->push_tci);
	if (rule->to)
		put_redirect(&a, rule->to);
	nla_nest_end(msg, all);
}

/* ---- filters ---- */

static void put_filter(struct nl_msg *msg, const struct flower_rule *rule,
		       enum flower_where where, const struct cookie *cookie)
{
	bool all = rule->stage == FLOWER_POLICE;
	struct nlattr *options;

	nla_put_string(msg, TCA_KIND, all ? "matchall" : "flower");
	options = nla_nest_start(msg, TCA_OPTIONS);
	if (!all)
		put_matches(msg, rule);
	nla_put_u32(msg, all ? TCA_MATCHALL_FLAGS : TCA_FLOWER_FLAGS,
		    where == FLOWER_IN_HARDWARE ? TCA_CLS_FLAGS_SKIP_SW : TCA_CLS_FLAGS_SKIP_HW);
	put_actions(msg, rule, cookie);
	nla_nest_end(msg, options);
}

/* Filters of one priority are of one kind, and asked of frames of one type. */
#define FORMS		3

enum prio {
	PRIO_RATE = 1,
	PRIO_PACKETS,
	PRIO_REFUSE,			/* IPv4, IPv6, tagged */
	PRIO_FORWARD = PRIO_REFUSE + FORMS,	/* likewise */
	PRIO_LISTED = PRIO_FORWARD + FORMS,	/* likewise, and so for each place in a list */
};

_Static_assert(PRIO_LISTED + FORMS * (FLOWER_RULES_MAX + 2) < 0xc000,
	       "as the kernel lets others choose");

static uint16_t prio_of(const struct flower_rule *rule)
{
	unsigned int form = rule->tagged ? 2 : rule->type == VS_TYPE_IP6;

	if (rule->stage == FLOWER_POLICE)
		return rule->rate_bps ? PRIO_RATE : PRIO_PACKETS;
	if (rule->stage == FLOWER_LISTED)
		return (uint16_t)(PRIO_LISTED + (rule->order - 1U) * FORMS + form);
	return (uint16_t)(form + (rule->stage == FLOWER_REFUSE ? PRIO_REFUSE : PRIO_FORWARD));
}

enum flower_stage flower_filter_stage(const struct flower_filter *f)
{
	return f->prio < PRIO_REFUSE ? FLOWER_POLICE :
	       f->prio < PRIO_FORWARD ? FLOWER_REFUSE :
	       f->prio < PRIO_LISTED ? FLOWER_FORWARD : FLOWER_LISTED;
}

uint32_t flower_filter_reason(const struct flower_filter *f)
{
	return f->prio == PRIO_RATE ? VIFSWITCH_DROP_RATE :
	       f->prio == PRIO_PACKETS ? VIFSWITCH_DROP_PACKET_RATE :
	       f->prio < PRIO_FORWARD ? VIFSWITCH_DROP_DHCP_SERVER : VIFSWITCH_DROP_NONE;
}

void flower_filter_of(const struct flower_rule *rule, enum flower_where where,
		      struct flower_filter *ret)
{
	struct nl_msg *msg = nlmsg_alloc();
	const struct nlmsghdr *h;
	uint32_t sums[2];

	if (!msg)
		mem_out();
	put_filter(msg, rule, where, NULL);
	h = nlmsg_hdr(msg);
	for (uint32_t i = 0; i < 2; i++)
		sums[i] = bytes_sum(NLMSG_DATA(h), h->nlmsg_len - NLMSG_HDRLEN, i + 1);
	nlmsg_free(msg);
	*ret = (struct flower_filter){
		.prio = prio_of(rule),
		.type = rule->stage == FLOWER_POLICE ? ETH_P_ALL :
			rule->tagged ? ETH_P_8021Q : rule->type,
		.handle = sums[0] ? sums[0] : 1,
		.sum = (uint64_t)sums[0] << 32 | sums[1] | 1,
	};
}

struct nl_msg *flower_message(int type, int flags, uint32_t ifindex,
			      const struct flower_filter *filter)
{
	struct tcmsg tc = {
		.tcm_family = AF_UNSPEC, .tcm_ifindex = (int)ifindex, .tcm_parent = INGRESS,
	};

	if (filter) {
		tc.tcm_handle = filter->handle;
		tc.tcm_info = TC_H_MAKE((uint32_t)filter->prio << 16, htons(filter->type));
	}
	return netlink_message(type, flags, &tc, sizeof(tc));
}

struct nl_msg *flower_encode(const struct flower_rule *rule, const struct flower_filter *filter,
			     enum flower_where where, uint32_t ifindex)
{
	const struct cookie cookie = { .mark = COOKIE_MARK, .sum = filter->sum };
	struct nl_msg *msg = flower_message(RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, ifindex,
					    filter);

	if (msg)
		put_filter(msg, rule, where, &cookie);
	return msg;
}

/* ---- what is there ---- */

static void read_stats(struct nlattr *nest, struct flower_filter *ret)
{
	struct nlattr *stats[TCA_STATS_MAX + 1];
	struct gnet_stats_basic basic;
	struct gnet_stats_queue queue;

	if (nla_parse_nested(stats, TCA_STATS_MAX, nest, NULL) < 0)
		return;
	if (stats[TCA_STATS_BASIC] && nla_len(stats[TCA_STATS_BASIC]) >= (int)sizeof(basic)) {
		memcpy(&basic, nla_data(stats[TCA_STATS_BASIC]), sizeof(basic));
		ret->bytes = basic.bytes;
		ret->packets = basic.packets;
	}
	if (stats[TCA_STATS_PKT64] && nla_len(stats[TCA_STATS_PKT64]) >= 8)
		ret->packets = nla_get_u64(stats[TCA_STATS_PKT64]);
	if (stats[TCA_STATS_QUEUE] && nla_len(stats[TCA_STATS_QUEUE]) >= (int)sizeof(queue)) {
		memcpy(&queue, nla_data(stats[TCA_STATS_QUEUE]), sizeof(queue));
		ret->drops = queue.drops;
	}
}

static void read_redirect(struct nlattr *nest, struct flower_filter *ret)
{
	struct nlattr *parms = nla_find(nla_data(nest), nla_len(nest), TCA_MIRRED_PARMS);
	struct tc_mirred mirred;

	if (!parms || nla_len(parms) < (int)sizeof(mirred))
		return;
	memcpy(&mirred, nla_data(parms), sizeof(mirred));
	ret->to = mirred.ifindex;
}

/* Of the first one: what it was asked of, and whether it is ours. */
static void read_action(struct nlattr *nest, bool first, struct flower_filter *ret)
{
	struct nlattr *one[TCA_ACT_MAX + 1];
	struct cookie cookie;

	if (nla_parse_nested(one, TCA_ACT_MAX, nest, NULL) < 0 || !one[TCA_ACT_KIND])
		return;
	if (one[TCA_ACT_OPTIONS] && !nla_strcmp(one[TCA_ACT_KIND], "mirred"))
		read_redirect(one[TCA_ACT_OPTIONS], ret);
	if (!first)
		return;
	if (one[TCA_ACT_STATS])
		read_stats(one[TCA_ACT_STATS], ret);
	if (!one[TCA_ACT_COOKIE] || nla_len(one[TCA_ACT_COOKIE]) != sizeof(cookie))
		return;
	memcpy(&cookie, nla_data(one[TCA_ACT_COOKIE]), sizeof(cookie));
	if (memcmp(cookie.mark, COOKIE_MARK, sizeof(cookie.mark)) == 0)
		ret->sum = cookie.sum;
}

static struct nlattr *actions_of(struct nlattr *const *attrs)
{
	int wanted = nla_strcmp(attrs[TCA_KIND], "matchall") ? TCA_FLOWER_ACT :
									    TCA_MATCHALL_ACT;

	return attrs[TCA_OPTIONS] ? nla_find(nla_data(attrs[TCA_OPTIONS]),
					     nla_len(attrs[TCA_OPTIONS]), wanted) : NULL;
}

bool flower_decode(const struct nlmsghdr *h, struct flower_filter *ret)
{
	struct nlattr *attrs[TCA_MAX + 1], *actions, *action;
	const struct tcmsg *tc = NLMSG_DATA(h);

	if (h->nlmsg_type != RTM_NEWTFILTER || h->nlmsg_len < NLMSG_LENGTH(sizeof(*tc)) ||
	    !tc->tcm_handle ||
	    nlmsg_parse((struct nlmsghdr *)h, sizeof(*tc), attrs, TCA_MAX, NULL) < 0 ||
	    !attrs[TCA_KIND])
		return false;
	*ret = (struct flower_filter){
		.prio = (uint16_t)(tc->tcm_info >> 16), .handle = tc->tcm_handle,
		.type = ntohs((uint16_t)tc->tcm_info),
	};
	actions = actions_of(attrs);
	for (int i = 1; actions && i <= ACTIONS_MAX; i++) {
		action = nla_find(nla_data(actions), nla_len(actions), i);
		if (action)
			read_action(action, i == 1, ret);
	}
	return true;
}
