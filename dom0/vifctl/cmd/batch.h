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

/* What database_change() does for a command that is a line of @b: it only plans. */
int batch_step(struct batch *b, planner plan, void *arg);

#endif /* VIFCTL_CMD_BATCH_H */
