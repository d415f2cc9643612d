// SPDX-License-Identifier: GPL-2.0-or-later
/* Words into a command, its operands and its options. */
#include "vifctl/vifctl.h"

#include <langinfo.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/cmd/batch.h"
#include "vifctl/cmd/command-find.h"
#include "vifctl/policy/object.h"
#include "vifctl/view/columns.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"
#include "vifctl/view/wrap.h"

#define WAIT_SECONDS	10
#define AGAIN_SECONDS	2

struct words {
	const char **words;	/* that are no options */
	int count;
	bool help;
	bool all;		/* after "--" everything is a word */
	unsigned int options;	/* enum vifctl_option of those given, and who gave each: */
	const char *given[OPTION_BITS];
};

static int parse_number(const char *option, const char *text, long *ret)
{
	char *end;
	long n = text ? strtol(text, &end, 10) : 0;

	if (text && end != text && *end == 's' && !end[1] && strcmp(option, "--count"))
		end++;
	if (!text || end == text || *end || n < 1 || n > INT_MAX / 1000)
		return vifctl_fail(VIFCTL_USAGE, "%s \"%s\": a number from 1 to %d is needed",
				   option, text ? text : "", INT_MAX / 1000);
	*ret = n;
	return VIFCTL_OK;
}

static int parse_text(const char *option, const char *text, const char **ret)
{
	if (!text || !*text)
		return vifctl_fail(VIFCTL_USAGE, "%s: a value is needed", option);
	*ret = text;
	return VIFCTL_OK;
}

/* The value of "--option VALUE" or "--option=VALUE"; false if this is not it. */
static bool option_is(const char *name, const char *const *argv, int *i, const char **ret_value)
{
	size_t len = strlen(name);

	if (strncmp(argv[*i], name, len) || (argv[*i][len] && argv[*i][len] != '='))
		return false;
	if (argv[*i][len] == '=')
		*ret_value = argv[*i] + len + 1;
	else
		*ret_value = argv[*i + 1] ? argv[++*i] : NULL;
	return true;
}

static int parse_format(const char *value, bool *ret_json)
{
	if (!value || (strcmp(value, "table") && strcmp(value, "json")))
		return vifctl_fail(VIFCTL_USAGE, "--format \"%s\" is not one of table, json",
				   value ? value : "");
	*ret_json = !strcmp(value, "json");
	return VIFCTL_OK;
}

static void need(struct words *w, const char *option, unsigned int options)
{
	w->options |= options;
	for (int bit = 0; bit < OPTION_BITS; bit++)
		if (options & 1U << bit)
			w->given[bit] = option;
}

static int add_filter(struct vifctl *v, const char *text)
{
	if (!text || !*text)
		return vifctl_fail(VIFCTL_USAGE, "--filter: a value is needed");
	if (v->filter_count == FILTERS_MAX)
		return vifctl_fail(VIFCTL_USAGE, "--filter: at most %d", FILTERS_MAX);
	v->filters[v->filter_count++] = text;
	return VIFCTL_OK;
}

/* Those of a table. */
static int check_filters(const struct vifctl *v)
{
	const char *pattern;
	bool not;

	for (size_t i = 0; i < v->filter_count; i++)
		if (!choice_filter_key(v->filters[i], &pattern, &not))
			return vifctl_fail(VIFCTL_USAGE, "--filter \"%s\": COLUMN=PATTERN or "
					   "COLUMN!=PATTERN is needed", v->filters[i]);
	return VIFCTL_OK;
}

/* Options that only some commands take: where their value goes in struct vifctl. */
enum value_kind { VALUE_FLAG, VALUE_NUMBER, VALUE_TEXT, VALUE_OTHER };

