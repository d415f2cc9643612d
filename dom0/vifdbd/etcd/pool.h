/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pool: hosts that share one database through etcd, each with a complete copy.
 *
 * The copy (struct db, and the SQLite file below it) changes in one way only: by
 * what etcd says was committed, in etcd's order, whoever committed it. A
 * transaction of this host runs on the copy, is taken back, and is sent with what
 * it depends on; when etcd has carried it out, it comes back like those of others.
 * So reading needs no etcd, and what is seen is always what is committed.
 *
 * One commit (a batch of transactions) is on its way at a time. What it depends on
 * are tables: each has a key, m/guard/TABLE, that each commit that changes the table
 * writes, and that a commit which depends on the table compares with what it was
 * when the copy was read. A second comparison is with the key of this host's own
 * last commit, m/host/NAME: a commit whose answer was lost can be made void by
 * writing that key, so that it is never carried out twice.
 */
#ifndef VIFDBD_ETCD_POOL_H
#define VIFDBD_ETCD_POOL_H

#include <systemd/sd-event.h>

#include "vifdbd/etcd/etcd-http.h"
#include "vifdbd/txn/db.h"

struct pool_config {
	const char *urls;   /* "https://A:2379,https://B:2379" */
	const char *prefix; /* of all keys */
	const char *host;   /* this host's name in the pool */
	bool init;	    /* make a pool of this database if etcd has none */
	bool join;	    /* take a pool's database in place of this one */
	struct http_tls tls;
};

enum pool_outcome {
	POOL_STORED,
	POOL_CONFLICT, /* what it depends on changed: run it again on the copy as it is now */
	POOL_FAILED,   /* and the message says why */
};

struct pool_owner {
	/* The copy changed, or a commit may be sent, or refused, now. */
	void (*changed)(bool rows, void *arg);
	/* What became of the commit. */
	void (*done)(enum pool_outcome outcome, const char *message, void *arg);
	void *arg;
};

struct pool;

int pool_new(sd_event *event, const struct pool_config *config, const struct pool_owner *owner,
	     struct db *db, struct pool **ret, char **ret_message);
void pool_free(struct pool *p);
/* This database is used without the pool from now on, and is no copy of it any more. */
int pool_forget(struct db *db, char **ret_message);
/* The copy is as new as etcd, as far as is known, and nothing is on its way. */
bool pool_ready(const struct pool *p);
/* Once a second or so: who is present at this server, names in an array. */
void pool_presence(struct pool *p, json_t *names);
/* At how many servers of the pool it is; -1 if that is not known now. */
int pool_present(struct pool *p, const char *name);
/* How many servers come before this one, in an order that all agree on. */
unsigned int pool_rank(const struct pool *p);
/* Once a second or so: how it stands, a new reference to a document of its own. */
json_t *pool_status(struct pool *p);
/* Why no transaction can be stored, in one sentence; NULL: wait until it is ready. */
const char *pool_refusal(struct pool *p);
/*
 * Sends what these transactions did, which are applied to the copy and will be
 * rolled back; read marks the tables that they depend on otherwise than by what they
 * changed. done() is called later, unless this is an error, in words for people.
 */
int pool_commit(struct pool *p, struct txn *const *txns, size_t n, bool *read,
		char **ret_message);

#endif
