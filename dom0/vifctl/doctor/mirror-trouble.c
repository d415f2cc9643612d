// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/doctor/mirror-trouble.h"

#include <string.h>

#include "base/mem.h"
#include "vifctl/view/text.h"

static bool is(const json_t *object, const char *state)
{
	return !strcmp(get_text(object, "state"), state);
}

static bool is_wrong(const json_t *object)
{
	return is(object, "refused") || is(object, "no-output") || is(object, "failed") ||
	       is(object, "module-too-old");
}

/* Of one switch: "on switch xenbr0 no-output: the sensor is not on this host". */
static char *use_trouble(const json_t *mirror)
{
	const json_t *use;
	size_t i;

	json_array_foreach(json_object_get(mirror, "switches"), i, use)
		if (is_wrong(use))
			return xprintf("its copies go nowhere on switch %s: %s",
				       get_text(use, "switch"), get_text(use, "error"));
	return NULL;
}

char *mirror_trouble(const json_t *mirror, bool *ret_wrong)
{
	const char *note = json_string_value(json_array_get(json_object_get(mirror, "notes"), 0));
	char *text = use_trouble(mirror);

	*ret_wrong = text || is_wrong(mirror);
	if (text)
		return text;
	if (*ret_wrong && *get_text(mirror, "error"))
		return xprintf("%s", get_text(mirror, "error"));
	return note ? xprintf("%s", note) : NULL;
}
