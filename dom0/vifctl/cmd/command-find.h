/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which command words mean, also by another usual verb. */
#ifndef VIFCTL_CMD_COMMAND_FIND_H
#define VIFCTL_CMD_COMMAND_FIND_H

#include <stdbool.h>

#include "vifctl/vifctl.h"

/* NULL if it is none; *ret_used is how many of the words are its name. */
const struct command *command_find(const char *const *words, int count, int *ret_used);
/* Does the command's name begin with these words? */
bool command_begins(const struct command *c, const char *const *words, int count);
/*
 * An exit status, having named the commands that begin with as many of the words as any
 * does, or those that are written nearly so.
 */
int command_unknown(const char *const *words, int count);

#endif /* VIFCTL_CMD_COMMAND_FIND_H */
