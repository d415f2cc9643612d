// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl log and reload: how much vifswitchd writes into its log, and its file read again. */
#include "base/log.h"
#include "vifctl/ask/fetch.h"
#include "vifctl/view/text.h"
#include "vifctl/vifctl.h"

int run_log(struct vifctl *v)
{
	const char *level = operand(v, 0);
	json_t *done = NULL;
	int status;

	if (level && log_level_parse(level) < 0)
		return vifctl_fail(VIFCTL_USAGE, "\"%s\" is not one of %s", level, LOG_LEVEL_WORDS);
	status = fetch_daemon("log", level ? json_pack("{s:s}", "level", level) : NULL, &done);
	if (status)
		return status;
	if (v->json)
		vifctl_print_json(v, done, JSON_INDENT(2));
	else
		fprintf(v->out, "%s\n", get_text(done, "level"));
	json_decref(done);
	return vifctl_finish(v, VIFCTL_OK);
}

static int run_config(struct vifctl *v, json_t *param, bool confirms)
{
	json_t *done = NULL;
	int status = fetch_daemon("reload", param, &done);

	if (status)
		return status;
	if (v->json)
		vifctl_print_json(v, done, JSON_INDENT(2));
	else
		fprintf(v->out, "%s %s, with %lld switches\n", get_text(done, "file"),
			confirms ? "stays in force" : "is in force",
			(long long)json_integer_value(json_object_get(done, "switches")));
	if (!v->json && v->confirm)
		fprintf(v->out, "for %ld s, unless you still reach this host and say so:\n"
			"    vifctl reload confirm\n", v->confirm);
	else if (!v->json && json_is_true(json_object_get(done, "waits")))
		fputs("on trial still: vifctl reload confirm\n", v->out);
	json_decref(done);
	return vifctl_finish(v, VIFCTL_OK);
}

int run_reload(struct vifctl *v)
{
	return run_config(v, v->confirm ? json_pack("{s:I}", "confirm_s", (json_int_t)v->confirm) :
					  NULL, false);
}

int run_reload_confirm(struct vifctl *v)
{
	return run_config(v, json_pack("{s:b}", "confirm", 1), true);
}
