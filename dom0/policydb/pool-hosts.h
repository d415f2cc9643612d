/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hosts that share the database, as far as their rows are followed. */
#ifndef POLICYDB_POOL_HOSTS_H
#define POLICYDB_POOL_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

struct policy_db;

#define POOL_HOSTS_MAX	1024	/* that are told of */

/* Texts are the rows', until these change. */
struct pool_host {
	const char *name;
	const char *presence;		/* "present", "absent"; NULL: it never said */
	const char *version;		/* of its daemon; NULL: not known */
	const char *error;		/* Host.last_error; NULL: none */
	const char *address;		/* Host.address; NULL: none */
	const char *keys[2];		/* Host.wireguard, by plane; NULL: none */
	const char *proof[3];		/* Host.wireguard_proof: certificate, sequence, signature */
	const char *doubt;		/* why the keys are not believed, by who asked; NULL */
	bool in_force;			/* what the database says is */
};

/* In the order of their names, @ret to be freed; how many. */
size_t policy_pool_hosts(const struct policy_db *p, struct pool_host **ret);

#endif /* POLICYDB_POOL_HOSTS_H */
