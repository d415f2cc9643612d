// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "datapath/ko/client.h"
#include "show/drops-document.h"
#include "show/subject.h"

/* Reasons come from the newest kernel there may be: an unknown one keeps its word. */
const char *drop_sentence(const char *word)
{
	const char *known;

	for (uint32_t r = VIFSWITCH_DROP_NONE + 1; r < VIFSWITCH_DROP_COUNT; r++) {
		known = datapath_reason_word(r);
		if (known && !strcmp(known, word))
			return datapath_reason_sentence(r);
	}
	return "a reason this version of vifctl does not know";
}

static json_t *drop_json(const json_t *port, const char *reason, json_t *count)
{
	json_t *drop = subject_copy(port);

	json_object_set_new(drop, "reason", json_string(reason));
	json_object_set_new(drop, "sentence", json_string(drop_sentence(reason)));
	json_object_set(drop, "count", count);
	return drop;
}

json_t *drops_of(const json_t *ports)
{
	json_t *list = json_array(), *port, *drops, *count;
	const char *reason;
	size_t i;

	json_array_foreach(ports, i, port) {
		drops = json_object_get(json_object_get(port, "counters"), "drops");
		json_object_foreach(drops, reason, count)
			if (json_integer_value(count))
				json_array_append_new(list, drop_json(port, reason, count));
	}
	return list;
}
