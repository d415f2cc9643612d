// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/policy/database.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/control.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "policy/bounds.h"
#include "vifctl/ask/fetch.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

#define CONNECT_MS	1000	/* a server that is not there for so long is not waited for */

void database_close(struct database *d)
{
	d->db = vifdb_free(d->db);
	model_deinit(&d->current);
	json_decref(d->running);
	*d = (struct database){};
}

static const char *remote_of(const struct vifctl *v)
{
	return v->db ?: getenv(VIFDB_REMOTE_ENV) ?: VIFDB_DEFAULT_REMOTE;
}

int database_unavailable(struct vifctl *v, const struct vifdb *db)
{
	_cleanup_free_ char *remote = safe_text(remote_of(v));

	return vifctl_fail(VIFCTL_UNAVAILABLE, "the database at %s does not answer: %s", remote,
			   *vifdb_error(db) ? vifdb_error(db) : "no answer in time");
}

/* And there at all within CONNECT_MS. */
int database_ready(struct vifctl *v, struct vifdb *db)
{
	int64_t start = clock_ms(), now = start;

	while (vifdb_state(db) != VIFDB_READY) {
		bool nobody = vifdb_state(db) == VIFDB_DISCONNECTED && *vifdb_error(db);

		if (now - start >= DATABASE_READY_MS || (nobody && now - start >= CONNECT_MS))
			return database_unavailable(v, db);
		if (vifdb_wait(db, CONNECT_MS / 10) < 0)
			return database_unavailable(v, db);
		now = clock_ms();
	}
	return VIFCTL_OK;
}

int database_session(struct vifctl *v, const char *const *tables, struct vifdb **ret)
{
	return database_session_with(v, tables, NULL, NULL, ret);
}

static int set_tls(struct vifctl *v, struct vifdb *db)
{
	if (!v->private_key && !v->certificate && !v->ca_certificate)
		return VIFCTL_OK;
	if (!v->private_key || !v->certificate || !v->ca_certificate)
		return vifctl_fail(VIFCTL_USAGE, "--private-key, --certificate and --ca-cert are needed "
				   "together");
	if (vifdb_set_tls(db, v->private_key, v->certificate, v->ca_certificate) < 0)
		return vifctl_fail(VIFCTL_USAGE, "%s", vifdb_error(db));
	return VIFCTL_OK;
}

static int begin(struct vifctl *v, const char *const *tables, const struct vifdb_ops *ops,
		 void *arg, struct vifdb **ret)
{
	struct vifdb *db = NULL;
	int r, status;

	r = vifdb_new(v->db, NULL, &db);
	if (r == -EINVAL) {
		_cleanup_free_ char *remote = safe_text(remote_of(v));

		*ret = NULL;
		return vifctl_fail(VIFCTL_USAGE, "--db \"%s\" is none of unix:PATH, tcp:HOST:PORT, "
				   "ssl:HOST:PORT", remote);
	}
	status = r == 0 ? set_tls(v, db) : VIFCTL_OK;
	if (ops && r == 0)
		vifdb_set_ops(db, ops, arg);
	for (; r >= 0 && *tables; tables++)
		r = vifdb_follow(db, *tables, NULL);
	if (status == VIFCTL_OK && r < 0)
		status = vifctl_fail(VIFCTL_FAILED, "the database: %s", strerror(-r));
	*ret = status ? vifdb_free(db) : db;
	return status;
}

int database_begin(struct vifctl *v, const char *const *tables, struct vifdb **ret)
{
	return begin(v, tables, NULL, NULL, ret);
}

int database_session_with(struct vifctl *v, const char *const *tables,
			  const struct vifdb_ops *ops, void *arg, struct vifdb **ret)
{
	/* Callbacks use it from the first run on. */
	int status = begin(v, tables, ops, arg, ret);

	if (status == VIFCTL_OK)
		status = database_ready(v, *ret);
	if (status)
		*ret = vifdb_free(*ret);
	return status;
}

const char *const database_ports[] = {
	"Global", "VM", "Port", "ACL", "QoS", "Host", "Location", NULL,
};

/* A pool may have 100,000 rows of each. */
static bool is_of_vms(const char *table)
{
	static const char *const tables[] = { "VM", "Port", "Interface", "Host", "Location" };

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		if (!strcmp(tables[i], table))
			return true;
	return false;
}

const char *const *database_objects(enum object_kind kind)
{
	static const char *const vms[] = { "Global", "VM", NULL };
	static const char **others;	/* made once */
	size_t n = 0;

	if (kind == OBJECT_PORT || kind == OBJECT_VM)
		return kind == OBJECT_PORT ? database_tables : vms;
	while (database_tables[n])
		n++;
	if (!others)
		others = xmalloc((n + 1) * sizeof(*others));
	n = 0;
	for (const char *const *table = database_tables; *table; table++)
		if (!is_of_vms(*table))
			others[n++] = *table;
	others[n] = NULL;
	return others;
}

int database_open(struct vifctl *v, struct database *d, const char *const *tables)
{
	*d = (struct database){};
	model_init(&d->current);
	return database_session(v, tables, &d->db);
}

