// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/flower/flower-plan.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "datapath/flower/flower-list.h"

#define ICMP6_ECHO_REQUEST	128
#define ICMP6_ECHO_REPLY	129
#define BITS_ICMP		8
#define BITS_PORT		16
#define LOOKS_MAX		200000	/* rules of ACLs that a plan looks at */

void flower_rules_deinit(struct flower_rules *rules)
{
	free(rules->rules);
	*rules = (struct flower_rules){};
}

struct planning {
	const struct flower_world *world;
	const struct flower_port *from;
	const struct vs_program *program;
	struct program_parts parts;
	const struct flower_port *to;	/* at hand */
	uint16_t vid;			/* likewise */
	uint64_t left;			/* of LOOKS_MAX */
	struct flower_rules *ret;
	bool full;
};

static void add(struct planning *p, const struct flower_rule *rule)
{
	struct flower_rules *r = p->ret;

	if (r->count == FLOWER_RULES_MAX) {
		p->full = true;
		return;
	}
	r->rules = xgrow(r->rules, r->count, &r->room, sizeof(*r->rules));
	r->rules[r->count++] = *rule;
}

/* ---- what keeps a port in software ---- */

struct keep {
	const char *field;
	uint32_t (*value)(const struct planning *p);	/* 0: not used */
};

static uint32_t copies(const struct planning *p)
{
	return p->program->copy_vlan[0];
}

static uint32_t mirrors(const struct planning *p)
{
	return p->program->mirror_from;
}

static uint32_t records(const struct planning *p)
{
	return p->program->flow_entries;
}

static uint32_t samples(const struct planning *p)
{
	return p->program->sample_every;
}

static uint32_t tunnel(const struct planning *p)
{
	return p->program->flags & VIFSWITCH_PF_TUNNEL;
}

static uint32_t balance(const struct planning *p)
{
	return p->program->flags & VIFSWITCH_PF_SLB;
}

/* Addresses of a guest that is not held to any may move at any time. */
static uint32_t unguarded(const struct planning *p)
{
	return !(p->program->flags & (VIFSWITCH_PF_GUARD | VIFSWITCH_PF_UPLINK));
}

static const struct keep keeps[] = {
	{ "a mirror: what the port sends is copied in software", mirrors },
	{ "an exporter of flows: they are counted in software", records },
	{ "an exporter of samples: they are taken in software", samples },
	{ "guard=off: where its addresses are is learned in software", unguarded },
	{ "copies of other hosts' mirrors: they are taken in software", copies },
	{ "a network over IP: its frames are made in software", tunnel },
	{ "bond_mode=balance-slb: members are chosen in software", balance },
};

static uint32_t mirrors_to(const struct planning *p)
{
	return p->program->mirror_to;
}

static uint32_t packets_to(const struct planning *p)
{
	return !!p->program->limit[VS_LIMIT_TO_PACKETS].mult;
}

static uint32_t queues(const struct planning *p)
{
	return p->from->queued;
}

/* kmod/tunnel/underlay.c looks into what leaves there. */
static uint32_t underlay(const struct planning *p)
{
	return p->world->underlay && p->program->flags & VIFSWITCH_PF_UPLINK;
}

/* Policy or queues of a receiver's own, that rules would go past. */
static const struct keep keeps_to[] = {
	{ "rate-to-vm: what goes to the port waits in queues of dom0's", queues },
	{ "packets-to-vm: they are counted in software", packets_to },
	{ "a mirror: what goes to the port is copied in software", mirrors_to },
	{ "a network over IP: its frames are made in software", tunnel },
	{ "bond_mode=balance-slb: members are chosen in software", balance },
	{ "networks over IP of its switch: what leaves by an uplink is looked into", underlay },
};

/* Why the ACL that is asked of what @port sends, or is sent, is software's. */
static const char *acl_keeps(const struct flower_port *port, enum vifswitch_acl_direction dir)
{
	if (!port->dp->program->acl)
		return NULL;
	return port->acl ? port->acl->why[dir] : "acl: what is in force is not known yet";
}

const char *flower_kept_to(const struct flower_world *world, size_t to)
{
	const struct planning p = {
		.world = world, .from = &world->ports[to],
		.program = world->ports[to].dp->program,
	};

	for (size_t i = 0; p.program && i < ARRAY_SIZE(keeps_to); i++)
		if (keeps_to[i].value(&p))
			return keeps_to[i].field;
	if (p.program && p.program->acl)
		return acl_keeps(p.from, VIFSWITCH_ACL_TO);
	return p.program && p.program->admits ? "its policy is asked in software" : NULL;
}

