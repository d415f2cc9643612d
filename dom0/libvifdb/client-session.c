// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "libvifdb/client-commit.h"
#include "libvifdb/client-monitor.h"
#include "libvifdb/client-request.h"
#include "libvifdb/client-txn.h"
#include "libvifdb/protocol.h"
#include "libvifdb/tls.h"

#define BACKOFF_MIN_US	100000U
#define BACKOFF_MAX_US	8000000U
#define CONNECT_US	10000000U	/* to connect and to shake hands */
#define STEADY_US	60000000U	/* and a server that broke rules is forgiven */
#define READ_SIZE	65536U
#define READS_MAX	64	/* in one run, so that a busy server cannot hold the owner */

static const struct json_frame_limits input_limits = {
	.octets = VIFDB_MESSAGE_MAX, .values = VDB_VALUES_MAX, .depth = VDB_DEPTH_MAX,
};

int vifdb_new(const char *remote, const char *database, struct vifdb **ret)
{
	struct vifdb *db = calloc(1, sizeof(*db));
	int r = -ENOMEM;

	if (!db)
		return -ENOMEM;
	if (!remote)
		remote = secure_getenv(VIFDB_REMOTE_ENV);
	vdb_connection_init(&db->connection);
	json_frame_init(&db->input, &input_limits);
	TAILQ_INIT(&db->sent);
	TAILQ_INIT(&db->queued);
	TAILQ_INIT(&db->txns);
	db->backoff_us = BACKOFF_MIN_US;
	db->database = strdup(database ? database : VIFDB_DATABASE);
	if (db->database)
		r = vdb_remote_parse(remote && remote[0] ? remote : VIFDB_DEFAULT_REMOTE,
				     &db->remote);
	if (r < 0)
		vifdb_free(db);
	else
		*ret = db;
	return r;
}

static void free_tls(struct vdb_tls_files *tls)
{
	free(tls->private_key);
	free(tls->certificate);
	free(tls->ca_certificate);
	*tls = (struct vdb_tls_files){};
}

static void free_requests(struct vdb_requests *list)
{
	struct vdb_request *request;

	while ((request = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, request, entry);
		vdb_request_free(request);
	}
}

struct vifdb *vifdb_free(struct vifdb *db)
{
	if (!db)
		return NULL;
	while (!TAILQ_EMPTY(&db->txns))
		vdb_txn_orphan(TAILQ_FIRST(&db->txns));
	free_requests(&db->sent);
	free_requests(&db->queued);
	vdb_connection_close(&db->connection);
	json_frame_deinit(&db->input);
	free(db->output.data);
	for (size_t i = 0; i < db->n_tables; i++)
		vdb_table_free(db->tables[i]);
	free(db->tables);
	json_decref(db->schema);
	vdb_remote_free(&db->remote);
	free_tls(&db->tls);
	free(db->lock.name);
	free(db->database);
	free(db->error);
	free(db);
	return NULL;
}

int vifdb_set_tls(struct vifdb *db, const char *private_key, const char *certificate,
		  const char *ca_certificate)
{
	struct vdb_tls_files files = {};
	char problem[256];

	if (!private_key || !certificate || !ca_certificate) {
		vdb_fail(db, "TLS needs a private key, a certificate and a CA certificate");
		return -EINVAL;
	}
	files.private_key = strdup(private_key);
	files.certificate = strdup(certificate);
	files.ca_certificate = strdup(ca_certificate);
	if (!files.private_key || !files.certificate || !files.ca_certificate) {
		free_tls(&files);
		return -ENOMEM;
	}
	free_tls(&db->tls);
	db->tls = files;
	if (vdb_tls_check(&files, problem, sizeof(problem)) < 0) {
		vdb_fail(db, "%s", problem);
		return -EINVAL;
	}
	return 0;
}

int vifdb_follow(struct vifdb *db, const char *name, const char *const *columns)
{
	struct vdb_table **tables, *table;
	int r;

	if (db->started) {
		vdb_fail(db, "table \"%s\": too late to follow it, the session has begun", name);
		return -EBUSY;
	}
	if (vdb_find_table(db, name)) {
		vdb_fail(db, "table \"%s\" is followed already", name);
		return -EEXIST;
	}
	tables = realloc(db->tables, (db->n_tables + 1) * sizeof(*tables));
	if (!tables)
		return -ENOMEM;
	db->tables = tables;
	r = vdb_table_new(db, name, columns, &table);
	if (r < 0)
		return r;
	db->tables[db->n_tables++] = table;
	return 0;
}

