// SPDX-License-Identifier: GPL-2.0-or-later
/* What is told of rules, out of the compiled ACL, against how they were written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "policy-frame.h"
#include "policy-oracle.h"
#include "policy-random.h"
#include "policy/acl/compile.h"
#include "policy/acl/explain.h"

#define DIM(name)	(1U << VIFSWITCH_ACL_##name)
#define VALUES		256

static void compile(struct acl *acl, void **ret_blob, struct vs_acl *ret)
{
	struct vs_program_error error = {};
	struct problem problem = {};
	size_t len;

	if (acl_seal(acl, &problem) < 0 || acl_compile(acl, ret_blob, &len, &problem) < 0)
		fail_msg("%s", problem.text);
	assert_int_equal(vs_acl_parse(*ret_blob, len, ret, &error), 0);
}

static void value_of(const struct vs_packet *pkt, u16 vid, unsigned int d, u64 ret[2])
{
	const union vs_address *a = d == VIFSWITCH_ACL_SRC ? &pkt->src : &pkt->dst;
	const u64 numbers[] = { 0, 0, pkt->proto, pkt->l4_src, pkt->l4_dst, pkt->tcp_flags, vid };

	ret[0] = 0;
	ret[1] = numbers[d];
	if (d <= VIFSWITCH_ACL_DST && pkt->family == VIFSWITCH_ACL_IP4) {
		ret[1] = a->ip4;
	} else if (d <= VIFSWITCH_ACL_DST) {
		ret[0] = a->ip6[0];
		ret[1] = a->ip6[1];
	}
}

static bool below(const u64 a[2], const u64 b[2])
{
	return a[0] < b[0] || (a[0] == b[0] && a[1] < b[1]);
}

/* A dimension that does not fit is one whose wanted values lack the packet's, and no other. */
static void check_values(const struct vs_acl *core, enum vifswitch_acl_direction dir,
			 const struct vs_packet *pkt, u16 vid, u32 rule, unsigned int misses)
{
	struct acl_values values[VALUES];

	for (unsigned int d = 0; d < VIFSWITCH_ACL_DIMENSIONS; d++) {
		bool wanted = false, absent, address = d <= VIFSWITCH_ACL_DST;
		size_t count;
		u64 value[2];

		if (address && pkt->family == VIFSWITCH_ACL_OTHER)
			continue;
		count = acl_rule_values(core, dir, pkt->family, d, rule, values, VALUES);
		assert_in_range(count, 0, VALUES);
		value_of(pkt, vid, d, value);
		absent = value[1] == VIFSWITCH_ACL_ABSENT && !address;
		for (size_t i = 0; i < count; i++) {
			assert_false(below(values[i].last, values[i].first));
			assert_true(!i || below(values[i - 1].last, values[i].first));
			wanted |= !below(value, values[i].first) && !below(values[i].last, value);
		}
		if (absent)	/* fits those that want anything */
			wanted = count == 1 && !values[0].first[1] &&
				 values[0].last[1] >= (d == VIFSWITCH_ACL_TCP_FLAGS ? 255U :
						       65535U) && !(misses >> d & 1);
		if (wanted == (misses >> d & 1))
			fail_msg("dimension %u of rule %u: %u", d, rule, misses);
	}
}

static void random_rules(void **state)
{
	unsigned int pairs = 0, fit = 0, one = 0;

	for (unsigned int round = 0; round < 60; round++) {
		struct dice dice = { .state = 0x9e3779b97f4a7c15ULL * (round + 7) };
		struct vs_acl core;
		struct pool pool;
		struct acl acl;
		void *blob;

		pool_make(&pool, &dice);
		random_acl(&acl, &pool, &dice, round);
		compile(&acl, &blob, &core);
		for (unsigned int i = 0; i < 10; i++) {
			enum vifswitch_acl_direction dir = i % 2;
			struct acl_packet packet;
			struct vs_packet pkt;

			random_packet(&packet, &pool, &dice);
			packet_fields(&pkt, &packet);
			for (u32 r = 0; r < acl.rule_count; r++) {
				unsigned int misses = acl_rule_misses(&core, dir, &pkt,
								      packet.vlan, r);

				assert_int_equal(!misses, oracle_fits(&acl.rules[r], dir, &packet));
				if (misses < ACL_MISS_FAMILY)
					check_values(&core, dir, &pkt, packet.vlan, r, misses);
				else if (misses & ACL_MISS_DIRECTION)
					assert_int_not_equal(acl.rules[r].direction, dir);
				pairs++;
				fit += !misses;
				one += __builtin_popcount(misses) == 1;
			}
		}
		free(blob);
		acl_deinit(&acl);
		pool_deinit(&pool);
	}
	assert_true(pairs >= 10000 && fit > 100 && one > 1000);
}

static const struct prefix ten = { .addr = { 10 }, .len = 8, .family = PREFIX_IP4 },
	documents = { .addr = { 0x20, 1, 0xd, 0xb8 }, .len = 32, .family = PREFIX_IP6 };

static struct prefix_set *set_of(struct acl *acl, const struct prefix *prefix)
{
	struct prefix_set *set = acl_new_set(acl);

	if (prefix)
		assert_int_equal(prefix_set_add(set, prefix), 0);
	prefix_set_normalize(set);
	return set;
}

