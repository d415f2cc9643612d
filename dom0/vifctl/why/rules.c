// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/why/rules.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "policy/acl/builtin.h"
#include "policy/acl/explain.h"
#include "policy/acl/rule.h"
#include "policy/words.h"
#include "vifctl/view/text.h"

#define VALUES_TOLD	4	/* of what a rule wants in one field */

/* The daemon tells rules in the same order; another one may be in force by now. */
static const json_t *known_rule(const struct why_acl *acl, u32 rule)
{
	const json_t *rules = json_object_get(acl->doc, "rules"), *one;
	uint64_t cookie = acl->view.rules[rule].cookie;
	char hex[17];
	size_t i;

	snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)cookie);
	one = json_array_get(rules, rule);
	if (one && !strcmp(get_text(one, "cookie"), hex))
		return one;
	json_array_foreach(rules, i, one)
		if (!strcmp(get_text(one, "cookie"), hex))
			return one;
	return NULL;
}

static const char *known_name(const struct why_acl *acl, u32 rule)
{
	const json_t *one = known_rule(acl, rule);

	return one ? json_string_value(json_object_get(one, "name")) :
		     acl_reserved_name(acl->view.rules[rule].cookie);
}

const char *why_acl_name(const struct why_acl *acl, enum vifswitch_acl_direction dir, int rule)
{
	const json_t *defaults = json_object_get(acl->doc, "defaults"), *one;
	const char *name;

	one = rule >= 0 ? known_rule(acl, (u32)rule) :
	      json_object_get(defaults, dir == VIFSWITCH_ACL_FROM ? "from_vm" : "to_vm");
	/* A daemon of before tells the one ACL's name alone. */
	name = json_string_value(json_object_get(one, "acl"));
	return name ?: json_string_value(json_object_get(acl->doc, "name"));
}

char *why_rule_name(const struct why_acl *acl, u32 rule)
{
	const char *name = known_name(acl, rule);

	return name ? xprintf("%s", name) : NULL;
}

void why_rule_add_acl(const struct why_acl *acl, int rule, json_t *entry)
{
	const char *name = why_acl_name(acl, VIFSWITCH_ACL_FROM, rule);

	if (name && json_array_size(json_object_get(acl->doc, "acls")) > 1)
		json_object_set_new(entry, "acl", json_string(name));
}

char *why_rule_text(const struct why_acl *acl, enum vifswitch_acl_direction dir, int rule)
{
	const char *name = why_acl_name(acl, dir, rule);
	const char *its = rule < 0 ? NULL : known_name(acl, (u32)rule);

	if (rule < 0)
		return xprintf("the default %s of ACL %s",
			       dir == VIFSWITCH_ACL_FROM ? "from the VM" : "to the VM",
			       name ? name : "(name unknown: vifswitchd does not run)");
	if (its)
		return xprintf("rule %s of ACL %s", its, name ? name : "(name unknown)");
	return xprintf("rule number %d (%016llx) of ACL %s", rule + 1,
		       (unsigned long long)vs_acl_cookie(&acl->view, dir, rule),
		       name ? name : "(name unknown)");
}

static char *address_word(bool wide, const u64 a[2])
{
	uint64_t halves[2] = { htobe64(a[0]), htobe64(a[1]) };
	uint32_t ip = htobe32((uint32_t)a[1]);
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(wide ? AF_INET6 : AF_INET, wide ? (const void *)halves : &ip, text,
		  sizeof(text));
	return xprintf("%s", text);
}

/* Is [first, last] all that begins with some bits? Then how many; else -1. */
static int prefix_length(bool wide, const struct acl_values *v)
{
	const unsigned int bits = wide ? 128 : 32;

	for (unsigned int host = 0; host <= bits; host++) {
		u64 high = host <= 64 ? 0 : host == 128 ? UINT64_MAX : (1ULL << (host - 64)) - 1;
		u64 low = host >= 64 ? UINT64_MAX : (1ULL << host) - 1;

		if ((v->first[0] ^ v->last[0]) == high && (v->first[1] ^ v->last[1]) == low &&
		    !(v->first[0] & high) && !(v->first[1] & low))
			return (int)(bits - host);
	}
	return -1;
}

