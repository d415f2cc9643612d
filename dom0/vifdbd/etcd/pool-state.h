/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of a pool share: pool-life.c and the files with the same beginning. */
#ifndef VIFDBD_ETCD_POOL_STATE_H
#define VIFDBD_ETCD_POOL_STATE_H

#include "base/clock.h"
#include "base/log.h"
#include "vifdbd/etcd/pool-copy.h"
#include "vifdbd/etcd/pool.h"

#define POOL_URLS_MAX 16
#define POOL_ANSWER_MAX (64u << 20)
#define POOL_TIMEOUT_MS 5000
#define POOL_POLL_MS 2000
#define PRESENCE_TTL_S 15
#define POOL_GRACE_MS 5000 /* away so long, it is said */

enum pool_state {
	POOL_AWAY,   /* the timer tries the next member */
	POOL_HELLO,  /* reading m/ */
	POOL_CREATE, /* sending everything */
	POOL_RESYNC, /* reading r/, and what is pending, as of one revision */
	POOL_FOLLOW, /* watching */
	POOL_FETCH,  /* reading the rows of a large commit */
};

/* Revisions at which keys were last changed, as of the copy; 0: they do not exist. */
struct pool_guards {
	int64_t *table; /* by index */
	int64_t host, pool, schema, pending;
};

/* A commit of this host on its way. */
struct pool_flight {
	struct uuid id;
	bool create;
	struct buf request;   /* the commit itself, until it is sent */
	struct msg **chunks;  /* to be sent before it */
	unsigned int n_chunks, sent;
	bool unknown;	      /* no answer: it may have been carried out, or still be */
	bool seen;	      /* it came back: it is in the copy */
	bool conflict;	      /* it was not carried out, */
	char *refusal;	      /* what etcd said, though it may be stored */
	int64_t behind;	      /* because of what happened up to this revision */
};

/* What is known of a member of etcd, from when it was asked last. */
struct pool_member {
	bool known, answers, leader;
	int64_t db_size;
	char version[40];
	char *error;
};

struct pool {
	sd_event *event;
	struct http *http;
	struct db *db;
	struct pool_owner owner;
	char *urls[POOL_URLS_MAX];
	unsigned int n_urls, at; /* the member that is asked */
	char *prefix, *host;
	bool init, join;
	enum pool_state state;
	char *problem;	   /* why it is not in step */
	char *foreign;	   /* why nothing may be stored although it is */
	char *refusal;	   /* what was said last */
	int64_t away_ms;   /* since when, or 0 */
	unsigned int failures;
	sd_event_source *timer;
	struct http_call *watch, *call, *commit;
	struct uuid id, created; /* the pool; one that this process began to make */
	bool known;		 /* the copy is of that pool, as of "applied" */
	int64_t applied, noted, wanted;
	int64_t hello; /* the revision at which m/ was read */
	int64_t behind_at; /* "applied" when a poll found it behind, to see that it moves, */
	int64_t behind_ms; /* and when that was */
	bool anew;	   /* changes since "applied" cannot be had one by one */
	struct pool_guards guards;
	struct uuid host_last; /* the id in m/host/NAME */
	struct uuid last;      /* of the newest commit that is in the copy */
	struct pool_key cursor; /* the last key of a resync so far */
	unsigned int parts;	/* of a large commit, read so far */
	unsigned int page;	/* its rows are asked for so many at a time; 0: as many as usual */
	struct pool_head head, pending;
	bool has_head;
	int64_t pending_ms; /* since when it is known to be pending */
	/* Events of one revision, until it is complete (of m/ they count at once); else 0: */
	int64_t group;
	struct pool_changes changes;
	struct pool_diff diff; /* of a resync */
	struct arena arena;
	struct pool_flight *flight;
	char *stuck; /* why the large commit that is pending cannot be unpacked */
	bool unpacking;
	unsigned int unpacked;
	struct uuid stale; /* rows of a commit that nobody finished, seen once */
	int64_t swept_ms;
	struct pool_member members[POOL_URLS_MAX]; /* as the urls */
	unsigned int asked;			   /* of them, last */
	int64_t asked_ms;
	struct http_call *member;
	struct http_call *presence;
	int64_t lease, kept_ms;	 /* 0: none yet; when it was last told that it lives */
	json_t *told;		 /* names that are, or will be, on the lease; or NULL */
	json_t *servers;	 /* by what is behind "p/": names that are present there */
	json_t *present;	 /* counted by name; NULL: to be done */
	int64_t level_ms;	 /* since when it is known who is there */
	int64_t conflict_at; /* the newest commit when one of ours conflicted last */
	bool store_failed;
};

/* pool-life.c */
/* A commit that was on its way is one without an answer from now on. */
void pool_drop_calls(struct pool *p);
__attribute__((format(printf, 2, 3))) void pool_lost(struct pool *p, const char *fmt, ...);
/* Like that, and it is nothing that another member would know better. */
__attribute__((format(printf, 2, 3))) void pool_wrong(struct pool *p, const char *fmt, ...);
struct http_call *pool_post(struct pool *p, const char *path, struct buf *body, http_done_fn done);
/*
 * etcd says that it did nothing, and why: nothing that another member would mend. In
 * words for people, which the caller frees, or NULL. Resets p->arena.
 */
char *pool_refused(struct pool *p, const char *error, const char *text, size_t len);
/* Into p->arena; on failure pool_lost() was called. */
bool pool_answer(struct pool *p, enum etcd_kind kind, const char *error, const char *text,
		 size_t len, struct etcd_answer *ret);
/* Behind "PREFIX" and this, or NULL. */
const char *pool_key_rest(const struct pool *p, const char *key, const char *part);
void pool_hello(struct pool *p);
/* Something changed: what is to be done next? */
void pool_step(struct pool *p);
/* What became of the commit that is on its way? */
void pool_settle(struct pool *p);

/* pool-meta.c: one key below m/; true if it was known. */
void pool_meta_set(struct pool *p, const char *rest, const struct etcd_kv *kv);
void pool_meta_reset(struct pool *p);

/* pool-lease.c: of a hello, then of the watch. */
void pool_presence_reset(struct pool *p);
void pool_presence_set(struct pool *p, const char *rest, const struct etcd_kv *kv);

/* pool-status.c */
void pool_members_free(struct pool *p);

/* pool-follow.c */
void pool_follow(struct pool *p);
/* A line of the watch. */
void pool_line(const char *line, size_t len, void *arg);
/* Puts p->changes into the copy as of this revision; false: pool_lost() was called. */
bool pool_apply(struct pool *p, int64_t revision);
bool pool_store(struct pool *p);

/* pool-resync.c */
void pool_resync(struct pool *p);
/* Reads the rows of p->head, a large commit, as of p->group. */
void pool_fetch(struct pool *p);

/* pool-commit.c */
void pool_create(struct pool *p);
void pool_fence(struct pool *p);
void pool_flight_end(struct pool *p, enum pool_outcome outcome, const char *message);
void pool_flight_free(struct pool_flight *f);

/* pool-unpack.c */
void pool_unpack(struct pool *p);
void pool_sweep(struct pool *p);

#endif
