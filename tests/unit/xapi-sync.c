// SPDX-License-Identifier: GPL-2.0-or-later
/* XAPI's protocol as a table: what is said, when, and what is asked next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "xapi/xapi-plan.h"
#include "xapi/xapi-sync.h"
#include "xapi/xapi-wanted.h"

#define UUID	"1f0e93c4-5a1b-4c72-9c1d-7e1a55b0d201"
#define VM	"{\"class\":\"vm\",\"operation\":\"add\",\"ref\":\"R1\",\"snapshot\":{\"uuid\":\"" \
		UUID "\"}}"
#define GONE	"{\"class\":\"vm\",\"operation\":\"del\",\"ref\":\"R1\"}"
#define OTHER	"{\"class\":\"pool\",\"operation\":\"mod\",\"ref\":\"R9\",\"snapshot\":{}}"
#define EVENTS(token, list)	"\"result\":{\"events\":[" list "],\"token\":\"" token "\"}"
#define COUNTED(token, list, n)	"\"result\":{\"events\":[" list "],\"token\":\"" token "\"," \
				"\"valid_ref_counts\":{\"vm\":" n "}}"
#define ERROR(word)	"\"error\":{\"code\":1,\"message\":\"" word "\",\"data\":[]}"
#define SESSION		"\"result\":\"S1\""
#define LOGIN		"session.login_with_password"

/* Each line: what was asked, what came (NULL: nothing, in 5 ms), when the next may be sent. */
struct step {
	const char *asks, *comes;
	enum xapi_state then;
	int64_t wait;
};

static void play(const struct step *steps, size_t count)
{
	struct xapi_sync sync;
	int64_t now = 1000;

	xapi_sync_init(&sync);
	for (size_t i = 0; i < count; i++, now += 5) {
		_cleanup_free_ char *request = xapi_sync_request(&sync);
		char answer[1024];

		if (!strstr(request, steps[i].asks))
			fail_msg("%zu: asks %s", i, request);
		snprintf(answer, sizeof(answer), "{\"id\":%lld,%s}", (long long)sync.id,
			 steps[i].comes ?: "");
		if (steps[i].comes)
			xapi_sync_answer(&sync, answer, strlen(answer), now);
		else
			xapi_sync_failed(&sync, "nobody there", now);
		if (sync.state != steps[i].then || (sync.retry_at ? sync.retry_at - now : 0) !=
		    steps[i].wait)
			fail_msg("%zu: state %d, in %lld ms: %s", i, sync.state,
				 (long long)(sync.retry_at - now), sync.problem.text);
	}
	xapi_sync_deinit(&sync);
}

#define PLAY(...) do { \
		static const struct step steps[] = { __VA_ARGS__ }; \
		play(steps, ARRAY_SIZE(steps)); \
	} while (0)

#define BEGIN	{ LOGIN, SESSION, XAPI_SNAPSHOT, 0 }, \
		{ "\"S1\",[\"vif\",\"vm\",\"network\",\"pif\",\"vlan\"],\"\",0.0", \
		  EVENTS("t1", VM), XAPI_FOLLOW, 0 }

static void test_protocol(void **state)
{
	PLAY(BEGIN, { "\"t1\",30.0", EVENTS("t2", ""), XAPI_FOLLOW, 0 },
	     { "\"t2\",30.0", EVENTS("t3", OTHER), XAPI_FOLLOW, 0 });
	PLAY(BEGIN, { "\"t1\"", ERROR("EVENTS_LOST"), XAPI_SNAPSHOT, 0 },
	     { "\"\",0.0", EVENTS("t2", VM), XAPI_FOLLOW, 0 });
	/* A session that ends is begun again at once, and not twice in a row. */
	PLAY(BEGIN, { "\"t1\"", ERROR("SESSION_INVALID"), XAPI_LOGIN, 0 },
	     { LOGIN, SESSION, XAPI_SNAPSHOT, 0 },
	     { "\"\"", ERROR("SESSION_INVALID"), XAPI_LOGIN, 500 });
	/* Longer each time, up to a bound; good ones begin it anew. */
	PLAY({ LOGIN, NULL, XAPI_LOGIN, 500 }, { LOGIN, NULL, XAPI_LOGIN, 1000 },
	     { LOGIN, ERROR("HOST_STILL_BOOTING"), XAPI_LOGIN, 2000 }, { LOGIN, NULL, XAPI_LOGIN, 4000 },
	     { LOGIN, NULL, XAPI_LOGIN, 8000 }, { LOGIN, NULL, XAPI_LOGIN, 16000 },
	     { LOGIN, NULL, XAPI_LOGIN, 30000 }, { LOGIN, NULL, XAPI_LOGIN, 30000 });
	PLAY({ LOGIN, NULL, XAPI_LOGIN, 500 }, { LOGIN, SESSION, XAPI_SNAPSHOT, 495 },
	     { "event.from", EVENTS("t1", VM), XAPI_FOLLOW, 0 },
	     { "event.from", NULL, XAPI_LOGIN, 500 });
	/* What XAPI counts is not what it told. */
	PLAY(BEGIN, { "\"t1\"", COUNTED("t2", "", "1"), XAPI_FOLLOW, 0 },
	     { "\"t2\"", COUNTED("t3", "", "2"), XAPI_SNAPSHOT, 0 },
	     { "\"\"", COUNTED("t4", VM, "\"1\""), XAPI_FOLLOW, 0 });
	PLAY({ LOGIN, SESSION, XAPI_SNAPSHOT, 0 },
	     { "event.from", EVENTS("t1", GONE), XAPI_FOLLOW, 0 });
	PLAY({ LOGIN, SESSION, XAPI_SNAPSHOT, 0 }, { "event.from", EVENTS("t1", ""), XAPI_LOGIN, 500 });
	PLAY({ LOGIN, "\"result\":{}", XAPI_LOGIN, 500 });
	PLAY({ LOGIN, "\"result\":\"\"", XAPI_LOGIN, 500 });
}

