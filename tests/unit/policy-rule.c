// SPDX-License-Identifier: GPL-2.0-or-later
/* What is refused and how it is said; the built-in rules; limits of the compiler. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "policy-oracle.h"
#include "policy-random.h"
#include "policy/acl/builtin.h"
#include "policy/acl/compile.h"
#include "policy/words.h"

#define ANY .ethertype = ACL_ANY, .protocol = ACL_ANY, .icmp_type = ACL_ANY, .icmp_code = ACL_ANY
/* in these cases a later initialiser overrides one of ANY's */
#pragma GCC diagnostic ignored "-Woverride-init"

static struct acl_range ssh[] = { { 22, 22 } }, backward[] = { { 80, 22 } };
static struct acl_range many[ACL_RANGES_MAX + 1];
static struct prefix entries[] = {
	{ .addr = { 10 }, .len = 8, .family = PREFIX_IP4 },
	{ .addr = { 10 }, .len = 8, .family = PREFIX_IP4 },
};
static const struct prefix_set disordered = { entries, 2, 2, false };
static const struct prefix_set ten = { entries, 1, 1, true };
static uint8_t no_vlans[ACL_VLANS_LEN], bad_vlans[ACL_VLANS_LEN] = { [511] = 0x80 };

static const struct { struct acl_rule rule; const char *text; } bad_rules[] = {
	{ { ANY, .name = "" }, ", rule : it has no name; 1 to 63 octets are accepted" },
	{ { ANY, .direction = 2 }, ": direction 2: from-vm or to-vm is accepted" },
	{ { ANY, .action = 3 }, ": action 3: allow, deny or reject is accepted" },
	{ { ANY, .action = VIFSWITCH_ACL_DENY, .stateless = true },
	  ": stateless is for rules that allow; this one's action is deny" },
	{ { ANY, .cookie = UINT64_MAX }, "is reserved; 0 to 0xfffffffffffffeff is accepted" },
	{ { ANY, .ethertype = 1535 }, ": ethertype 1535: 1536 to 65535 is accepted" },
	{ { ANY, .ethertype = 65536 }, ": ethertype 65536: 1536 to 65535 is accepted" },
	{ { ANY, .protocol = 256 }, ": protocol 256: 0 to 255 is accepted" },
	{ { ANY, .ethertype = 0x806, .protocol = 6 },
	  ": protocol 6 needs ethertype 2048 (IPv4), 34525 (IPv6) or none, not 2054" },
	{ { ANY, .ethertype = 0x806, .dst = &ten },
	  ": dst needs ethertype 2048 (IPv4), 34525 (IPv6) or none, not 2054" },
	{ { ANY, .src = &disordered }, ": src is not in order" },
	{ { ANY, .dst_ports = { ssh, 1 } }, ": dst_ports 22-22 needs a protocol: 6 (TCP), 17 (UDP)" },
	{ { ANY, .protocol = 47, .src_ports = { ssh, 1 } },
	  ": src_ports 22-22: protocol 47 has no ports; 6 (TCP), 17 (UDP), 33 (DCCP), 132 (SCTP) and "
	  "136 (UDP-Lite) have" },
	{ { ANY, .protocol = 6, .src_ports = { backward, 1 } },
	  ": src_ports 80-22: the first port is greater than the last" },
	{ { ANY, .protocol = 6, .src_ports = { many, ARRAY_SIZE(many) } },
	  ": src_ports has 257 ranges: at most 256 are accepted" },
	{ { ANY, .icmp_type = 8 }, ": icmp_type 8 needs protocol 1 (ICMP) or 58 (ICMPv6)" },
	{ { ANY, .protocol = 6, .icmp_type = 8 }, ": icmp_type 8 needs protocol 1 (ICMP)" },
	{ { ANY, .protocol = 1, .icmp_code = 3 }, ": icmp_code 3 needs an icmp_type" },
	{ { ANY, .protocol = 1, .icmp_type = 256 }, ": icmp_type 256: 0 to 255 is accepted" },
	{ { ANY, .protocol = 1, .icmp_type = 3, .icmp_code = 256 },
	  ": icmp_code 256: 0 to 255 is accepted" },
	{ { ANY, .protocol = 1, .icmp_type = 8, .ethertype = 0x86dd },
	  ": icmp_type 8: ethertype 34525 (IPv6) needs protocol 58 (ICMPv6), not 1" },
	{ { ANY, .protocol = 58, .icmp_type = 128, .ethertype = 0x0800 },
	  ": icmp_type 128: ethertype 2048 (IPv4) needs protocol 1 (ICMP), not 58" },
	{ { ANY, .tcp_set = 2 }, ": tcp_flags_set needs protocol 6 (TCP)" },
	{ { ANY, .protocol = 17, .tcp_clear = 2 }, ": tcp_flags_clear needs protocol 6 (TCP)" },
	{ { ANY, .protocol = 6, .tcp_set = 0x12, .tcp_clear = 0x10 },
	  ": ack is in both tcp_flags_set and tcp_flags_clear; one of them is accepted" },
	{ { ANY, .vlans = no_vlans }, ": vlans is a list without a VLAN" },
	{ { ANY, .vlans = bad_vlans }, ": vlans 4095: 0 to 4094 is accepted" },
};

