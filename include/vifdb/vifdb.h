/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvifdb: client of the vifswitch database (vifdbd), or of any server that
 * speaks RFC 7047 (OVSDB). One struct vifdb is one session: it connects and
 * connects again by itself, keeps a copy of the tables it was told to follow,
 * and commits transactions. It never blocks by itself and starts no thread:
 * the owner polls vifdb_fd() for vifdb_events() until vifdb_deadline() and then
 * calls vifdb_run(), or calls vifdb_wait(), which does just that. (One thing may
 * wait: the name server, for a tcp: or ssl: remote with a name for a host.)
 *
 * A session and all that comes from it belong to one thread at a time. Functions
 * that return int give 0 or more, or a negative errno; outputs are untouched on
 * failure and vifdb_error() has the sentence. Strings, rows and values handed
 * out are owned by the session and valid until the next vifdb_run(),
 * vifdb_wait() or vifdb_free(); inside a change callback until it returns.
 *
 * UUIDs are 16 octets in the order they are written.
 */
#ifndef VIFDB_H
#define VIFDB_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VIFDB_DEFAULT_REMOTE	"unix:/run/vifswitch/db.sock"
#define VIFDB_REMOTE_ENV	"VIFDB"		/* overrides the default, not an argument */
#define VIFDB_DATABASE		"vifswitch"
#define VIFDB_MESSAGE_MAX	(256U << 20)	/* octets of one message from the server */

struct vifdb;
struct vifdb_row;
struct vifdb_txn;

enum vifdb_state {
	VIFDB_DISCONNECTED,	/* waits to connect again: 0.1 s at first, 8 s at most */
	VIFDB_CONNECTING,	/* connection, schema and first copy are under way */
	VIFDB_READY,		/* the copy is whole and follows the server */
	/* In the first two states the copy is what it was last. */
};

/* ---- session ---- */

/*
 * @remote: "unix:PATH", "tcp:HOST:PORT" or "ssl:HOST:PORT"; NULL: the
 * environment's VIFDB, else the default. @database NULL: "vifswitch". Only the
 * text is checked here (-EINVAL); connecting begins with the first vifdb_run().
 */
int vifdb_new(const char *remote, const char *database, struct vifdb **ret);
/*
 * Always NULL. Transactions that are not complete end with VIFDB_TXN_LOST,
 * without their callback; they are still to be freed.
 */
struct vifdb *vifdb_free(struct vifdb *db);
/*
 * For ssl: remotes, before the first run. All three are PEM files, read now (to
 * check them, -EINVAL: whoever goes on has them tried again) and at each connect.
 * The server's certificate must be signed by the CA and be for the remote's host.
 */
int vifdb_set_tls(struct vifdb *db, const char *private_key, const char *certificate,
		  const char *ca_certificate);

/*
 * Follow @table, before the first vifdb_run() (-EBUSY) and once (-EEXIST): all its
 * columns, or those of the NULL-terminated @columns; _version is one that can be
 * named. A table or column that the server does not have is
 * left out with a line in vifdb_error(): an older server is no reason to fail.
 */
int vifdb_follow(struct vifdb *db, const char *table, const char *const *columns);
/*
 * Of @table, which is followed, only rows for which any clause of @where, an array (stolen),
 * holds; NULL: all rows. At any time, and as often as wanted: what comes and goes by it is
 * told like other changes, and then vifdb_settled() is true again. A server that cannot do
 * that sends all rows. -ENOENT: it is not followed.
 */
int vifdb_follow_where(struct vifdb *db, const char *table, json_t *where);
/* Is the copy whole, with the rows that were asked for last? */
bool vifdb_settled(const struct vifdb *db);

enum vifdb_change { VIFDB_INSERTED, VIFDB_MODIFIED, VIFDB_DELETED };

struct vifdb_ops {
	/* The session's state changed. */
	void (*state)(struct vifdb *db, enum vifdb_state state, void *arg);
	/*
	 * A row changed; called for every row of the first copy too, and after a
	 * reconnect for what differs. The copy is already as it is after the whole
	 * update; a deleted row can be read for the last time. Rows are told in no
	 * particular order: to act on a whole transaction use done.
	 */
	void (*change)(struct vifdb *db, const struct vifdb_row *row, enum vifdb_change change,
		       void *arg);
	/* All changes of one update from the server (one or more transactions) were told. */
	void (*done)(struct vifdb *db, void *arg);
	/* The lock asked for was gained or lost. */
	void (*lock)(struct vifdb *db, bool held, void *arg);
};
/*
 * Before the first run; *ops is copied. Any member may be NULL. Callbacks must not
 * free the session nor run it (-EBUSY); they may build and commit transactions.
 * The first copy: change for each row, done, then state with VIFDB_READY.
 */
void vifdb_set_ops(struct vifdb *db, const struct vifdb_ops *ops, void *arg);

