/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is said to etcd and what it answers, in the JSON of its v3 gateway: keys and
 * values in base64, 64-bit numbers as strings. No I/O, no clock. Answers come from
 * another machine: nothing in them is believed before it was looked at, and a parser
 * keeps no more than the text that it was given.
 */
#ifndef VIFDBD_ETCD_ETCD_WIRE_H
#define VIFDBD_ETCD_ETCD_WIRE_H

#include "base/arena.h"
#include "vifdbd/ovsdb/buf.h"

/* What any etcd takes, whatever its flags: operations, and octets with a reserve. */
#define ETCD_OPS_MAX 128
#define ETCD_OCTETS_MAX (1u << 20)

struct etcd_txn {
	struct buf compare, success;
	unsigned int n_compare, n_success;
	size_t octets; /* of keys and values */
};

/* The key was last changed at this revision; 0: it does not exist. */
void etcd_txn_unchanged(struct etcd_txn *t, const char *key, int64_t revision);
void etcd_txn_exists(struct etcd_txn *t, const char *key);
void etcd_txn_put(struct etcd_txn *t, const char *key, const void *value, size_t len);
/* The key goes when the lease ends. */
void etcd_txn_put_leased(struct etcd_txn *t, const char *key, const void *value, size_t len,
			 int64_t lease);
void etcd_txn_delete(struct etcd_txn *t, const char *key);
/* All keys that begin so. */
void etcd_txn_delete_all(struct etcd_txn *t, const char *prefix);
bool etcd_txn_fits(const struct etcd_txn *t);
/* The request; otherwise: a key to read if it is not carried out. Empties t. */
void etcd_txn_end(struct etcd_txn *t, const char *otherwise, struct buf *out);
void etcd_txn_free(struct etcd_txn *t);

struct etcd_range {
	const char *from;   /* the first key */
	const char *prefix; /* up to the last key that begins so; NULL: only "from" */
	int64_t revision;   /* 0: the newest, agreed on by a majority of the members */
	unsigned int limit;
	bool keys_only;
	const char *to; /* instead of a prefix: the first key that is too far; NULL: none */
};

void etcd_range_request(const struct etcd_range *r, struct buf *out);
/* A new lease (0), or a sign of life for one. */
void etcd_lease_request(int64_t lease, unsigned int ttl_s, struct buf *out);
/* The keys from one up to another, from this revision on. */
void etcd_watch_request(const char *from, const char *to, int64_t revision, struct buf *out);

/* A key is followed by a NUL, and has none within; so is a value. */
struct etcd_kv {
	const char *key, *value;
	size_t value_len;
	int64_t revision;
	bool deleted;
};

struct etcd_answer {
	uint64_t cluster, member;
	int64_t revision;	  /* of the store */
	int64_t compact_revision; /* of a watch that came too late, or 0 */
	bool succeeded;		  /* a txn's comparisons held */
	bool more; /* of a range: there are more keys; of a watch: of this revision */
	bool created, canceled;	  /* of a watch */
	uint64_t leader;	  /* of a member's status, */
	int64_t db_size;	  /* octets, */
	const char *version;	  /* and what else it complains of, in "error" */
	int64_t lease, ttl;	  /* of a lease; it has ended if there is no ttl */
	struct etcd_kv *kvs;
	size_t n;
	const char *error; /* etcd's own words, or what is wrong with its answer */
};

enum etcd_kind { ETCD_TXN, ETCD_RANGE, ETCD_WATCH, ETCD_LEASE, ETCD_STATUS };

/* 0; -EREMOTEIO: etcd says that it failed; -EBADMSG: this is no such answer. */
int etcd_parse(enum etcd_kind kind, const char *text, size_t len, struct arena *arena,
	       struct etcd_answer *ret);

#endif
