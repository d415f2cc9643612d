/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One client: reads messages, sends messages, and owns what the client made us
 * keep (monitors, locks, waiting transactions).
 *
 * What a client may cost is bounded: the size of a message (json-frame.h), what it
 * makes us keep (session_keep()), requests
 * are not read while PAUSE_BYTES of answers wait to be taken, conditional monitors
 * queue no more updates while COALESCE_BYTES wait but remember what changed
 * (behind.h), and a client that lets more than max_backlog pile up all the same,
 * or that takes nothing for STALL_MS, or has not shown a certificate within
 * HANDSHAKE_MS, is cut off. How many may connect from where: remote-limits.h.
 *
 * A client whose requests took WORK_TURN steps (work.h) waits until all others had
 * their turn, however much it has sent.
 *
 * session_close() ends it at once but for the memory, which goes with the last
 * reference: transactions on their way to disk hold one.
 */
#ifndef VIFDBD_NET_SESSION_H
#define VIFDBD_NET_SESSION_H

#include <sys/queue.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>

#include "base/json-frame.h"
#include "vifdbd/net/stream.h"
#include "vifdbd/ovsdb/buf.h"
#include "vifdbd/ovsdb/err.h"

#define PAUSE_BYTES (1u << 20)
#define COALESCE_BYTES (64u << 10)
#define STALL_MS 30000
#define HANDSHAKE_MS 10000 /* for TLS to be set up */
#define DEPTH_MAX 100	   /* of a message; it may hold a value for each 8 octets */
#define TRIGGERS_MAX 256
#define QUEUED_MAX 128 /* transactions for the pool: no more requests are read meanwhile */
#define MONITORS_MAX 1024
#define CLAUSES_MAX 16384 /* of all of them; equality is hashed, others cost each change */
#define LOCKS_MAX 1024
#define SHARE 4 /* of the memory for all, one client may take so little */

struct server;
struct remote;
struct session;
struct monitor;
struct trigger;
struct lock_waiter;
struct session_author;

struct out_queue {
	struct msg **v; /* ring */
	size_t head, n, cap;
	size_t offset; /* sent of the first */
	size_t bytes;
};

struct limits {
	size_t max_message, max_backlog, max_memory;
	unsigned int max_clients;
	unsigned int probe_ms; /* 0: no probes */
};

/* What sessions are for is their owner's business. */
struct session_ops {
	/* Negative if the connection must end. */
	int (*message)(struct session *s, const char *text, size_t len);
	/* Queue what its monitors are behind with. */
	void (*catch_up)(struct session *s);
	/* It is about to go: forget it. */
	void (*closing)(struct session *s);
};

/* Where a client came from by TCP; family 0: not by TCP, or we went to it. */
struct peer {
	const void *listener;
	sa_family_t family;
	uint8_t address[16];
};

/* All of them, and what they share. */
struct sessions {
	sd_event *event;
	struct limits limits;
	const struct session_ops *ops;
	TAILQ_HEAD(, session) list, dirty, turns;
	sd_event_source *turn;
	uint64_t turn_began; /* in steps (work.h) */
	unsigned int n;
	size_t memory; /* in buffers and queues, and kept for clients */
};

struct session {
	struct sessions *all;
	struct server *server;
	struct remote *remote; /* that connected it, or NULL if it connected to us */
	char *name;
	TAILQ_ENTRY(session) link, dirty_link;
	TAILQ_ENTRY(session) turn_link;
	bool dirty, closed, paused, probed, probe;
	bool waits_turn;   /* has requests left, but others come first */
	bool change_aware; /* wants to hear of it when a database changes its schema */
	bool hang_up;	   /* when all is sent; no more requests are read */
	/* why it is closed as soon as the loop turns; nothing is sent any more */
	const char *doomed;
	unsigned int refs;
	struct stream *stream;
	sd_event_source *io;
	struct json_frame frame;
	size_t accounted;	/* of the connection and the frame, in the server's total */
	size_t kept;		/* by session_keep(), also in the total */
	size_t message;		/* what the JSON of the request at hand takes in memory */
	uint64_t waiting_steps; /* what one run of its waiting transactions takes (work.h) */
	struct out_queue out;
	struct peer peer;
	struct session_author *author; /* author.h; NULL: not looked at yet */
	int64_t since_ms, last_read_ms;
	int64_t stalled_ms; /* since when it takes nothing of what waits, or 0 */
	LIST_HEAD(, monitor) monitors;
	LIST_HEAD(, trigger) triggers;
	LIST_HEAD(, lock_waiter) locks;
	unsigned int n_monitors, n_clauses, n_triggers, n_locks;
	unsigned int n_queued; /* of its triggers, those that the pool has or will get */
	unsigned int n_behind; /* of its monitors */
	size_t behind_bytes;   /* of those, also in the server's total */
};

void sessions_init(struct sessions *all, const struct limits *limits,
		   const struct session_ops *ops);
void sessions_close(struct sessions *all, const char *why);
/* Send what they have queued. */
void sessions_send(struct sessions *all);
/* Once a second or so. */
void sessions_tick(struct sessions *all, int64_t now_ms);

/* Takes over the stream. */
int session_new(struct sessions *all, struct server *server, struct stream *stream,
		const char *name, struct remote *remote, bool probe, struct session **ret);
struct session *session_ref(struct session *s);
void session_unref(struct session *s);
void session_close(struct session *s, const char *why);

/* Ends it when what is queued, or will be before the loop turns, has been sent. */
void session_hang_up(struct session *s);

/*
 * Queues a message and takes over the reference. update: not an answer, so it may
 * pile up. Before an answer goes what its monitors are behind with: an answer to a
 * transaction comes after what it did. If too much piles up the session is closed,
 * but not before the loop turns: callers go through lists that it is in.
 */
void session_send(struct session *s, struct msg *m, bool update);
/*
 * Charges the client, and all together, for what it makes us keep until
 * session_let_go(): monitors, locks, transactions that wait. An error, and nothing
 * charged, if that is too much.
 */
struct dberr *session_keep(struct session *s, size_t n);
void session_let_go(struct session *s, size_t n);

/* Has it closed if too much waits for it. */
void session_check_backlog(struct session *s, bool update);
/* Sends what is queued, as far as the peer takes it. */
void session_flush(struct session *s);

#endif
