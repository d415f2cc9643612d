/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a client may change, by the name in its certificate: everything, nothing, or what a
 * host's daemon says of its own host. Looked at when a transaction's effect is known,
 * whatever operations led to it.
 *
 * Any host may say that it has a VM: that is how a VM arrives. So a host's word counts
 * less than that of one that said so before it and is present: while there is one, a host
 * offers no handover of that VM. Nor does it put one in the place of another's that nobody
 * took yet. And where a VM goes from one host to the next, what third hosts said before of
 * having it is deleted: so a word given early does not become the first by mere waiting. Who
 * does have it says so again.
 */
#ifndef VIFDBD_TXN_RIGHTS_H
#define VIFDBD_TXN_RIGHTS_H

#include "vifdbd/txn/txn.h"

#define RIGHTS_MAX 256
#define RIGHTS_HANDOVERS_MAX 64 /* in one transaction of a host's */

enum rights {
	RIGHTS_ALL,
	RIGHTS_HOST, /* rows whose column host (of Host: name) is its name, what a taker of a
			Handover writes, and new rows of VM and Interface */
	RIGHTS_READ,
};

/* Of the command line: "NAME:read"; "*" is every certificate that is not named. */
struct rights_rule {
	const char *name;
	size_t len;
	enum rights rights;
};

struct rights_rules {
	struct rights_rule v[RIGHTS_MAX];
	unsigned int n;
};

/* The lock by which the host of this name is present (net/presence.h); to be freed. */
#define HOST_LOCK "host_"
char *rights_host_lock(const char *host);
/* False if it is none, or one too many. */
bool rights_add(struct rights_rules *r, const char *text);
/* No certificate (NULL): a local client, who may do all. */
enum rights rights_of(const struct rights_rules *r, const char *certificate);
/* One transaction's look at them. */
struct rights_look {
	const struct db_schema *schema;
	int64_t now_s;	/* since 1970 */
	bool *read;	/* tables that the answer depends on are marked, by index; or NULL */
};

/* Deletes what hosts say of VMs that another took over in this transaction. */
void rights_settle(struct txn *txn, const struct rights_look *look);
/* An error if one of the changes is not its to make. */
struct dberr *rights_check(enum rights rights, const char *name, const struct txn *txn,
			   const struct rights_look *look);

#endif
