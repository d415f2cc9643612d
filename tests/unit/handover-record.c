// SPDX-License-Identifier: GPL-2.0-or-later
/* The record of a handover: what is written is read, and what is hostile is refused by name. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "base/cleanup.h"
#include "handover/record.h"
#include "handover/story.h"
#include "vifswitch/acl.h"

static struct vifswitch_session udp(uint16_t port, uint64_t idle_ms)
{
	return (struct vifswitch_session){
		.family = VIFSWITCH_ACL_IP4, .proto = 17, .begun = VIFSWITCH_ACL_TO,
		.state = VIFSWITCH_SESSION_ANSWERED, .vlan = 100,
		.flags = VIFSWITCH_SF_SEEN_FROM | VIFSWITCH_SF_SEEN_TO,
		.vm_addr = { 192, 0, 2, 1 }, .peer_addr = { 192, 0, 2, 2 },
		.vm_port = 53, .peer_port = port, .age_ms = idle_ms + 5, .idle_ms = idle_ms,
	};
}

static void fill(struct handover_record *r, uint32_t sessions)
{
	static const uint8_t mac[6] = { 0, 0x16, 0x3e, 0, 0, 7 };
	static const struct vifswitch_acl_hits hits[] = {
		{ VIFSWITCH_RULE_DEFAULT_FROM, 7 }, { 0x123, VIFSWITCH_STATE_COUNT_MAX }, { 5, 0 },
	};

	*r = (struct handover_record){};
	for (int i = 0; i < 4; i++)
		r->state.counters[i] = 1000 + i;
	r->state.debts[0] = 50000000;
	r->state.drops[VIFSWITCH_DROP_ACL] = 12;
	r->state.drops[VIFSWITCH_DROP_COUNT - 1] = VIFSWITCH_STATE_COUNT_MAX;
	assert_int_equal(handover_record_address(r, mac, 4094), 0);
	memset(r->hits_of, 0xab, sizeof(r->hits_of));
	for (size_t i = 0; i < ARRAY_SIZE(hits); i++)
		assert_int_equal(handover_record_hits(r, &hits[i]), 0);
	for (uint32_t i = 0; i < sessions; i++) {
		struct vifswitch_session s = udp((uint16_t)(i % 65535 + 1), i);

		assert_int_equal(handover_record_session(&r->sessions, HANDOVER_SESSIONS_MAX,
							 &s), 0);
	}
}

static void test_round(void **state)
{
	static const uint32_t counts[] = { 0, 1, 255, 256, 4080, 9000 };

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		_cleanup_(handover_record_deinit) struct handover_record r = {}, back = {};
		_cleanup_free_ char *text = NULL;
		struct problem problem;
		uint32_t kept = counts[i] < HANDOVER_SESSIONS_MAX ? counts[i] :
								     HANDOVER_SESSIONS_MAX;

		fill(&r, counts[i]);
		text = handover_record_write(&r);
		assert_true(strlen(text) < HANDOVER_TEXT_MAX);
		assert_int_equal(handover_record_read(text, strlen(text), 0, &back, &problem), 0);
		assert_memory_equal(&back.state, &r.state, sizeof(r.state));
		assert_int_equal(back.address_count, 1);
		assert_int_equal(back.addresses[0].vlan, 4094);
		assert_int_equal(back.sessions.count, kept);
		assert_int_equal(back.sessions.left, counts[i] - kept);
		/* in order, and without those that decided nothing */
		assert_int_equal(back.hits_count, 2);
		assert_int_equal(back.hits[0].cookie, 0x123);
		assert_int_equal(back.hits[0].packets, VIFSWITCH_STATE_COUNT_MAX);
		assert_true(back.hits[1].cookie == VIFSWITCH_RULE_DEFAULT_FROM);
		assert_memory_equal(back.hits_of, r.hits_of, sizeof(r.hits_of));
		/* those that were used last */
		for (uint32_t k = 0; k < kept; k++)
			assert_true(back.sessions.v[k].idle_ms < HANDOVER_SESSIONS_MAX);
	}
}

/* A sound one with something else in place of a member; NULL: without it. */
static char *spoilt(const char *member, const char *value)
{
	_cleanup_(handover_record_deinit) struct handover_record r = {};
	_cleanup_free_ char *text = NULL;
	json_t *record;
	char *ret;

	fill(&r, 2);
	text = handover_record_write(&r);
	record = json_loads(text, 0, NULL);
	if (value)
		json_object_set_new(record, member, json_loads(value, JSON_DECODE_ANY, NULL));
	else
		json_object_del(record, member);
	ret = json_dumps(record, JSON_COMPACT);
	json_decref(record);
	return ret;
}

