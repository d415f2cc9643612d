// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl acl list and acl show: where ACLs are in force, and what their rules have met. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "show/list-document.h"
#include "vifctl/ask/fetch.h"
#include "vifctl/policy.h"
#include "vifctl/policy/database.h"
#include "vifctl/policy/object-view.h"
#include "vifctl/view/columns.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

/* Does the identity's row name that ACL? */
static bool port_has_acl(const struct model *m, const struct vifdb_row *location, const char *acl)
{
	const uint8_t *vm = vifdb_uuid(location, "vm");
	int64_t devid = -1;

	if (!vm || !vifdb_integer(location, "devid", &devid))
		return false;
	for (size_t i = 0; i < m->count[OBJECT_PORT]; i++) {
		const struct object *port = m->objects[OBJECT_PORT][i];
		uint8_t uuid[16];

		if (field_names(kind_field(port->kind, "acl"), port->columns, acl) && port->devid == devid &&
		    uuid_parse(port->vm, strlen(port->vm), uuid) && !memcmp(uuid, vm, 16))
			return true;
	}
	return false;
}

/* {"host1": 3}: ports with a policy in force, by host. */
static json_t *hosts_of(const struct database *d, const char *acl)
{
	json_t *hosts = json_object();
	const struct vifdb_row *row;

	for (row = vifdb_first(d->db, "Location"); row; row = vifdb_next(row)) {
		const char *host = vifdb_string(row, "host"), *state = vifdb_string(row, "state");

		if (!host || !state || (strcmp(state, "plugged") && strcmp(state, "active")) ||
		    !port_has_acl(&d->current, row, acl))
			continue;
		json_object_set_new(hosts, host, json_integer(
			json_integer_value(json_object_get(hosts, host)) + 1));
	}
	return hosts;
}

/* Sorted: the database's rows are in no order. */
static char *hosts_text(const json_t *hosts)
{
	json_t *words = json_array(), *names = sorted_keys(hosts), *name;
	char *text;
	size_t i;

	json_array_foreach(names, i, name) {
		const char *host = json_string_value(name);
		long long count = json_integer_value(json_object_get(hosts, host));
		_cleanup_free_ char *word = xprintf("%s: %lld port%s", host, count,
						    count == 1 ? "" : "s");

		json_array_append_new(words, json_string(word));
	}
	text = text_join(words, ", ");
	json_decref(names);
	json_decref(words);
	return text;
}

static void list_acls(struct vifctl *v, const struct database *d, struct object **acls,
		      size_t count)
{
	static const char *const titles[] = { "NAME", ">RULES", "IN FORCE", "POLICY", NULL };
	_cleanup_(table_freep) struct table *t = table_new(titles);
	json_t *list = json_array(), *doc;

	for (size_t i = 0; i < count; i++) {
		json_t *hosts = hosts_of(d, acls[i]->name), *entry = object_json(acls[i]);
		_cleanup_free_ char *text = hosts_text(hosts), *policy = object_summary(acls[i]),
				    *rules = xprintf("%zu", acls[i]->rule_count);

		table_row(t, (const char *[]){ acls[i]->name, rules, text, policy });
		json_object_set_new(entry, "in_force", hosts);
		json_array_append_new(list, entry);
	}
	doc = list_document("database", "acls", list);
	if (v->json)
		vifctl_print_json(v, doc, JSON_INDENT(2));
	else
		table_print(t, v->out);
	json_decref(doc);
}

/* Of the pool's ports those that have an ACL: they are counted, and none is named. */
static int load_users(struct vifctl *v, struct database *d)
{
	static const char *const tables[] = {
		"Port", "ACL", "Rule", "Group", "QoS", "Location", NULL,
	};
	int status;

	*d = (struct database){};
	model_init(&d->current);
	status = database_begin(v, tables, &d->db);
	if (status == VIFCTL_OK) {
		vifdb_follow_where(d->db, "Port", json_pack("[[s, s, o]]", "acl", "!=",
							    vifdb_json_empty()));
		status = database_ready(v, d->db);
	}
	if (status == VIFCTL_OK)
		database_read(d);
	return status;
}