static const struct some_option {
	const char *name;
	unsigned int options;
	enum value_kind kind;
	size_t at;
} some_options[] = {
#define SOME(name, options, kind, member) { name, options, kind, offsetof(struct vifctl, member) }
#define FLAG(name, options, member) SOME(name, options, VALUE_FLAG, member)
#define NUMBER(name, options, member) SOME(name, options, VALUE_NUMBER, member)
#define TEXT(name, options, member) SOME(name, options, VALUE_TEXT, member)
	FLAG("--follow", OPTION_WATCH, follow),
	FLAG("-f", OPTION_WATCH, follow),
	NUMBER("--count", OPTION_WATCH, count),
	NUMBER("--seconds", OPTION_WATCH, seconds),
	TEXT("--pcap", OPTION_CAPTURE, capture),
	TEXT("--write", OPTION_WRITE, capture),
	TEXT("-w", OPTION_WRITE, capture),
	TEXT("--db", OPTION_DB, db),
	TEXT("--private-key", OPTION_DB, private_key),
	TEXT("--certificate", OPTION_DB, certificate),
	TEXT("--ca-cert", OPTION_DB, ca_certificate),
	NUMBER("--wait", OPTION_CHANGE, wait),
	{ "--no-wait", OPTION_CHANGE, VALUE_OTHER, 0 },
	FLAG("--dry-run", OPTION_CHANGE, dry_run),
	FLAG("--prune", OPTION_PRUNE, prune),
	FLAG("--hits", OPTION_HITS, hits),
	FLAG("--all", OPTION_ALL, all),
	NUMBER("--confirm", OPTION_CONFIRM, confirm),
	FLAG("--move", OPTION_MOVE, move),
	FLAG("--overwrite", OPTION_OVERWRITE, overwrite),
	FLAG("--yes", OPTION_YES, yes),
	FLAG("--strict", OPTION_STRICT, strict),
	FLAG("--check", OPTION_TAKEOVER, check),
	FLAG("--resume", OPTION_TAKEOVER, resume),
	FLAG("--reset", OPTION_RESET, reset),
	FLAG("--may-exist", OPTION_MAY_EXIST, lenient),
	FLAG("--if-exists", OPTION_IF_EXISTS, lenient),
	FLAG("--tree", OPTION_GRAPH, tree),
	FLAG("--dot", OPTION_GRAPH, dot),
	TEXT("--columns", OPTION_TABLE, columns),
	TEXT("--sort", OPTION_TABLE, sort),
	{ "--filter", OPTION_FILTER, VALUE_OTHER, 0 },
	{ "--watch", OPTION_REPEAT, VALUE_OTHER, 0 },
};

void options_print(unsigned int options, FILE *out)
{
	fputs("--json\n--format\n--wide\n--verbose\n--help\n", out);
	for (size_t k = 0; k < ARRAY_SIZE(some_options); k++)
		if (!(some_options[k].options & ~options) && some_options[k].name[1] == '-')
			fprintf(out, "%s\n", some_options[k].name);
}

/* An option that only some commands take; -1 if it is none. */
static int parse_some_option(const char *const *argv, int *i, struct vifctl *v, struct words *w)
{
	const char *value;

	if (!strcmp(argv[*i], "--no-wait")) {
		v->wait = 0;
		need(w, "--no-wait", OPTION_CHANGE);
		return VIFCTL_OK;
	}
	if (option_is("--filter", argv, i, &value)) {
		need(w, "--filter", OPTION_FILTER);
		return add_filter(v, value);
	}
	if (!strcmp(argv[*i], "--watch") || !strncmp(argv[*i], "--watch=", 8)) {
		need(w, "--watch", OPTION_REPEAT);
		v->watch = AGAIN_SECONDS;
		return argv[*i][7] ? parse_number("--watch", argv[*i] + 8, &v->watch) : VIFCTL_OK;
	}
	for (size_t k = 0; k < ARRAY_SIZE(some_options); k++) {
		const struct some_option *o = &some_options[k];
		void *at = (char *)v + o->at;

		if (o->kind == VALUE_FLAG && !strcmp(argv[*i], o->name)) {
			*(bool *)at = true;
			need(w, o->name, o->options);
			return VIFCTL_OK;
		}
		if (o->kind == VALUE_FLAG || o->kind == VALUE_OTHER ||
		    !option_is(o->name, argv, i, &value))
			continue;
		need(w, o->name, o->options);
		return o->kind == VALUE_NUMBER ? parse_number(o->name, value, at) :
						 parse_text(o->name, value, at);
	}
	return -1;
}

