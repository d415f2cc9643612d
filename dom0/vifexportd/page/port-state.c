// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifexportd/page/html.h"
#include "vifexportd/page/port-state.h"

bool port_is_of_vm(const json_t *port)
{
	return json_is_object(json_object_get(port, "vm"));
}

bool port_in_trouble(const json_t *port)
{
	return json_text_of(port, "error") || strcmp(json_text_of(port, "state") ?: "", "failed") == 0;
}

char *port_key(const json_t *port)
{
	const char *who = json_text_of(port, "identity") ?: json_text_of(port, "netdev") ?: "";

	return xprintf("%s/%s", who, json_text_of(port, "role") ?: "");
}

const char *port_why(const json_t *port)
{
	static const struct {
		const char *state, *why;
	} states[] = {
		{ "waiting", "its netdev or the VM's identity is not there yet" },
		{ "failed", "its policy was refused: it passes nothing" },
		{ "plugged", "the VM has not connected yet" },
		{ "closed", "it has no policy: it passes nothing" },
		{ "gone", "it is being removed" },
	};
	const char *state = json_text_of(port, "state") ?: "";

	if (json_text_of(port, "error"))
		return json_text_of(port, "error");
	if (strcmp(json_text_of(port, "admin_state") ?: "", "down") == 0)
		return "its policy says down";
	if (json_text_of(port, "output_of"))
		return "it gets the copies of a mirror, and nothing else";
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (strcmp(state, states[i].state) == 0 &&
		    (port_is_of_vm(port) || strcmp(state, "plugged") != 0))
			return states[i].why;
	return NULL;
}

json_int_t port_drops(const json_t *port)
{
	json_t *drops = json_object_get(json_object_get(port, "counters"), "drops");
	const json_t *count;
	const char *reason;
	json_int_t sum = 0;

	json_object_foreach(drops, reason, count)
		sum += json_integer_value(count);
	return sum;
}