static void test_bad_rules(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_rules); i++) {
		struct problem problem = {};
		struct acl_rule *rule;
		struct acl acl;
		bool named = !strstr(bad_rules[i].text, "no name");

		acl_init(&acl, "web");
		assert_int_equal(acl_ranges_add(&acl_new_rule(&acl, "fine")->src_ports, 1, 2), 0);
		acl.rules[0].protocol = 17;
		acl.rules[0].priority = 5;
		acl.rules[0].cookie = 5;
		rule = acl_new_rule(&acl, "x");
		*rule = bad_rules[i].rule;
		strcpy(rule->name, named ? "x" : "");
		assert_int_equal(acl_seal(&acl, &problem), -EINVAL);
		assert_memory_equal(problem.text, "ACL web, rule ", 14);
		if (!strstr(problem.text, bad_rules[i].text))
			fail_msg("\"%s\" instead of \"%s\"", problem.text, bad_rules[i].text);
		/* what the case lent to the rule is not the ACL's to free */
		for (size_t j = 0; j < acl.rule_count; j++) {
			if (acl.rules[j].priority != 5) {
				acl.rules[j].src_ports = acl.rules[j].dst_ports =
					(struct acl_ranges){};
				acl.rules[j].vlans = NULL;
			}
		}
		acl_deinit(&acl);
	}
}

static void add(struct acl *acl, const char *name, uint32_t priority, uint64_t cookie)
{
	struct acl_rule *rule = acl_new_rule(acl, name);

	rule->priority = priority;
	rule->cookie = cookie;
}

static void seal_refused(struct acl *acl, const char *text)
{
	struct problem problem = {};

	assert_int_equal(acl_seal(acl, &problem), -EINVAL);
	assert_string_equal(problem.text, text);
	acl_deinit(acl);
}

static void test_unique(void **state)
{
	struct acl acl;
	void *blob;
	size_t len;
	struct problem problem;

	acl_init(&acl, "web");
	add(&acl, "a", 7, 1);
	add(&acl, "b", 8, 2);
	add(&acl, "a", 9, 3);
	seal_refused(&acl, "ACL web, rule a: another rule has the same name; each is accepted once");
	acl_init(&acl, "web");
	add(&acl, "a", 7, 1);
	add(&acl, "b", 7, 2);
	seal_refused(&acl, "ACL web, rule b: priority 7 is also that of rule a; each is accepted once");
	acl_init(&acl, "web");
	add(&acl, "a", 7, 1);
	add(&acl, "b", 8, 1);
	assert_int_equal(acl_seal(&acl, &problem), -EINVAL);
	assert_non_null(strstr(problem.text, "its cookie 0x1 is also that of rule "));
	acl_deinit(&acl);
	acl_init(&acl, "web");
	for (unsigned int i = 0; i <= ACL_RULES_MAX; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%u", i);
		add(&acl, name, i, i);
	}
	seal_refused(&acl, "ACL web: 4097 rules: at most 4096 are accepted");
	acl_init(&acl, "web");
	assert_int_equal(acl_compile(&acl, &blob, &len, &problem), -EINVAL);
	assert_non_null(strstr(problem.text, "not sealed"));
	acl.default_action[1] = 3;
	seal_refused(&acl, "ACL web: default action 3: allow, deny or reject is accepted");
}

