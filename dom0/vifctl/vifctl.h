/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vifctl: the command line. What is now comes from vifswitchd (fetch.c), or,
 * when it does not run, from the kernel (from-kernel.c), in the same form
 * (docs/schema). What should be is in the database (database.h). Formatting
 * (view/) knows only documents and a FILE.
 */
#ifndef VIFCTL_H
#define VIFCTL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#define FILTERS_MAX	8

enum vifctl_exit {
	VIFCTL_OK = 0,
	VIFCTL_FAILED = 1,	/* refused, not in force, or the output could not be written */
	VIFCTL_DIFFERENT = 1,	/* of "diff" */
	VIFCTL_USAGE = 2,
	VIFCTL_NOT_FOUND = 3,
	VIFCTL_AMBIGUOUS = 4,
	VIFCTL_UNAVAILABLE = 5,	/* no vifswitchd and no kernel to answer instead, or no database */
};

/* Options that only some commands take. */
enum vifctl_option {
	OPTION_WATCH	= 1 << 0,	/* --follow, --count, --seconds */
	OPTION_DB	= 1 << 1,	/* --db and the files of TLS */
	OPTION_CHANGE	= OPTION_DB | 1 << 2,	/* --wait, --no-wait, --dry-run */
	OPTION_PRUNE	= 1 << 3,
	OPTION_CAPTURE	= 1 << 4,	/* --pcap */
	OPTION_HITS	= 1 << 5,
	OPTION_ALL	= 1 << 6,
	OPTION_MOVE	= 1 << 7,
	OPTION_CONFIRM	= 1 << 8,	/* --confirm */
	OPTION_RESET	= 1 << 9,
	OPTION_MAY_EXIST = 1 << 10,
	OPTION_IF_EXISTS = 1 << 11,
	OPTION_TABLE	= 1 << 12,	/* --columns, --sort */
	OPTION_REPEAT	= 1 << 13,	/* --watch */
	OPTION_GRAPH	= 1 << 14,	/* --tree, --dot */
	OPTION_OVERWRITE = 1 << 15,
	OPTION_FILTER	= 1 << 16,	/* --filter: of a table, or pcap-filter(7) */
	OPTION_WRITE	= 1 << 17,	/* -w */
	OPTION_YES	= 1 << 18,	/* --yes */
	OPTION_STRICT	= 1 << 19,	/* --strict: of flows */
	OPTION_TAKEOVER	= 1 << 20,	/* --check, --resume */
	OPTION_BITS	= 21,
};

struct vifctl {
	FILE *out;
	FILE *terminal;		/* what is behind it, unchecked */
	bool json;
	bool utf8;
	bool follow;
	const char *capture;	/* file for frames; NULL: not said */
	long count;		/* events to show; 0: no limit */
	long seconds;		/* how long to watch; 0: not said */
	const char *db, *private_key, *certificate, *ca_certificate;	/* NULL: not said */
	long wait;		/* seconds for hosts to apply a change; 0: do not wait */
	bool dry_run;
	bool prune;
	bool hits;
	bool all;
	long confirm;		/* seconds until what is not confirmed goes back; 0: not said */
	bool overwrite;		/* what was changed since goes back as well */
	bool move;		/* what another object has may be taken from it */
	bool yes;		/* what is in use may be interrupted */
	bool check, resume;	/* of a take-over: only look; go on with one */
	bool reset;
	bool strict;		/* the one flow of that table, priority and match */
	bool tree, dot;		/* the form of "show" */
	bool lenient;		/* --may-exist, --if-exists */
	long watch;		/* seconds after which it is done again; 0: once */
	const char *columns, *sort, *filters[FILTERS_MAX];	/* of tables; NULL: not said */
	size_t filter_count;
	struct batch *batch;	/* whose line it is; NULL: a command of its own */
	const struct command *command;
	const char *const *operands;
	int operand_count;
};

/* NULL if there are fewer. */
static inline const char *operand(const struct vifctl *v, int i)
{
	return i < v->operand_count ? v->operands[i] : NULL;
}

struct command {
	const char *name;	/* words, with one space between */
	const char *operands;	/* for people: "VM[/DEVID] KEY=VALUE..." */
	int min, max;		/* number of operands; max -1: no limit */
	unsigned int options;	/* enum vifctl_option */
	int fields;		/* enum object_kind whose fields help lists, or -1 */
	const char *summary;
	const char *help;
	int (*run)(struct vifctl *v);
};

extern const struct command vifctl_commands[];
extern const size_t vifctl_command_count;

/* Says "vifctl: ..." on standard error and returns status. */
int vifctl_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same of several lines, whose parts are safe. */
int vifctl_fail_lines(int status, const char *text);
/* A line on standard error. */
void vifctl_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Everything written? @status, or VIFCTL_FAILED after saying why not. */
int vifctl_finish(struct vifctl *v, int status);
/* A document of ours on v->out. */
void vifctl_print_json(struct vifctl *v, const json_t *doc, size_t flags);
/* Until SIGINT or SIGTERM. */
void vifctl_catch_stop(void);
bool vifctl_stopped(void);

/* The whole program without its process: returns an exit status. */
int vifctl_main(int argc, char **argv, FILE *out);

void help_command(const struct command *c, FILE *out);
/* The commands that begin with these words; false if there are none. */
bool help_group(const char *const *words, int count, FILE *out);

int run_show(struct vifctl *v);
int run_port_list(struct vifctl *v);
int run_port_show(struct vifctl *v);
/* What rules decided at these; an exit status. */
int show_port_hits(struct vifctl *v, const json_t *ports);
int run_port_rates(struct vifctl *v);
int run_fdb_list(struct vifctl *v);
int run_multicast_list(struct vifctl *v);
int run_vf_list(struct vifctl *v);
int run_session_list(struct vifctl *v);
int run_session_flush(struct vifctl *v);
int run_drops(struct vifctl *v);
int run_drops_follow(struct vifctl *v);
int run_why(struct vifctl *v);
int run_doctor(struct vifctl *v);
int run_migrate_check(struct vifctl *v);
/* Findings as doctor.json has them, or @none; the exit status that they make. */
int show_findings(struct vifctl *v, json_t *findings, const char *none);
int run_events(struct vifctl *v);
int run_uplink_show(struct vifctl *v);
int run_oam_show(struct vifctl *v);
int run_openflow_show(struct vifctl *v);
int run_uplink_adopt(struct vifctl *v);
int run_uplink_confirm(struct vifctl *v);
int run_uplink_release(struct vifctl *v);
int run_takeover(struct vifctl *v);
int run_takeover_confirm(struct vifctl *v);
int run_takeover_show(struct vifctl *v);
int run_giveback(struct vifctl *v);
int run_reload(struct vifctl *v);
int run_reload_confirm(struct vifctl *v);
int run_uplink_stanza(struct vifctl *v);
int run_record(struct vifctl *v);
int run_log(struct vifctl *v);
int run_top(struct vifctl *v);
int run_version(struct vifctl *v);
int run_help(struct vifctl *v);
int run_complete(struct vifctl *v);
/* A line of a batch; as the batch's command, but for what the line says. */
int vifctl_line(const struct vifctl *like, const char *const *argv, int argc, struct batch *batch);
int run_complete_options(struct vifctl *v);
/* The options of a command that takes these, one a line. */
void options_print(unsigned int options, FILE *out);

#endif /* VIFCTL_H */
