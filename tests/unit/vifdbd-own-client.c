// SPDX-License-Identifier: GPL-2.0-or-later
/* The server as its own client, when the server ends that session first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vifdbd/net/own-client.h"
#include "vifdbd/net/service.h"

static void fake_close(struct storage *s)
{
}

static const struct storage_ops fake_ops = { .close = fake_close, .idle = fake_close };
static struct storage storage = { .ops = &fake_ops };
static int n_done;

static struct db *new_db(void)
{
	json_t *json = json_pack("{s:s, s:s, s:{s:{s:{s:{s:s}}}}}", "name", "T", "version", "1.0.0",
				 "tables", "R", "columns", "n", "type", "integer");
	struct db_schema *schema;

	assert_null(schema_parse(json, &schema));
	json_decref(json);
	return db_new(schema, &storage);
}

static struct server *new_server(void)
{
	const struct limits limits = { .max_message = 1 << 20,
				       .max_backlog = 1 << 20,
				       .max_memory = 64 << 20,
				       .max_clients = 9 };
	struct server *server;

	assert_return_code(service_new(&limits, new_db(), "/db", &server), 0);
	return server;
}

static void on_done(struct own_client *c, const json_t *error)
{
	n_done += !error;
}

/* Until it has its answer, or sees that there will be none. */
static void run(struct own_client *c)
{
	while (own_client_busy(c))
		assert_return_code(sd_event_run(c->server->sessions.event, UINT64_MAX), 0);
}

static void test_answered(void **state)
{
	struct server *server = new_server();
	struct own_client c = { .server = server, .what = "it", .done = on_done };

	n_done = 0;
	own_client_transact(&c, json_array());
	sessions_send(&server->sessions);
	run(&c);
	assert_int_equal(n_done, 1);
	own_client_close(&c);
	assert_int_equal(server->sessions.n, 0);
	service_free(server);
}

/* As for its memory, or since the schema changed. */
static void test_ended_by_the_server(void **state)
{
	struct server *server = new_server();
	struct own_client c = { .server = server, .what = "it", .done = on_done };

	n_done = 0;
	own_client_transact(&c, json_array());
	assert_true(own_client_busy(&c));
	sessions_close(&server->sessions, "too much memory");
	run(&c);
	assert_int_equal(n_done, 0);
	own_client_transact(&c, json_array());
	sessions_send(&server->sessions);
	run(&c);
	assert_int_equal(n_done, 1);
	service_free(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answered),
		cmocka_unit_test(test_ended_by_the_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