#define ALL_FAMILIES	((1 << VIFSWITCH_ACL_FAMILIES) - 1)

/* In which packets can fit the rule, as bits. */
static int families_of(const struct acl_rule *rule)
{
	int families = 0;

	for (int family = 0; family < VIFSWITCH_ACL_FAMILIES; family++)
		families |= acl_rule_in_family(rule, family) << family;
	return families;
}

static void test_idle(void **state)
{
	struct prefix_set empty = {}, six = {};
	struct prefix prefix = { .family = PREFIX_IP6 };
	struct acl_rule rule = { ANY, .name = "x" };
	struct problem why;
	struct acl acl;

	assert_int_equal(families_of(&rule), ALL_FAMILIES);
	rule.src = &empty;
	assert_int_equal(families_of(&rule), 0);
	assert_int_equal(prefix_set_add(&six, &prefix), 0);
	prefix_set_normalize(&six);
	rule.src = &six;
	assert_int_equal(families_of(&rule), 1 << VIFSWITCH_ACL_IP6);
	rule.dst = &ten;
	assert_int_equal(families_of(&rule), 0);
	rule.dst = NULL;
	rule.ethertype = 0x0800;
	assert_int_equal(families_of(&rule), 0);
	/* ... but it is no error: groups come and go */
	acl_init(&acl, "web");
	*acl_new_rule(&acl, "x") = rule;
	assert_int_equal(acl_seal(&acl, &why), 0);
	acl_deinit(&acl);
	prefix_set_deinit(&six);
}

struct builtin_case {
	const char *name;	/* NULL: the default decides */
	enum vifswitch_acl_direction direction;
	struct acl_packet packet;
};

#define FROM	VIFSWITCH_ACL_FROM
#define TO	VIFSWITCH_ACL_TO
#define OTHER(type) { .family = VIFSWITCH_ACL_OTHER, .ethertype = type }
#define ICMP6(type) { .family = VIFSWITCH_ACL_IP6, .ethertype = 0x86dd, .protocol = 58, \
		      .l4_src = type, .tcp_flags = VIFSWITCH_ACL_ABSENT }
#define UDP4(sport, dport, ...) { .family = VIFSWITCH_ACL_IP4, .ethertype = 0x0800, \
		.protocol = 17, .l4_src = sport, .l4_dst = dport, .dst = { __VA_ARGS__ }, \
		.tcp_flags = VIFSWITCH_ACL_ABSENT }
#define IP4(proto) { .family = VIFSWITCH_ACL_IP4, .ethertype = 0x0800, .protocol = proto, \
		.l4_src = VIFSWITCH_ACL_ABSENT, .l4_dst = VIFSWITCH_ACL_ABSENT, \
		.tcp_flags = VIFSWITCH_ACL_ABSENT }
#define UDP6(sport, dport, ...) { .family = VIFSWITCH_ACL_IP6, .ethertype = 0x86dd, \
		.protocol = 17, .l4_src = sport, .l4_dst = dport, __VA_ARGS__, \
		.tcp_flags = VIFSWITCH_ACL_ABSENT }

static const struct builtin_case builtin_cases[] = {
	{ "implicit-arp", FROM, OTHER(0x0806) }, { "implicit-arp", TO, OTHER(0x0806) },
	{ "implicit-rarp", FROM, OTHER(0x8035) }, { NULL, TO, OTHER(0x8035) },
	{ NULL, FROM, OTHER(0x88b5) }, { NULL, TO, OTHER(0x88cc) },
	{ "implicit-nd", FROM, ICMP6(133) }, { "implicit-nd", TO, ICMP6(133) },
	{ NULL, FROM, ICMP6(134) }, { "implicit-ra", TO, ICMP6(134) },
	{ "implicit-nd", FROM, ICMP6(135) }, { "implicit-nd", TO, ICMP6(135) },
	{ "implicit-nd", FROM, ICMP6(136) }, { "implicit-nd", TO, ICMP6(136) },
	{ NULL, FROM, ICMP6(137) }, { NULL, TO, ICMP6(137) },
	{ NULL, FROM, ICMP6(128) }, { NULL, TO, ICMP6(129) },
	{ "implicit-mld", FROM, ICMP6(130) }, { "implicit-mld", TO, ICMP6(130) },
	{ "implicit-mld", FROM, ICMP6(143) }, { "implicit-mld", TO, ICMP6(132) },
	{ "implicit-dhcp", FROM, UDP4(68, 67, 255, 255, 255, 255) },
	{ "implicit-dhcp", FROM, UDP4(68, 67, 10, 0, 0, 1) }, { NULL, FROM, UDP4(67, 68, 255, 255, 255, 255) },
	{ "implicit-dhcp", TO, UDP4(67, 68, 10, 0, 0, 1) }, { NULL, TO, UDP4(68, 67, 10, 0, 0, 1) },
	{ "implicit-igmp", FROM, IP4(2) }, { "implicit-igmp", TO, IP4(2) },
	{ NULL, FROM, IP4(112) }, { NULL, TO, IP4(112) },
	{ "implicit-dhcpv6", FROM, UDP6(546, 547, .dst = { 0xff, 2, [13] = 1, [15] = 2 }) },
	{ NULL, FROM, UDP6(546, 547, .dst = { 0x20, 1 }) },
	{ "implicit-dhcpv6", TO, UDP6(547, 546, .src = { 0xfe, 0x80, [15] = 9 }) },
	{ NULL, TO, UDP6(547, 546, .src = { 0x20, 1 }) },
};

