// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A command about one VM asks for its rows alone: the pool may have 100,000 others. By its
 * UUID that takes one question; by its name a second one, when it is known whose that is. A
 * name that nobody has is held against all, for what may have been meant.
 *
 * A command that changes an ACL, a QoS or a group asks for the ports that it concerns: first
 * for everything but ports, then for those that name the object, or an ACL whose rules name
 * the group; at last for where their VMs are.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/control.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "policy/bounds.h"
#include "vifctl/policy/database.h"
#include "vifctl/view/text.h"

#define USERS_MAX	1000	/* VMs that are asked for one by one */

struct asked {
	json_t *uuids;		/* texts */
	char *name;		/* or NULL: it is not known, or not asked for */
	bool all_names;
};

static void asked_deinit(struct asked *a)
{
	json_decref(a->uuids);
	free(a->name);
}

char *database_vm_word(const char *word, const char **ret_devid)
{
	const char *slash = strrchr(word, '/');

	*ret_devid = slash && isdigit((unsigned char)slash[1]) ? slash + 1 : NULL;
	return xprintf("%.*s", (int)(*ret_devid ? (size_t)(slash - word) : strlen(word)), word);
}

static void ask_of_word(const char *word, struct asked *ret)
{
	const char *devid;
	_cleanup_free_ char *vm = database_vm_word(word, &devid);
	const char *at = strncmp(vm, "uuid:", 5) ? vm : vm + 5;
	char text[UUID_TEXT_LEN + 1];
	uint8_t uuid[16];

	*ret = (struct asked){ .uuids = json_array() };
	if (uuid_parse(at, strlen(at), uuid)) {
		uuid_format(uuid, text);
		json_array_append_new(ret->uuids, json_string(text));
		return;
	}
	ret->name = xprintf("%s", strncmp(at, "name:", 5) ? at : at + 5);
	/* No row can have it, and the server would not be asked for it. */
	ret->all_names = !*ret->name || strlen(ret->name) > VM_NAME_MAX;
}

/* A condition of no clause would be none. */
static json_t *any_of(const char *column, const struct asked *a)
{
	json_t *where = json_pack("[b]", 0), *uuid;
	size_t i;

	json_array_foreach(a->uuids, i, uuid)
		json_array_append_new(where, json_pack("[s, s, [s, O]]", column, "==", "uuid", uuid));
	return where;
}

static void follow(struct vifdb *db, const struct asked *a)
{
	json_t *vms = any_of("uuid", a);
	json_t *named = a->name ? json_pack("[s, s, s]", "name", "==", a->name) : NULL;

	if (named)
		json_array_append_new(vms, named);
	/* A name that is no text is nobody's. */
	if (a->all_names || (a->name && !named)) {
		json_decref(vms);
		vms = NULL;
	}
	vifdb_follow_where(db, "VM", vms);
	vifdb_follow_where(db, "Port", any_of("vm", a));
	vifdb_follow_where(db, "Location", any_of("vm", a));
}

static void add_uuid(struct asked *a, const char *uuid)
{
	if (!text_among(a->uuids, uuid))
		json_array_append_new(a->uuids, json_string(uuid));
}

/* What the first answer says: whose the name is, or which name the VM has. */
static void learn(struct database *d, struct asked *a)
{
	const struct vifdb_row *row;
	const json_t *port;
	size_t i;

	for (row = vifdb_first(d->db, "VM"); row; row = vifdb_next(row)) {
		const char *name = vifdb_string(row, "name") ?: "";
		char text[UUID_TEXT_LEN + 1];

		uuid_format(vifdb_uuid(row, "uuid"), text);
		if (a->name && !strcmp(name, a->name))
			add_uuid(a, text);
		else if (!a->name && *name)
			a->name = xprintf("%s", name);
	}
	if (json_array_size(a->uuids))
		return;
	json_array_foreach(json_object_get(database_running(d), "ports"), i, port) {
		const json_t *vm = json_object_get(port, "vm");

		if (json_is_object(vm) && !strcmp(get_text(vm, "name"), a->name))
			add_uuid(a, get_text(vm, "uuid"));
	}
	a->all_names = !json_array_size(a->uuids);
}

static int settle(struct vifctl *v, struct vifdb *db)
{
	int64_t end = clock_ms() + DATABASE_READY_MS;

	while (vifdb_state(db) != VIFDB_READY || !vifdb_settled(db))
		if (clock_ms() >= end || vifdb_wait(db, 100) < 0)
			return database_unavailable(v, db);
	return VIFCTL_OK;
}