static int parse_word(const char *const *argv, int *i, struct vifctl *v, struct words *w)
{
	const char *value;
	int status;

	if (w->all || argv[*i][0] != '-' || !argv[*i][1] || !strcmp(argv[*i], "--version")) {
		w->words[w->count++] = argv[*i];
		return VIFCTL_OK;
	}
	if (!strcmp(argv[*i], "--")) {
		w->all = true;
		return VIFCTL_OK;
	}
	if (!strcmp(argv[*i], "--help") || !strcmp(argv[*i], "-h")) {
		w->help = true;
		return VIFCTL_OK;
	}
	if (!strcmp(argv[*i], "-v") || !strcmp(argv[*i], "--verbose")) {
		text_ids_set(true);
		return VIFCTL_OK;
	}
	if (!strcmp(argv[*i], "--wide")) {
		terminal_width_set(0);
		return VIFCTL_OK;
	}
	if (!strcmp(argv[*i], "--json")) {
		v->json = true;
		return VIFCTL_OK;
	}
	if (option_is("--format", argv, i, &value))
		return parse_format(value, &v->json);
	status = parse_some_option(argv, i, v, w);
	if (status < 0)
		return vifctl_fail(VIFCTL_USAGE, "unknown option \"%s\"; see vifctl help", argv[*i]);
	return status;
}

/* Until it fails, or is interrupted; on a terminal each time on an empty screen. */
static int run_again(struct vifctl *v)
{
	int status;

	vifctl_catch_stop();
	do {
		if (isatty(fileno(v->terminal)))
			fputs("\033[H\033[J", v->terminal);
		status = v->command->run(v);
		fflush(v->out);
		if (!status && !vifctl_stopped())
			nanosleep(&(struct timespec){ .tv_sec = v->watch }, NULL);
	} while (!status && !vifctl_stopped());
	return status;
}

/* Is the column of UUIDs asked for by name? */
static bool names_ids(const struct vifctl *v)
{
	bool named = strcasestr(v->columns ?: "", "uuid") || strcasestr(v->sort ?: "", "uuid");

	for (size_t i = 0; i < v->filter_count; i++)
		named = named || !strncasecmp(v->filters[i], "uuid", 4);
	return named;
}

static int run(struct vifctl *v, struct words *w)
{
	const struct table_choice choice = {
		.columns = v->columns, .sort = v->sort,
		.filters = v->filters, .filter_count = v->filter_count,
	};
	int used, given = w->count, status;
	unsigned int of_table;
	const struct command *c = command_find(w->words, given, &used);

	if (!c && w->help && help_group(w->words, given, v->out))
		return vifctl_finish(v, VIFCTL_OK);
	if (!c)
		return command_unknown(w->words, given);
	if (w->help) {
		help_command(c, v->out);
		return vifctl_finish(v, VIFCTL_OK);
	}
	if (w->options & ~c->options)
		return vifctl_fail(VIFCTL_USAGE, "%s does not go with \"vifctl %s\"",
				   w->given[__builtin_ctz(w->options & ~c->options)], c->name);
	v->command = c;
	v->operands = w->words + used;
	v->operand_count = w->count - used;
	if (c->max >= 0 && v->operand_count > c->max)
		return vifctl_fail(VIFCTL_USAGE, "\"%s\" is one word too many", operand(v, c->max));
	if (v->operand_count < c->min)
		return vifctl_fail(VIFCTL_USAGE, "more is needed: vifctl %s %s", c->name,
				   c->operands);
	of_table = c->options & OPTION_TABLE ? w->options & (OPTION_TABLE | OPTION_FILTER) : 0;
	if (v->json && of_table)
		return vifctl_fail(VIFCTL_USAGE, "%s is about tables, and does not go with --json",
				   w->given[__builtin_ctz(of_table)]);
	status = of_table ? check_filters(v) : VIFCTL_OK;
	if (status)
		return status;
	if (names_ids(v))
		text_ids_set(true);
	table_choose(&choice);
	status = v->watch ? run_again(v) : c->run(v);
	table_choose(NULL);
	return status;
}

