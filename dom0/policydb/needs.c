// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "base/json-value.h"
#include "base/uuid.h"
#include "policydb/needs.h"
#include "policydb/table-columns.h"

#define CLAUSES_MAX	2000	/* of a table; then all of it is followed */

/* ---- VMs ---- */

static int add_recent(struct uuid_set *recent, const uint8_t vm[16])
{
	for (size_t i = 0; i < recent->n; i++) {
		if (memcmp(recent->v[i], vm, 16) != 0)
			continue;
		memmove(recent->v[i], recent->v[i + 1], (--recent->n - i) * sizeof(*recent->v));
		break;
	}
	if (recent->n == NEEDS_RECENT_MAX)
		memmove(recent->v[0], recent->v[1], --recent->n * sizeof(*recent->v));
	return uuid_set_add(recent, vm);
}

/* Who is here, and who was. */
static int add_up(struct policy_needs *n)
{
	struct uuid_set all = {};
	int r = uuid_set_add_all(&all, &n->here);

	if (r == 0)
		r = uuid_set_add_all(&all, &n->recent);
	uuid_set_seal(&all);
	if (r == 0 && !uuid_set_equal(&all, &n->vms)) {
		struct uuid_set old = n->vms;

		n->vms = all;
		all = old;
		r = 1;
	}
	uuid_set_deinit(&all);
	return r;
}

int needs_here(struct policy_needs *n, const struct uuid_set *here)
{
	struct uuid_set copy = {};
	int r = 0;

	if (uuid_set_equal(here, &n->here))
		return 0;
	r = uuid_set_add_all(&copy, here);
	for (size_t i = 0; r == 0 && i < n->here.n; i++)
		if (!uuid_set_has(here, n->here.v[i]))
			r = add_recent(&n->recent, n->here.v[i]);
	if (r < 0) {
		uuid_set_deinit(&copy);
		return r;
	}
	uuid_set_deinit(&n->here);
	n->here = copy;
	return add_up(n);
}

static int copy_set(struct uuid_set *to, const struct uuid_set *from)
{
	to->n = 0;
	return uuid_set_add_all(to, from);
}

int needs_narrow(struct policy_needs *n)
{
	n->whole = n->widens = false;
	return copy_set(&n->known, &n->vms);
}

void needs_widen(struct policy_needs *n)
{
	n->widens = !n->whole;
}

int needs_came(struct policy_needs *n)
{
	if (n->widens) {
		n->widens = false;
		n->whole = true;
		return 1;
	}
	if (n->whole || uuid_set_equal(&n->known, &n->asked))
		return 0;
	return copy_set(&n->known, &n->asked) < 0 ? -ENOMEM : 1;
}

bool needs_knows(const struct policy_needs *n, const uint8_t vm[16])
{
	return n->whole || uuid_set_has(&n->known, vm);
}

/* ---- what they lead to ---- */

struct closure {
	struct vifdb *db;
	struct uuid_set ports, acls, rules, groups;
	struct uuid_set placed;		/* VMs whose Location matters: mirrors' sensors, too */
	json_t *hosts;			/* clauses */
	json_t *networks;		/* names: VMs in them matter, wherever they are */
	bool failed;
};

static void add(struct closure *c, struct uuid_set *set, const uint8_t *uuid)
{
	if (uuid && uuid_set_add(set, uuid) < 0)
		c->failed = true;
}

static bool refers(const json_t *type, const char *part, const char *target)
{
	const json_t *base = json_object_get(type, part);
	const char *table = json_string_value(json_object_get(base, "refTable"));

	return table && strcmp(table, target) == 0;
}

static void add_column(struct closure *c, struct uuid_set *set, const struct vifdb_row *row,
		       const char *column, bool values)
{
	for (size_t i = 0; i < vifdb_size(row, column); i++) {
		struct vifdb_atom atom = values ? vifdb_value_at(row, column, i) :
						  vifdb_at(row, column, i);

		add(c, set, atom.type == VIFDB_UUID ? atom.uuid : NULL);
	}
}

/* What a row refers to in table @target, by whichever column. */
static void add_references(struct closure *c, struct uuid_set *set, const struct vifdb_row *row,
			   const char *target)
{
	json_t *columns = table_columns(c->db, vifdb_row_table(row)), *column;
	const char *name;

	json_object_foreach(columns, name, column) {
		const json_t *type = json_object_get(column, "type");

		if (refers(type, "key", target))
			add_column(c, set, row, name, false);
		if (refers(type, "value", target))
			add_column(c, set, row, name, true);
	}
}