/* Those of flow tables go beside them, with any zone; a host of before writes none. */
static void test_tracked(void **state)
{
	_cleanup_(handover_record_deinit) struct handover_record r = {}, back = {}, before = {};
	_cleanup_free_ char *text = NULL, *old = NULL;
	struct problem problem;

	fill(&r, 9000);
	for (uint32_t i = 0; i < HANDOVER_TRACKED_MAX + 5; i++) {
		struct vifswitch_session s = udp((uint16_t)(i + 1), i);

		s.vlan = 0xffff;
		assert_int_equal(handover_record_session(&r.tracked, HANDOVER_TRACKED_MAX, &s), 0);
	}
	text = handover_record_write(&r);
	assert_true(strlen(text) < HANDOVER_TEXT_MAX);
	assert_int_equal(handover_record_read(text, strlen(text), 0, &back, &problem), 0);
	assert_int_equal(back.sessions.count, HANDOVER_SESSIONS_MAX);
	assert_int_equal(back.tracked.count, HANDOVER_TRACKED_MAX);
	assert_int_equal(back.tracked.left, 5);
	for (uint32_t i = 0; i < back.tracked.count; i++) {
		assert_true(back.tracked.v[i].idle_ms < HANDOVER_TRACKED_MAX);
		assert_int_equal(back.tracked.v[i].vlan, 0xffff);
	}
	old = spoilt("tracked", NULL);
	assert_int_equal(handover_record_read(old, strlen(old), 0, &before, &problem), 0);
	assert_int_equal(before.tracked.count, 0);
}

/* A record that was on its way for long has old sessions, but none from before time. */
static void test_older(void **state)
{
	_cleanup_(handover_record_deinit) struct handover_record r = {}, back = {}, again = {};
	_cleanup_free_ char *text = NULL;
	struct problem problem;

	fill(&r, 1);
	text = handover_record_write(&r);
	assert_int_equal(handover_record_read(text, strlen(text), 60000, &back, &problem), 0);
	assert_int_equal(back.sessions.v[0].idle_ms, 60000);
	assert_int_equal(back.sessions.v[0].age_ms, 60005);
	assert_int_equal(handover_record_read(text, strlen(text), UINT64_MAX / 2, &again,
					      &problem), 0);
	assert_int_equal(again.sessions.v[0].age_ms, 1000ULL * 86400 * 365);
	assert_true(again.sessions.v[0].idle_ms <= again.sessions.v[0].age_ms);
}

static void test_addresses(void **state)
{
	_cleanup_(handover_record_deinit) struct handover_record r = {};

	for (uint32_t i = 0; i < HANDOVER_ADDRESSES_MAX + 3; i++) {
		const uint8_t mac[6] = { 2, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i };

		assert_int_equal(handover_record_address(&r, mac, 0), 0);
	}
	assert_int_equal(r.address_count, HANDOVER_ADDRESSES_MAX);
	assert_int_equal(r.addresses_left, 3);
}

/* As many as may be are read again, with everything else there may be. */
static void test_hits(void **state)
{
	_cleanup_(handover_record_deinit) struct handover_record r = {}, back = {};
	_cleanup_free_ char *text = NULL;
	struct problem problem;

	fill(&r, HANDOVER_SESSIONS_MAX);
	for (uint32_t i = 0; i < HANDOVER_HITS_MAX + 5; i++) {
		struct vifswitch_acl_hits hits = { ~(uint64_t)i << 20, VIFSWITCH_STATE_COUNT_MAX };

		assert_int_equal(handover_record_hits(&r, &hits), 0);
	}
	assert_int_equal(r.hits_count, HANDOVER_HITS_MAX);
	assert_int_equal(r.hits_left, 7);
	text = handover_record_write(&r);
	assert_true(strlen(text) < HANDOVER_TEXT_MAX);
	assert_int_equal(handover_record_read(text, strlen(text), 0, &back, &problem), 0);
	assert_int_equal(back.hits_count, HANDOVER_HITS_MAX);
	assert_int_equal(back.hits_left, 7);
	for (uint32_t i = 1; i < back.hits_count; i++)
		assert_true(back.hits[i - 1].cookie < back.hits[i].cookie);
}

