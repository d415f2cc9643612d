// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/flower-pair.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/flower/flower-plan.h"
#include "datapath/ko/program-view.h"
#include "kmod/core/reason.h"
#include "tests/unit/megaflow-kernel.h"

struct bed {
	struct world w;
	struct port_policy *policies[WORLD_PORTS];
	struct flower_port ports[WORLD_PORTS];
	struct flower_station stations[WORLD_ENTRIES];
	struct flower_world world;
	struct flower_rules rules;
};

/* Each ACL's lists are made once. */
static const struct flower_acl *lists_of(const struct vs_acl *acl)
{
	static struct { const struct vs_acl *of; const struct flower_acl *lists; } all[128];
	size_t i = 0;

	while (acl && i < 128 && all[i].of && all[i].of != acl)
		i++;
	if (!acl || i == 128)
		return NULL;
	if (!all[i].of) {
		all[i].of = acl;
		all[i].lists = flower_acl_new(acl);
	}
	return all[i].lists;
}

/* As random switches are; half of the ports lose their ACL. */
static void bed_make(struct dice *dice, struct bed *b)
{
	world_make(dice, &b->w);
	b->world = (struct flower_world){
		.dp = &b->w.dp, .ports = b->ports, .stations = b->stations,
	};
	b->rules = (struct flower_rules){};
	for (unsigned int i = 0; i < WORLD_PORTS; i++) {
		if (b->w.ports[i].program && one_in(dice, 2)) {
			struct vs_program *prog = &b->w.programs[i];

			prog->acl = 0;
			prog->look = prog->flags & VIFSWITCH_PF_IP_GUARD ? VS_LOOK_PACKET :
				     prog->flags & VIFSWITCH_PF_GUARD ? VS_LOOK_GLANCE :
				     VS_LOOK_FRAME;
			prog->admits = vs_program_admits(prog);
		}
		if (b->w.ports[i].program && one_in(dice, 6))
			b->w.programs[i].dscp = (u8)dice_below(dice, 64);
		b->policies[i] = b->w.ports[i].program ?
			program_read(b->w.blobs[i], (uint32_t)b->w.blob_len[i]) : NULL;
		b->ports[i] = (struct flower_port){
			.dp = &b->w.ports[i], .policy = b->policies[i],
			.nic = one_in(dice, 8) ? 2 : 1, .mtu = one_in(dice, 8) ? 1400 : 1500,
			.queued = one_in(dice, 8), .acl = lists_of(b->w.ports[i].acl),
		};
	}
	for (unsigned int i = 0; i < WORLD_ENTRIES; i++) {
		const struct world_entry *e = &b->w.entries[i];
		bool first = true;

		for (unsigned int j = 0; j < i; j++)
			if (b->w.entries[j].mac == e->mac && b->w.entries[j].vid == e->vid)
				first = false;
		if (first)
			b->stations[b->world.station_count++] = (struct flower_station){
				e->mac, e->vid, b->w.ports[e->port].number };
	}
}

static void bed_end(struct bed *b)
{
	flower_rules_deinit(&b->rules);
	for (unsigned int i = 0; i < WORLD_PORTS; i++)
		free(b->policies[i]);
}

struct ip {
	uint64_t high, low;	/* IPv4: the first 32 bits */
};

static bool in_prefix(struct ip ip, struct ip of, unsigned int bits)
{
	uint64_t high = bits >= 64 ? ~0ULL : bits ? ~0ULL << (64 - bits) : 0;
	uint64_t low = bits <= 64 ? 0 : bits >= 128 ? ~0ULL : ~0ULL << (128 - bits);

	return !((ip.high ^ of.high) & high) && !((ip.low ^ of.low) & low);
}

static struct ip address_of(const struct flow_key *k, bool src)
{
	const __be32 *p = src ? k->ip6.ipv6_src : k->ip6.ipv6_dst;

