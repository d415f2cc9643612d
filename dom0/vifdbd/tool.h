/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be done to a database file without serving it. */
#ifndef VIFDBD_TOOL_H
#define VIFDBD_TOOL_H

#include "vifdbd/db.h"

/* Opens a file and reads all of it. *ret_message is set on failure, and the caller frees it. */
int tool_open(const char *path, enum storage_mode mode, struct db **ret, char **ret_message);

struct tool {
	const char *name, *args, *help;
	int min_args, max_args;
	int (*run)(char **args, int n, char **ret_message);
};
extern const struct tool tools[];
extern const unsigned int n_tools;

#endif