static void test_builtin(void **state)
{
	struct problem problem;
	struct acl acl;

	acl_init(&acl, "empty");
	assert_int_equal(acl_seal(&acl, &problem), 0);
	for (size_t i = 0; i < ARRAY_SIZE(builtin_cases); i++) {
		const struct builtin_case *c = &builtin_cases[i];
		size_t found = oracle_lookup(&acl, c->direction, &c->packet);

		if (!c->name) {
			assert_true(found == ACL_NO_RULE);
			continue;
		}
		assert_true(found != ACL_NO_RULE);
		assert_string_equal(acl.rules[found].name, c->name);
		assert_string_equal(acl_reserved_name(acl.rules[found].cookie), c->name);
		assert_int_equal(acl.rules[found].action, VIFSWITCH_ACL_ALLOW);
		assert_true(acl.rules[found].stateless);
	}
	acl_deinit(&acl);

	/* where the default allows there are none, and an explicit rule goes before them */
	acl_init(&acl, "closed");
	acl.default_action[TO] = VIFSWITCH_ACL_ALLOW;
	add(&acl, "nothing", 1000000, 1);
	acl.rules[0].action = VIFSWITCH_ACL_DENY;
	assert_int_equal(acl_seal(&acl, &problem), 0);
	for (size_t i = 0; i < ARRAY_SIZE(builtin_cases); i++) {
		const struct builtin_case *c = &builtin_cases[i];

		assert_true(oracle_lookup(&acl, c->direction, &c->packet) ==
			    (c->direction == FROM ? 0 : ACL_NO_RULE));
	}
	acl_deinit(&acl);
	assert_null(acl_reserved_name(0));
	assert_null(acl_reserved_name(ACL_COOKIE_RESERVED + 100));
	assert_string_equal(acl_reserved_name(VIFSWITCH_RULE_DEFAULT_TO), "default-to-vm");
}

static void test_cookie(void **state)
{
	uint8_t uuid[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 0x18 };

	assert_true(acl_cookie(uuid) == 0x10);
	memset(uuid, 0xff, 8);
	memset(uuid + 8, 0, 8);
	assert_true(acl_cookie(uuid) < ACL_COOKIE_RESERVED);
}

static void test_words(void **state)
{
	const struct {
		const struct word *words;
		const char *list;
	} all[] = {
		{ verdict_words, "allow, deny or reject" },
		{ direction_words, "from-vm or to-vm" },
		{ tcp_flag_words, "fin, syn, rst, psh, ack, urg, ece or cwr" },
		{ trust_words, "dscp or pcp" },
	};
	char list[64];

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		words_list(all[i].words, list, sizeof(list));
		assert_string_equal(list, all[i].list);
		for (const struct word *w = all[i].words; w->word; w++) {
			assert_ptr_equal(word_find(all[i].words, w->word, strlen(w->word)), w);
			assert_string_equal(word_of(all[i].words, w->value), w->word);
		}
	}
	assert_null(word_find(verdict_words, "drop", 4));
	assert_null(word_find(direction_words, "to", 2));
	assert_null(word_find(tcp_flag_words, "SYN", 3));
	assert_int_equal(word_find(tcp_flag_words, "syn,", 3)->value, 2);
	assert_string_equal(word_of(tcp_flag_words, 0x100), "unknown");
	words_list(verdict_words, list, 10);
	assert_string_equal(list, "allow, de");
}