/* One that plans a change of objects, and no more. */
static bool is_for_batch(const struct command *c)
{
	size_t len = strcspn(c->name, " ");

	for (enum object_kind k = 0; k < OBJECT_KINDS; k++)
		if (strlen(object_kinds[k].noun) == len &&
		    !strncmp(object_kinds[k].noun, c->name, len))
			return (c->options & OPTION_CHANGE) == OPTION_CHANGE;
	return false;
}

#define OWN_OPTIONS	(OPTION_MAY_EXIST | OPTION_IF_EXISTS)	/* of one command of several */

/* Does a command begin here that may be one of several? */
static bool change_begins(const char *const *argv, int argc)
{
	const struct command *c;
	int skip = 0, count = 0, used;

	while (skip < argc && (!strcmp(argv[skip], "--may-exist") || !strcmp(argv[skip], "--if-exists")))
		skip++;
	while (skip + count < argc && argv[skip + count][0] != '-')
		count++;
	c = count ? command_find(argv + skip, count, &used) : NULL;
	return c && is_for_batch(c);
}

/* Are these words a whole one? */
static bool change_is_whole(const struct words *w)
{
	int used;
	const struct command *c = w->count ? command_find(w->words, w->count, &used) : NULL;

	return c && is_for_batch(c) && w->count - used >= c->min;
}

/*
 * Words up to the end, or up to a "--" that separates commands: what is before it is a
 * whole change of policy, and another one begins behind it. Any other ends the options.
 */
static int parse_words(const char *const *argv, int argc, int *i, struct vifctl *v, struct words *w)
{
	int status = VIFCTL_OK;

	for (; *i < argc && argv[*i] && status == VIFCTL_OK; ++*i) {
		if (!w->all && !strcmp(argv[*i], "--") && change_is_whole(w) &&
		    change_begins(argv + *i + 1, argc - *i - 1))
			break;
		status = parse_word(argv, i, v, w);
	}
	return status;
}

/* The words of the command from @from to a separating "--", or to the end; where that is. */
static int command_end(const struct vifctl *like, const char *const *argv, int argc, int from)
{
	_cleanup_free_ const char **words = xmalloc(((size_t)argc + 1) * sizeof(*words));
	struct vifctl scratch = { .out = like->out };
	struct words w = { .words = words };
	int at = from;

	/* What is wrong in it is told when it is run: the rest is its own then. */
	return parse_words(argv, argc, &at, &scratch, &w) ? argc : at;
}

/* The first of several, of which @w has the words and all options; the others from @at on. */
static int run_several(struct vifctl *v, struct words *w, const char *const *argv, int argc, int at)
{
	const unsigned int others = w->options & ~OWN_OPTIONS;
	const struct command *batch;
	_cleanup_free_ struct batch_command *commands = xmalloc((size_t)argc * sizeof(*commands));
	int count = 1, used;

	batch = command_find((const char *[]){ "batch" }, 1, &used);
	if (others & ~batch->options)
		return vifctl_fail(VIFCTL_USAGE, "%s does not go with several commands",
				   w->given[__builtin_ctz(others & ~batch->options)]);
	if (w->options & OPTION_MAY_EXIST & ~others)
		w->words[w->count++] = "--may-exist";
	if (w->options & OPTION_IF_EXISTS & ~others)
		w->words[w->count++] = "--if-exists";
	commands[0] = (struct batch_command){ w->words, w->count };
	for (int end; at < argc; at = end + 1) {
		end = command_end(v, argv, argc, at);
		commands[count++] = (struct batch_command){ argv + at, end - at };
	}
	v->command = batch;
	return batch_run(v, commands, count);
}

