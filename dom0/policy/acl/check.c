// SPDX-License-Identifier: GPL-2.0-or-later
/* What is wrong with a rule, in words; and the order of an ACL's rules. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/acl/builtin.h"
#include "policy/acl/rule.h"
#include "policy/words.h"

#define TYPE_MIN	0x0600
#define ICMP		1
#define ICMPV6		58
#define TCP		6

struct checker {
	const struct acl *acl;
	const struct acl_rule *rule;	/* NULL: the ACL itself */
	struct problem *problem;
};

static int refuse(const struct checker *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int refuse(const struct checker *c, const char *fmt, ...)
{
	char text[PROBLEM_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!c->rule)
		return problem_set(c->problem, "ACL %s: %s",
				   QUOTE(c->acl->name, strlen(c->acl->name)), text);
	return problem_set(c->problem, "ACL %s, rule %s: %s",
			   QUOTE(c->acl->name, strlen(c->acl->name)),
			   QUOTE(c->rule->name, strlen(c->rule->name)), text);
}

static int no_memory(const struct checker *c)
{
	refuse(c, "out of memory");
	return -ENOMEM;
}

static int check_verdict(const struct checker *c)
{
	const struct acl_rule *rule = c->rule;

	if (!rule->name[0])
		return refuse(c, "it has no name; 1 to 63 octets are accepted");
	if ((unsigned int)rule->direction >= VIFSWITCH_ACL_DIRECTIONS)
		return refuse(c, "direction %u: from-vm or to-vm is accepted", rule->direction);
	if ((unsigned int)rule->action >= VIFSWITCH_ACL_ACTIONS)
		return refuse(c, "action %u: allow, deny or reject is accepted", rule->action);
	if (rule->stateless && rule->action != VIFSWITCH_ACL_ALLOW)
		return refuse(c, "stateless is for rules that allow; this one's action is %s",
			      word_of(verdict_words, rule->action));
	if (rule->cookie >= ACL_COOKIE_RESERVED)
		return refuse(c, "cookie %#llx is reserved; 0 to %#llx is accepted",
			      (unsigned long long)rule->cookie, ACL_COOKIE_RESERVED - 1);
	return 0;
}

static int check_network(const struct checker *c)
{
	const struct acl_rule *rule = c->rule;
	bool ip = rule->ethertype == ACL_ANY || rule->ethertype == 0x0800 ||
		  rule->ethertype == 0x86dd;

	if (rule->ethertype != ACL_ANY && (rule->ethertype < TYPE_MIN || rule->ethertype > 0xffff))
		return refuse(c, "ethertype %d: 1536 to 65535 is accepted", rule->ethertype);
	if (rule->protocol != ACL_ANY && (rule->protocol < 0 || rule->protocol > 255))
		return refuse(c, "protocol %d: 0 to 255 is accepted", rule->protocol);
	if (rule->protocol != ACL_ANY && !ip)
		return refuse(c, "protocol %d needs ethertype 2048 (IPv4), 34525 (IPv6) or none, "
			      "not %d", rule->protocol, rule->ethertype);
	if ((rule->src || rule->dst) && !ip)
		return refuse(c, "%s needs ethertype 2048 (IPv4), 34525 (IPv6) or none, not %d",
			      rule->src ? "src" : "dst", rule->ethertype);
	if ((rule->src && !prefix_set_is_normal(rule->src)) ||
	    (rule->dst && !prefix_set_is_normal(rule->dst)))
		return refuse(c, "%s is not in order (an error of the program, not of yours)",
			      rule->src && !prefix_set_is_normal(rule->src) ? "src" : "dst");
	return 0;
}

static int check_ports(const struct checker *c, const char *field, const struct acl_ranges *ranges)
{
	if (!ranges->count)
		return 0;
	if (ranges->count > ACL_RANGES_MAX)
		return refuse(c, "%s has %zu ranges: at most %d are accepted", field,
			      ranges->count, ACL_RANGES_MAX);
	for (size_t i = 0; i < ranges->count; i++) {
		const struct acl_range *range = &ranges->items[i];

		if (range->first > range->last)
			return refuse(c, "%s %u-%u: the first port is greater than the last",
				      field, range->first, range->last);
	}
	if (c->rule->protocol == ACL_ANY)
		return refuse(c, "%s %u-%u needs a protocol: 6 (TCP), 17 (UDP), 33 (DCCP), 132 (SCTP) "
			      "or 136 (UDP-Lite)", field, ranges->items[0].first,
			      ranges->items[0].last);
	if (!acl_protocol_has_ports(c->rule->protocol))
		return refuse(c, "%s %u-%u: protocol %d has no ports; 6 (TCP), 17 (UDP), 33 (DCCP), "
			      "132 (SCTP) and 136 (UDP-Lite) have", field, ranges->items[0].first,
			      ranges->items[0].last, c->rule->protocol);
	return 0;
}

static int check_icmp(const struct checker *c)
{
	const struct acl_rule *rule = c->rule;

	if (rule->icmp_code != ACL_ANY && rule->icmp_type == ACL_ANY)
		return refuse(c, "icmp_code %d needs an icmp_type", rule->icmp_code);
	if (rule->icmp_type == ACL_ANY)
		return 0;
	if (rule->icmp_type < 0 || rule->icmp_type > 255)
		return refuse(c, "icmp_type %d: 0 to 255 is accepted", rule->icmp_type);
	if (rule->icmp_code < ACL_ANY || rule->icmp_code > 255)
		return refuse(c, "icmp_code %d: 0 to 255 is accepted", rule->icmp_code);
	if (rule->protocol != ICMP && rule->protocol != ICMPV6)
		return refuse(c, "icmp_type %d needs protocol 1 (ICMP) or 58 (ICMPv6)",
			      rule->icmp_type);
	if (rule->protocol == ICMP && rule->ethertype == 0x86dd)
		return refuse(c, "icmp_type %d: ethertype 34525 (IPv6) needs protocol 58 (ICMPv6), "
			      "not 1", rule->icmp_type);
	if (rule->protocol == ICMPV6 && rule->ethertype == 0x0800)
		return refuse(c, "icmp_type %d: ethertype 2048 (IPv4) needs protocol 1 (ICMP), not 58",
			      rule->icmp_type);
	return 0;
}

static int check_tcp(const struct checker *c)
{
	const struct acl_rule *rule = c->rule;
	uint8_t both = rule->tcp_set & rule->tcp_clear;

	if ((rule->tcp_set || rule->tcp_clear) && rule->protocol != TCP)
		return refuse(c, "tcp_flags_%s needs protocol 6 (TCP)",
			      rule->tcp_set ? "set" : "clear");
	if (both)
		return refuse(c, "%s is in both tcp_flags_set and tcp_flags_clear; "
			      "one of them is accepted", word_of(tcp_flag_words, both & -both));
	return 0;
}

static int check_vlans(const struct checker *c)
{
	const uint8_t *vlans = c->rule->vlans;

	if (!vlans)
		return 0;
	if (vlans[ACL_VLANS_LEN - 1] & 0x80)
		return refuse(c, "vlans 4095: 0 to 4094 is accepted");
	for (size_t i = 0; i < ACL_VLANS_LEN; i++) {
		if (vlans[i])
			return 0;
	}
	return refuse(c, "vlans is a list without a VLAN: 0 to 4094, or no list, is accepted");
}

static int check_rule(const struct checker *c)
{
	int r;

	r = check_verdict(c);
	if (r == 0)
		r = check_network(c);
	if (r == 0)
		r = check_ports(c, "src_ports", &c->rule->src_ports);
	if (r == 0)
		r = check_ports(c, "dst_ports", &c->rule->dst_ports);
	if (r == 0)
		r = check_icmp(c);
	if (r == 0)
		r = check_tcp(c);
	return r ? r : check_vlans(c);
}

static int by_name(const void *a, const void *b)
{
	const struct acl_rule *const *x = a, *const *y = b;

	return (*x)->part != (*y)->part ? (*x)->part - (*y)->part :
	       strcmp((*x)->name, (*y)->name);
}

static int by_cookie(const void *a, const void *b)
{
	const struct acl_rule *const *x = a, *const *y = b;

	return ((*x)->cookie > (*y)->cookie) - ((*x)->cookie < (*y)->cookie);
}

/* Names and cookies, each once; priorities are checked when they are in order. */
static int check_unique(struct checker *c)
{
	_cleanup_free_ const struct acl_rule **rules = NULL;
	size_t count = c->acl->rule_count;

	if (!count)
		return 0;
	rules = calloc(count, sizeof(*rules));
	if (!rules)
		return no_memory(c);
	for (size_t i = 0; i < count; i++)
		rules[i] = &c->acl->rules[i];
	qsort(rules, count, sizeof(*rules), by_name);
	for (size_t i = 1; i < count; i++) {
		c->rule = rules[i];
		if (by_name(&rules[i - 1], &rules[i]) == 0)
			return refuse(c, "another rule has the same name; each is accepted once");
	}
	qsort(rules, count, sizeof(*rules), by_cookie);
	for (size_t i = 1; i < count; i++) {
		c->rule = rules[i];
		if (rules[i - 1]->cookie == rules[i]->cookie)
			return refuse(c, "its cookie %#llx is also that of rule %s; create it anew",
				      (unsigned long long)rules[i]->cookie,
				      QUOTE(rules[i - 1]->name, strlen(rules[i - 1]->name)));
	}
	return 0;
}

static int by_priority(const void *a, const void *b)
{
	const struct acl_rule *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return strcmp(x->name, y->name);
}

int acl_seal(struct acl *acl, struct problem *problem)
{
	struct checker c = { acl, NULL, problem };
	int r;

	if (acl->sealed)
		return refuse(&c, "it is sealed already (an error of the program, not of yours)");
	for (int d = 0; d < VIFSWITCH_ACL_DIRECTIONS; d++) {
		if (acl->default_action[d] >= VIFSWITCH_ACL_ACTIONS)
			return refuse(&c, "default action %u: allow, deny or reject is accepted",
				      acl->default_action[d]);
		if (acl->default_flags[d] & ~VIFSWITCH_ACL_RF_ALL)
			return refuse(&c, "default flags %u: 0 to 3 is accepted",
				      acl->default_flags[d]);
	}
	if (acl->rule_count > ACL_RULES_MAX)
		return refuse(&c, "%zu rules: at most %d are accepted", acl->rule_count,
			      ACL_RULES_MAX);
	if (acl->rule_count)
		qsort(acl->rules, acl->rule_count, sizeof(*acl->rules), by_priority);
	for (size_t i = 0; i < acl->rule_count; i++) {
		c.rule = &acl->rules[i];
		r = check_rule(&c);
		if (r < 0)
			return r;
		if (i && c.rule[-1].priority == c.rule->priority)
			return refuse(&c, "priority %u is also that of rule %s; each is accepted once",
				      c.rule->priority,
				      QUOTE(c.rule[-1].name, strlen(c.rule[-1].name)));
	}
	r = check_unique(&c);
	if (r < 0)
		return r;
	c.rule = NULL;
	if (acl_add_builtin(acl) < 0)
		return no_memory(&c);
	acl->sealed = true;
	return 0;
}
