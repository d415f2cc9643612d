/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several changing commands in one transaction. Each plans with what those before it
 * made of the policy; what is committed, printed and waited for is the difference
 * between the first and the last.
 */
#ifndef VIFCTL_CMD_BATCH_H
#define VIFCTL_CMD_BATCH_H

#include "vifctl/policy/database.h"

struct batch;

/* One command: its words, without those that are for all of them. */
struct batch_command {
	const char *const *words;
	int count;
};

/* In one transaction, with @v's options. An exit status of vifctl's. */
int batch_run(struct vifctl *v, const struct batch_command *commands, int count);

/* What database_change() does for a command that is a line of @b: it only plans. */
int batch_step(struct batch *b, planner plan, void *arg);

#endif /* VIFCTL_CMD_BATCH_H */