static char *addresses_word(bool wide, const struct acl_values *v)
{
	_cleanup_free_ char *first = address_word(wide, v->first);
	_cleanup_free_ char *last = address_word(wide, v->last);
	int len = prefix_length(wide, v);

	if (len == (wide ? 128 : 32))
		return xprintf("%s", first);
	return len >= 0 ? xprintf("%s/%d", first, len) : xprintf("%s-%s", first, last);
}

static char *protocol_word(u64 protocol)
{
	static const struct { u64 number; const char *word; } words[] = {
		{ VS_PROTO_TCP, "tcp" }, { VS_PROTO_UDP, "udp" }, { VS_PROTO_ICMP, "icmp" },
		{ VS_PROTO_ICMP6, "icmpv6" }, { VS_PROTO_SCTP, "sctp" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].number == protocol)
			return xprintf("%s", words[i].word);
	return xprintf("%llu", (unsigned long long)protocol);
}

static char *type_word(u64 type)
{
	switch (type) {
	case VS_TYPE_IP4:
		return xprintf("ipv4");
	case VS_TYPE_IP6:
		return xprintf("ipv6");
	case VS_TYPE_ARP:
		return xprintf("arp");
	default:
		return xprintf("0x%04llx", (unsigned long long)type);
	}
}

/* As "tcp-flags" of a rule is written: those that are set, and !those that are not. */
static char *flags_word(unsigned int set, unsigned int clear)
{
	json_t *words = json_array();
	char *text;

	for (const struct word *flag = tcp_flag_words; flag->word; flag++) {
		if (set & flag->value)
			json_array_append_new(words, json_string(flag->word));
		else if (clear & flag->value)
			json_array_append_new(words, json_sprintf("!%s", flag->word));
	}
	text = text_join(words, ",");
	json_decref(words);
	if (*text)
		return text;
	free(text);
	return xprintf("none");
}

static char *values_word(enum vifswitch_acl_family family, unsigned int d,
			 const struct acl_values *v)
{
	const unsigned long long first = v->first[1], last = v->last[1];

	if (d == VIFSWITCH_ACL_SRC || d == VIFSWITCH_ACL_DST)
		return addresses_word(family == VIFSWITCH_ACL_IP6, v);
	if (d == VIFSWITCH_ACL_PROTO && first == last)
		return family == VIFSWITCH_ACL_OTHER ? type_word(first) : protocol_word(first);
	return first == last ? xprintf("%llu", first) : xprintf("%llu-%llu", first, last);
}

struct question {
	const struct vs_acl *acl;
	const struct vs_packet *pkt;
	enum vifswitch_acl_direction dir;	/* the packet's */
	u16 vid;
	/* of the rule at hand, one table that it is in: */
	u32 rule;
	enum vifswitch_acl_direction its_dir;
	enum vifswitch_acl_family its_family;
};

static char *wanted_flags(const struct question *q)
{
	unsigned int set = 0xff, clear = 0xff;
	struct acl_values values[256];
	size_t count = acl_rule_values(q->acl, q->its_dir, q->its_family, VIFSWITCH_ACL_TCP_FLAGS,
				       q->rule, values, ARRAY_SIZE(values));

	for (size_t i = 0; i < count; i++)
		for (u64 v = values[i].first[1]; v <= values[i].last[1]; v++) {
			set &= (unsigned int)v;
			clear &= ~(unsigned int)v;
		}
	return flags_word(set, clear);
}