static const char *kept_by(const struct planning *p)
{
	if (!p->from->nic)
		return "netdev: it is no port of a NIC that switches";
	if (p->world->tables)
		return "openflow=true of its switch: flow tables are software";
	if (!p->program)
		return "state=down: it is closed";
	for (size_t i = 0; i < ARRAY_SIZE(keeps); i++)
		if (keeps[i].value(p))
			return keeps[i].field;
	return acl_keeps(p->from, VIFSWITCH_ACL_FROM);
}

/* ---- frames from one address in one VLAN ---- */

struct source {
	struct flower_rule like;	/* matches of all its rules */
	struct vs_verdict v;		/* as the core has it when it looks for the receiver */
};

static const void *guard_of(const struct planning *p, uint64_t mac)
{
	return p->world->dp->guard_of(p->world->dp->tables, mac);
}

static const struct vs_program *program_of(const void *world, const void *port)
{
	return ((const struct dp_world_port *)port)->program;
}

/* May it send from there, so that nothing changes by it? */
static bool settled(const struct planning *p, uint64_t mac, uint16_t vid)
{
	const struct dp_world *world = p->world->dp;
	struct vs_others others = {};
	bool fixed = false, here;

	if (!mac || vs_mac_is_group(mac) || vs_guard_source(p->program,
							     &(struct vs_frame){ .src = mac }))
		return false;
	world->others(world->tables, p->from->dp, mac, vid, &others);
	here = world->entry_of(world->tables, mac, vid, &fixed) == p->from->dp;
	switch (vs_source_of(vs_hold_of(p->program, mac), p->program->flags & VIFSWITCH_PF_UPLINK,
			     &others, here, fixed)) {
	case VS_SOURCE_OWN:
		return guard_of(p, mac) == p->from->dp;
	case VS_SOURCE_KNOWN:
		return true;
	default:
		return false;
	}
}

/* What it may not send, whoever it is for: each has a port of UDP that the guard knows. */
static void refuse(struct planning *p, const struct source *s)
{
	static const struct { uint16_t type, src, dst; } services[] = {
		{ VS_TYPE_IP4, VS_PORT_DHCP_SERVER, 0 }, { VS_TYPE_IP4, 0, VS_PORT_DHCP_CLIENT },
		{ VS_TYPE_IP6, VS_PORT_DHCP6_SERVER, 0 }, { VS_TYPE_IP6, 0, VS_PORT_DHCP6_CLIENT },
	};

	if ((p->program->flags & (VIFSWITCH_PF_GUARD | VIFSWITCH_PF_DHCP_SERVER)) !=
	    VIFSWITCH_PF_GUARD)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		struct flower_rule rule = s->like;

		rule.stage = FLOWER_REFUSE;
		rule.type = services[i].type;
		rule.proto = VS_PROTO_UDP;
		rule.whole = true;
		rule.l4_src = services[i].src;
		rule.l4_src_bits = rule.l4_src ? BITS_PORT : 0;
		rule.l4_dst = services[i].dst;
		rule.l4_dst_bits = rule.l4_dst ? BITS_PORT : 0;
		add(p, &rule);
	}
}

/* Is there an ACL between them? */
static bool asks(const struct planning *p)
{
	return p->program->acl || p->to->dp->program->acl;
}

static void add_listed(const struct flower_rule *rule, void *arg)
{
	add(arg, rule);
}

/* What ACLs let through of it. */
static void forward_listed(struct planning *p, const struct flower_rule *like)
{
	unsigned int family = like->type == VS_TYPE_IP4 ? VIFSWITCH_ACL_IP4 : VIFSWITCH_ACL_IP6;
	const struct flower_list_request request = {
		.from = p->program->acl ? &p->from->acl->list[VIFSWITCH_ACL_FROM][family] : NULL,
		.to = p->to->dp->program->acl ?
		      &p->to->acl->list[VIFSWITCH_ACL_TO][family] : NULL,
		.like = *like, .vid = p->vid, .add = add_listed, .full = &p->full,
		.left = &p->left, .arg = p,
	};

	flower_list_make(&request);
	p->full |= !p->left;
}

