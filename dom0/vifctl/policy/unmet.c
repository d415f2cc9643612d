// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/policy/unmet.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/text.h"

struct search {
	struct database *d;
	const struct changes *changes;
	json_t *found;
};

static bool runs_here(const struct search *s, const struct object *port)
{
	const json_t *other;
	size_t i;

	json_array_foreach(json_object_get(database_running(s->d), "ports"), i, other)
		if (!strcmp(get_text(json_object_get(other, "vm"), "uuid"), port->vm) &&
		    json_integer_value(json_object_get(other, "devid")) == port->devid)
			return true;
	return false;
}

/* A switch that will be there: this host has it, or the database. */
static bool is_switch(const struct search *s, const char *name)
{
	const json_t *sw;
	size_t i;

	json_array_foreach(json_object_get(database_running(s->d), "switches"), i, sw)
		if (!strcmp(get_text(sw, "name"), name))
			return true;
	for (i = 0; i < s->changes->count; i++) {
		const struct object *o = s->changes->list[i].wanted;

		if (o && o->kind->id == OBJECT_SWITCH && !strcmp(o->name, name))
			return true;
	}
	return model_find(&s->d->current, OBJECT_SWITCH, name);
}

static char *switch_names(const struct search *s)
{
	const json_t *sw;
	json_t *names = json_array();
	char *text;
	size_t i;

	json_array_foreach(json_object_get(database_running(s->d), "switches"), i, sw)
		json_array_append(names, json_object_get(sw, "name"));
	text = text_join(names, ", ");
	json_decref(names);
	return text;
}

/* The smallest MTU of the uplinks of @sw, and whose it is; 0: there are none. */
static json_int_t uplink_mtu(const struct search *s, const char *sw, const char **ret_uplink)
{
	json_int_t smallest = 0;
	const json_t *port;
	size_t i;

	json_array_foreach(json_object_get(database_running(s->d), "ports"), i, port) {
		json_int_t mtu = json_integer_value(json_object_get(port, "mtu"));

		if (strcmp(get_text(port, "role"), "uplink") || strcmp(get_text(port, "switch"), sw) ||
		    !mtu || (smallest && mtu >= smallest))
			continue;
		smallest = mtu;
		*ret_uplink = get_text(port, "netdev");
	}
	return smallest;
}

/* Steals @error. */
static void add(struct search *s, const struct change *c, const char *field, char *error)
{
	const struct field *f = kind_field(c->wanted->kind, field);
	_cleanup_free_ char *label = model_label(&s->d->current, c->wanted), *undo = NULL;
	_cleanup_free_ char *was = c->old ? field_text_of(f, c->old->columns) : NULL;

	undo = was ? xprintf("vifctl port set %s %s=%s", label, field, was) :
		     xprintf("vifctl port clear %s %s", label, field);
	json_array_append_new(s->found, json_pack("{s:s, s:s, s:s, s:s}", "port", label, "field",
						  field, "error", error, "undo", undo));
	free(error);
}

static bool changed(const struct change *c, const char *field)
{
	const struct field *f = kind_field(c->wanted->kind, field);

	return !field_is_empty(f, c->wanted->columns) &&
	       (!c->old || !field_equal(f, c->old->columns, c->wanted->columns));
}

static void look_at(struct search *s, const struct change *c)
{
	const json_t *switches = json_object_get(database_running(s->d), "switches");
	const char *sw = get_text(c->wanted->columns, "switch"), *uplink = NULL;
	json_int_t mtu = json_integer_value(json_object_get(c->wanted->columns, "mtu")), most;

	if (changed(c, "switch") && !is_switch(s, sw)) {
		_cleanup_free_ char *names = switch_names(s);

		add(s, c, "switch", xprintf("switch=%s: there is no such switch here; there are %s", sw,
					    *names ? names : "none"));
		return;
	}
	/* The VM's own config may name it; where there is one only, that does not matter. */
	if (!*sw && json_array_size(switches) == 1)
		sw = get_text(json_array_get(switches, 0), "name");
	most = uplink_mtu(s, sw, &uplink);
	if (changed(c, "mtu") && most && mtu > most)
		add(s, c, "mtu", xprintf("mtu=%lld: more than uplink %s of switch %s carries, %lld",
					 (long long)mtu, uplink, sw, (long long)most));
}

json_t *unmet_find(struct database *d, const struct changes *c)
{
	struct search s = { d, c, json_array() };
	size_t i;

	for (i = 0; i < c->count; i++) {
		const struct object *port = c->list[i].wanted;

		if (!port || port->kind->id != OBJECT_PORT)
			continue;
		if ((changed(&c->list[i], "switch") || changed(&c->list[i], "mtu")) &&
		    database_running(d) && !runs_here(&s, port))
			look_at(&s, &c->list[i]);
	}
	return s.found;
}

int unmet_tell(const json_t *unmet, bool saved)
{
	int status = VIFCTL_OK;
	const json_t *item;
	size_t i;

	json_array_foreach(unmet, i, item)
		status = vifctl_fail(VIFCTL_FAILED, "%sport %s would not start here: %s; undo: %s",
				     saved ? "saved, not in force: " : "", get_text(item, "port"),
				     get_text(item, "error"), get_text(item, "undo"));
	return status;
}