/* What is kept of an object is what counts. */
static void test_changes(void **state)
{
	static const struct { const char *event; bool changes; } steps[] = {
		{ VM, false },
		{ "{\"class\":\"vm\",\"operation\":\"mod\",\"ref\":\"R1\",\"snapshot\":{\"uuid\":\""
		  UUID "\",\"domid\":7}}", false },
		{ "{\"class\":\"vm\",\"operation\":\"mod\",\"ref\":\"R1\",\"snapshot\":{\"uuid\":\""
		  UUID "\",\"is_a_template\":true}}", true },
		{ GONE, true }, { GONE, false }, { VM, true },
	};
	struct xapi_model model;
	struct problem problem;

	xapi_model_init(&model);
	for (int i = -1; i < (int)ARRAY_SIZE(steps); i++) {
		json_t *result = json_pack("{s[o]}", "events",
					   json_loads(i < 0 ? VM : steps[i].event, 0, NULL));
		uint64_t before = model.changes;

		assert_int_equal(xapi_model_take(&model, result, i < 0, &problem), 0);
		if (i >= 0 && (model.changes != before) != steps[i].changes)
			fail_msg("%d: %d changes", i, (int)(model.changes - before));
		json_decref(result);
	}
	xapi_model_deinit(&model);
}

/* The whole way from objects to the rows there are, and none when they are there. */
static void test_plan(void **state)
{
	static const char answer[] =
		"{\"id\":1,\"result\":{\"token\":\"t\",\"events\":[" VM ","
		"{\"class\":\"network\",\"operation\":\"add\",\"ref\":\"N\",\"snapshot\":{\"uuid\":\""
		UUID "\",\"bridge\":\"xenbr0\"}},"
		"{\"class\":\"vif\",\"operation\":\"add\",\"ref\":\"V\",\"snapshot\":{\"uuid\":\"" UUID
		"\",\"device\":\"4\",\"network\":\"N\",\"VM\":\"R1\",\"MAC\":\"00:16:3e:00:00:01\","
		"\"MTU\":\"1500\",\"locking_mode\":\"locked\",\"ipv4_allowed\":[\"192.0.2.1\"]}}]}}";
	struct xapi_sync sync;
	json_t *wanted, *problems, *have = json_object(), *plan, *row;

	xapi_sync_init(&sync);
	sync.state = XAPI_SNAPSHOT;
	sync.id = 1;
	xapi_sync_answer(&sync, answer, strlen(answer), 0);
	assert_string_equal(sync.problem.text, "");
	wanted = xapi_wanted(&sync.model, &problems);
	assert_int_equal(json_array_size(problems), 0);
	plan = xapi_plan(wanted, have);
	assert_int_equal(json_array_size(plan), 1);
	row = json_object_get(json_array_get(plan, 0), "row");
	assert_string_equal(json_string_value(json_object_get(row, "guard")), "mac+ip");
	/* As a server has it: atoms for sets of one, and with an _uuid. */
	json_object_set_new(row, "_uuid", json_string(UUID));
	json_object_set_new(row, "ip_lock", json_string("192.0.2.1"));
	json_object_set_new(row, "trunks", json_pack("[s[]]", "set"));
	json_object_set(have, UUID "/4", row);
	json_decref(plan);
	json_decref(wanted);
	json_decref(problems);
	wanted = xapi_wanted(&sync.model, &problems);
	plan = xapi_plan(wanted, have);
	assert_int_equal(json_array_size(plan), 0);
	json_decref(plan);
	/* A VIF that is not XAPI's any more goes; a row without a vif_uuid never was. */
	json_object_clear(wanted);
	plan = xapi_plan(wanted, have);
	assert_int_equal(json_array_size(plan), 1);
	json_decref(plan);
	json_object_set_new(row, "vif_uuid", json_pack("[s[]]", "set"));
	plan = xapi_plan(wanted, have);
	assert_int_equal(json_array_size(plan), 0);
	json_decref(plan);
	json_decref(wanted);
	json_decref(problems);
	json_decref(have);
	xapi_sync_deinit(&sync);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_protocol),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
