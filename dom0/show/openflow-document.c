// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json-value.h"
#include "policy/words.h"
#include "show/openflow-document.h"
#include "vifswitch/openflow-abi.h"

#define TEXT_MAX	256		/* octets of what vifofd says */

static json_t *id_json(const struct openflow_facts *f)
{
	uint64_t id = f->settings->datapath_id;
	char text[17];

	for (size_t i = 0; !f->settings->datapath_id && f->link && i < 6; i++)
		id = id << 8 | f->link->mac[i];
	snprintf(text, sizeof(text), "%016" PRIx64, id);
	return id ? json_string(text) : json_null();
}

static json_t *controllers_json(const struct flow_settings *s)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < s->controller_count; i++)
		json_array_append_new(list, json_string(s->controllers[i]));
	return list;
}

json_t *openflow_told_json(const struct openflow_facts *f)
{
	const struct flow_settings *s = f->settings;

	if (!s->on || !f->link || !(f->link->flow_mode & VIFSWITCH_OF_ON))
		return NULL;
	return json_pack("{s:s, s:I, s:o, s:s, s:o, s:I, s:s, s:O?}", "switch", f->name, "ifindex",
			 (json_int_t)f->link->ifindex, "datapath_id", id_json(f), "fail_mode",
			 word_of(fail_mode_words, s->secure), "controllers", controllers_json(s),
			 "versions", (json_int_t)s->versions, "vm_flows", s->vm_flows, "vms",
			 f->vms);
}

static json_t *part(const json_t *status, const char *key)
{
	json_t *value = json_object_get(status, key);

	return value ? json_incref(value) : json_null();
}

/* A controller that vifofd has told nothing of. */
static json_t *unknown_controller(const char *target)
{
	return json_pack("{s:s, s:s, s:n, s:n, s:n, s:n}", "target", target, "state", "unknown",
			 "role", "version", "connections", "error");
}

static json_t *shown_controllers(const struct openflow_facts *f, const json_t *status)
{
	const json_t *list = json_object_get(status, "controllers"), *c;
	json_t *ret = json_array();
	size_t at;

	for (unsigned int i = 0; i < f->settings->controller_count; i++) {
		const char *target = f->settings->controllers[i];
		json_t *found = NULL;

		json_array_foreach(list, at, c)
			if (strcmp(json_text_of(c, "target") ?: "", target) == 0)
				found = (json_t *)c;
		json_array_append_new(ret, found ? json_incref(found) : unknown_controller(target));
	}
	return ret;
}

json_t *openflow_json(const struct openflow_facts *f)
{
	const json_t *status = f->served ? f->status : NULL;
	bool in_force = f->link && f->link->flow_mode & VIFSWITCH_OF_ON;
	const char *error = f->error ?: !f->served ? "vifofd does not run" :
			    json_text_of(status, "error");

	return json_pack("{s:s, s:o, s:s, s:b, s:o, s:o, s:o, s:o, s:o}", "switch", f->name,
			 "datapath_id", id_json(f), "fail_mode",
			 word_of(fail_mode_words, f->settings->secure), "in_force", in_force,
			 "flows", part(status, "flows"), "alone", part(status, "alone"),
			 "controllers", shown_controllers(f, status), "error", json_text(error),
			 "vm_flows_error", part(status, "vm_flows_error"));
}

/* ---- what vifofd tells ---- */

static json_t *text_part(const json_t *from, const char *key)
{
	const char *text = json_text_of(from, key);

	return text && strlen(text) < TEXT_MAX ? json_string(text) : json_null();
}

static json_t *number_part(const json_t *from, const char *key)
{
	const json_t *n = json_object_get(from, key);

	return json_is_integer(n) ? json_integer(json_integer_value(n)) : json_null();
}

json_t *openflow_status_read(const json_t *told)
{
	const char *name = json_text_of(told, "switch");
	json_t *controllers = json_array();
	const json_t *c;
	size_t i;

	json_array_foreach(json_object_get(told, "controllers"), i, c)
		if (i < CONTROLLERS_MAX)
			json_array_append_new(controllers, json_pack(
				"{s:o, s:o, s:o, s:o, s:o, s:o}", "target", text_part(c, "target"),
				"state", text_part(c, "state"), "role", text_part(c, "role"),
				"version", text_part(c, "version"), "connections",
				number_part(c, "connections"), "error", text_part(c, "error")));
	if (!name || strlen(name) >= IFNAMSIZ) {
		json_decref(controllers);
		return NULL;
	}
	return json_pack("{s:s, s:o, s:b, s:o, s:o, s:o}", "switch", name, "flows",
			 number_part(told, "flows"), "alone",
			 json_is_true(json_object_get(told, "alone")), "error",
			 text_part(told, "error"), "vm_flows_error",
			 text_part(told, "vm_flows_error"), "controllers", controllers);
}
