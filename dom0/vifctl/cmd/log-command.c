// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl log: how much vifswitchd writes into its log. */
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
