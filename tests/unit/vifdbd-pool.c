// SPDX-License-Identifier: GPL-2.0-or-later
/* What a pool makes of what comes from etcd, in the order in which it comes; no etcd. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "vifdbd/etcd/pool-state.h"

#define HEADER "\"header\":{\"cluster_id\":\"9\",\"member_id\":\"8\",\"revision\":\"7\"}"
#define EVENTS(more, events)                                                                       \
	"{\"result\":{" HEADER ",\"fragment\":" more ",\"events\":[" events "]}}"
#define PUT(key, value)                                                                            \
	"{\"kv\":{\"key\":\"" key "\",\"value\":\"" value "\",\"mod_revision\":\"7\"}}"

/* In base64: */
#define GUARD "L20vZ3VhcmQvQQ=="				       /* /m/guard/A */
#define ROW "L3IvQS8xMTExMTExMS0xMTExLTQxMTEtODExMS0xMTExMTExMTExMTE=" /* /r/A/1111... */
#define VALUE "eyJuIjoxfQ=="					       /* {"n":1} */

struct seen {
	unsigned int done;
	enum pool_outcome outcome;
};

static void on_changed(bool rows, void *arg)
{
}

static void on_done(enum pool_outcome outcome, const char *message, void *arg)
{
	struct seen *s = arg;

	s->done++;
	s->outcome = outcome;
}

static struct db *make_db(void)
{
	json_t *json = json_loads("{\"name\":\"T\",\"version\":\"1.0.0\",\"tables\":{\"A\":{"
				  "\"isRoot\":true,\"columns\":{\"n\":{\"type\":\"integer\"}}}}}",
				  0, NULL);
	struct db_schema *schema = NULL;

	assert_null(schema_parse(json, &schema));
	json_decref(json);
	return db_new(schema, NULL);
}

/* In step with etcd at revision 6. */
static void begin(struct pool *p, struct seen *seen)
{
	*seen = (struct seen){ 0 };
	*p = (struct pool){ .db = make_db(),
			    .owner = { .changed = on_changed, .done = on_done, .arg = seen },
			    .prefix = "/",
			    .host = "a",
			    .n_urls = 1,
			    .urls = { "http://127.0.0.1" },
			    .state = POOL_FOLLOW,
			    .known = true,
			    .applied = 6,
			    .noted = 6,
			    .wanted = 6,
			    .hello = 6,
			    .swept_ms = clock_ms() };
	p->guards.table = xzalloc(sizeof(*p->guards.table));
	p->guards.table[0] = 5;
	p->guards.pool = 1;
}

static void end(struct pool *p)
{
	pool_changes_free(&p->changes);
	pool_flight_free(p->flight);
	arena_free(&p->arena);
	free(p->guards.table);
	db_free(p->db);
}

static void line(struct pool *p, const char *text)
{
	pool_line(text, strlen(text), p);
}

/* The guard of a table comes before the row that it guards. */
static void fragments(void **state)
{
	struct seen seen;
	struct pool p;

	begin(&p, &seen);
	assert_true(pool_ready(&p));
	line(&p, EVENTS("true", PUT(GUARD, "")));
	assert_int_equal(p.guards.table[0], 7);
	assert_int_equal(p.db->tables[0].rows.n, 0);
	assert_false(pool_ready(&p));
	line(&p, EVENTS("false", PUT(ROW, VALUE)));
	assert_int_equal(p.applied, 7);
	assert_int_equal(p.db->tables[0].rows.n, 1);
	assert_true(pool_ready(&p));
	end(&p);
}

static void with_flight(struct pool *p, bool carried_out)
{
	p->flight = xzalloc(sizeof(*p->flight));
	p->flight->id.b[0] = 1;
	p->flight->conflict = true;
	p->flight->behind = 6;
	if (carried_out)
		p->host_last = p->flight->id;
}

/* A request that was repeated below us conflicts with what it did itself. */
static void repeated(void **state)
{
	struct seen seen;
	struct pool p;

	begin(&p, &seen);
	with_flight(&p, true);
	pool_step(&p);
	assert_int_equal(seen.done, 1);
	assert_int_equal(seen.outcome, POOL_STORED);
	with_flight(&p, false);
	p.host_last = (struct uuid){ 0 };
	pool_step(&p);
	assert_int_equal(seen.done, 2);
	assert_int_equal(seen.outcome, POOL_CONFLICT);
	end(&p);
}

/* While only a part of a revision is there, nothing is settled either. */
static void flight_waits(void **state)
{
	struct seen seen;
	struct pool p;

	begin(&p, &seen);
	with_flight(&p, false);
	line(&p, EVENTS("true", PUT(GUARD, "")));
	assert_int_equal(seen.done, 0);
	line(&p, EVENTS("false", PUT(ROW, VALUE)));
	assert_int_equal(seen.done, 1);
	assert_int_equal(seen.outcome, POOL_CONFLICT);
	end(&p);
}

/* What was on its way when the watch came too late has no answer, and is looked for. */
static void compacted(void **state)
{
	struct http_tls tls = { 0 };
	sd_event *event = NULL;
	char *message = NULL;
	struct seen seen;
	struct pool p;

	begin(&p, &seen);
	assert_int_equal(sd_event_new(&event), 0);
	assert_int_equal(http_new(event, &tls, &p.http, &message), 0);
	with_flight(&p, false);
	p.flight->conflict = false;
	line(&p, EVENTS("true", PUT(GUARD, "")));
	line(&p, "{\"result\":{" HEADER ",\"canceled\":true,\"compact_revision\":\"7\"}}");
	assert_int_equal(p.state, POOL_HELLO);
	assert_true(p.anew);
	assert_true(p.flight->unknown);
	assert_int_equal(p.group, 0);
	assert_int_equal(seen.done, 0);
	http_free(p.http);
	sd_event_unref(event);
	end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fragments),
		cmocka_unit_test(repeated),
		cmocka_unit_test(flight_waits),
		cmocka_unit_test(compacted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