int vifctl_line(const struct vifctl *like, const char *const *argv, int argc, struct batch *batch)
{
	_cleanup_free_ const char **words = xmalloc(((size_t)argc + 1) * sizeof(*words));
	_cleanup_free_ const char **all = xmalloc(((size_t)argc + 1) * sizeof(*all));
	struct vifctl v = { .out = like->out, .terminal = like->terminal, .utf8 = like->utf8,
			    .batch = batch };
	struct words w = { .words = words };
	const struct command *c;
	int status = VIFCTL_OK, used;

	memcpy(all, argv, (size_t)argc * sizeof(*all));
	all[argc] = NULL;
	for (int i = 0; i < argc && all[i] && status == VIFCTL_OK; i++)
		status = parse_word(all, &i, &v, &w);
	if (status)
		return status;
	c = command_find(w.words, w.count, &used);
	if (c && (!is_for_batch(c) || w.help))
		return vifctl_fail(VIFCTL_USAGE, "\"vifctl %s\" is not for a batch, which has commands "
				   "that change switches, VMs, ports, ACLs, groups and QoS", c->name);
	if (v.json || w.options & ~OWN_OPTIONS)
		return vifctl_fail(VIFCTL_USAGE, "%s is for the batch, not for one of its lines; of "
				   "several commands it goes with the first", v.json ? "--json" :
				   w.given[__builtin_ctz(w.options & ~OWN_OPTIONS)]);
	return run(&v, &w);
}

static int run_words(struct vifctl *v, int argc, char **argv)
{
	_cleanup_free_ const char **words = xmalloc(((size_t)argc + 2) * sizeof(*words));
	struct words w = { .words = words };
	int status, at = 1;

	if (argc >= 2 && !strcmp(argv[1], "--complete-options")) {
		v->operands = (const char *const *)argv + 2;
		v->operand_count = argc - 2;
		return run_complete_options(v);
	}
	if (argc >= 2 && !strcmp(argv[1], "--complete")) {
		v->operands = (const char *const *)argv + 2;
		v->operand_count = argc - 2;
		return run_complete(v);
	}
	status = parse_words((const char *const *)argv, argc, &at, v, &w);
	if (status)
		return status;
	if (at < argc && argv[at] && !w.help)
		return run_several(v, &w, (const char *const *)argv, argc, at + 1);
	if (w.count == 1 && !strcmp(w.words[0], "--version"))
		w.words[0] = "version";
	if (!w.count) {
		run_help(v);
		return w.help ? VIFCTL_OK : VIFCTL_USAGE;
	}
	return run(v, &w);
}

/* Of the terminal, or as COLUMNS says instead; 0: it is none. */
static int columns_of(FILE *out)
{
	const char *said = getenv("COLUMNS");
	long n = said ? strtol(said, NULL, 10) : 0;
	struct winsize size = {};

	if (!isatty(fileno(out)))
		return 0;
	if (n > 0 && n <= INT_MAX)
		return (int)n;
	return !ioctl(fileno(out), TIOCGWINSZ, &size) ? size.ws_col : 0;
}

int vifctl_main(int argc, char **argv, FILE *out)
{
	struct vifctl v = { .out = safe_stream(out), .terminal = out, .wait = WAIT_SECONDS,
			    .utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8") };
	int status;

	if (!v.out)
		mem_out();
	text_ids_set(false);
	terminal_width_set(columns_of(out));
	terminal_colours_set(terminal_has_colours(out) ? out : NULL);
	status = run_words(&v, argc, argv);
	fclose(v.out);
	terminal_colours_set(NULL);
	return status;
}