/* 4,096 rules for every family leave no room for the built-in ones; for IPv4 alone they do. */
static void test_too_many(void **state)
{
	struct problem problem = {};
	_cleanup_free_ void *blob = NULL;
	struct acl acl;
	size_t len;

	for (int round = 0; round < 2; round++) {
		acl_init(&acl, "big");
		for (unsigned int i = 0; i < ACL_RULES_MAX; i++) {
			char name[16];

			snprintf(name, sizeof(name), "%u", i);
			add(&acl, name, i, i);
			acl.rules[i].protocol = 6;
			if (round)
				acl.rules[i].ethertype = 0x0800;
		}
		if (round)
			acl.rules[7].ethertype = ACL_ANY;
		acl.default_action[FROM] = round ? VIFSWITCH_ACL_ALLOW : VIFSWITCH_ACL_DENY;
		assert_int_equal(acl_seal(&acl, &problem), 0);
		assert_int_equal(acl_compile(&acl, &blob, &len, &problem), round ? 0 : -EINVAL);
		acl_deinit(&acl);
	}
	assert_string_equal(problem.text, "ACL big: 4096 rules and 2 built-in ones can match IPv4 "
			    "packets from-vm; at most 4096 are accepted together");
	assert_non_null(blob);
}

/* Each address belongs to other rules than the next: a set of 64 words for every one. */
static void test_too_large(void **state)
{
	struct dice dice = { .state = 1 };
	struct problem problem = {};
	struct acl acl;
	void *blob;
	size_t len;

	acl_init(&acl, "wide");
	for (unsigned int i = 0; i < 4000; i++) {
		struct prefix prefix = { .family = PREFIX_IP6, .len = 128 };
		struct prefix_set *set = acl_new_set(&acl);
		char name[16];

		snprintf(name, sizeof(name), "%u", i);
		add(&acl, name, i, i);
		acl.rules[i].src = set;
		for (unsigned int j = 0; j < 128; j++) {
			prefix.addr[4] = (uint8_t)dice_below(&dice, 256);
			prefix.addr[5] = (uint8_t)dice_below(&dice, 256);
			assert_int_equal(prefix_set_add(set, &prefix), 0);
		}
		prefix_set_normalize(set);
	}
	assert_int_equal(acl_seal(&acl, &problem), 0);
	assert_int_equal(acl_compile(&acl, &blob, &len, &problem), -E2BIG);
	assert_string_equal(problem.text, "ACL wide: its tables need more than 33554432 octets; fewer "
			    "rules with many different prefixes, ports or VLANs each are accepted");
	acl_deinit(&acl);
}

/* Equal rules, at other places in memory, added in another order. */
static void test_deterministic(void **state)
{
	for (unsigned int round = 1; round <= 20; round++) {
		_cleanup_free_ void *blobs[2] = {}, *hole = NULL;
		size_t lens[2];

		for (int pass = 0; pass < 2; pass++) {
			struct dice dice = { .state = round * 0x9e3779b97f4a7c15ULL };
			struct problem problem;
			struct pool pool;
			struct acl acl;

			pool_make(&pool, &dice);
			random_acl(&acl, &pool, &dice, 100);
			for (size_t i = 0; pass && i < acl.rule_count / 2; i++) {
				struct acl_rule *rules = acl.rules, swap = rules[i];

				rules[i] = rules[acl.rule_count - 1 - i];
				rules[acl.rule_count - 1 - i] = swap;
			}
			assert_int_equal(acl_seal(&acl, &problem), 0);
			assert_int_equal(acl_compile(&acl, &blobs[pass], &lens[pass], &problem), 0);
			hole = hole ? hole : malloc(100000);
			acl_deinit(&acl);
			pool_deinit(&pool);
		}
		assert_int_equal(lens[0], lens[1]);
		assert_memory_equal(blobs[0], blobs[1], lens[0]);
		free(blobs[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_rules),
		cmocka_unit_test(test_unique),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_builtin),
		cmocka_unit_test(test_cookie),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_deterministic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