int database_load(struct vifctl *v, struct database *d, const char *const *tables)
{
	int status = database_open(v, d, tables);

	if (status == VIFCTL_OK)
		database_read(d);
	return status;
}

const json_t *database_running(struct database *d)
{
	_cleanup_(control_client_close) struct control_client c = CONTROL_CLIENT_INIT;

	if (d->asked)
		return d->running;
	d->asked = true;
	if (control_client_open(&c, control_client_path(), FETCH_LINE_MAX) == 0)
		d->untold = fetch_call(&c, "show", &d->running) != VIFCTL_OK;
	d->current.running = d->running;
	return d->running;
}

/* UUIDs of running VMs of that name, those in @found left out. */
static void add_running(struct database *d, const char *name, json_t *found)
{
	json_t *port, *known;
	size_t i, k;

	json_array_foreach(json_object_get(database_running(d), "ports"), i, port) {
		json_t *vm = json_object_get(port, "vm");
		bool is_new = json_is_object(vm) && !strcmp(get_text(vm, "name"), name);

		json_array_foreach(found, k, known)
			is_new = is_new && strcmp(json_string_value(known), get_text(vm, "uuid"));
		if (is_new)
			json_array_append(found, json_object_get(vm, "uuid"));
	}
}

char *database_find_vm(struct database *d, const char *word, char **ret_problem,
		       int *ret_status)
{
	char text[UUID_TEXT_LEN + 1], *uuid = NULL, *list;
	uint8_t octets[16];
	json_t *found;

	if (!strncmp(word, "uuid:", 5))
		word += 5;
	if (uuid_parse(word, strlen(word), octets)) {
		uuid_format(octets, text);
		return xprintf("%s", text);
	}
	if (!strncmp(word, "name:", 5))
		word += 5;
	found = model_vms_named(&d->current, word);
	if (!json_array_size(found) && *word)
		add_running(d, word, found);
	if (!json_array_size(found)) {
		list = model_near(&d->current, OBJECT_VM, word);
		*ret_problem = xprintf("no VM of that name in the database%s; %s", d->untold ?
				       ", and what runs here was not told" : " or running here",
				       strncmp(list, "near: ", 6) ?
				       "by its UUID any VM can have policy" : list);
		free(list);
		*ret_status = VIFCTL_NOT_FOUND;
	} else if (json_array_size(found) > 1) {
		list = text_join(found, ", ");
		*ret_problem = xprintf("could be any of %s", list);
		*ret_status = VIFCTL_AMBIGUOUS;
		free(list);
	} else {
		uuid = xprintf("%s", json_string_value(json_array_get(found, 0)));
	}
	json_decref(found);
	return uuid;
}

int database_vm(struct database *d, const char *word, char **ret_uuid)
{
	_cleanup_free_ char *problem = NULL, *safe = NULL;
	int status = VIFCTL_OK;
	char *uuid = database_find_vm(d, word, &problem, &status);

	if (uuid) {
		*ret_uuid = uuid;
		return VIFCTL_OK;
	}
	safe = safe_text(word);
	return vifctl_fail(status, "\"%s\": %s", safe, problem);
}

int database_port(struct database *d, const char *word, char **ret_uuid, int *ret_devid)
{
	const char *at;
	_cleanup_free_ char *vm = database_vm_word(word, &at), *problem = NULL;
	int64_t devid = 0;
	int status;

	if (at && !unit_parse(UNIT_NONE, at, 0, DEVID_MAX, &devid, &problem))
		return vifctl_fail(VIFCTL_USAGE, "%s: DEVID \"%s\": %s", word, at, problem);
	status = database_vm(d, vm, ret_uuid);
	if (status == VIFCTL_OK)
		*ret_devid = (int)devid;
	return status;
}

static int check_reference(struct database *d, const struct field *f, const char *name)
{
	enum object_kind kind = OBJECT_SWITCH;
	_cleanup_free_ char *near = NULL;

	while (strcmp(object_kinds[kind].table, f->columns[0].refers))
		kind++;
	if (model_find(&d->current, kind, name))
		return VIFCTL_OK;
	near = model_near(&d->current, kind, name);
	return vifctl_fail(VIFCTL_NOT_FOUND, "%s=%s: there is no %s of that name; %s",
			   f->name, name, object_kinds[kind].noun, near);
}

int database_not_found(const struct database *d, enum object_kind kind, const char *name)
{
	_cleanup_free_ char *near = model_near(&d->current, kind, name);

	return vifctl_fail(VIFCTL_NOT_FOUND, "the database has no %s \"%s\"; %s",
			   object_kinds[kind].noun, name, near);
}

int database_check_references(struct database *d, const struct object *o)
{
	int status = VIFCTL_OK;

	kind_for_each_field(o->kind, f) {
		json_t *items, *item;
		size_t i;

		if (f->type != FIELD_REFERENCE && f->type != FIELD_ORDERED)
			continue;
		items = field_items_of(f, o->columns);
		json_array_foreach(items, i, item)
			if (status == VIFCTL_OK)
				status = check_reference(d, f, json_string_value(item) ?: "");
		json_decref(items);
	}
	return status;
}
