/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vifctl: the command line. Documents come from vifswitchd (fetch.c), or, when
 * it does not run, from the kernel (kernel.c), in the same form (control.h);
 * formatting (view-*.c) knows only documents and a FILE.
 */
#ifndef VIFCTL_H
#define VIFCTL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum vifctl_exit {
	VIFCTL_OK = 0,
	VIFCTL_FAILED = 1,	/* vifswitchd refused, or the output could not be written */
	VIFCTL_USAGE = 2,
	VIFCTL_NOT_FOUND = 3,
	VIFCTL_AMBIGUOUS = 4,
	VIFCTL_UNAVAILABLE = 5,	/* no vifswitchd, and the kernel cannot answer instead */
};

struct vifctl {
	FILE *out;
	bool json;
	bool utf8;
	bool follow;
	long count;		/* events to show; 0: no limit */
	long seconds;		/* how long to watch without --follow */
	const char *port;	/* the one operand, or NULL */
};

struct command {
	const char *noun;
	const char *verb;	/* NULL: the noun is the whole command */
	const char *operand;	/* "PORT" needed, "[PORT]" allowed, NULL none */
	const char *summary;
	const char *help;
	int (*run)(struct vifctl *v);
	bool watches;		/* takes --follow, --count, --seconds */
};

extern const struct command vifctl_commands[];
extern const size_t vifctl_command_count;

/* Says "vifctl: ..." on standard error and returns status. */
int vifctl_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The whole program without its process: returns an exit status. */
int vifctl_main(int argc, char **argv, FILE *out);

int run_show(struct vifctl *v);
int run_port_list(struct vifctl *v);
int run_port_show(struct vifctl *v);
int run_fdb_list(struct vifctl *v);
int run_drops(struct vifctl *v);
int run_events(struct vifctl *v);
int run_version(struct vifctl *v);
int run_help(struct vifctl *v);
int run_complete(struct vifctl *v);

#endif /* VIFCTL_H */
