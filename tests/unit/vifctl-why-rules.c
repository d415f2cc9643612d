// SPDX-License-Identifier: GPL-2.0-or-later
/* What vifctl why says of rules that a packet did not fit, in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "policy/acl/compile.h"
#include "vifctl/view.h"
#include "vifctl/view/text.h"
#include "vifctl/why/rules.h"

#define FROM	VIFSWITCH_ACL_FROM
#define TO	VIFSWITCH_ACL_TO

static struct acl_rule *rule(struct acl *acl, const char *name, enum vifswitch_acl_action action)
{
	struct acl_rule *r = acl_new_rule(acl, name);

	r->cookie = acl->rule_count;
	r->priority = (uint32_t)acl->rule_count;
	r->action = action;
	return r;
}

static void ports(struct acl_rule *r, int protocol, const uint16_t (*ranges)[2], size_t count)
{
	r->protocol = (int16_t)protocol;
	for (size_t i = 0; i < count; i++)
		assert_int_equal(acl_ranges_add(&r->dst_ports, ranges[i][0], ranges[i][1]), 0);
}

static const struct prefix_set *set(struct acl *acl, const char *const *texts)
{
	struct prefix_set *s = acl_new_set(acl);
	struct problem problem;
	struct prefix prefix;

	for (; *texts; texts++) {
		assert_int_equal(prefix_parse(*texts, strlen(*texts), &prefix, &problem), 0);
		assert_int_equal(prefix_set_add(s, &prefix), 0);
	}
	prefix_set_normalize(s);
	return s;
}

static void make_rules(struct acl *acl)
{
	struct acl_rule *r;

	acl_init(acl, "web");
	ports(rule(acl, "https", VIFSWITCH_ACL_ALLOW), 6, (const uint16_t[][2]){ { 443, 443 },
	      { 8000, 8080 } }, 2);
	r = rule(acl, "ssh", VIFSWITCH_ACL_ALLOW);
	ports(r, 6, (const uint16_t[][2]){ { 22, 22 } }, 1);
	r->dst = set(acl, (const char *[]){ "10.0.0.0/8", "192.0.2.7/32", NULL });
	ports(rule(acl, "dns", VIFSWITCH_ACL_ALLOW), 17, (const uint16_t[][2]){ { 53, 53 } }, 1);
	rule(acl, "inwards", VIFSWITCH_ACL_ALLOW)->direction = TO;
	r = rule(acl, "ping", VIFSWITCH_ACL_ALLOW);
	r->protocol = 1;
	r->icmp_type = 8;
	rule(acl, "six", VIFSWITCH_ACL_ALLOW)->src = set(acl, (const char *[]){
		"2001:db8::/32", NULL });
	r = rule(acl, "syn", VIFSWITCH_ACL_DENY);
	r->protocol = 6;
	r->tcp_set = 1;
	r->tcp_clear = 0x10;
	assert_int_equal(acl_rule_add_vlan(rule(acl, "vlan", VIFSWITCH_ACL_ALLOW), 7), 0);
	rule(acl, "arp", VIFSWITCH_ACL_ALLOW)->ethertype = 0x0806;
	rule(acl, "nobody", VIFSWITCH_ACL_ALLOW)->dst = set(acl, (const char *[]){ NULL });
	r = rule(acl, "many", VIFSWITCH_ACL_ALLOW);
	r->dst = set(acl, (const char *[]){ "192.0.2.8/32", "192.0.2.10/32", "192.0.2.12/32",
					    "192.0.2.14/32", "192.0.2.16/28", "198.51.100.1/32",
					    NULL });
	ports(rule(acl, "no-22", VIFSWITCH_ACL_REJECT), 6, (const uint16_t[][2]){ { 22, 22 } }, 1);
	rule(acl, "rest", VIFSWITCH_ACL_ALLOW);
}

/* The ACL as it is in force, and as the daemon tells of it. */
struct subject {
	struct acl acl;
	void *blob;
	struct why_acl why;
	json_t *doc;
};

