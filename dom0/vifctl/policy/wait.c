// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A change is in force on a host when its Host.cur_cfg has reached the change's
 * number. Of interest are the hosts that have a VM concerned, by Location, and
 * for what concerns switches every host that has reported at all. Then the
 * errors of those hosts, and of those VMs there, say whether it worked.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/uuid.h"
#include "vifctl/ask/fetch.h"
#include "vifctl/policy/unmet.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

#define QUIET_MS	2000	/* no progress is shown for so long */
#define STEP_MS		500

void concern_deinit(struct concern *c)
{
	json_decref(c->vms);
	json_decref(c->unmet);
	*c = (struct concern){};
}

static void add_vm(struct concern *c, const char *uuid)
{
	json_object_set_new(c->vms, uuid, json_true());
}

static bool refers(const struct object *o, const char *field, const char *name)
{
	return field_names(kind_field(o->kind, field), o->columns, name);
}

/* VMs whose ports refer to an ACL or a QoS. */
static void add_users(struct concern *c, const struct model *m, const char *field,
		      const char *name)
{
	for (size_t i = 0; i < m->count[OBJECT_PORT]; i++)
		if (refers(m->objects[OBJECT_PORT][i], field, name))
			add_vm(c, m->objects[OBJECT_PORT][i]->vm);
}

bool acl_names_group(const struct object *acl, const char *group)
{
	for (size_t i = 0; i < acl->rule_count; i++)
		if (refers(acl->rules[i], "src-group", group) || refers(acl->rules[i], "dst-group", group))
			return true;
	return false;
}

static void add_group_users(struct concern *c, const struct model *m, const char *name)
{
	for (size_t i = 0; i < m->count[OBJECT_ACL]; i++)
		if (acl_names_group(m->objects[OBJECT_ACL][i], name))
			add_users(c, m, "acl", m->objects[OBJECT_ACL][i]->name);
}

void concern_of_changes(const struct changes *changes, const struct model *current,
			struct concern *ret)
{
	ret->vms = json_object();
	for (size_t i = 0; i < changes->count; i++) {
		const struct object *o = changes->list[i].old ?: changes->list[i].wanted;

		switch (o->kind->id) {
		case OBJECT_SWITCH:
		case OBJECT_MIRROR:
		case OBJECT_EXPORTER:
		case OBJECT_UPLINK:
		case OBJECT_NETWORK:
			ret->every_host = true;
			break;
		case OBJECT_VM:
			add_vm(ret, o->name);
			break;
		case OBJECT_PORT:
			add_vm(ret, o->vm);
			break;
		case OBJECT_ACL:
			add_users(ret, current, "acl", o->name);
			break;
		case OBJECT_QOS:
			add_users(ret, current, "qos", o->name);
			break;
		case OBJECT_GROUP:
			add_group_users(ret, current, o->name);
			break;
		case OBJECT_RULE:
		case OBJECT_INTERFACE:
		case OBJECT_KINDS_ALL:
			break;
		}
	}
}

/* Is this VM on this host? */
static bool is_concerned(const struct concern *c, const struct vifdb_row *location)
{
	const char *state = vifdb_string(location, "state");
	char uuid[UUID_TEXT_LEN + 1];

	if (state && !strcmp(state, "gone"))
		return false;
	uuid_format(vifdb_uuid(location, "vm"), uuid);
	return json_object_get(c->vms, uuid);
}

static const struct vifdb_row *host_named(const struct vifdb *db, const char *name)
{
	for (const struct vifdb_row *row = vifdb_first(db, "Host"); row; row = vifdb_next(row))
		if (!strcmp(vifdb_string(row, "name") ?: "", name))
			return row;
	return NULL;
}

/* {host: has it applied @number?} of all hosts concerned. */
static json_t *hosts_of(const struct vifdb *db, const struct concern *c, int64_t number)
{
	json_t *hosts = json_object(), *absent = json_array(), *value;
	const char *name;
	int64_t cur;
	size_t i;

	for (const struct vifdb_row *row = vifdb_first(db, "Location"); row;
	     row = vifdb_next(row))
		if (is_concerned(c, row))
			json_object_set_new(hosts, vifdb_string(row, "host"), json_false());
	for (const struct vifdb_row *row = vifdb_first(db, "Host"); row; row = vifdb_next(row))
		if (c->every_host && vifdb_integer(row, "cur_cfg", &cur))
			json_object_set_new(hosts, vifdb_string(row, "name"), json_false());
	json_object_foreach(hosts, name, value) {
		const struct vifdb_row *host = host_named(db, name);

		/* It applies it when it is back. */
		if (host && !strcmp(vifdb_string(host, "presence") ?: "", "absent"))
			json_array_append_new(absent, json_string(name));
		else if (host && vifdb_integer(host, "cur_cfg", &cur) && cur >= number)
			json_object_set_new(hosts, name, json_true());
	}
	json_array_foreach(absent, i, value)
		json_object_del(hosts, json_string_value(value));
	json_decref(absent);
	return hosts;
}

static char *names_of(const json_t *hosts, bool applied)
{
	json_t *all = sorted_keys(hosts), *names = json_array(), *name;
	_cleanup_free_ char *text = NULL;
	size_t i;

	json_array_foreach(all, i, name)
		if (json_is_true(json_object_get(hosts, json_string_value(name))) == applied)
			json_array_append(names, name);
	text = text_join(names, ", ");
	json_decref(names);
	json_decref(all);
	return safe_text(text);
}

