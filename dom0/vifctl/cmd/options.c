// SPDX-License-Identifier: GPL-2.0-or-later
/* Words into a command, its operands and its options. */
#include "vifctl/vifctl.h"

#include <langinfo.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/cmd/command-find.h"
#include "vifctl/view/columns.h"
#include "vifctl/view/safe.h"

#define WAIT_SECONDS	10
#define CONFIRM_SECONDS	60

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

/* An option that only some commands take; -1 if it is none. */
static int parse_some_option(const char *const *argv, int *i, struct vifctl *v, struct words *w)
{
	const struct {
		const char *name;
		unsigned int options;
		long *number;
		const char **text;
		bool *flag;
	} options[] = {
		{ "--follow", OPTION_WATCH, .flag = &v->follow },
		{ "-f", OPTION_WATCH, .flag = &v->follow },
		{ "--count", OPTION_WATCH, .number = &v->count },
		{ "--seconds", OPTION_WATCH, .number = &v->seconds },
		{ "--pcap", OPTION_CAPTURE, .text = &v->capture },
		{ "--db", OPTION_DB, .text = &v->db },
		{ "--private-key", OPTION_DB, .text = &v->private_key },
		{ "--certificate", OPTION_DB, .text = &v->certificate },
		{ "--ca-cert", OPTION_DB, .text = &v->ca_certificate },
		{ "--wait", OPTION_CHANGE, .number = &v->wait },
		{ "--dry-run", OPTION_CHANGE, .flag = &v->dry_run },
		{ "--prune", OPTION_PRUNE, .flag = &v->prune },
		{ "--hits", OPTION_HITS, .flag = &v->hits },
		{ "--all", OPTION_ALL, .flag = &v->all },
		{ "--confirm", OPTION_CONFIRM, .number = &v->confirm },
		{ "--move", OPTION_MOVE, .flag = &v->move },
		{ "--reset", OPTION_RESET, .flag = &v->reset },
		{ "--may-exist", OPTION_MAY_EXIST, .flag = &v->lenient },
		{ "--if-exists", OPTION_IF_EXISTS, .flag = &v->lenient },
	};
	const char *value;

	if (!strcmp(argv[*i], "--no-wait")) {
		v->wait = 0;
		need(w, "--no-wait", OPTION_CHANGE);
		return VIFCTL_OK;
	}
	for (size_t k = 0; k < ARRAY_SIZE(options); k++) {
		if (options[k].flag && !strcmp(argv[*i], options[k].name)) {
			*options[k].flag = true;
			need(w, options[k].name, options[k].options);
			return VIFCTL_OK;
		}
		if (options[k].flag || !option_is(options[k].name, argv, i, &value))
			continue;
		need(w, options[k].name, options[k].options);
		return options[k].number ? parse_number(options[k].name, value, options[k].number) :
					   parse_text(options[k].name, value, options[k].text);
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
	if (!strcmp(argv[*i], "--wide")) {
		table_width_set(0);
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

static int run(struct vifctl *v, struct words *w)
{
	int used, given = w->count;
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
	return c->run(v);
}

static int run_words(struct vifctl *v, int argc, char **argv)
{
	_cleanup_free_ const char **words = xmalloc(((size_t)argc + 1) * sizeof(*words));
	struct words w = { .words = words };
	int status = VIFCTL_OK;

	if (argc >= 2 && !strcmp(argv[1], "--complete")) {
		v->operands = (const char *const *)argv + 2;
		v->operand_count = argc - 2;
		return run_complete(v);
	}
	for (int i = 1; i < argc && argv[i] && status == VIFCTL_OK; i++)
		status = parse_word((const char *const *)argv, &i, v, &w);
	if (status)
		return status;
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
	struct vifctl v = { .out = safe_stream(out), .wait = WAIT_SECONDS,
			    .confirm = CONFIRM_SECONDS,
			    .utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8") };
	int status;

	if (!v.out)
		mem_out();
	table_width_set(columns_of(out));
	status = run_words(&v, argc, argv);
	fclose(v.out);
	return status;
}
