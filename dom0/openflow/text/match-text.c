// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/text/match-text.h"

#include <errno.h>
#include <string.h>

#define TCI	VIFSWITCH_OF_VLAN_TCI
#define PRESENT	VIFSWITCH_OF_VLAN_PRESENT
#define VID	0x0fff
#define PCP	0xe000
/* Of no tag, as 1.2 and later say it; all of a frame's TCI is 0 then. */
#define NO_TAG_MASK	(PRESENT | VID)

/* Words for a type of frame, with what IP carries; -1: whatever it is. */
static const struct {
	const char *word;
	uint16_t type;
	int16_t proto;
} kinds[] = {
	{ "tcp", 0x0800, 6 }, { "udp", 0x0800, 17 }, { "icmp", 0x0800, 1 }, { "sctp", 0x0800, 132 },
	{ "tcp6", 0x86dd, 6 }, { "udp6", 0x86dd, 17 }, { "icmp6", 0x86dd, 58 },
	{ "sctp6", 0x86dd, 132 }, { "ip", 0x0800, -1 }, { "ipv6", 0x86dd, -1 }, { "ip6", 0x86dd, -1 },
	{ "arp", 0x0806, -1 }, { "rarp", 0x8035, -1 },
};
#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))

static const char *const needs_words[] = {
	[NEEDS_VLAN] = "a VLAN tag: dl_vlan=N", [NEEDS_IP4] = "ip", [NEEDS_IP6] = "ipv6",
	[NEEDS_IP] = "ip or ipv6", [NEEDS_ARP] = "arp", [NEEDS_TCP] = "tcp or tcp6",
	[NEEDS_UDP] = "udp or udp6", [NEEDS_SCTP] = "sctp or sctp6", [NEEDS_ICMP4] = "icmp",
	[NEEDS_ICMP6] = "icmp6", [NEEDS_ND] = "icmp6,icmpv6_type=135 (or 136)",
	[NEEDS_MPLS] = "dl_type=0x8847 (or 0x8848)", [NEEDS_NS] = "icmp6,icmpv6_type=135",
	[NEEDS_NA] = "icmp6,icmpv6_type=136",
};

static const struct of_field *named(const char *name)
{
	return field_by_name(name, strlen(name));
}

static int add(struct match_words *words, const struct of_field *f, struct of_value value,
	       struct of_value mask, struct piece where, struct flow_problem *problem)
{
	if (words->count == MATCH_WORDS_MAX)
		return flow_problem_at(problem, where, "too many words");
	words->v[words->count++] = (struct match_word){ f, value, mask, where, false };
	return 0;
}

static int add_number(struct match_words *words, const char *name, uint64_t value,
		      struct piece where, struct flow_problem *problem)
{
	const struct of_field *f = named(name);

	return add(words, f, (struct of_value){ 0, value }, field_all(f), where, problem);
}

static int add_kind(struct match_words *words, struct piece word, struct flow_problem *problem)
{
	int r;

	for (size_t i = 0; i < KINDS; i++) {
		if (!piece_is(word, kinds[i].word))
			continue;
		r = add_number(words, "dl_type", kinds[i].type, word, problem);
		if (!r && kinds[i].proto >= 0)
			r = add_number(words, "nw_proto", (uint64_t)kinds[i].proto, word, problem);
		return r;
	}
	return -ENOENT;
}

/* dl_vlan=N, of which 0xffff is none, and dl_vlan_pcp=N. */
static int add_vlan(struct match_words *words, const struct pair *pair,
		    struct flow_problem *problem)
{
	bool vid = piece_is(pair->key, "dl_vlan");
	const struct of_field *f = named("vlan_tci");
	struct of_value value = {}, mask = {};
	uint64_t number;