	if (k->type == htons(VS_TYPE_IP4))
		return (struct ip){ (uint64_t)ntohl(src ? k->ip4.ipv4_src : k->ip4.ipv4_dst) << 32,
				    0 };
	return (struct ip){ (uint64_t)ntohl(p[0]) << 32 | ntohl(p[1]),
				       (uint64_t)ntohl(p[2]) << 32 | ntohl(p[3]) };
}

static struct ip prefix_of(const struct flower_rule *r, const union vs_address *ip)
{
	if (r->type == VS_TYPE_IP4)
		return (struct ip){ (uint64_t)ip->ip4 << 32, 0 };
	return (struct ip){ ip->ip6[0], ip->ip6[1] };
}

/* The leading @bits, of @all. */
static bool begins_so(unsigned int value, unsigned int of, unsigned int bits, unsigned int all)
{
	return !((value ^ of) >> (all - bits));
}

static bool fits_l4(const struct flower_rule *r, const struct flow_key *k)
{
	if (!(r->l4_src_bits | r->l4_dst_bits | r->tcp_mask))
		return true;
	if (r->proto == VS_PROTO_ICMP || r->proto == VS_PROTO_ICMP6)
		return begins_so(k->icmp.icmp_type, r->l4_src, r->l4_src_bits, 8) &&
		       begins_so(k->icmp.icmp_code, r->l4_dst, r->l4_dst_bits, 8);
	return begins_so(ntohs(k->l4.tcp_src), r->l4_src, r->l4_src_bits, 16) &&
	       begins_so(ntohs(k->l4.tcp_dst), r->l4_dst, r->l4_dst_bits, 16) &&
	       !((ntohs(k->tcp_flags) ^ r->tcp_flags) & r->tcp_mask);
}

/* What the kernel read in a packet, as the rule sees it. */
static bool fits_packet(const struct flower_rule *r, const struct flow_key *k)
{
	bool ip4 = r->type == VS_TYPE_IP4;
	unsigned int proto = ip4 ? k->ip4.ipv4_proto : k->ip6.ipv6_proto;
	unsigned int fragment = ip4 ? k->ip4.ipv4_frag : k->ip6.ipv6_frag;

	if (r->proto && !flow_has(k, ip4 ? FLOW_IP4 : FLOW_IP6))
		return false;
	return (!r->proto || r->proto == proto) && (!r->whole || !fragment) &&
	       in_prefix(address_of(k, true), prefix_of(r, &r->src_ip), r->src_bits) &&
	       in_prefix(address_of(k, false), prefix_of(r, &r->dst_ip), r->dst_bits) &&
	       fits_l4(r, k);
}

static bool fits(const struct flower_rule *r, const struct flow_key *k)
{
	bool tagged = flow_has(k, FLOW_TAG);

	if (r->stage == FLOWER_POLICE || r->tagged != tagged || flow_has(k, FLOW_INNER_TAG) ||
	    (tagged && (k->tag.type != htons(VS_TYPE_CTAG) ||
			(ntohs(k->tag.tci) & VS_TCI_VID) != r->vid)))
		return false;
	return k->type == htons(r->type) &&
	       (!r->src || r->src == vs_mac_load(k->eth.eth_src)) &&
	       (!r->dst || r->dst == vs_mac_load(k->eth.eth_dst)) && fits_packet(r, k);
}

static const struct flower_rule *taken_by(const struct bed *b, const struct flow_key *k)
{
	const struct flower_rule *first = NULL;

	for (size_t i = 0; i < b->rules.count; i++) {
		const struct flower_rule *r = &b->rules.rules[i];

		/* as tc does: by priorities */
		if (fits(r, k) && (!first || r->stage < first->stage ||
				   (r->stage == first->stage && r->order < first->order)))
			first = r;
	}
	return first;
}

/* The tag that a frame leaves with, if it came with @tag. */
static uint32_t tag_after(const struct flower_rule *r, uint32_t tag)
{
	if (r->push)
		return VS_TAG(VS_TYPE_CTAG, r->push_tci);
	return r->pop ? VS_NO_TAG : tag;
}

