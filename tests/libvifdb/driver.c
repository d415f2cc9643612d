// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A libvifdb session driven from outside, for the tests: reads one JSON command a
 * line on standard input, tells what the library tells, one JSON object a line.
 * Uses nothing but the installed header and library.
 *
 *   driver REMOTE DATABASE [--tls KEY CERTIFICATE CA] [--quiet] [TABLE[:COLUMN,...]]...
 *
 * With --quiet changes are not told.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <vifdb/vifdb.h>

static const char *const states[] = { "disconnected", "connecting", "ready" };
static const char *const changes[] = { "inserted", "modified", "deleted" };
static const char *const statuses[] = { "building", "pending", "committed", "refused", "conflict",
					"not locked", "lost" };
static bool told_changes = true;
static bool held;	/* the session is not run: it learns nothing */

static void tell(json_t *message)
{
	if (!message)
		abort();
	json_dumpf(message, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(message);
}

static json_t *row_json(struct vifdb *db, const struct vifdb_row *row)
{
	json_t *tables = json_object_get(vifdb_schema(db), "tables");
	json_t *table = json_object_get(tables, vifdb_row_table(row));
	json_t *out = json_object(), *unused, *value;
	const char *name;
	char uuid[37];

	vifdb_uuid_format(vifdb_row_uuid(row), uuid);
	json_object_set_new(out, "_uuid", json_string(uuid));
	json_object_foreach(json_object_get(table, "columns"), name, unused) {
		value = vifdb_json(row, name);
		if (value)
			json_object_set_new(out, name, value);
	}
	return out;
}

static void on_state(struct vifdb *db, enum vifdb_state state, void *arg)
{
	tell(json_pack("{ss ss ss}", "event", "state", "state", states[state], "error",
		       vifdb_error(db)));
}

static void on_change(struct vifdb *db, const struct vifdb_row *row, enum vifdb_change change,
		      void *arg)
{
	if (told_changes)
		tell(json_pack("{ss ss ss so}", "event", "change", "change", changes[change],
			       "table", vifdb_row_table(row), "row", row_json(db, row)));
}

static void on_done(struct vifdb *db, void *arg)
{
	if (told_changes)
		tell(json_pack("{ss sI}", "event", "done", "generation", (json_int_t)vifdb_generation(db)));
}

static void on_lock(struct vifdb *db, bool gained, void *arg)
{
	tell(json_pack("{ss sb}", "event", "lock", "held", gained));
}

static void tell_txn(struct vifdb_txn *txn, const char *tag, int r)
{
	json_t *results = json_array();
	uint8_t uuid[16];
	char text[37] = "";

	for (size_t i = 0; vifdb_txn_result(txn, i); i++)
		json_array_append(results, (json_t *)vifdb_txn_result(txn, i));
	if (vifdb_txn_inserted(txn, 0, uuid))
		vifdb_uuid_format(uuid, text);
	tell(json_pack("{ss ss ss ss si si so ss}", "event", "txn", "tag", tag, "status",
		       statuses[vifdb_txn_status(txn)], "error", vifdb_txn_error(txn), "operation",
		       vifdb_txn_error_operation(txn), "returned", r, "results", results, "inserted",
		       text));
}

static void on_txn(struct vifdb_txn *txn, void *tag)
{
	tell_txn(txn, tag, 0);
	free(tag);
	vifdb_txn_free(txn);
}

static struct vifdb_txn *build(struct vifdb *db, json_t *command)
{
	const char *table = json_string_value(json_array_get(json_object_get(command, "verify"), 0));
	const char *uuid = json_string_value(json_array_get(json_object_get(command, "verify"), 1));
	const char *comment = json_string_value(json_object_get(command, "comment"));
	struct vifdb_txn *txn;
	uint8_t octets[16];
	json_t *operation;
	size_t i;

	if (vifdb_txn_new(db, &txn) < 0)
		abort();
	if (table && vifdb_uuid_parse(uuid, octets))
		vifdb_txn_verify(txn, vifdb_get(db, table, octets));
	if (json_is_true(json_object_get(command, "need_lock")))
		vifdb_txn_need_lock(txn);
	if (comment)
		vifdb_txn_comment(txn, comment);
	json_array_foreach(json_object_get(command, "operations"), i, operation)
		vifdb_txn_operation(txn, json_incref(operation));
	return txn;
}

static void dump(struct vifdb *db, const char *table)
{
	json_t *rows = json_array();

	for (const struct vifdb_row *row = vifdb_first(db, table); row; row = vifdb_next(row))
		json_array_append_new(rows, row_json(db, row));
	tell(json_pack("{ss ss so sI ss}", "event", "dump", "table", table, "rows", rows, "count",
		       (json_int_t)vifdb_count(db, table), "error", vifdb_error(db)));
}

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Many small transactions, one after the other: CPU seconds of this process. */
static void many(struct vifdb *db, json_t *command)
{
	json_int_t count = json_integer_value(json_object_get(command, "count"));
	const char *column = json_string_value(json_object_get(command, "column"));
	uint8_t uuid[16];
	double cpu = cpu_seconds();

	vifdb_uuid_parse(json_string_value(json_object_get(command, "uuid")), uuid);
	for (json_int_t i = 0; i < count; i++) {
		struct vifdb_txn *txn;

		if (vifdb_txn_new(db, &txn) < 0)
			abort();
		vifdb_txn_update(txn, json_string_value(json_object_get(command, "table")),
				 vifdb_where_uuid(uuid),
				 json_pack("{sI}", column, i % 4000));
		if (vifdb_txn_commit_wait(txn, 10000) < 0) {
			fprintf(stderr, "%s\n", vifdb_txn_error(txn));
			exit(1);
		}
		vifdb_txn_free(txn);
	}
	tell(json_pack("{ss sf}", "event", "many", "cpu", cpu_seconds() - cpu));
}

/* The CPU seconds of this process as soon as an integer has a value. */
static json_t *expected;

static void look_for_expected(struct vifdb *db)
{
	const struct vifdb_row *row;
	uint8_t uuid[16];
	int64_t value;
	const char *column = json_string_value(json_object_get(expected, "column"));

	if (!expected)
		return;
	vifdb_uuid_parse(json_string_value(json_object_get(expected, "uuid")), uuid);
	row = vifdb_get(db, json_string_value(json_object_get(expected, "table")), uuid);
	if (!row || !column || !vifdb_integer(row, column, &value) ||
	    value != json_integer_value(json_object_get(expected, "value")))
		return;
	json_decref(expected);
	expected = NULL;
	tell(json_pack("{ss sf}", "event", "expected", "cpu", cpu_seconds()));
}

static bool obey(struct vifdb *db, json_t *command)
{
	const char *what = json_string_value(json_object_get(command, "do"));
	const char *tag = json_string_value(json_object_get(command, "tag"));
	struct vifdb_txn *txn;
	int r;

	if (!what)
		return false;
	if (!strcmp(what, "commit")) {
		char *copy = strdup(tag ? tag : "");

		txn = build(db, command);
		r = vifdb_txn_commit(txn, on_txn, copy);
		if (r < 0) {
			tell_txn(txn, copy, r);
			free(copy);
			vifdb_txn_free(txn);
		}
	} else if (!strcmp(what, "forget")) {
		txn = build(db, command);
		vifdb_txn_commit(txn, NULL, NULL);
		vifdb_txn_free(txn);
	} else if (!strcmp(what, "commit_wait")) {
		txn = build(db, command);
		r = vifdb_txn_commit_wait(txn, 20000);
		tell_txn(txn, tag ? tag : "", r);
		vifdb_txn_free(txn);
	} else if (!strcmp(what, "wait_ready")) {
		r = vifdb_wait_ready(db, json_integer_value(json_object_get(command, "ms")));
		tell(json_pack("{ss si ss}", "event", "wait_ready", "returned", r, "error",
			       vifdb_error(db)));
	} else if (!strcmp(what, "lock")) {
		r = vifdb_lock(db, json_string_value(json_object_get(command, "name")),
			       json_is_true(json_object_get(command, "steal")));
		if (r < 0)
			abort();
	} else if (!strcmp(what, "dump")) {
		dump(db, json_string_value(json_object_get(command, "table")));
	} else if (!strcmp(what, "many")) {
		many(db, command);
	} else if (!strcmp(what, "hold")) {
		held = json_is_true(json_object_get(command, "on"));
		tell(json_pack("{ss sb}", "event", "hold", "on", held));
	} else if (!strcmp(what, "expect")) {
		expected = json_incref(command);
		tell(json_pack("{ss sf}", "event", "expecting", "cpu", cpu_seconds()));
	} else {
		return false;
	}
	return true;
}

/* False: no more commands. */
static bool commands(struct vifdb *db)
{
	static char buf[1 << 20];
	static size_t len;
	ssize_t n = read(0, buf + len, sizeof(buf) - len);
	bool more = n > 0;
	char *end;

	len += n > 0 ? n : 0;
	while (more && (end = memchr(buf, '\n', len))) {
		json_t *command = json_loadb(buf, end - buf, 0, NULL);

		more = obey(db, command);
		json_decref(command);
		len -= end + 1 - buf;
		memmove(buf, end + 1, len);
	}
	return more;
}

static void loop(struct vifdb *db)
{
	for (;;) {
		struct pollfd fds[2] = {
			{ .fd = 0, .events = POLLIN },
			{ .fd = held ? -1 : vifdb_fd(db), .events = vifdb_events(db) },
		};
		uint64_t deadline = vifdb_deadline(db), now;
		struct timespec t;
		int ms = -1;

		clock_gettime(CLOCK_MONOTONIC, &t);
		now = t.tv_sec * 1000000ULL + t.tv_nsec / 1000;
		if (!held)
			ms = deadline > now ? (deadline - now + 999) / 1000 : 0;
		poll(fds, 2, ms);
		if (fds[0].revents && !commands(db))
			return;
		if (!held)
			vifdb_run(db);
		look_for_expected(db);
	}
}

int main(int argc, char **argv)
{
	static const struct vifdb_ops ops = {
		.state = on_state, .change = on_change, .done = on_done, .lock = on_lock,
	};
	struct vifdb *db;
	int r = argc < 3 ? -1 : vifdb_new(argv[1], argv[2], &db);

	if (r < 0) {
		fprintf(stderr, "driver: %s: no session: %d\n", argc > 1 ? argv[1] : "", r);
		return 1;
	}
	for (int i = 3; i < argc; i++) {
		const char *columns[64] = {};
		char *list;
		int n = 0;

		if (!strcmp(argv[i], "--tls") && i + 3 < argc) {
			if (vifdb_set_tls(db, argv[i + 1], argv[i + 2], argv[i + 3]) < 0)
				fprintf(stderr, "driver: %s\n", vifdb_error(db));
			i += 3;
			continue;
		}
		if (!strcmp(argv[i], "--quiet")) {
			told_changes = false;
			continue;
		}
		list = strchr(argv[i], ':');
		if (list)
			*list++ = '\0';
		for (char *name = list ? strtok(list, ",") : NULL; name; name = strtok(NULL, ","))
			columns[n++] = name;
		if (vifdb_follow(db, argv[i], list ? columns : NULL) < 0)
			return 1;
	}
	vifdb_set_ops(db, &ops, NULL);
	loop(db);
	vifdb_free(db);
	return 0;
}