static const struct {
	const char *member, *value, *told;
} hostile[] = {
	{ "version", NULL, "version 1" },
	{ "version", "2", "version 1" },
	{ "version", "\"1\"", "version 1" },
	{ "counters", NULL, "counters" },
	{ "counters", "[1, 2, 3]", "counters" },
	{ "counters", "[1, 2, 3, 4, 5]", "counters" },
	{ "counters", "[1, 2, 3, -1]", "counters" },
	{ "counters", "[1, 2, 3, 4.5]", "counters" },
	{ "counters", "{}", "counters" },
	{ "debts", "[1]", "debts" },
	{ "debts", "[1, 2, 3, 4, 5, 6, 7, \"8\"]", "debts" },
	{ "drops", "[]", "drops" },
	{ "drops", "{\"acl\": -5}", "drops" },
	{ "drops", "{\"of-a-later-release\": \"x\"}", "drops" },
	{ "addresses", "{}", "addresses" },
	{ "addresses", "[5]", "addresses" },
	{ "addresses", "[\"00:16:3e:00:00:01\"]", "addresses" },
	{ "addresses", "[\"00:16:3e:00:00:01@\"]", "addresses" },
	{ "addresses", "[\"00:16:3e:00:00:01@4095\"]", "addresses" },
	{ "addresses", "[\"00:16:3e:00:00:01@5x\"]", "addresses" },
	{ "addresses", "[\"00:16:3e:00:00:01@-5\"]", "addresses" },
	{ "addresses", "[\"00:16:3e:00:00:zz@5\"]", "addresses" },
	{ "addresses_left", "-1", "addresses_left" },
	{ "sessions", "{}", "sessions" },
	{ "sessions", "[\"\"]", "base64" },
	{ "sessions", "[5]", "base64" },
	{ "sessions", "[\"====\"]", "sessions" },
	{ "sessions", "[\"AAA\"]", "base64" },
	{ "sessions", "[\"AA A\"]", "base64" },
	{ "sessions", "[\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"]", "magic" },
	{ "sessions", "[\"\\u00e9\\u00e9\"]", "base64" },
	{ "sessions", "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]", "16 pieces" },
	{ "sessions_left", NULL, "sessions_left" },
	{ "tracked", "{}", "tracked" },
	{ "tracked", "[\"\"]", "tracked must be base64" },
	{ "tracked", "[0,0,0,0]", "3 pieces" },
	{ "tracked_left", NULL, "tracked_left" },
	{ "hits", "[]", "hits" },
	{ "hits", "{\"0000000000000abc\": -1}", "hits" },
	{ "hits", "{\"0000000000000abc\": \"1\"}", "hits" },
	{ "hits", "{\"abc\": 1}", "cookies" },
	{ "hits", "{\"0000000000000ABC\": 1}", "cookies" },
	{ "hits", "{\"0x00000000000abc\": 1}", "cookies" },
	{ "hits", "{\"00000000000000abc\": 1}", "cookies" },
	{ "hits_of", NULL, "hits_of" },
	{ "hits_of", "\"x\"", "hits_of" },
	{ "hits_left", NULL, "hits_left" },
};

static void test_hostile(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		_cleanup_free_ char *text = spoilt(hostile[i].member, hostile[i].value);
		struct handover_record r = {};
		struct problem problem;

		if (handover_record_read(text, strlen(text), 0, &r, &problem) != -EINVAL)
			fail_msg("%s = %s was read", hostile[i].member, hostile[i].value);
		if (!strstr(problem.text, hostile[i].told))
			fail_msg("%s = %s: \"%s\" does not say %s", hostile[i].member,
				 hostile[i].value, problem.text, hostile[i].told);
		assert_null(r.sessions.v);
		assert_null(r.tracked.v);
		assert_null(r.addresses);
		assert_null(r.hits);
	}
}

/* More rules than a record has of a host that can count. */
static void test_too_many_hits(void **state)
{
	struct handover_record r = {};
	struct problem problem;
	json_t *many = json_object();
	_cleanup_free_ char *value = NULL, *text = NULL;

	for (uint32_t i = 0; i <= HANDOVER_HITS_MAX; i++) {
		char cookie[17];

		snprintf(cookie, sizeof(cookie), "%016x", i);
		json_object_set_new(many, cookie, json_integer(1));
	}
	value = json_dumps(many, 0);
	json_decref(many);
	text = spoilt("hits", value);
	assert_int_equal(handover_record_read(text, strlen(text), 0, &r, &problem), -EINVAL);
	assert_non_null(strstr(problem.text, "at most 4096 rules"));
}

