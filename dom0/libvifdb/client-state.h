/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of a client share, and its errors. Protocol, monitor, update,
 * lock and commit are its core: octets in, octets out, time as an argument.
 * connection.c has the socket, client-session.c the clock, and joins both.
 *
 * Life of a connection, and what client-session.c calls:
 *
 *   vdb_protocol_start()   get_schema goes out
 *   vdb_protocol_input()   answers and notifications come in; the copy is whole:
 *                          VIFDB_READY
 *   vdb_protocol_tick()    time passed: probe, or give up
 *   vdb_protocol_stop()    it broke: what was under way is lost
 *
 * A negative number from these ends the connection; the copy stays as it was
 * after the last good message.
 */
#ifndef LIBVIFDB_CLIENT_STATE_H
#define LIBVIFDB_CLIENT_STATE_H

#include <sys/queue.h>

#include "base/json-frame.h"
#include "libvifdb/connection.h"
#include "libvifdb/replica.h"
#include "vifdb/vifdb.h"

#define VDB_PROBE_IDLE_US	5000000U	/* silence after which the server is asked */
#define VDB_PROBE_ANSWER_US	10000000U	/* and what it has to answer */
#define VDB_ECHO_MAX		(1U << 20)	/* octets of answers the server does not read */
#define VDB_DEPTH_MAX		64U		/* of a message; an answer needs 9 or so */
#define VDB_VALUES_MAX		(8U << 20)	/* of a message, see json-frame.h */
#define VDB_ERROR_MAX		1000U		/* octets of a sentence */
#define VDB_LAST_ID_MAX		64U

/* Octets to be sent. */
struct vdb_output {
	char *data;
	size_t len, size, sent;
	size_t echoes;		/* of them answers to echo, since it was last empty */
};

enum vdb_request_kind {
	VDB_GET_SCHEMA,
	VDB_MONITOR,
	VDB_CONDITIONS,
	VDB_TRANSACT,
	VDB_LOCK,
	VDB_UNLOCK,
	VDB_PROBE,
};

/* A request without answer, or a transaction that waits for a connection. */
struct vdb_request {
	TAILQ_ENTRY(vdb_request) entry;
	json_int_t id;
	enum vdb_request_kind kind;
	struct vifdb_txn *txn;	/* NULL if it was freed meanwhile */
	json_t *params;		/* until it is sent */
};
TAILQ_HEAD(vdb_requests, vdb_request);

/* From the best to what every server has; also the order in which they are tried. */
enum vdb_monitor {
	VDB_MONITOR_COND_SINCE,
	VDB_MONITOR_COND,
	VDB_MONITOR_PLAIN,
};

struct vdb_lock {
	char *name;		/* NULL: none asked for */
	bool steal;		/* still to be done */
	bool held;
	json_int_t id;		/* of the request without answer, 0: none */
};

struct vifdb {
	struct vdb_remote remote;
	struct vdb_tls_files tls;
	char *database;
	struct vdb_table **tables;
	size_t n_tables;
	struct vifdb_ops ops;
	void *arg;

	bool started;		/* vifdb_run() was called */
	bool running;		/* inside it */
	enum vifdb_state state;
	uint64_t generation;
	uint64_t events;	/* whatever vifdb_run() returns 1 for */
	char *error;

	struct vdb_connection connection;
	uint64_t retry_at, backoff_us, ready_since, connect_until;
	bool more;		/* the connection has octets that poll() does not tell */

	struct json_frame input;
	struct vdb_output output;
	struct vdb_requests sent, queued;
	json_int_t last_request;
	uint64_t heard_at, probed_at;	/* probed_at 0: no probe is out */
	json_t *schema;
	char *missing;		/* while a schema is taken over */
	enum vdb_monitor monitor;
	bool changing;		/* other conditions were sent, and not answered */
	char last_id[VDB_LAST_ID_MAX];	/* of the copy's last transaction; "": unknown */
	struct vdb_lock lock;
	TAILQ_HEAD(, vifdb_txn) txns;
};

struct vdb_table *vdb_find_table(const struct vifdb *db, const char *name);
void vdb_set_state(struct vifdb *db, enum vifdb_state state);

/* The sentence of vifdb_error(), made printable and bounded. */
void vdb_fail(struct vifdb *db, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *vdb_sentence(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* What an <error> of RFC 7047 says: "details (error)"; to be freed, NULL when out of memory. */
char *vdb_error_text(const json_t *error);

#endif /* LIBVIFDB_CLIENT_STATE_H */
