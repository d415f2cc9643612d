// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/json-value.h"
#include "kmod/core/reason.h"
#include "show/drops-document.h"
#include "show/subject.h"
#include "vifswitch/abi.h"

/* VIFSWITCH_DROP_NONE if this version does not know the word. */
static unsigned int reason_of(const char *word)
{
	unsigned int reason = VIFSWITCH_DROP_COUNT - 1;

	while (reason != VIFSWITCH_DROP_NONE && strcmp(vs_reason_word(reason), word))
		reason--;
	return reason;
}

/* Reasons come from the newest kernel there may be: an unknown one keeps its word. */
const char *drop_sentence(const char *word)
{
	return vs_reason_sentence(reason_of(word)) ?:
	       "a reason this version of vifctl does not know";
}

static json_t *drop_json(const json_t *port, const char *word, json_t *count)
{
	unsigned int reason = reason_of(word);
	json_t *drop = subject_copy(port);

	json_object_set_new(drop, "reason", json_string(word));
	json_object_set_new(drop, "stage", json_text(vs_reason_stage(reason)));
	json_object_set_new(drop, "side", !reason ? json_null() :
			    json_string(vs_reason_is_egress(reason) ? "to" : "from"));
	json_object_set_new(drop, "sentence", json_string(drop_sentence(word)));
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