int vifdb_follow_where(struct vifdb *db, const char *name, json_t *where)
{
	struct vdb_table *table = vdb_find_table(db, name);

	if (!table) {
		vdb_fail(db, "table \"%s\" is not followed", name);
		json_decref(where);
		return -ENOENT;
	}
	if (where == table->where || (where && table->where && json_equal(where, table->where))) {
		json_decref(where);
		return 0;
	}
	json_decref(table->where);
	table->where = where;
	table->where_changed = true;
	return 0;
}

void vifdb_set_ops(struct vifdb *db, const struct vifdb_ops *ops, void *arg)
{
	db->ops = *ops;
	db->arg = arg;
}

/* ---- running ---- */

/*
 * The connection is of no use any more. A server that lasted longer than the
 * last wait is tried again soon; one that broke the rules has to last longer,
 * or it would make us fetch copy after copy.
 */
static void drop(struct vifdb *db, uint64_t now, int r)
{
	uint64_t lasted = db->state == VIFDB_READY ? now - db->ready_since : 0;

	if (lasted > (r == -EPROTO ? STEADY_US : db->backoff_us))
		db->backoff_us = BACKOFF_MIN_US;
	db->retry_at = now + db->backoff_us;
	db->backoff_us = db->backoff_us * 2 < BACKOFF_MAX_US ? db->backoff_us * 2 : BACKOFF_MAX_US;
	if (r == -EPROTO || r == -ENOMEM)
		db->last_id[0] = '\0';
	if (r == -ENOMEM)
		vdb_fail(db, "%s: out of memory", db->remote.text);
	vdb_connection_close(&db->connection);
	db->more = false;
	vdb_set_state(db, VIFDB_DISCONNECTED);
	vdb_protocol_stop(db);
}

/* The connection failed, as opposed to what came through it. */
static int broken(struct vifdb *db, int r)
{
	vdb_fail(db, "%s: %s", db->remote.text, db->connection.problem);
	return r;
}

static int read_input(struct vifdb *db, uint64_t now)
{
	db->more = false;
	for (int i = 0; i < READS_MAX; i++) {
		char *room = json_frame_room(&db->input, READ_SIZE);
		int n, r;

		if (!room)
			return -ENOMEM;
		n = vdb_connection_read(&db->connection, room, READ_SIZE);
		if (n < 0)
			return broken(db, n);
		if (!n)
			return 0;
		json_frame_added(&db->input, n);
		r = vdb_protocol_received(db, now);
		if (r < 0)
			return r;
		/* That was all, but for TLS, which hands out a record at a time. */
		if ((size_t)n < READ_SIZE && !db->connection.ssl)
			return 0;
	}
	db->more = true;
	return 0;
}

static int run_open(struct vifdb *db, uint64_t now)
{
	bool was_ready = db->state == VIFDB_READY;
	int r = vdb_output_write(db);

	if (r >= 0)
		r = read_input(db, now);
	if (r >= 0)
		r = vdb_protocol_tick(db, now);
	if (r >= 0)
		r = vdb_conditions_send(db);
	if (r >= 0)
		r = vdb_output_write(db);
	if (!was_ready && db->state == VIFDB_READY)
		db->ready_since = now;
	return r;
}

static int run_connecting(struct vifdb *db, uint64_t now)
{
	int r;

	if (db->connection.step == VDB_CLOSED) {
		db->connect_until = now + CONNECT_US;
		vdb_set_state(db, VIFDB_CONNECTING);
		r = vdb_connection_open(&db->connection, &db->remote, &db->tls);
	} else {
		r = vdb_connection_progress(&db->connection, &db->remote, &db->tls);
	}
	if (r < 0)
		return broken(db, r);
	if (!r && now >= db->connect_until) {
		vdb_fail(db, "%s: no connection within %u s", db->remote.text, CONNECT_US / 1000000);
		return -ETIMEDOUT;
	}
	if (!r)
		return 0;
	r = vdb_protocol_start(db, now);
	return r < 0 ? r : run_open(db, now);
}

