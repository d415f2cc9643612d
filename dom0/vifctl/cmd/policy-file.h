/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of policy, and what it changes. */
#ifndef VIFCTL_CMD_POLICY_FILE_H
#define VIFCTL_CMD_POLICY_FILE_H

#include "vifctl/policy/database.h"

struct policy_file {
	struct vifctl *v;
	const char *name;	/* "-": standard input */
	struct model read;	/* as written: VMs may be names; to be freed, whatever came of it */
};

/* All of a file, "-" being standard input, to be freed; an exit status, told. */
int policy_file_slurp(const char *name, char **ret, size_t *ret_len);
/* An exit status, having told each problem of the file. */
int policy_file_load(struct policy_file *f);
/* A planner (database.h); @arg is a struct policy_file. */
int policy_file_plan(void *arg, struct database *d, struct changes *c);

#endif /* VIFCTL_CMD_POLICY_FILE_H */