int database_open_port(struct vifctl *v, struct database *d, const char *word)
{
	struct asked a;
	int status;

	if (!word)
		return database_open(v, d, database_ports);
	*d = (struct database){};
	model_init(&d->current);
	ask_of_word(word, &a);
	status = database_begin(v, database_ports, &d->db);
	if (status == VIFCTL_OK) {
		follow(d->db, &a);
		status = database_ready(v, d->db);
	}
	if (status == VIFCTL_OK) {
		learn(d, &a);
		follow(d->db, &a);
		status = settle(v, d->db);
	}
	if (status)
		database_close(d);
	asked_deinit(&a);
	return status;
}

/* ---- of what ports refer to ---- */

/* Ports that refer to @o, by its row's UUID. */
static void add_referring(json_t *where, const struct object *o)
{
	json_t *uuid = vifdb_json_uuid(o->row);

	kind_for_each_field(&object_kinds[OBJECT_PORT], f)
		field_for_each_column(f, column) {
			int64_t at = column->min;

			if (!column->refers || strcmp(column->refers, o->kind->table))
				continue;
			if (column->type != COLUMN_ORDERED)
				json_array_append_new(where, json_pack("[s, s, O]", column->name,
								       "==", uuid));
			for (; column->type == COLUMN_ORDERED && at <= column->max; at++)
				json_array_append_new(where, json_pack("[s, s, [s, [[I, O]]]]",
					column->name, "includes", "map", (json_int_t)at, uuid));
		}
	json_decref(uuid);
}

/* A condition of no clause would be none. */
static json_t *ports_concerned(const struct model *m, const struct object *o)
{
	json_t *where = json_pack("[b]", 0);

	if (o && o->kind->id != OBJECT_GROUP)
		add_referring(where, o);
	for (size_t i = 0; o && o->kind->id == OBJECT_GROUP && i < m->count[OBJECT_ACL]; i++)
		if (acl_names_group(m->objects[OBJECT_ACL][i], o->name))
			add_referring(where, m->objects[OBJECT_ACL][i]);
	return where;
}

static json_t *any_of_keys(const char *column, const json_t *uuids)
{
	struct asked a = { .uuids = json_array() };
	json_t *value, *where;
	const char *uuid;

	json_object_foreach((json_t *)uuids, uuid, value)
		json_array_append_new(a.uuids, json_string(uuid));
	where = any_of(column, &a);
	asked_deinit(&a);
	return where;
}

/* The VMs of the ports that came; NULL: too many to be named. */
static json_t *vms_of_ports(const struct vifdb *db)
{
	json_t *vms = json_object();
	const struct vifdb_row *row;

	for (row = vifdb_first(db, "Port"); row && vms; row = vifdb_next(row)) {
		char text[UUID_TEXT_LEN + 1];

		uuid_format(vifdb_uuid(row, "vm"), text);
		json_object_set_new(vms, text, json_true());
		if (json_object_size(vms) > USERS_MAX) {
			json_decref(vms);
			vms = NULL;
		}
	}
	return vms;
}

/* A group's members are told by their names. */
static void add_members(json_t *vms, const struct object *o)
{
	json_t *uuid;
	size_t i;

	json_array_foreach(o ? json_object_get(o->columns, "vms") : NULL, i, uuid)
		json_object_set_new(vms, json_string_value(uuid), json_true());
}

/* @o: the object, or NULL. */
static void follow_users(struct vifdb *db, const struct object *o, bool names)
{
	json_t *vms = vms_of_ports(db);

	vifdb_follow_where(db, "Location", vms ? any_of_keys("vm", vms) : NULL);
	if (vms)
		add_members(vms, o);
	if (!names)
		vifdb_follow_where(db, "VM", vms && json_object_size(vms) <= USERS_MAX ?
				   any_of_keys("uuid", vms) : NULL);
	json_decref(vms);
}

int database_open_object(struct vifctl *v, struct database *d, enum object_kind kind,
			 const char *name, bool names)
{
	json_t *nobody = json_object();
	const struct object *o = NULL;
	int status;

	*d = (struct database){};
	model_init(&d->current);
	status = database_begin(v, database_tables, &d->db);
	if (status == VIFCTL_OK) {
		vifdb_follow_where(d->db, "Port", any_of_keys("vm", nobody));
		vifdb_follow_where(d->db, "Interface", any_of_keys("vm", nobody));
		vifdb_follow_where(d->db, "Location", any_of_keys("vm", nobody));
		if (!names)
			vifdb_follow_where(d->db, "VM", any_of_keys("uuid", nobody));
		status = database_ready(v, d->db);
	}
	if (status == VIFCTL_OK) {
		database_read(d);
		o = model_find(&d->current, kind, name);
		vifdb_follow_where(d->db, "Port", ports_concerned(&d->current, o));
		status = settle(v, d->db);
	}
	if (status == VIFCTL_OK) {
		follow_users(d->db, o, names);
		status = settle(v, d->db);
	}
	if (status)
		database_close(d);
	json_decref(nobody);
	return status;
}