int vifdb_fd(const struct vifdb *db);		/* -1: none now; changes between runs */
short vifdb_events(const struct vifdb *db);	/* POLLIN, POLLOUT */
/* CLOCK_MONOTONIC in us; 0: now, whatever poll() says. */
uint64_t vifdb_deadline(const struct vifdb *db);
/*
 * Do what can be done without waiting. 1: the copy, a transaction, the lock or the
 * state changed, 0: nothing did. Connection failures are no error here: see
 * vifdb_state() and vifdb_error(). Negative: out of memory; the session goes on.
 */
int vifdb_run(struct vifdb *db);
/* Poll and run until something changed (1) or @timeout_ms passed (0; -1: no limit). */
int vifdb_wait(struct vifdb *db, int timeout_ms);
/* Wait until VIFDB_READY: 0, or -ETIMEDOUT with vifdb_error() saying what is in the way. */
int vifdb_wait_ready(struct vifdb *db, int timeout_ms);

enum vifdb_state vifdb_state(const struct vifdb *db);
/* Counts updates that changed the copy since vifdb_new(). */
uint64_t vifdb_generation(const struct vifdb *db);
/* The last thing that went wrong, in a sentence; "" if nothing did. */
const char *vifdb_error(const struct vifdb *db);
/* The server's schema as RFC 7047, section 3.2, has it; NULL before the first connection. */
const json_t *vifdb_schema(const struct vifdb *db);

/*
 * Ask for lock @name (RFC 7047, 4.1.8); NULL gives it up. It is lost with the
 * connection and asked for again after a reconnect, then without @steal.
 */
int vifdb_lock(struct vifdb *db, const char *name, bool steal);
bool vifdb_has_lock(const struct vifdb *db);

/* ---- rows of the copy ---- */

/* In no particular order; NULL: no more. */
const struct vifdb_row *vifdb_first(const struct vifdb *db, const char *table);
const struct vifdb_row *vifdb_next(const struct vifdb_row *row);
const struct vifdb_row *vifdb_get(const struct vifdb *db, const char *table,
				  const uint8_t uuid[16]);
size_t vifdb_count(const struct vifdb *db, const char *table);

const char *vifdb_row_table(const struct vifdb_row *row);
const uint8_t *vifdb_row_uuid(const struct vifdb_row *row);	/* 16 octets */
/* _version, if the column was followed (it is, when @columns was NULL); else NULL. */
const uint8_t *vifdb_row_version(const struct vifdb_row *row);

enum vifdb_type { VIFDB_NONE, VIFDB_INTEGER, VIFDB_REAL, VIFDB_BOOLEAN, VIFDB_STRING, VIFDB_UUID };

struct vifdb_atom {
	enum vifdb_type type;
	union {
		int64_t integer;
		double real;
		bool boolean;
		const char *string;	/* UTF-8, NUL-terminated, without NUL inside */
		uint8_t uuid[16];
	};
};

/*
 * Number of elements of a column: 0 or 1 of a scalar or optional one, more of
 * sets and maps. 0 too for a column that is not followed.
 */
size_t vifdb_size(const struct vifdb_row *row, const char *column);
/* Element @i, sorted; of type VIFDB_NONE beyond the end. Of a map: its key and its value. */
struct vifdb_atom vifdb_at(const struct vifdb_row *row, const char *column, size_t i);
struct vifdb_atom vifdb_value_at(const struct vifdb_row *row, const char *column, size_t i);

/* The one element of a scalar or optional column: false, and *ret untouched, if there is none. */
bool vifdb_integer(const struct vifdb_row *row, const char *column, int64_t *ret);
bool vifdb_boolean(const struct vifdb_row *row, const char *column, bool *ret);
/* NULL if there is none. */
const char *vifdb_string(const struct vifdb_row *row, const char *column);
const uint8_t *vifdb_uuid(const struct vifdb_row *row, const char *column);
/* The value of @key in a map of strings; NULL if there is none. */
const char *vifdb_map_string(const struct vifdb_row *row, const char *column, const char *key);
/* The column in RFC 7047's notation, a new reference; NULL if not followed or out of memory. */
json_t *vifdb_json(const struct vifdb_row *row, const char *column);

/* ---- transactions ---- */

/*
 * Values are JSON in RFC 7047's notation (section 5.1); every function steals
 * the references it is given, also on failure. Failures while building are kept
 * and reported by vifdb_txn_commit(), so calls need no check one by one.
 */
int vifdb_txn_new(struct vifdb *db, struct vifdb_txn **ret);
/* Always NULL; a commit under way goes on without it. */
struct vifdb_txn *vifdb_txn_free(struct vifdb_txn *txn);