int run_acl_list(struct vifctl *v)
{
	_cleanup_(database_close) struct database d = {};
	_cleanup_free_ struct object **acls = NULL;
	int status = load_users(v, &d);

	if (status)
		return status;
	acls = objects_sorted(&d.current, OBJECT_ACL);
	list_acls(v, &d, acls, d.current.count[OBJECT_ACL]);
	return vifctl_finish(v, VIFCTL_OK);
}

/* ---- --hits ---- */

/* Of a list each rule comes with its ACL: "base/ssh". */
static void hits_row(struct table *t, const json_t *acl, const char *place, const char *name,
		     const char *direction, const json_t *entry)
{
	bool several = json_array_size(json_object_get(acl, "acls")) > 1;
	_cleanup_free_ char *hits = xprintf("%lld", (long long)json_integer_value(
						    json_object_get(entry, "hits"))),
			    *whole = xprintf("%s%s%s", several ? get_text(entry, "acl") : "",
					     several ? "/" : "", name);

	table_row(t, (const char *[]){ place, whole, direction, get_text(entry, "action"), hits });
}

static void print_hits(struct vifctl *v, const json_t *acl)
{
	static const char *const titles[] = { ">PLACE", "RULE", "DIRECTION", "ACTION", ">HITS", NULL };
	const json_t *defaults = json_object_get(acl, "defaults");
	_cleanup_(table_freep) struct table *t = table_new(titles);
	_cleanup_free_ char *name = safe_text(get_text(acl, "name")), *error = NULL;
	json_t *rule;
	size_t i;

	fprintf(v->out, "acl %s\n  %-18s %lld\n", name, "ports here",
		(long long)json_integer_value(json_object_get(acl, "ports")));
	if (*get_text(acl, "error")) {
		error = safe_text(get_text(acl, "error"));
		fprintf(v->out, "  %-18s %s\n", "error", error);
	}
	fputc('\n', v->out);
	json_array_foreach(json_object_get(acl, "rules"), i, rule) {
		_cleanup_free_ char *place = xprintf("%zu", i + 1);

		hits_row(t, acl, place, get_text(rule, "name"), get_text(rule, "direction"), rule);
	}
	hits_row(t, acl, NULL, "default-from-vm", "from-vm", json_object_get(defaults, "from_vm"));
	hits_row(t, acl, NULL, "default-to-vm", "to-vm", json_object_get(defaults, "to_vm"));
	table_print(t, v->out);
}

/* Those of a list count for each of its ACLs; a daemon of before tells one name. */
static bool has_part(const json_t *acl, const char *name)
{
	json_t *part;
	size_t i;

	json_array_foreach(json_object_get(acl, "acls"), i, part)
		if (!strcmp(json_string_value(part) ?: "", name))
			return true;
	return !strcmp(get_text(acl, "name"), name);
}

/* By name, as they are shown; the daemon tells them by number. */
static int by_text(const void *a, const void *b)
{
	return strcmp(get_text(*(json_t *const *)a, "name"), get_text(*(json_t *const *)b, "name"));
}

/* Objects that the ACL is in: alone, or in a list with others. */
static json_t *objects_with(const json_t *result, const char *name)
{
	const json_t *all = json_object_get(result, "acls");
	_cleanup_free_ json_t **found = xmalloc((json_array_size(all) + 1) * sizeof(*found));
	json_t *acl, *list = json_array();
	size_t i, count = 0;

	json_array_foreach(all, i, acl)
		if (has_part(acl, name))
			found[count++] = acl;
	qsort(found, count, sizeof(*found), by_text);
	for (i = 0; i < count; i++)
		json_array_append(list, found[i]);
	return list;
}

