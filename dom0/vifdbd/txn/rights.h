/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a client may change, by the name in its certificate: everything, nothing, or what a
 * host's daemon says of its own host. Looked at when a transaction's effect is known,
 * whatever operations led to it.
 */
#ifndef VIFDBD_TXN_RIGHTS_H
#define VIFDBD_TXN_RIGHTS_H

#include "vifdbd/txn/txn.h"

#define RIGHTS_MAX 256

enum rights {
	RIGHTS_ALL,
	RIGHTS_HOST, /* rows whose column host (of Host: name) is its name, what the taker of a
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
/* An error if one of the changes is not its to make. */
struct dberr *rights_check(enum rights rights, const char *name, const struct txn *txn);

#endif