static int setup(void **state)
{
	struct subject *s = calloc(1, sizeof(*s));
	struct vs_program_error error;
	struct problem problem;
	size_t len;

	make_rules(&s->acl);
	if (acl_seal(&s->acl, &problem) < 0 ||
	    acl_compile(&s->acl, &s->blob, &len, &problem) < 0)
		fail_msg("%s", problem.text);
	assert_int_equal(vs_acl_parse(s->blob, len, &s->why.view, &error), 0);
	s->doc = json_pack("{s:s, s:[]}", "name", "web", "rules");
	for (size_t i = 0; i < s->acl.rule_count; i++)
		json_array_append_new(json_object_get(s->doc, "rules"), json_pack(
			"{s:s, s:o}", "name", s->acl.rules[i].name, "cookie",
			json_sprintf("%016llx", (unsigned long long)s->acl.rules[i].cookie)));
	s->why.doc = s->doc;
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct subject *s = *state;

	json_decref(s->doc);
	free(s->blob);
	acl_deinit(&s->acl);
	free(s);
	return 0;
}

/* TCP from 192.0.2.1:1000 to 192.0.2.9:22, SYN and ACK, in VLAN 5. */
static const struct vs_packet ssh = {
	.family = VIFSWITCH_ACL_IP4, .type = 0x0800, .proto = 6, .src.ip4 = 0xc0000201,
	.dst.ip4 = 0xc0000209, .l4_src = 1000, .l4_dst = 22, .tcp_flags = 0x12,
};

static char *misses_text(const json_t *one)
{
	json_t *texts = json_array(), *miss;
	char *text;
	size_t i;

	json_array_foreach(json_object_get(one, "misses"), i, miss)
		json_array_append_new(texts, json_sprintf("%s: %s, not %s", get_text(miss, "field"),
							  get_text(miss, "wants"),
							  get_text(miss, "has")));
	text = text_join(texts, "; ");
	json_decref(texts);
	return text;
}

static void in_words(void **state)
{
	static const struct { const char *rule, *action, *misses; } wanted[] = {
		{ "https", "allow", "dst-port: 443 or 8000-8080, not 22" },
		{ "ssh", "allow", "dst: 10.0.0.0/8 or 192.0.2.7, not 192.0.2.9" },
		{ "dns", "allow", "proto: udp, not tcp; dst-port: 53, not 22" },
		{ "inwards", "allow", "direction: to-vm, not from-vm" },
		{ "ping", "allow", "proto: icmp, not tcp; icmp-type: 8, not 1000" },
		{ "six", "allow", "ethertype: ipv6, not ipv4" },
		{ "syn", "deny", "tcp-flags: fin,!ack, not syn,ack" },
		{ "vlan", "allow", "vlan: 7, not 5" },
		{ "arp", "allow", "ethertype: arp, not ipv4" },
		{ "nobody", "allow", "group: a member of a group that has none, not none" },
		{ "many", "allow", "dst: 192.0.2.8, 192.0.2.10, 192.0.2.12, 192.0.2.14 or 2 more, "
		  "not 192.0.2.9" },
	};
	struct subject *s = *state;
	json_t *rules = why_rules_before(&s->why, FROM, &ssh, 5, 11), *one;
	size_t i;

	assert_int_equal(json_array_size(rules), ARRAY_SIZE(wanted));
	json_array_foreach(rules, i, one) {
		_cleanup_free_ char *misses = misses_text(one);

		assert_string_equal(get_text(one, "rule"), wanted[i].rule);
		assert_string_equal(get_text(one, "action"), wanted[i].action);
		assert_string_equal(misses, wanted[i].misses);
		assert_int_equal(json_integer_value(json_object_get(one, "number")), i + 1);
		assert_true(json_is_false(json_object_get(one, "builtin")));
	}
	json_decref(rules);
	assert_int_equal(why_rule_behind(&s->why, FROM, &ssh, 5, 11), 12);
	assert_int_equal(why_rule_behind(&s->why, FROM, &ssh, 5, 12), -1);
	assert_int_equal(why_rule_behind(&s->why, FROM, &ssh, 5, -1), -1);
}

static void check_miss(struct subject *s, const struct vs_packet *pkt, size_t number,
		       const char *wanted)
{
	json_t *rules = why_rules_before(&s->why, FROM, pkt, 0, -1);
	_cleanup_free_ char *misses = misses_text(json_array_get(rules, number));

	assert_string_equal(misses, wanted);
	json_decref(rules);
}

