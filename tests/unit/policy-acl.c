// SPDX-License-Identifier: GPL-2.0-or-later
/* The compiler against an independent linear scan. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "acl-tables.h"
#include "base/cleanup.h"
#include "policy-frame.h"
#include "policy-oracle.h"
#include "policy-random.h"
#include "policy/acl/compile.h"

/* One rule set compiled, and what is made of it. */
struct subject {
	struct pool pool;
	struct acl acl;
	void *blob;
	struct vs_acl core;
	unsigned int pairs, decided;
	uint64_t places;
};

static void subject_init(struct subject *s, struct dice *dice, unsigned int rules)
{
	struct vs_program_error error = {};
	struct problem problem = {};
	size_t len;

	pool_make(&s->pool, dice);
	random_acl(&s->acl, &s->pool, dice, rules);
	if (acl_seal(&s->acl, &problem) < 0 || acl_compile(&s->acl, &s->blob, &len, &problem) < 0)
		fail_msg("%s", problem.text);
	if (vs_acl_parse(s->blob, len, &s->core, &error) < 0)
		fail_msg("%s %llu: %s", error.field, (unsigned long long)error.value,
			 error.accepted);
}

static void subject_deinit(struct subject *s)
{
	free(s->blob);
	acl_deinit(&s->acl);
	pool_deinit(&s->pool);
}

static size_t core_lookup(struct subject *s, enum vifswitch_acl_direction direction,
			  const struct vs_packet *packet, uint16_t vlan, uint64_t *ret_cookie)
{
	int found = vs_acl_lookup(&s->core, direction, packet, vlan);

	*ret_cookie = vs_acl_cookie(&s->core, direction, found);
	return found < 0 ? ACL_NO_RULE : (size_t)found;
}

/* The compiled rules through the kernel's lookup, and the oracle. */
static void agree(struct subject *s, enum vifswitch_acl_direction direction,
		  const struct acl_packet *packet, const struct vs_packet *core)
{
	size_t wanted = oracle_lookup(&s->acl, direction, packet);
	uint64_t cookie, wanted_cookie = direction == VIFSWITCH_ACL_FROM ?
		VIFSWITCH_RULE_DEFAULT_FROM : VIFSWITCH_RULE_DEFAULT_TO;

	if (wanted != ACL_NO_RULE)
		wanted_cookie = s->acl.rules[wanted].cookie;
	assert_int_equal(core_lookup(s, direction, core, packet->vlan, &cookie), wanted);
	assert_int_equal(cookie, wanted_cookie);
	s->pairs++;
	s->decided += wanted != ACL_NO_RULE;
	s->places += wanted != ACL_NO_RULE ? wanted : 0;
}

static const unsigned int sizes[] = { 0, 1, 2, 5, 20, 63, 64, 65, 130, 300 };

static void test_fields(void **state)
{
	unsigned int pairs = 0, decided = 0;
	uint64_t places = 0;

	for (unsigned int round = 0; round < 420; round++) {
		struct dice dice = { .state = 0x9e3779b97f4a7c15ULL * (round + 1) };
		struct acl_packet packet;
		struct vs_packet core;
		struct subject s = {};

		subject_init(&s, &dice, sizes[round % ARRAY_SIZE(sizes)]);
		for (unsigned int i = 0; i < 250; i++) {
			random_packet(&packet, &s.pool, &dice);
			packet_fields(&core, &packet);
			agree(&s, dice_below(&dice, 4) == 3, &packet, &core);
		}
		pairs += s.pairs;
		decided += s.decided;
		places += s.places;
		subject_deinit(&s);
	}
	assert_true(pairs >= 100000);
	/* an oracle that never met a match would agree with anything */
	assert_in_range(decided, pairs / 3, pairs - pairs / 20);
	assert_true(places / decided >= 20);
}

static void assert_same(const struct acl_packet *a, const struct acl_packet *b)
{
	assert_int_equal(a->family, b->family);
	assert_int_equal(a->ethertype, b->ethertype);
	assert_int_equal(a->vlan, b->vlan);
	assert_int_equal(a->protocol, b->protocol);
	assert_memory_equal(a->src, b->src, sizeof(a->src));
	assert_memory_equal(a->dst, b->dst, sizeof(a->dst));
	assert_int_equal(a->l4_src, b->l4_src);
	assert_int_equal(a->l4_dst, b->l4_dst);
	assert_int_equal(a->tcp_flags, b->tcp_flags);
}

/* The same with frames, which the core reads first. */
static void test_frames(void **state)
{
	unsigned int pairs = 0;

	for (unsigned int round = 0; round < 420; round++) {
		struct dice dice = { .state = 0xd1342543de82ef95ULL * (round + 1) };
		struct subject s = {};

		subject_init(&s, &dice, sizes[round % ARRAY_SIZE(sizes)]);
		for (unsigned int i = 0; i < 250; i++) {
			_cleanup_free_ uint8_t *octets = NULL;
			struct acl_packet packet, seen;
			struct vs_packet core;
			struct vs_frame frame;
			uint32_t hwtag;
			size_t len;

			random_packet(&packet, &s.pool, &dice);
			packet_sane(&packet);
			len = frame_make(&packet, &dice, &octets, &hwtag);
			assert_true(vs_frame_parse(&frame, octets, len, hwtag));
			assert_int_equal(frame.tag == VS_NO_TAG ? 0 : frame.tag & VS_TCI_VID,
					 packet.vlan);
			assert_true(vs_packet_parse(&core, octets, len, len, &frame));
			assert_int_equal(core.reason, VIFSWITCH_DROP_NONE);
			packet_from_fields(&seen, &core, packet.vlan);
			assert_same(&seen, &packet);
			agree(&s, dice_below(&dice, 4) == 3, &packet, &core);
		}
		pairs += s.pairs;
		subject_deinit(&s);
	}
	assert_true(pairs >= 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
