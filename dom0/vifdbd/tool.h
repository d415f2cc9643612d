/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be done to a database file without serving it. */
#ifndef VIFDBD_TOOL_H
#define VIFDBD_TOOL_H

struct tool {
	const char *name, *args, *help;
	int min_args, max_args;
	int (*run)(char **args, int n, char **ret_message);
};
extern const struct tool tools[];
extern const unsigned int n_tools;

#endif