/* Packets without ports, of IPv6, of no IP. */
static void other_packets(void **state)
{
	const struct vs_packet later = {
		.family = VIFSWITCH_ACL_IP4, .type = 0x0800, .proto = 6, .l4_src =
		VIFSWITCH_ACL_ABSENT, .l4_dst = VIFSWITCH_ACL_ABSENT, .tcp_flags =
		VIFSWITCH_ACL_ABSENT,
	}, six = {
		.family = VIFSWITCH_ACL_IP6, .type = 0x86dd, .proto = 58,
		.src.ip6 = { 0x20010db900000000, 1 }, .l4_src = 128, .l4_dst = 0, .tcp_flags =
		VIFSWITCH_ACL_ABSENT,
	}, none = { .family = VIFSWITCH_ACL_OTHER, .type = 0x88b5, .proto = 0x88b5 };
	struct subject *s = *state;
	json_t *rules;

	check_miss(s, &later, 0, "dst-port: 443 or 8000-8080, not none");
	check_miss(s, &later, 6, "tcp-flags: fin,!ack, not none");
	check_miss(s, &six, 5, "src: 2001:db8::/32, not 2001:db9::1");
	check_miss(s, &six, 1, "ethertype: ipv4, not ipv6; proto: tcp, not icmpv6; "
		   "dst-port: 22, not 0");
	check_miss(s, &none, 0, "ethertype: ipv4 or ipv6, not 0x88b5");
	check_miss(s, &none, 8, "ethertype: arp, not 0x88b5");
	rules = why_rules_before(&s->why, FROM, &none, 0, -1);
	assert_true(json_array_size(rules) > 13);
	assert_true(json_is_true(json_object_get(json_array_get(rules, 13), "builtin")));
	json_decref(rules);
	s->why.doc = NULL;
	rules = why_rules_before(&s->why, FROM, &none, 0, 2);
	assert_true(json_is_null(json_object_get(json_array_get(rules, 0), "rule")));
	json_decref(rules);
}

static char *view(const json_t *doc, bool all)
{
	size_t len;
	char *text;
	FILE *f = open_memstream(&text, &len);

	view_why(doc, all, f);
	fclose(f);
	return text;
}

static void nearest_first(void **state)
{
	static const char wanted[] =
		"rules before it that would allow it, but do not fit:\n"
		"  https (allow): dst-port is 22, it wants 443 or 8000-8080\n"
		"  ssh (allow): dst is 192.0.2.9, it wants 10.0.0.0/8 or 192.0.2.7\n"
		"  inwards (allow): direction is from-vm, it wants to-vm\n"
		"rule rest (allow) fits, but comes after it\n"
		"8 more rules before it do not fit either: --all tells why\n"
		"dropped (acl): rule no-22 of ACL web\n";
	struct subject *s = *state;
	json_t *doc = json_pack(
		"{s:s, s:s, s:s, s:[{s:s, s:s, s:s, s:s, s:o, s:{s:s, s:i, s:s}}], s:[]}",
		"verdict", "dropped", "reason", "acl", "rule", "rule no-22 of ACL web", "stages",
		"stage", "acl-from", "port", "web/0", "result", "drop", "text", "denied", "rules",
		why_rules_before(&s->why, FROM, &ssh, 5, 11), "behind", "rule", "rest", "number", 13,
		"action", "allow", "to");
	_cleanup_free_ char *text = view(doc, false), *all = view(doc, true);

	assert_non_null(strstr(text, wanted));
	assert_non_null(strstr(all, "  dns (allow): proto is tcp, it wants udp; dst-port is 22, it "
			       "wants 53\n"));
	assert_non_null(strstr(all, "  syn (deny): tcp-flags is syn,ack, it wants fin,!ack\n"));
	assert_null(strstr(all, "--all"));
	json_decref(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(in_words, setup, teardown),
		cmocka_unit_test_setup_teardown(other_packets, setup, teardown),
		cmocka_unit_test_setup_teardown(nearest_first, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