/* A new row; its temporary UUID (["named-uuid", ...]), a new reference, in *ret_uuid if given. */
void vifdb_txn_insert(struct vifdb_txn *txn, const char *table, json_t *row, json_t **ret_uuid);
void vifdb_txn_update(struct vifdb_txn *txn, const char *table, json_t *where, json_t *row);
void vifdb_txn_mutate(struct vifdb_txn *txn, const char *table, json_t *where, json_t *mutations);
void vifdb_txn_delete(struct vifdb_txn *txn, const char *table, json_t *where);
/* The commit fails with VIFDB_TXN_CONFLICT unless @row still has the version of our copy. */
void vifdb_txn_verify(struct vifdb_txn *txn, const struct vifdb_row *row);
/* It fails with VIFDB_TXN_NOT_LOCKED unless the session has its lock. */
void vifdb_txn_need_lock(struct vifdb_txn *txn);
void vifdb_txn_comment(struct vifdb_txn *txn, const char *text);
/* Any operation of RFC 7047, section 5.2. */
void vifdb_txn_operation(struct vifdb_txn *txn, json_t *operation);
size_t vifdb_txn_operations(const struct vifdb_txn *txn);	/* added so far */

enum vifdb_txn_status {
	VIFDB_TXN_BUILDING,
	VIFDB_TXN_PENDING,	/* sent, or waiting to be */
	VIFDB_TXN_COMMITTED,	/* and durable */
	VIFDB_TXN_REFUSED,	/* by a constraint, a reference, an abort: vifdb_txn_error() */
	VIFDB_TXN_CONFLICT,	/* somebody was faster: build it anew from the copy */
	VIFDB_TXN_NOT_LOCKED,
	VIFDB_TXN_LOST,		/* the connection broke: it may have been committed or not */
};

/*
 * Send it. It is sent at once when connected and otherwise as soon as that is so;
 * @done, if given, is called once from vifdb_run(). -EINVAL if it was built wrongly.
 */
int vifdb_txn_commit(struct vifdb_txn *txn,
		     void (*done)(struct vifdb_txn *txn, void *arg), void *arg);
/*
 * Commit and wait. 0: committed, and the copy has its changes; -EAGAIN: conflict;
 * -EINVAL: refused; -EPERM: lock not held; -EIO: lost; -ETIMEDOUT: still pending,
 * it may be committed later; -EBUSY: called from a callback.
 */
int vifdb_txn_commit_wait(struct vifdb_txn *txn, int timeout_ms);
enum vifdb_txn_status vifdb_txn_status(const struct vifdb_txn *txn);
/*
 * What the server said, in a sentence: "Port: tag 4095: ..." ; "" if nothing.
 * vifdb_txn_error_operation() is the index of the operation refused, or -1 for
 * the commit as a whole.
 */
const char *vifdb_txn_error(const struct vifdb_txn *txn);
int vifdb_txn_error_operation(const struct vifdb_txn *txn);
/* Result of operation @i (RFC 7047, 4.1.3), borrowed; NULL unless committed. */
const json_t *vifdb_txn_result(const struct vifdb_txn *txn, size_t i);
/* The UUID of the row that the @i-th insert made; false unless committed. */
bool vifdb_txn_inserted(const struct vifdb_txn *txn, size_t i, uint8_t ret[16]);

/* ---- when a change is in force; the session follows Global, Host and Location ---- */

/* Numbers the change, so that hosts tell when they have applied it. */
void vifdb_txn_number(struct vifdb_txn *txn);
/*
 * A host that has not applied the last change yet: of those that have VM @vm (16 octets), or,
 * if that is NULL, of all that run. NULL: there is none.
 */
const char *vifdb_missing_host(const struct vifdb *db, const uint8_t *vm);
/*
 * Wait until there is none: 0, or -ETIMEDOUT with vifdb_error() naming one. What a host could
 * not do is then in last_error of its Host row and of the VM's Location rows.
 */
int vifdb_wait_in_force(struct vifdb *db, const uint8_t *vm, int timeout_ms);

/* ---- JSON in RFC 7047's notation; new references, NULL when out of memory ---- */

json_t *vifdb_json_uuid(const uint8_t uuid[16]);	/* ["uuid", "..."] */
json_t *vifdb_json_set(json_t *array);			/* ["set", [...]]; steals */
/* ["map", [[k, v], ...]] of an object's keys and values; steals */
json_t *vifdb_json_map(json_t *object);
json_t *vifdb_json_empty(void);			/* ["set", []]: an optional column without a value */
json_t *vifdb_where_uuid(const uint8_t uuid[16]);	/* [["_uuid", "==", ["uuid", "..."]]] */
/* One clause, [[column, function, value]]; steals. */
json_t *vifdb_where(const char *column, const char *function, json_t *value);

/* "00112233-4455-..." to 16 octets and back; false if it is none. */
bool vifdb_uuid_parse(const char *text, uint8_t ret[16]);
void vifdb_uuid_format(const uint8_t uuid[16], char ret[37]);

#ifdef __cplusplus
}
#endif

#endif /* VIFDB_H */