/* "80, 443 or 8000-8080"; of many the first few. */
static char *wanted(const struct question *q, unsigned int d)
{
	struct acl_values values[VALUES_TOLD];
	size_t count, told;
	char *text;

	if (d == VIFSWITCH_ACL_TCP_FLAGS)
		return wanted_flags(q);
	count = acl_rule_values(q->acl, q->its_dir, q->its_family, d, q->rule, values, VALUES_TOLD);
	told = count < VALUES_TOLD ? count : VALUES_TOLD;
	text = xprintf("%s", count ? "" : "a member of a group that has none");
	for (size_t i = 0; i < told; i++) {
		_cleanup_free_ char *before = text;
		_cleanup_free_ char *one = values_word(q->its_family, d, &values[i]);

		text = xprintf("%s%s%s", before, !i ? "" : i + 1 == count ? " or " : ", ", one);
	}
	if (told < count) {
		_cleanup_free_ char *before = text;

		text = xprintf("%s or %zu more", before, count - told);
	}
	return text;
}

static char *had_address(const struct vs_packet *pkt, const union vs_address *a)
{
	bool wide = pkt->family == VIFSWITCH_ACL_IP6;

	return address_word(wide, wide ? a->ip6 : (const u64[]){ 0, a->ip4 });
}

static char *had(const struct question *q, unsigned int d)
{
	const struct vs_packet *pkt = q->pkt;

	switch (d) {
	case VIFSWITCH_ACL_SRC:
		return had_address(pkt, &pkt->src);
	case VIFSWITCH_ACL_DST:
		return had_address(pkt, &pkt->dst);
	case VIFSWITCH_ACL_PROTO:
		return pkt->family == VIFSWITCH_ACL_OTHER ? type_word(pkt->type) :
							    protocol_word(pkt->proto);
	case VIFSWITCH_ACL_TCP_FLAGS:
		return pkt->tcp_flags == VIFSWITCH_ACL_ABSENT ? xprintf("none") :
		       flags_word(pkt->tcp_flags, 0);
	case VIFSWITCH_ACL_L4_SRC:
	case VIFSWITCH_ACL_L4_DST: {
		u32 value = d == VIFSWITCH_ACL_L4_SRC ? pkt->l4_src : pkt->l4_dst;

		return value == VIFSWITCH_ACL_ABSENT ? xprintf("none") : xprintf("%u", value);
	}
	default:
		return xprintf("%u", q->vid);
	}
}

/* Is the dimension of ports that of ICMP types and codes for this rule? */
static bool is_icmp_rule(const struct question *q)
{
	struct acl_values v;

	return q->its_family != VIFSWITCH_ACL_OTHER &&
	       acl_rule_values(q->acl, q->its_dir, q->its_family, VIFSWITCH_ACL_PROTO, q->rule,
			       &v, 1) == 1 && v.first[1] == v.last[1] &&
	       (v.first[1] == VS_PROTO_ICMP || v.first[1] == VS_PROTO_ICMP6);
}

/* The words of vifctl's own fields, where there are such. */
static const char *field_word(const struct question *q, unsigned int d)
{
	switch (d) {
	case VIFSWITCH_ACL_SRC:
		return "src";
	case VIFSWITCH_ACL_DST:
		return "dst";
	case VIFSWITCH_ACL_PROTO:
		return q->its_family == VIFSWITCH_ACL_OTHER ? "ethertype" : "proto";
	case VIFSWITCH_ACL_L4_SRC:
		return is_icmp_rule(q) ? "icmp-type" : "src-port";
	case VIFSWITCH_ACL_L4_DST:
		return is_icmp_rule(q) ? "icmp-code" : "dst-port";
	case VIFSWITCH_ACL_TCP_FLAGS:
		return "tcp-flags";
	default:
		return "vlan";
	}
}

/* Frees @wants and @has. */
static void add_miss(json_t *misses, const char *field, char *wants, char *has)
{
	json_array_append_new(misses, json_pack("{s:s, s:s, s:s}", "field", field, "wants", wants,
						"has", has));
	free(wants);
	free(has);
}

