// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl migrate-check: what this host knows of the VM, and the database of the other host. */
#include "vifctl/vifctl.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/uuid.h"
#include "vifctl/ask/fetch.h"
#include "vifctl/doctor/migrate.h"
#include "vifctl/policy/database.h"
#include "vifctl/view.h"
#include "vifctl/view/text.h"

static const struct vifdb_row *host_row(const struct vifdb *db, const char *name)
{
	const struct vifdb_row *row;

	for (row = vifdb_first(db, "Host"); row; row = vifdb_next(row)) {
		if (!strcmp(vifdb_string(row, "name") ?: "", name))
			return row;
	}
	return NULL;
}

static json_t *host_names(const struct vifdb *db)
{
	json_t *names = json_array();

	for (const struct vifdb_row *row = vifdb_first(db, "Host"); row; row = vifdb_next(row))
		json_array_append_new(names, json_string(vifdb_string(row, "name")));
	return names;
}

/* Each value is JSON; null if the host says nothing of it. */
static json_t *switches_of(const struct vifdb_row *row)
{
	json_t *ret = vifdb_size(row, "switches") ? json_object() : json_null();

	for (size_t i = 0; i < vifdb_size(row, "switches"); i++)
		json_object_set_new(ret, vifdb_at(row, "switches", i).string, json_loads(
			vifdb_value_at(row, "switches", i).string, 0, NULL));
	return ret;
}

static json_t *host_facts(const struct vifdb_row *row)
{
	int64_t cur;

	if (!row)
		return json_null();
	return json_pack("{s:o, s:s?, s:o, s:s?}", "cur_cfg", vifdb_integer(row, "cur_cfg", &cur) ?
			 json_integer(cur) : json_null(), "last_error",
			 vifdb_string(row, "last_error"), "switches", switches_of(row), "lacks",
			 vifdb_string(row, "lacks"));
}

static bool is_on(const struct vifdb *db, const char *host, const uint8_t *vm)
{
	const struct vifdb_row *row;

	for (row = vifdb_first(db, "Location"); row; row = vifdb_next(row)) {
		const uint8_t *its = vifdb_uuid(row, "vm");

		if (!strcmp(vifdb_string(row, "host") ?: "", host) && its && !memcmp(its, vm, 16))
			return true;
	}
	return false;
}

/* Of VMs that are there, as far as the database has their addresses. */
static json_t *owners_on(const struct vifdb *db, const char *host)
{
	json_t *ret = json_object();
	char uuid[UUID_TEXT_LEN + 1];

	for (const struct vifdb_row *row = vifdb_first(db, "Port"); row; row = vifdb_next(row)) {
		const uint8_t *vm = vifdb_uuid(row, "vm");

		if (!vm || vifdb_size(row, "mac_lock") != 1 || !is_on(db, host, vm))
			continue;
		uuid_format(vm, uuid);
		json_object_set_new(ret, vifdb_at(row, "mac_lock", 0).string, json_string(uuid));
	}
	return ret;
}

static json_t *gather(const struct vifdb *db, const char *to, json_t *ports)
{
	const struct vifdb_row *global = vifdb_first(db, "Global");
	int64_t next = 0;

	if (global)
		vifdb_integer(global, "next_cfg", &next);
	return json_pack("{s:O, s:s, s:I, s:o, s:o, s:o}", "ports", ports, "to", to, "next_cfg",
			 (json_int_t)next, "hosts", host_names(db), "host",
			 host_facts(host_row(db, to)), "owners", owners_on(db, to));
}

int run_migrate_check(struct vifctl *v)
{
	static const char *const tables[] = { "Global", "Host", "Location", "Port", NULL };
	_cleanup_(json_decrefp) json_t *doc = NULL, *ports = NULL, *facts = NULL, *findings = NULL;
	int status = fetch_ports(operand(v, 0), &doc, &ports);
	struct vifdb *db = NULL;

	if (status == VIFCTL_OK)
		status = database_session(v, tables, &db);
	if (status)
		return status;
	facts = gather(db, operand(v, 1), ports);
	vifdb_free(db);
	findings = migrate_findings(facts);
	return show_findings(v, findings, "its policy would hold there\n");
}
