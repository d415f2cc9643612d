/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policy as YAML: vifctl-policy(5). Reading and writing are each other's inverse,
 * and know nothing of a database.
 */
#ifndef VIFCTL_POLICY_YAML_H
#define VIFCTL_POLICY_YAML_H

#include <stddef.h>
#include <stdio.h>

#include "vifctl/policy/object.h"

#define POLICY_FILE_MAX		(64U << 20)	/* octets */
#define POLICY_OBJECTS_MAX	200000
#define POLICY_RULES_MAX	4096		/* of one ACL */
#define POLICY_PROBLEMS_MAX	20		/* told at once */

/*
 * Problems, one line each, as "FILE:LINE:COLUMN: what". The rest beyond
 * POLICY_PROBLEMS_MAX is only counted.
 */
struct problems {
	const char *file;
	char *text;		/* NULL while there is none */
	size_t count;
};

void problems_add(struct problems *p, struct mark at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void problems_deinit(struct problems *p);

/*
 * Into *ret, which is initialised. VMs that ports and groups name are still as
 * they are written: see policy_resolve(). False: see @problems.
 */
bool policy_read(const char *text, size_t len, struct model *ret, struct problems *problems);

/* A VM's UUID for a word that is none, to be freed; NULL and a problem. */
typedef char *(*policy_vm_finder)(void *arg, const char *word, char **ret_problem);

/* *ret, initialised, gets copies of @read with every VM as a UUID. */
bool policy_resolve(const struct model *read, policy_vm_finder find, void *arg,
		    struct model *ret, struct problems *problems);
/* Whatever is referred to must be in @wanted or, unless it is to go, in @current. */
bool policy_check_references(const struct model *wanted, const struct model *current,
			     bool prune, struct problems *problems);

/* The kinds whose bit is set; 0 or a negative errno. */
int policy_write(const struct model *m, unsigned int kinds, FILE *out);

#endif /* VIFCTL_POLICY_YAML_H */
