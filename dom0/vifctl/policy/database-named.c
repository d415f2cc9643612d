// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A command about one VM asks for its rows alone: the pool may have 100,000 others. By its
 * UUID that takes one question; by its name a second one, when it is known whose that is. A
 * name that nobody has is held against all, for what may have been meant.
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