	if (!piece_number(pair->value, UINT16_MAX, &number) ||
	    (vid ? number > VID && number != 0xffff : number > 7))
		return flow_problem_at(problem, pair->value, vid ?
				       "a VLAN from 0 to 4095 is accepted, or 0xffff for no tag" :
				       "a priority from 0 to 7 is accepted");
	value.lo = vid ? number | PRESENT : number << 13 | PRESENT;
	mask.lo = vid ? VID | PRESENT : PCP | PRESENT;
	if (vid && number == 0xffff) {
		value.lo = 0;
		mask.lo = NO_TAG_MASK;
	}
	return add(words, f, value, mask, pair->whole, problem);
}

/* Names of before there were several fields of that kind. */
static bool is_general(struct piece key)
{
	static const char *const words[] = {
		"tp_src", "tp_dst", "nw_src", "nw_dst", "nw_proto", "icmp_type", "icmp_code",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (piece_is(key, words[i]))
			return true;
	return false;
}

int match_words_add(struct match_words *words, const struct pair *pair,
		    const struct port_names *names, struct flow_problem *problem)
{
	struct of_value value, mask;
	const struct of_field *f;
	int r;

	if (piece_is(pair->key, "dl_vlan") || piece_is(pair->key, "dl_vlan_pcp"))
		return add_vlan(words, pair, problem);
	if (!pair->mark) {
		r = add_kind(words, pair->key, problem);
		if (r != -ENOENT)
			return r;
	}
	f = field_by_name(pair->key.p, pair->key.len);
	if (!f)
		f = field_parse(pair->key, problem);
	if (!f)
		return -EINVAL;
	r = field_value_parse(f, pair->value, false, names, &value, &mask, problem);
	if (r < 0 || value_is_zero(mask))
		return r < 0 ? -EINVAL : 0;
	if (f->first == TCI && f->bits == 16 && value_is_zero(value) &&
	    !memchr(pair->value.p, '/', pair->value.len))
		mask.lo = NO_TAG_MASK;
	r = add(words, f, value, mask, pair->whole, problem);
	if (!r)
		words->v[words->count - 1].general = is_general(pair->key);
	return r;
}

/* The field of these frames that a general name means: of ARP, ICMPv6, UDP. */
static const struct of_field *meant(const struct match_word *w, const struct of_match *m)
{
	static const char *const of_arp[][2] = {
		{ "nw_src", "arp_spa" }, { "nw_dst", "arp_tpa" }, { "nw_proto", "arp_op" },
	};

	if (!w->general || field_allowed(w->field, m))
		return w->field;
	for (size_t i = 0; i < sizeof(of_arp) / sizeof(of_arp[0]); i++)
		if (!strcmp(w->field->name, of_arp[i][0]))
			return field_allowed(named(of_arp[i][1]), m) ? named(of_arp[i][1])
								     : w->field;
	for (unsigned int i = 0; i < of_field_count; i++)
		if (of_fields[i].first == w->field->first && field_allowed(&of_fields[i], m) &&
		    field_valid(&of_fields[i], w->value))
			return &of_fields[i];
	return w->field;
}

static bool said_before(const struct of_field *f, const struct of_match *m,
			const struct match_word *w, struct of_value mask)
{
	struct of_value old = field_get(f, m->mask), value = field_get(f, m->value);

	if (value_is_zero(old))
		return false;
	/* Of a tag each part says that there is one; and ip,nw_proto=6 may be tcp as well. */
	if (f->first == TCI)
		return old.lo & mask.lo & ~(uint64_t)PRESENT ||
		       (value.lo ^ w->value.lo) & old.lo & mask.lo;
	return !value_equal(old, mask) || !value_equal(value, w->value);
}

static int settle_one(struct match_word *w, struct of_match *m, struct flow_problem *problem)
{
	const struct of_field *f = meant(w, m);
	struct of_value mask = w->mask, old = field_get(f, m->mask), value;

	if (f->bits != w->field->bits && value_equal(mask, field_all(w->field)))
		mask = field_all(f);
	if (!field_allowed(f, m))
		return flow_problem_at(problem, w->where, "%s is of frames that are known to have it: "
				       "say %s, too", f->name, needs_words[f->needs]);
	if (!field_valid(f, w->value))
		return flow_problem_at(problem, w->where, "%s has %u bits", f->name, f->bits);
	if (said_before(f, m, w, mask))
		return flow_problem_at(problem, w->where, "%s is said twice", f->name);
	value = field_get(f, m->value);
	match_set(m, f, (struct of_value){ value.hi | w->value.hi, value.lo | w->value.lo },
		  (struct of_value){ old.hi | mask.hi, old.lo | mask.lo });
	return 0;
}

/* What others need stands before them among the fields. */
int match_words_settle(struct match_words *words, struct of_match *ret,
		       struct flow_problem *problem)
{
	struct of_match m = {};

	for (unsigned int i = 0; i < of_field_count; i++)
		for (size_t k = 0; k < words->count; k++)
			if (words->v[k].field == &of_fields[i] &&
			    settle_one(&words->v[k], &m, problem) < 0)
				return -EINVAL;
	*ret = m;
	return 0;
}

/* ---- printing ---- */

struct printing {
	struct of_match left;	/* not said yet */
	const char *comma;
	FILE *out;
};

static void begin(struct printing *p)
{
	fputs(p->comma, p->out);
	p->comma = ",";
}

static void print_kind(struct printing *p)
{
	struct of_match *m = &p->left;
	bool has_proto = m->mask[VIFSWITCH_OF_IP_PROTO] == 0xff;

	if (m->mask[VIFSWITCH_OF_ETH_TYPE] != 0xffff)
		return;
	for (size_t i = 0; i < KINDS; i++) {
		if (kinds[i].type != m->value[VIFSWITCH_OF_ETH_TYPE] || (kinds[i].proto >= 0 &&
		    (!has_proto || kinds[i].proto != m->value[VIFSWITCH_OF_IP_PROTO])))
			continue;
		begin(p);
		fputs(kinds[i].word, p->out);
		m->mask[VIFSWITCH_OF_ETH_TYPE] = 0;
		if (kinds[i].proto >= 0)
			m->mask[VIFSWITCH_OF_IP_PROTO] = 0;
		return;
	}
}

static void print_vlan(struct printing *p)
{
	uint16_t mask = p->left.mask[TCI], value = p->left.value[TCI];
	bool vid = (mask & VID) == VID, pcp = (mask & PCP) == PCP;

	/* Only what dl_vlan and dl_vlan_pcp say exactly. */
	if (!(value & mask & PRESENT) || (!vid && mask & VID) || (!pcp && mask & PCP) ||
	    (!vid && !pcp))
		return;
	if (vid) {
		begin(p);
		fprintf(p->out, "dl_vlan=%u", value & VID);
	}
	if (pcp) {
		begin(p);
		fprintf(p->out, "dl_vlan_pcp=%u", value >> 13);
	}
	p->left.mask[TCI] = 0;
}

static void print_field(struct printing *p, const struct of_field *f, const struct of_match *m)
{
	struct of_value mask = field_get(f, p->left.mask);

	if (value_is_zero(mask) || !field_allowed(f, m) ||
	    (!(f->flags & FIELD_MASKABLE) && !value_equal(mask, field_all(f))))
		return;
	begin(p);
	fprintf(p->out, "%s=", f->name);
	if (f->first == TCI && f->bits == 16 && mask.lo == UINT16_MAX) {
		fprintf(p->out, "0x%04x/0xffff", m->value[TCI]);
		field_put(f, p->left.mask, (struct of_value){});
		return;
	}
	field_value_print(f, field_get(f, m->value), mask, p->out);
	field_put(f, p->left.mask, (struct of_value){});
}

void match_print(const struct of_match *m, FILE *out)
{
	struct printing p = { *m, "", out };

	print_kind(&p);
	print_vlan(&p);
	for (unsigned int i = 0; i < of_field_count; i++)
		print_field(&p, &of_fields[i], m);
}