/* The same of each row of @table that is in @from. */
static void add_next(struct closure *c, const char *table, const struct uuid_set *from,
		     struct uuid_set *set, const char *target)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct vifdb_row *row = vifdb_get(c->db, table, from->v[i]);

		if (row)
			add_references(c, set, row, target);
	}
	uuid_set_seal(set);
}

static void add_members(struct closure *c)
{
	for (size_t i = 0; i < c->groups.n; i++) {
		const struct vifdb_row *row = vifdb_get(c->db, "Group", c->groups.v[i]);

		if (row)
			add_column(c, &c->ports, row, "vms", false);
	}
}

/* "UUID/DEVID", where a mirror's copies go. */
static void add_sensor(struct closure *c, const struct vifdb_row *mirror)
{
	const char *vif = vifdb_string(mirror, "output_vif");
	uint8_t vm[16];

	if (vif && strlen(vif) > UUID_TEXT_LEN && uuid_parse(vif, UUID_TEXT_LEN, vm))
		add(c, &c->placed, vm);
}

static void find_hosts(struct closure *c, const char *host)
{
	const struct vifdb_row *row;

	for (row = vifdb_first(c->db, "Location"); row; row = vifdb_next(row)) {
		const char *name = vifdb_string(row, "host");
		const uint8_t *vm = vifdb_uuid(row, "vm");

		if (name && vm && strcmp(name, host) != 0 && uuid_set_has(&c->placed, vm))
			c->failed |= json_object_set_new(c->hosts, name, json_null()) < 0;
	}
}

static void find(struct closure *c, const struct uuid_set *vms, const char *host)
{
	const struct vifdb_row *row;

	for (row = vifdb_first(c->db, "Port"); row; row = vifdb_next(row)) {
		const uint8_t *vm = vifdb_uuid(row, "vm");

		if (vm && uuid_set_has(vms, vm))
			add_references(c, &c->acls, row, "ACL");
	}
	for (row = vifdb_first(c->db, "Mirror"); row; row = vifdb_next(row)) {
		add_references(c, &c->acls, row, "ACL");
		add_sensor(c, row);
	}
	for (row = vifdb_first(c->db, "Network"); row; row = vifdb_next(row))
		c->failed |= json_object_set_new(c->networks, vifdb_string(row, "name") ?: "",
						 json_null()) < 0;
	uuid_set_seal(&c->acls);
	add_next(c, "ACL", &c->acls, &c->rules, "Rule");
	add_next(c, "Rule", &c->rules, &c->groups, "Group");
	add_members(c);
	c->failed |= uuid_set_add_all(&c->ports, vms) < 0;
	uuid_set_seal(&c->ports);
	c->failed |= uuid_set_add_all(&c->placed, vms) < 0;
	uuid_set_seal(&c->placed);
	find_hosts(c, host);
}

static void closure_deinit(struct closure *c)
{
	uuid_set_deinit(&c->ports);
	uuid_set_deinit(&c->acls);
	uuid_set_deinit(&c->rules);
	uuid_set_deinit(&c->groups);
	uuid_set_deinit(&c->placed);
	json_decref(c->hosts);
	json_decref(c->networks);
}

bool needs_lead(const char *table)
{
	static const char *const those[] = {
		"Port", "Mirror", "ACL", "Rule", "Group", "Location", "Network", NULL,
	};

	for (const char *const *t = those; *t; t++)
		if (strcmp(*t, table) == 0)
			return true;
	return false;
}

/* ---- conditions ---- */

static json_t *clause(const char *column, json_t *value)
{
	return json_pack("[s, s, o]", column, "==", value);
}

/* Any of @set; a condition of no clause would be none. */
static json_t *any_of(const char *column, const struct uuid_set *set)
{
	json_t *where = json_pack("[b]", 0);

	for (size_t i = 0; i < set->n; i++)
		json_array_append_new(where, clause(column, vifdb_json_uuid(set->v[i])));
	return where;
}

/*
 * A clause that found no memory would be missing: nobody may count its rows as here. Of no
 * clause, a NULL: all rows.
 */