static int run(struct vifdb *db, uint64_t now)
{
	int r;

	if (db->connection.step == VDB_CLOSED && now < db->retry_at)
		return 0;
	r = db->connection.step == VDB_OPEN ? run_open(db, now) : run_connecting(db, now);
	if (r < 0)
		drop(db, now, r);
	return r == -ENOMEM ? r : 0;
}

int vifdb_run(struct vifdb *db)
{
	uint64_t events = db->events;
	int r;

	if (db->running)
		return -EBUSY;
	db->started = db->running = true;
	r = run(db, clock_us());
	db->running = false;
	return r < 0 ? r : db->events != events;
}

int vifdb_fd(const struct vifdb *db)
{
	return db->connection.fd;
}

short vifdb_events(const struct vifdb *db)
{
	return vdb_connection_events(&db->connection, db->output.sent < db->output.len);
}

uint64_t vifdb_deadline(const struct vifdb *db)
{
	if (db->more || vdb_conditions_wait(db))
		return 0;
	switch (db->connection.step) {
	case VDB_CLOSED:
		return db->retry_at;
	case VDB_OPEN:
		return vdb_protocol_deadline(db);
	default:
		return db->connect_until;
	}
}

/* ---- waiting ---- */

static void sleep_until(struct vifdb *db, uint64_t now, uint64_t until)
{
	struct pollfd fd = { .fd = vifdb_fd(db), .events = vifdb_events(db) };
	uint64_t deadline = vifdb_deadline(db), ms;

	if (deadline < until)
		until = deadline;
	ms = until > now ? (until - now + 999) / 1000 : 0;
	(void)poll(&fd, 1, ms < INT_MAX ? (int)ms : INT_MAX);
}

/* Run until @again says no: 0, -ETIMEDOUT, or a failure of vifdb_run(). */
static int wait_while(struct vifdb *db, int timeout_ms,
		      bool (*again)(struct vifdb *db, void *arg), void *arg)
{
	uint64_t until = timeout_ms < 0 ? UINT64_MAX : clock_us() + timeout_ms * 1000ULL;

	for (;;) {
		uint64_t now;
		int r = vifdb_run(db);

		if (r < 0)
			return r;
		if (!again(db, arg))
			return 0;
		now = clock_us();
		if (now >= until)
			return -ETIMEDOUT;
		sleep_until(db, now, until);
	}
}

static bool nothing_happened(struct vifdb *db, void *arg)
{
	return db->events == *(uint64_t *)arg;
}

int vifdb_wait(struct vifdb *db, int timeout_ms)
{
	uint64_t events = db->events;
	int r = wait_while(db, timeout_ms, nothing_happened, &events);

	return r == -ETIMEDOUT ? 0 : r < 0 ? r : 1;
}

static bool not_ready(struct vifdb *db, void *arg)
{
	return db->state != VIFDB_READY;
}

int vifdb_wait_ready(struct vifdb *db, int timeout_ms)
{
	int r = wait_while(db, timeout_ms, not_ready, NULL);

	if (r == -ETIMEDOUT && (db->state == VIFDB_CONNECTING || !db->error))
		vdb_fail(db, "%s: no answer within %d ms", db->remote.text, timeout_ms);
	return r;
}

static bool is_pending(struct vifdb *db, void *txn)
{
	return ((const struct vifdb_txn *)txn)->status == VIFDB_TXN_PENDING;
}

int vifdb_txn_commit_wait(struct vifdb_txn *txn, int timeout_ms)
{
	struct vifdb *db = txn->db;
	int r;

	if (db && db->running)
		return -EBUSY;
	r = vifdb_txn_commit(txn, NULL, NULL);
	if (r < 0)
		return r;
	r = wait_while(db, timeout_ms, is_pending, txn);
	if (r < 0)
		return r;
	switch (txn->status) {
	case VIFDB_TXN_COMMITTED:
		return 0;
	case VIFDB_TXN_CONFLICT:
		return -EAGAIN;
	case VIFDB_TXN_REFUSED:
		return -EINVAL;
	case VIFDB_TXN_NOT_LOCKED:
		return -EPERM;
	default:
		return -EIO;
	}
}