/* Which packets it is for at all: "ipv4", or the ethertype of others. */
static char *wanted_family(const struct question *q, unsigned int families)
{
	if (families == 1U << VIFSWITCH_ACL_OTHER)
		return wanted(q, VIFSWITCH_ACL_PROTO);
	if (families == (1U << VIFSWITCH_ACL_IP4 | 1U << VIFSWITCH_ACL_IP6))
		return xprintf("ipv4 or ipv6");
	return xprintf(families & 1U << VIFSWITCH_ACL_IP4 ? "ipv4" : "ipv6");
}

/* In the order of how a rule is written. */
static json_t *misses_of(struct question *q, unsigned int misses)
{
	static const u8 order[] = { VIFSWITCH_ACL_PROTO, VIFSWITCH_ACL_SRC, VIFSWITCH_ACL_DST,
				    VIFSWITCH_ACL_L4_SRC, VIFSWITCH_ACL_L4_DST,
				    VIFSWITCH_ACL_TCP_FLAGS, VIFSWITCH_ACL_VLAN };
	unsigned int families = acl_rule_families(q->acl, q->rule);
	json_t *ret = json_array();

	if (misses & ACL_MISS_IDLE) {
		add_miss(ret, "group", xprintf("a member of a group that has none"),
			 xprintf("none"));
		return ret;
	}
	q->its_dir = acl_rule_directions(q->acl, q->rule) & 1U << q->dir ? q->dir :
		     q->dir == VIFSWITCH_ACL_FROM ? VIFSWITCH_ACL_TO : VIFSWITCH_ACL_FROM;
	q->its_family = families & 1U << q->pkt->family ? q->pkt->family :
			(unsigned int)__builtin_ctz(families);
	if (misses & ACL_MISS_DIRECTION)
		add_miss(ret, "direction", xprintf("%s", word_of(direction_words, q->its_dir)),
			 xprintf("%s", word_of(direction_words, q->dir)));
	if (misses & ACL_MISS_FAMILY)
		add_miss(ret, "ethertype", wanted_family(q, families), type_word(q->pkt->type));
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (misses >> order[i] & 1)
			add_miss(ret, field_word(q, order[i]), wanted(q, order[i]),
				 had(q, order[i]));
	return ret;
}

json_t *why_rules_before(const struct why_acl *acl, enum vifswitch_acl_direction dir,
			 const struct vs_packet *pkt, u16 vid, int decided)
{
	struct question q = { .acl = &acl->view, .pkt = pkt, .dir = dir, .vid = vid };
	const u32 end = decided < 0 ? acl->view.rule_count : (u32)decided;
	json_t *ret = json_array();

	for (q.rule = 0; q.rule < end; q.rule++) {
		unsigned int misses = acl_rule_misses(&acl->view, dir, pkt, vid, q.rule);
		_cleanup_free_ char *name = why_rule_name(acl, q.rule);
		json_t *entry = json_pack(
			"{s:s?, s:I, s:s, s:b, s:o}", "rule", name, "number",
			(json_int_t)q.rule + 1, "action",
			word_of(verdict_words, acl->view.rules[q.rule].action), "builtin",
			acl->view.rules[q.rule].cookie >= ACL_COOKIE_RESERVED, "misses",
			misses_of(&q, misses));

		why_rule_add_acl(acl, (int)q.rule, entry);
		json_array_append_new(ret, entry);
	}
	return ret;
}

int why_rule_behind(const struct why_acl *acl, enum vifswitch_acl_direction dir,
		    const struct vs_packet *pkt, u16 vid, int decided)
{
	bool allowed = vs_acl_action(&acl->view, dir, decided) == VIFSWITCH_ACL_ALLOW;

	for (int i = decided + 1; decided >= 0 && i < (int)acl->view.rule_count; i++)
		if ((acl->view.rules[i].action == VIFSWITCH_ACL_ALLOW) != allowed &&
		    acl->view.rules[i].cookie < ACL_COOKIE_RESERVED &&
		    !acl_rule_misses(&acl->view, dir, pkt, vid, (u32)i))
			return i;
	return -1;
}