/* Of a host of before hits travelled. */
static void test_without_hits(void **state)
{
	_cleanup_free_ char *text = spoilt("hits", NULL);
	_cleanup_(handover_record_deinit) struct handover_record r = {};
	struct problem problem;

	assert_int_equal(handover_record_read(text, strlen(text), 0, &r, &problem), 0);
	assert_int_equal(r.hits_count, 0);
	assert_int_equal(r.sessions.count, 2);
}

/* Sessions that a kernel would not have told. */
static void test_hostile_sessions(void **state)
{
	static const size_t places[] = {
		offsetof(struct vifswitch_session, family),
		offsetof(struct vifswitch_session, begun),
		offsetof(struct vifswitch_session, state),
		offsetof(struct vifswitch_session, vlan) + 1,
		offsetof(struct vifswitch_session, flags) + 1,
		offsetof(struct vifswitch_session, reserved),
		offsetof(struct vifswitch_session, vm_addr),
		offsetof(struct vifswitch_session, peer_addr) + 7,
		offsetof(struct vifswitch_session, idle_ms) + 7,
		offsetof(struct vifswitch_session, age_ms) + 7,
		offsetof(struct vifswitch_session, window),
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_(handover_record_deinit) struct handover_record r = {};
		_cleanup_free_ char *text = NULL;
		struct handover_record back = {};
		struct problem problem;

		fill(&r, 1);
		((uint8_t *)&r.sessions.v[0])[places[i]] = 0xff;
		text = handover_record_write(&r);
		if (handover_record_read(text, strlen(text), 0, &back, &problem) == 0)
			fail_msg("octet %zu of a session was not looked at", places[i]);
		assert_non_null(strstr(problem.text, "of entry"));
	}
}

static void test_not_a_record(void **state)
{
	static const char *const texts[] = { "", "{", "[]", "5", "null", "{}", "{\"version\":1}" };
	_cleanup_free_ char *large = calloc(1, HANDOVER_TEXT_MAX + 1);
	struct handover_record r = {};
	struct problem problem;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(handover_record_read(texts[i], strlen(texts[i]), 0, &r, &problem),
				 -EINVAL);
	memset(large, ' ', HANDOVER_TEXT_MAX + 1);
	assert_int_equal(handover_record_read(large, HANDOVER_TEXT_MAX + 1, 0, &r, &problem),
			 -EINVAL);
	assert_non_null(strstr(problem.text, "1048577 octets"));
}

/* Reasons of a later release are left out, the rest is taken. */
static void test_later(void **state)
{
	_cleanup_free_ char *text = spoilt("drops", "{\"of-a-later-release\": 7, \"acl\": 3}");
	_cleanup_(handover_record_deinit) struct handover_record r = {};
	struct problem problem;

	assert_int_equal(handover_record_read(text, strlen(text), 0, &r, &problem), 0);
	assert_int_equal(r.state.drops[VIFSWITCH_DROP_ACL], 3);
	assert_int_equal(r.state.drops[VIFSWITCH_DROP_NONE], 0);
}

static void test_story(void **state)
{
	struct handover_story story = {
		.from = "xen-a", .offered = 5, .taken = 6, .counters = true,
		.sessions = { 1, 2, 3, 4 }, .sessions_left = 5, .addresses = 6,
		.addresses_refused = 7, .addresses_left = 8, .hits = 9, .hits_refused = 10,
		.hits_left = 11, .problem = "why \xff not",
	}, back;
	_cleanup_(json_decrefp) json_t *json = handover_story_json(&story), *again = NULL;
	_cleanup_free_ char *text = json_dumps(json, 0);

	handover_story_read(text, &back);
	assert_string_equal(back.problem, "why ? not");
	again = handover_story_json(&back);
	assert_true(json_equal(json, again));
	handover_story_read("not JSON", &back);
	assert_string_equal(back.from, "");
	handover_story_read("{\"from\": 5, \"connections\": {\"taken\": -5}}", &back);
	assert_int_equal(back.sessions.taken, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_tracked),
		cmocka_unit_test(test_older),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_hits),
		cmocka_unit_test(test_too_many_hits),
		cmocka_unit_test(test_without_hits),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_hostile_sessions),
		cmocka_unit_test(test_not_a_record),
		cmocka_unit_test(test_later),
		cmocka_unit_test(test_story),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