static int show_hits(struct vifctl *v)
{
	_cleanup_(control_client_close) struct control_client c = CONTROL_CLIENT_INIT;
	json_t *result = NULL, *acl, *doc, *list;
	int status = fetch_open(&c);
	size_t i;

	if (status == VIFCTL_UNAVAILABLE)
		return vifctl_fail(status, "vifswitchd is not running (systemctl status vifswitchd); only it knows the rules' names");
	if (status == VIFCTL_OK)
		status = fetch_call(&c, "acls", &result);
	if (status)
		return status;
	list = objects_with(result, operand(v, 0));
	json_decref(result);
	if (!json_array_size(list)) {
		json_decref(list);
		return vifctl_fail(VIFCTL_NOT_FOUND, "no port of this host has the acl \"%s\"; see vifctl acl list",
				   operand(v, 0));
	}
	if (v->json) {
		doc = list_document("vifswitchd", "acls", json_incref(list));
		vifctl_print_json(v, doc, JSON_INDENT(2));
		json_decref(doc);
	}
	json_array_foreach(list, i, acl) {
		if (v->json)
			break;
		if (i)
			fputc('\n', v->out);
		print_hits(v, acl);
	}
	json_decref(list);
	return vifctl_finish(v, VIFCTL_OK);
}

static json_t *hits_of(const json_t *result, const json_t *ports)
{
	json_t *list = json_array(), *entry, *port;
	size_t i, j;

	json_array_foreach(json_object_get(result, "ports"), i, entry)
		json_array_foreach(ports, j, port)
			if (json_equal(json_object_get(entry, "ifindex"),
				       json_object_get(port, "ifindex")))
				json_array_append(list, entry);
	return list;
}

static void print_port_hits(struct vifctl *v, const json_t *port)
{
	static const char *const titles[] = { "RULE", "DIRECTION", "ACTION", ">HITS", NULL };
	_cleanup_(table_freep) struct table *t = table_new(titles);
	_cleanup_free_ char *netdev = safe_text(get_text(port, "netdev")),
			    *acl = safe_text(get_text(port, "acl"));
	bool several = strchr(get_text(port, "acl"), ',');
	json_t *rule;
	size_t i;

	fprintf(v->out, "port %s\n  %-18s %s\n\n", netdev, "ACL", acl);
	json_array_foreach(json_object_get(port, "rules"), i, rule) {
		_cleanup_free_ char *hits = xprintf("%lld", (long long)json_integer_value(
							    json_object_get(rule, "hits"))),
				    *whole = xprintf("%s%s%s", several ? get_text(rule, "acl") : "",
						     several ? "/" : "", get_text(rule, "name"));

		table_row(t, (const char *[]){ whole, get_text(rule, "direction"),
					       get_text(rule, "action"), hits });
	}
	table_print(t, v->out);
}

int show_port_hits(struct vifctl *v, const json_t *ports)
{
	_cleanup_(control_client_close) struct control_client c = CONTROL_CLIENT_INIT;
	_cleanup_(json_decrefp) json_t *result = NULL, *list = NULL, *doc = NULL;
	int status = fetch_open(&c);
	const json_t *port;
	size_t i;

	if (status == VIFCTL_UNAVAILABLE)
		return vifctl_fail(status, "vifswitchd is not running (systemctl status vifswitchd); only it knows the rules' names");
	if (status == VIFCTL_OK)
		status = fetch_call(&c, "hits", &result);
	if (status)
		return status;
	list = hits_of(result, ports);
	if (!json_array_size(list) && !v->json)
		return vifctl_fail(VIFCTL_NOT_FOUND, "\"%s\" has no ACL here, or the kernel module that is loaded counts for none of its ports",
				   operand(v, 0));
	if (v->json) {
		doc = list_document("vifswitchd", "ports", json_incref(list));
		vifctl_print_json(v, doc, JSON_INDENT(2));
		return vifctl_finish(v, VIFCTL_OK);
	}
	json_array_foreach(list, i, port) {
		if (i)
			fputc('\n', v->out);
		print_port_hits(v, port);
	}
	return vifctl_finish(v, VIFCTL_OK);
}

int run_acl_show(struct vifctl *v)
{
	return v->hits ? show_hits(v) : run_object_show(v);
}
