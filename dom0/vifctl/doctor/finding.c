// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/doctor/finding.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vifctl/view/text.h"

static const char *const severities[] = { "error", "warning", "hint" };

void find(struct doctor *d, enum severity severity, const char *check, const char *subject,
	  char *text, char *command)
{
	json_array_append_new(d->found[severity], json_pack(
		"{s:s, s:s, s:s, s:s, s:s}", "severity", severities[severity], "check", check,
		"subject", subject, "text", text, "command", command));
	free(text);
	free(command);
}

char *command_with(const char *command, const char *name)
{
	const char *at = strstr(command, "%s");

	return xprintf("%.*s%s%s", (int)(at - command), command, name, at + 2);
}

bool is(const json_t *object, const char *key, const char *value)
{
	return !strcmp(get_text(object, key), value);
}

json_int_t number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

bool is_vif(const json_t *port)
{
	return is(port, "role", "vif") || is(port, "role", "tap");
}

bool in_force(const json_t *port)
{
	return is(port, "state", "plugged") || is(port, "state", "active");
}

char *label_of(const json_t *port)
{
	if (!*get_vm_label(port))
		return xprintf("%s", get_text(port, "netdev"));
	return xprintf("%s/%lld", get_vm_word(port), (long long)number(port, "devid"));
}