enum number { FITS, WRONG_WAY, IP6_ONLY, PROTOCOL, SRC, DST, PORTS, FLAGS, TYPE, VLANS, ARP, NOBODY,
	      TWO, COUNT };

static void make_rules(struct acl *acl)
{
	struct acl_rule *r;

	acl_init(acl, "web");
	acl->default_action[VIFSWITCH_ACL_FROM] = acl->default_action[VIFSWITCH_ACL_TO] = 0;
	for (int i = 0; i < COUNT; i++) {
		char name[16];

		snprintf(name, sizeof(name), "rule%d", i);
		acl_new_rule(acl, name)->cookie = (unsigned int)i;
	}
	r = acl->rules;
	for (unsigned int i = 0; i < COUNT; i++)
		r[i].priority = i;
	r[WRONG_WAY].direction = VIFSWITCH_ACL_TO;
	r[IP6_ONLY].src = set_of(acl, &documents);
	r[PROTOCOL].protocol = 17;
	r[SRC].src = r[DST].dst = set_of(acl, &ten);
	r[PORTS].protocol = r[FLAGS].protocol = r[TWO].protocol = 6;
	assert_int_equal(acl_ranges_add(&r[PORTS].dst_ports, 443, 443), 0);
	assert_int_equal(acl_ranges_add(&r[PORTS].dst_ports, 8000, 8080), 0);
	assert_int_equal(acl_ranges_add(&r[TWO].src_ports, 1, 999), 0);
	r[TWO].direction = VIFSWITCH_ACL_TO;
	r[FLAGS].tcp_clear = 2;
	r[TYPE].protocol = 1;
	r[TYPE].icmp_type = 3;
	assert_int_equal(acl_rule_add_vlan(&r[VLANS], 8), 0);
	r[ARP].ethertype = 0x0806;
	r[NOBODY].dst = set_of(acl, NULL);
}

static void each_field(void **state)
{
	static const unsigned int wanted[COUNT] = {
		[WRONG_WAY] = ACL_MISS_DIRECTION, [IP6_ONLY] = ACL_MISS_FAMILY,
		[PROTOCOL] = DIM(PROTO), [SRC] = DIM(SRC), [DST] = DIM(DST),
		[PORTS] = DIM(L4_DST), [FLAGS] = DIM(TCP_FLAGS), [TYPE] = DIM(PROTO) | DIM(L4_SRC),
		[VLANS] = DIM(VLAN), [ARP] = ACL_MISS_FAMILY, [NOBODY] = ACL_MISS_IDLE,
		[TWO] = ACL_MISS_DIRECTION | DIM(L4_SRC),
	};
	const struct vs_packet pkt = {
		.family = VIFSWITCH_ACL_IP4, .type = 0x0800, .proto = 6, .src.ip4 = 0xc0000201,
		.dst.ip4 = 0xc0000202, .l4_src = 1000, .l4_dst = 22, .tcp_flags = 2,
	};
	struct acl_values values[2];
	struct vs_acl core;
	struct acl acl;
	void *blob;

	make_rules(&acl);
	compile(&acl, &blob, &core);
	for (u32 i = 0; i < COUNT; i++)
		assert_int_equal(acl_rule_misses(&core, VIFSWITCH_ACL_FROM, &pkt, 9, i), wanted[i]);
	assert_int_equal(acl_rule_families(&core, FITS), 7);
	assert_int_equal(acl_rule_families(&core, IP6_ONLY), 1 << VIFSWITCH_ACL_IP6);
	assert_int_equal(acl_rule_families(&core, ARP), 1 << VIFSWITCH_ACL_OTHER);
	assert_int_equal(acl_rule_families(&core, NOBODY), 0);
	assert_int_equal(acl_rule_directions(&core, WRONG_WAY), 1 << VIFSWITCH_ACL_TO);
	assert_int_equal(acl_rule_directions(&core, FITS), 1 << VIFSWITCH_ACL_FROM);

	assert_int_equal(acl_rule_values(&core, VIFSWITCH_ACL_FROM, VIFSWITCH_ACL_IP4,
					 VIFSWITCH_ACL_L4_DST, PORTS, values, 2), 2);
	assert_true(values[0].first[1] == 443 && values[0].last[1] == 443);
	assert_true(values[1].first[1] == 8000 && values[1].last[1] == 8080);
	values[1].last[1] = 7;
	assert_int_equal(acl_rule_values(&core, VIFSWITCH_ACL_FROM, VIFSWITCH_ACL_IP4,
					 VIFSWITCH_ACL_L4_DST, PORTS, values, 1), 2);
	assert_int_equal(values[1].last[1], 7);		/* beyond max: untouched */
	assert_int_equal(acl_rule_values(&core, VIFSWITCH_ACL_FROM, VIFSWITCH_ACL_IP6,
					 VIFSWITCH_ACL_SRC, IP6_ONLY, values, 2), 1);
	assert_true(values[0].first[0] == 0x20010db800000000 && !values[0].first[1]);
	assert_true(values[0].last[0] == 0x20010db8ffffffff && values[0].last[1] == UINT64_MAX);
	assert_int_equal(acl_rule_values(&core, VIFSWITCH_ACL_FROM, VIFSWITCH_ACL_IP4,
					 VIFSWITCH_ACL_SRC, IP6_ONLY, values, 2), 0);
	free(blob);
	acl_deinit(&acl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_rules),
		cmocka_unit_test(each_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
