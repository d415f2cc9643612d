// SPDX-License-Identifier: GPL-2.0-or-later
/* Words into a command and its options; help texts. */
#include "vifctl/vifctl.h"

#include <langinfo.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "vifctl/text.h"

#define WATCH_SECONDS	10

int vifctl_fail(int status, const char *format, ...)
{
	va_list ap;

	fputs("vifctl: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	return status;
}

static char *command_name(const struct command *c)
{
	return xprintf("%s%s%s%s%s", c->noun, c->verb ? " " : "", c->verb ?: "",
		       c->operand ? " " : "", c->operand ?: "");
}

static void help_command(const struct command *c, FILE *out)
{
	_cleanup_free_ char *name = command_name(c);

	fprintf(out, "vifctl %s%s [--format table|json]\n\n%s\n", name,
		c->watches ? " [--follow] [--count N] [--seconds S]" : "", c->summary);
	if (*c->help)
		fprintf(out, "%s\n", c->help);
	if (c->operand)
		fputs("\nPORT is a netdev (vif3.0), or a VM by name, UUID or domid, with\n"
		      "/DEVID for one of its interfaces; netdev:, name:, uuid: or domid:\n"
		      "in front say which.\n", out);
	if (c->watches)
		fputs("\n  --follow     go on until interrupted\n"
		      "  --count N    stop after N events\n"
		      "  --seconds S  watch for S seconds\n", out);
}

int run_help(struct vifctl *v)
{
	fputs("vifctl: what the virtual switches of this host do\n\n", v->out);
	for (size_t i = 0; i < vifctl_command_count; i++) {
		_cleanup_free_ char *name = command_name(&vifctl_commands[i]);

		fprintf(v->out, "  %-18s %s\n", name, vifctl_commands[i].summary);
	}
	fputs("\n  --format table|json   how to print (any command)\n"
	      "  --help                about one command\n\n"
	      "PORT is vifN.M or any other netdev, or a VM by name, UUID or domid, with /DEVID.\n"
	      "More, with examples: man vifctl\n", v->out);
	return fflush(v->out) ? VIFCTL_FAILED : VIFCTL_OK;
}

static int parse_number(const char *option, const char *text, long *ret)
{
	char *end;
	long n = text ? strtol(text, &end, 10) : 0;

	if (!text || end == text || *end || n < 1 || n > INT_MAX / 1000)
		return vifctl_fail(VIFCTL_USAGE, "%s \"%s\": a number from 1 to %d is needed",
				   option, text ? text : "", INT_MAX / 1000);
	*ret = n;
	return VIFCTL_OK;
}

struct words {
	const char *words[3];
	int count;
	bool help;
	const char *watch_option;
};

/* The value of "--option VALUE" or "--option=VALUE"; NULL if this is not it. */
static bool option_is(const char *name, char **argv, int *i, const char **ret_value)
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

static int parse_words(char **argv, struct vifctl *v, struct words *w)
{
	const char *value;
	int status = VIFCTL_OK;

	for (int i = 1; argv[i] && status == VIFCTL_OK; i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			w->help = true;
		} else if (!strcmp(argv[i], "--follow") || !strcmp(argv[i], "-f")) {
			v->follow = true;
			w->watch_option = "--follow";
		} else if (option_is("--format", argv, &i, &value)) {
			status = parse_format(value, &v->json);
		} else if (option_is("--count", argv, &i, &value)) {
			status = parse_number("--count", value, &v->count);
			w->watch_option = "--count";
		} else if (option_is("--seconds", argv, &i, &value)) {
			status = parse_number("--seconds", value, &v->seconds);
			w->watch_option = "--seconds";
		} else if (argv[i][0] == '-' && strcmp(argv[i], "--version")) {
			status = vifctl_fail(VIFCTL_USAGE, "unknown option \"%s\"; see vifctl help",
					     argv[i]);
		} else if (w->count == (int)ARRAY_SIZE(w->words)) {
			status = vifctl_fail(VIFCTL_USAGE, "\"%s\" is one word too many", argv[i]);
		} else {
			w->words[w->count++] = argv[i];
		}
	}
	return status;
}

static const struct command *find(const struct words *w, int *ret_used)
{
	for (size_t i = 0; i < vifctl_command_count; i++) {
		const struct command *c = &vifctl_commands[i];

		if (strcmp(c->noun, w->words[0]))
			continue;
		if (c->verb && (w->count < 2 || strcmp(c->verb, w->words[1])))
			continue;
		*ret_used = c->verb ? 2 : 1;
		return c;
	}
	return NULL;
}

static int unknown(const struct words *w)
{
	char *verbs = NULL, *longer;
	int status;

	for (size_t i = 0; i < vifctl_command_count; i++) {
		const struct command *c = &vifctl_commands[i];

		if (!c->verb || strcmp(c->noun, w->words[0]))
			continue;
		longer = xprintf("%s%s%s %s", verbs ? verbs : "", verbs ? ", " : "", c->noun,
				 c->verb);
		free(verbs);
		verbs = longer;
	}
	if (verbs)
		status = vifctl_fail(VIFCTL_USAGE, "\"%s%s%s\" is not one of %s", w->words[0],
				     w->count > 1 ? " " : "", w->count > 1 ? w->words[1] : "",
				     verbs);
	else
		status = vifctl_fail(VIFCTL_USAGE, "unknown command \"%s\"; see vifctl help",
				     w->words[0]);
	free(verbs);
	return status;
}

static int run(struct vifctl *v, struct words *w)
{
	const struct command *c;
	int used;

	c = find(w, &used);
	if (!c)
		return unknown(w);
	if (w->help) {
		help_command(c, v->out);
		return fflush(v->out) ? VIFCTL_FAILED : VIFCTL_OK;
	}
	if (w->watch_option && !c->watches)
		return vifctl_fail(VIFCTL_USAGE, "%s belongs to \"vifctl events\"",
				   w->watch_option);
	if (w->count > used) {
		if (!c->operand)
			return vifctl_fail(VIFCTL_USAGE, "\"%s\" is one word too many",
					   w->words[used]);
		v->port = w->words[used];
		used++;
	}
	if (w->count > used)
		return vifctl_fail(VIFCTL_USAGE, "\"%s\" is one word too many", w->words[used]);
	if (c->operand && c->operand[0] != '[' && !v->port)
		return vifctl_fail(VIFCTL_USAGE, "which port? vifctl %s %s %s", c->noun,
				   c->verb ?: "", c->operand);
	return c->run(v);
}

int vifctl_main(int argc, char **argv, FILE *out)
{
	struct vifctl v = { .out = out, .seconds = WATCH_SECONDS,
			    .utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8") };
	struct words w = {};
	int status;

	if (argc == 2 && !strcmp(argv[1], "--complete"))
		return run_complete(&v);
	status = parse_words(argv, &v, &w);
	if (status)
		return status;
	if (!w.count && argc == 2 && !strcmp(argv[1], "--version"))
		w = (struct words){ .words = { "version" }, .count = 1 };
	if (!w.count) {
		run_help(&v);
		return w.help ? VIFCTL_OK : VIFCTL_USAGE;
	}
	return run(&v, &w);
}