/* Of each protocol that the guard need not look into. */
static void forward_protocols(struct planning *p, const struct flower_rule *like)
{
	static const struct { uint16_t type; uint8_t proto, icmp; } plain[] = {
		{ VS_TYPE_IP4, VS_PROTO_TCP, 0 }, { VS_TYPE_IP4, VS_PROTO_UDP, 0 },
		{ VS_TYPE_IP4, VS_PROTO_ICMP, 0 },
		{ VS_TYPE_IP6, VS_PROTO_TCP, 0 }, { VS_TYPE_IP6, VS_PROTO_UDP, 0 },
		{ VS_TYPE_IP6, VS_PROTO_ICMP6, ICMP6_ECHO_REQUEST },
		{ VS_TYPE_IP6, VS_PROTO_ICMP6, ICMP6_ECHO_REPLY },
	};

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		struct flower_rule rule = *like;

		if (rule.type && rule.type != plain[i].type)
			continue;
		rule.type = plain[i].type;
		rule.proto = plain[i].proto;
		rule.l4_src = plain[i].icmp;
		rule.l4_src_bits = plain[i].icmp ? BITS_ICMP : 0;
		rule.whole = true;
		if (asks(p))
			forward_listed(p, &rule);
		else
			add(p, &rule);
	}
}

/* From each of the prefixes that it may send from. */
static void forward_locked(struct planning *p, const struct flower_rule *like)
{
	for (unsigned int i = 0; i < p->parts.header.prefix4_count; i++) {
		struct flower_rule rule = *like;

		rule.type = VS_TYPE_IP4;
		rule.src_bits = p->parts.ip4[i].len;
		rule.src_ip.ip4 = vs_get_be32(p->parts.ip4[i].addr);
		forward_protocols(p, &rule);
	}
	for (unsigned int i = 0; i < p->parts.header.prefix6_count; i++) {
		struct flower_rule rule = *like;

		rule.type = VS_TYPE_IP6;
		rule.src_bits = p->parts.ip6[i].len;
		rule.src_ip.ip6[0] = vs_get_be64(p->parts.ip6[i].addr);
		rule.src_ip.ip6[1] = vs_get_be64(p->parts.ip6[i].addr + 8);
		forward_protocols(p, &rule);
	}
}

static void forward(struct planning *p, const struct flower_rule *like)
{
	static const uint16_t types[] = { VS_TYPE_IP4, VS_TYPE_IP6 };
	struct flower_rule rule = *like;

	if (p->program->flags & VIFSWITCH_PF_IP_GUARD) {
		forward_locked(p, like);
	} else if (p->program->look == VS_LOOK_FRAME && !asks(p)) {
		for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
			rule.type = types[i];
			add(p, &rule);
		}
	} else {
		forward_protocols(p, like);
	}
}

/* From the tag that it comes with to @tag, which is of the same VLAN. */
static void retag(const struct planning *p, const struct source *s, uint32_t tag,
		  struct flower_rule *rule)
{
	/* priority and DEI, as it brings them: nothing but the frame itself has those */
	if (tag != VS_NO_TAG && s->like.tagged && p->program->prio_keep)
		return;
	rule->pop = s->like.tagged;
	rule->push = tag != VS_NO_TAG;
	if (rule->push)
		rule->push_tci = (uint16_t)(s->v.vid | p->program->prio_set);
}

static bool takes(const struct planning *p, const struct flower_port *to)
{
	return to->nic == p->from->nic && to->dp->program && to->mtu >= p->from->mtu &&
	       !flower_kept_to(p->world, (size_t)(to - p->world->ports)) &&
	       /* its class on the uplink is a queue of dom0's */
	       !(p->program->queue && to->dp->program->flags & VIFSWITCH_PF_UPLINK);
}

static void to_address(struct planning *p, struct source *s, const struct flower_port *to,
		       uint64_t mac)
{
	const struct dp_world *world = p->world->dp;
	struct flower_rule rule = s->like;
	struct vs_destination d = {};

	s->v.frame.dst = mac;
	vs_forward_unicast(&d, &s->v, p->from->dp, world->tables, world->guard_of,
			   world->entry_of, program_of);
	if (d.port != to->dp || d.reason)
		return;
	retag(p, s, d.tag, &rule);
	rule.mark = p->program->dscp != VIFSWITCH_MARK_KEEP;
	if (rule.mark)
		rule.dscp = p->program->dscp;
	rule.stage = FLOWER_FORWARD;
	rule.dst = mac;
	rule.to = to->dp->number;
	p->to = to;
	p->vid = s->v.vid;
	forward(p, &rule);
}

/* The next station of @port in @vid, *at and up; NULL: none. */
static const struct flower_station *next_station(const struct flower_world *w,
						 const struct dp_world_port *port, uint16_t vid,
						 size_t *at)
{
	while (*at < w->station_count) {
		const struct flower_station *station = &w->stations[(*at)++];

		if (station->port == port->number && station->vid == vid)
			return station;
	}
	return NULL;
}