static int follow(struct vifdb *db, const char *table, json_t *where, size_t clauses)
{
	if (json_array_size(where) != clauses) {
		json_decref(where);
		return -ENOMEM;
	}
	if (json_array_size(where) > CLAUSES_MAX) {
		json_decref(where);
		where = NULL;
	}
	return vifdb_follow_where(db, table, where) == -ENOMEM ? -ENOMEM : 0;
}

static json_t *and_mine(json_t *where, const char *column, const char *host)
{
	json_array_append_new(where, clause(column, json_text(host)));
	return where;
}

static json_t *and_in(json_t *where, json_t *networks)
{
	const char *name;
	json_t *unused;

	json_object_foreach(networks, name, unused)
		json_array_append_new(where, json_pack("[s, s, o]", "networks", "includes",
						       json_text(name)));
	return where;
}

static json_t *these_hosts(json_t *names, const char *host)
{
	json_t *where = and_mine(json_array(), "name", host), *unused;
	const char *name;

	json_object_foreach(names, name, unused)
		and_mine(where, "name", name);
	return where;
}

static const char *const narrowed[] = {
	"Port", "VM", "Interface", "Handover", "Location", "Host", "ACL", "Rule", "Group", NULL,
};

static int ask_all(struct vifdb *db)
{
	int r = 0;

	for (const char *const *t = narrowed; *t && r == 0; t++)
		r = vifdb_follow_where(db, *t, NULL) == -ENOMEM ? -ENOMEM : 0;
	return r;
}

static int ask(const struct closure *c, const struct uuid_set *vms, struct vifdb *db,
	       const char *host)
{
	/* Each host of the pool may be a remote of a network. */
	bool all_hosts = json_object_size(c->networks);
	/* A database of an older release does not say who is in which network. */
	size_t networks = table_has_column(db, "Location", "networks") ?
			  json_object_size(c->networks) : 0;
	json_t *wheres[] = {
		any_of("vm", &c->ports), any_of("uuid", vms), any_of("vm", vms),
		and_mine(and_mine(any_of("vm", vms), "host", host), "taker", host),
		and_in(and_mine(any_of("vm", &c->placed), "host", host),
		       networks ? c->networks : NULL),
		all_hosts ? NULL : these_hosts(c->hosts, host),
		any_of("_uuid", &c->acls), any_of("_uuid", &c->rules), any_of("_uuid", &c->groups),
	};
	/* As many as there are of what each is made of; any_of() begins with one. */
	const size_t clauses[] = {
		c->ports.n + 1, vms->n + 1, vms->n + 1, vms->n + 3, c->placed.n + 2 + networks,
		all_hosts ? 0 : json_object_size(c->hosts) + 1, c->acls.n + 1, c->rules.n + 1,
		c->groups.n + 1,
	};
	int r = 0;

	for (size_t i = 0; narrowed[i]; i++)
		r = follow(db, narrowed[i], wheres[i], clauses[i]) < 0 ? -ENOMEM : r;
	return r;
}

/* Whom nobody asks for any more is not known. */
static void forget(struct policy_needs *n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n->known.n; i++)
		if (uuid_set_has(&n->vms, n->known.v[i]))
			memmove(n->known.v[kept++], n->known.v[i], sizeof(*n->known.v));
	n->known.n = kept;
}

int needs_ask(struct policy_needs *n, struct vifdb *db, const char *host)
{
	struct closure c = { .db = db, .hosts = json_object(), .networks = json_object() };
	int r = c.hosts && c.networks ? 0 : -ENOMEM;

	if (r == 0 && (n->whole || n->widens)) {
		r = ask_all(db);
	} else if (r == 0) {
		forget(n);
		find(&c, &n->vms, host);
		r = c.failed ? -ENOMEM : ask(&c, &n->vms, db, host);
	}
	closure_deinit(&c);
	/* Until then the VMs that came since are not known. */
	return r == 0 ? copy_set(&n->asked, &n->vms) : r;
}

void needs_deinit(struct policy_needs *n)
{
	uuid_set_deinit(&n->here);
	uuid_set_deinit(&n->recent);
	uuid_set_deinit(&n->vms);
	uuid_set_deinit(&n->asked);
	uuid_set_deinit(&n->known);
}