static json_t *wait_for_hosts(struct vifctl *v, struct database *d, const struct concern *c,
			      int64_t number)
{
	int64_t start = clock_ms(), now = start, end = start + v->wait * 1000;
	bool terminal = isatty(STDERR_FILENO), shown = false;
	json_t *hosts;

	for (;;) {
		_cleanup_free_ char *waiting = NULL, *safe = NULL;

		hosts = hosts_of(d->db, c, number);
		waiting = names_of(hosts, false);
		if (!*waiting || now >= end || vifctl_stopped())
			break;
		if (terminal && now - start >= QUIET_MS) {
			safe = safe_text(waiting);
			fprintf(stderr, "\r\033[Kwaiting for %s: %lld s", safe,
				(long long)(now - start) / 1000);
			shown = true;
		}
		json_decref(hosts);
		vifdb_wait(d->db, end - now < STEP_MS ? (int)(end - now) : STEP_MS);
		now = clock_ms();
	}
	if (shown)
		fputs("\r\033[K", stderr);
	return hosts;
}

/* What a host, or one of the VMs concerned there, could not do. */
static void add_error(json_t *errors, const char *host, const char *port, const char *text)
{
	json_array_append_new(errors, json_pack("{s:s, s:s?, s:s}", "host", host, "port", port,
						"error", text));
}

static json_t *errors_of(struct database *d, const struct concern *c, const json_t *hosts)
{
	json_t *errors = json_array(), *value;
	const char *name;

	json_object_foreach((json_t *)hosts, name, value) {
		const struct vifdb_row *host = host_named(d->db, name);
		const char *text = host ? vifdb_string(host, "last_error") : NULL;

		if (text && *text)
			add_error(errors, name, NULL, text);
	}
	for (const struct vifdb_row *row = vifdb_first(d->db, "Location"); row;
	     row = vifdb_next(row)) {
		const char *text = vifdb_string(row, "last_error");
		struct object port = { .kind = &object_kinds[OBJECT_PORT] };
		char uuid[UUID_TEXT_LEN + 1];
		_cleanup_free_ char *label = NULL;
		int64_t devid = 0;

		if (!text || !*text || !is_concerned(c, row))
			continue;
		uuid_format(vifdb_uuid(row, "vm"), uuid);
		vifdb_integer(row, "devid", &devid);
		port.vm = uuid;
		port.devid = (int)devid;
		object_name_port(&port);
		label = model_label(&d->current, &port);
		free(port.name);
		add_error(errors, vifdb_string(row, "host"), label, text);
	}
	return errors;
}

static void tell_errors(const json_t *errors)
{
	json_t *error;
	size_t i;

	json_array_foreach(errors, i, error) {
		_cleanup_free_ char *text = safe_text(get_text(error, "error")),
				    *host = safe_text(get_text(error, "host")),
				    *port = safe_text(get_text(error, "port"));

		vifctl_fail(VIFCTL_FAILED, "%s:%s%s %s", host, *port ? " port " : "", port, text);
	}
}

static void tell_saved(struct vifctl *v, const struct concern *c)
{
	size_t vms = json_object_size(c->vms);

	if (c->every_host)
		fputs("saved; no host is connected\n", v->out);
	else if (vms)
		fprintf(v->out, "saved; in force when %s\n", vms == 1 ? "the VM starts" :
			"the VMs start");
	else
		fputs("saved; no VM is concerned\n", v->out);
}

int wait_applied(struct vifctl *v, struct database *d, const struct concern *concern,
		 int64_t number, json_t *report)
{
	_cleanup_free_ char *applied = NULL, *waiting = NULL;
	json_t *hosts, *errors;
	int status = VIFCTL_OK;

	if (report)
		json_object_set_new(report, "next_cfg", json_integer(number));
	if (report && concern->unmet)
		json_object_set(report, "unmet", concern->unmet);
	if (!v->wait) {
		if (!report && !json_array_size(concern->unmet))
			fputs("saved\n", v->out);
		return unmet_tell(concern->unmet, true);
	}
	hosts = wait_for_hosts(v, d, concern, number);
	errors = errors_of(d, concern, hosts);
	applied = names_of(hosts, true);
	waiting = names_of(hosts, false);
	if (*waiting)
		status = vifctl_fail(VIFCTL_FAILED, "saved, but within %ld s no word from %s that it "
				     "is in force", v->wait, waiting);
	if (json_array_size(errors)) {
		tell_errors(errors);
		status = VIFCTL_FAILED;
	}
	if (report) {
		json_object_set(report, "hosts", hosts);
		json_object_set(report, "errors", errors);
	} else if (!json_object_size(hosts) && !json_array_size(concern->unmet)) {
		tell_saved(v, concern);
	} else if (*applied && status == VIFCTL_OK) {
		fprintf(v->out, "in force on %s\n", applied);
	}
	/* A host that has the VM has said what there is to say. */
	if (!json_object_size(hosts) && json_array_size(concern->unmet))
		status = unmet_tell(concern->unmet, true);
	json_decref(errors);
	json_decref(hosts);
	return status;
}

int wait_all_applied(struct vifctl *v, struct vifdb *db, int64_t number, json_t *report)
{
	struct concern concern = { .vms = json_object(), .every_host = true };
	struct database d = { .db = db };
	int status;

	model_init(&d.current);
	status = wait_applied(v, &d, &concern, number, report);
	model_deinit(&d.current);
	concern_deinit(&concern);
	return status;
}