static void to_port(struct planning *p, struct source *s, const struct flower_port *to)
{
	const struct vs_program *program = to->dp->program;
	const struct flower_station *station;
	size_t at = 0;

	if (to->dp == p->from->dp || !takes(p, to))
		return;
	for (unsigned int i = 0; i < program->mac_own; i++)
		to_address(p, s, to, program->macs[i]);
	while ((station = next_station(p->world, to->dp, s->v.vid, &at)))
		if (vs_hold_of(program, station->mac) != VS_HOLD_OWN)
			to_address(p, s, to, station->mac);
}

/* @tag: as it comes, which the core takes for @vid. */
static void from_address(struct planning *p, uint64_t mac, uint32_t tag, uint16_t vid,
			 enum flower_stage stage)
{
	struct source s = {
		.like = { .tagged = tag != VS_NO_TAG, .src = mac,
			  .vid = tag == VS_NO_TAG ? 0 : vid },
		.v = { .vid = vid, .frame = { .src = mac, .tag = tag },
		       .isolated = p->program->flags & VIFSWITCH_PF_ISOLATED },
	};

	if (!settled(p, mac, vid))
		return;
	if (stage == FLOWER_REFUSE) {
		refuse(p, &s);
		return;
	}
	for (size_t i = 0; i < p->world->dp->count; i++)
		to_port(p, &s, &p->world->ports[i]);
}

static void in_vlan(struct planning *p, uint32_t tag, uint16_t vid, enum flower_stage stage)
{
	const struct flower_station *station;
	size_t at = 0;

	for (unsigned int i = 0; i < p->program->mac_own; i++)
		from_address(p, p->program->macs[i], tag, vid, stage);
	while ((station = next_station(p->world, p->from->dp, vid, &at)))
		if (vs_hold_of(p->program, station->mac) == VS_HOLD_NONE)
			from_address(p, station->mac, tag, vid, stage);
}

static void each_vlan(struct planning *p, enum flower_stage stage)
{
	if (p->program->pvid != VIFSWITCH_VID_NONE)
		in_vlan(p, VS_NO_TAG, p->program->pvid, stage);
	for (uint16_t vid = 1; !p->program->access && vid <= VIFSWITCH_VID_MAX && !p->full; vid++)
		if (vs_bit(p->program->allowed, vid))
			in_vlan(p, VS_TAG(VS_TYPE_CTAG, vid), vid, stage);
}

/* Every frame is charged, also those that software refuses or carries: never more passes. */
static void police(struct planning *p)
{
	const struct vifswitch_program *h = &p->parts.header;
	struct flower_rule rate = {
		.stage = FLOWER_POLICE, .rate_bps = h->rate_bps, .rate_burst = h->rate_burst,
	};
	struct flower_rule packets = {
		.stage = FLOWER_POLICE, .packet_rate = h->packet_rate,
		.packet_burst = h->packet_burst,
	};

	if (h->rate_bps)
		add(p, &rate);
	if (h->packet_rate)
		add(p, &packets);
}

/* Those of ACLs behind all others, in the order that they have. */
static void sort_stages(struct flower_rules *rules)
{
	struct flower_rule *sorted = xzalloc((rules->count + 1) * sizeof(*sorted));
	size_t n = 0;

	for (int stage = 0; stage < FLOWER_STAGES; stage++)
		for (size_t i = 0; i < rules->count; i++)
			if (rules->rules[i].stage == (enum flower_stage)stage)
				sorted[n++] = rules->rules[i];
	free(rules->rules);
	rules->rules = sorted;
	rules->room = rules->count + 1;
}

/* Rules between addresses, or none. */
static bool forwards(const struct flower_rules *rules)
{
	return rules->count && rules->rules[rules->count - 1].stage >= FLOWER_FORWARD;
}

int flower_plan(const struct flower_world *world, size_t from, struct flower_rules *ret,
		struct problem *problem)
{
	struct planning p = {
		.world = world, .from = &world->ports[from],
		.program = world->ports[from].dp->program, .left = LOOKS_MAX, .ret = ret,
	};
	const char *why = kept_by(&p);

	if (why) {
		problem_set(problem, "%s", why);
		return -EOPNOTSUPP;
	}
	port_policy_parts(p.from->policy, &p.parts);
	police(&p);
	each_vlan(&p, FLOWER_REFUSE);
	each_vlan(&p, FLOWER_FORWARD);
	sort_stages(ret);
	if (!p.full && forwards(ret))
		return 0;
	if (p.full)
		problem_set(problem, "rules: more than %u of them, for so many VLANs, addresses and rules of ACLs",
			    FLOWER_RULES_MAX);
	else
		problem_set(problem, "addresses: none that it may send to is known at a port of the same NIC");
	flower_rules_deinit(ret);
	return -EOPNOTSUPP;
}