static bool is_decided_so(const struct bed *b, const struct flower_rule *r,
			  const struct decision *d)
{
	u8 dscp = b->w.programs[0].dscp;

	if (r->stage == FLOWER_REFUSE)
		return d->reason;
	if (r->reason)
		return d->reason == r->reason &&
		       d->dropped_at->number == (r->dropped_at ? r->dropped_at : 1);
	return !d->reason && d->output_count == 1 && d->outputs[0].port->number == r->to &&
	       r->mark == (dscp != VIFSWITCH_MARK_KEEP) && r->dscp == (r->mark ? dscp : 0) &&
	       d->outputs[0].tag == tag_after(r, d->v.frame.tag);
}

static void check(const struct bed *b, const struct world_frame *f, struct flower_counts *counts)
{
	struct decided_output outputs[WORLD_PORTS];
	struct decision d = { .outputs = outputs };
	const struct flower_rule *rule;
	struct flow_key key;

	counts->frames++;
	ovs_kernel_key(f->octets, f->len, b->w.ports[0].number, &key);
	rule = taken_by(b, &key);
	if (!rule)
		return;
	decide(&b->w.dp, &b->w.ports[0], f->octets, f->len, f->len, &d);
	if (is_decided_so(b, rule, &d)) {
		counts->forwarded += rule->to != 0;
		counts->refused += rule->to == 0;
		counts->listed += rule->stage == FLOWER_LISTED;
		return;
	}
	if (ovs_kernel_hides(&key, &d)) {
		counts->hidden++;
		return;
	}
	fprintf(stderr, "stage %d, to %u: %s, %zu outputs: ", rule->stage, rule->to,
		vs_reason_word(d.reason), d.output_count);
	for (size_t i = 0; i < f->len; i++)
		fprintf(stderr, "%02x", f->octets[i]);
	fprintf(stderr, "\n");
	abort();
}

static unsigned int last_of(uint64_t mac)
{
	uint8_t p[6];

	vs_mac_store(p, mac);
	return p[5];
}

/* Between the addresses of a rule, in its VLAN and protocol; the rest stays as it is. */
static void aim(const struct flower_rule *r, struct world_frame *f)
{
	unsigned int src = last_of(r->src);

	f->field[FIELD_SRC] = src == 1 ? 0 : 209 + src;		/* 209 is 0 of 11 */
	if (r->dst)
		f->field[FIELD_DST] = last_of(r->dst) - 1;
	f->field[FIELD_TAGS] = r->tagged ? 150 : 0;
	f->field[FIELD_TCI] = (f->field[FIELD_TCI] & ~3U) | r->vid;
	f->field[FIELD_TYPE] = r->type == VS_TYPE_IP4 ? 0 : 3;
	if (r->proto)
		f->field[FIELD_PROTO] = r->proto;
	f->field[FIELD_FRAGMENT] = f->field[FIELD_CUT] = f->field[FIELD_FLIP] = 0;
	world_frame_render(f);
}

static void frame_make(struct dice *dice, const struct bed *b, struct world_frame *ret)
{
	world_frame_make(dice, ret);
	if (b->rules.count && !one_in(dice, 4))
		aim(&b->rules.rules[dice_below(dice, (unsigned int)b->rules.count)], ret);
	if (one_in(dice, 2))
		world_frame_vary(dice, ret);
}

void flower_pair_check(struct dice *dice, unsigned int frames, struct flower_counts *counts)
{
	struct problem problem;
	struct world_frame f;
	struct bed b;

	bed_make(dice, &b);
	if (flower_plan(&b.world, 0, &b.rules, &problem) == 0) {
		for (unsigned int i = 0; i < frames; i++) {
			frame_make(dice, &b, &f);
			check(&b, &f, counts);
		}
	}
	bed_end(&b);
}
