// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/column.h"
#include "base/netdev-name.h"
#include "policy/bounds.h"
#include "policy/fields.h"
#include "policydb/rows.h"

/* ---- whose a row is ---- */

static void identity_key(const uint8_t vm[16], uint32_t devid, struct row_key *ret)
{
	row_key_of_uuid(vm, ret);
	memcpy(ret->octets + 16, &devid, sizeof(devid));
}

static uint32_t devid_of(const struct row *row)
{
	uint32_t devid;

	memcpy(&devid, row->key.octets + 16, sizeof(devid));
	return devid;
}

static bool port_key(const json_t *row, struct row_key *ret)
{
	uint8_t vm[16];
	int64_t devid;

	if (!column_uuid(json_object_get(row, "vm"), vm) ||
	    !column_integer_in(json_object_get(row, "devid"), 0, DEVID_MAX, &devid))
		return false;
	identity_key(vm, (uint32_t)devid, ret);
	return true;
}

static bool vm_key(const json_t *row, struct row_key *ret)
{
	uint8_t vm[16];

	if (!column_uuid(json_object_get(row, "uuid"), vm))
		return false;
	row_key_of_uuid(vm, ret);
	return true;
}

static bool switch_key(const json_t *row, struct row_key *ret)
{
	size_t len;
	const char *name = column_string(json_object_get(row, "name"), &len);

	*ret = (struct row_key){};
	return name && netdev_name_copy((char *)ret->octets, name, len);
}

static bool named_key(const json_t *row, struct row_key *ret)
{
	uint8_t uuid[16];
	size_t len;
	const char *name = column_string(json_object_get(row, "name"), &len);

	if (!column_uuid(json_object_get(row, "_uuid"), uuid) || !name)
		return false;
	row_key_of_uuid(uuid, ret);
	return true;
}

/* A name that is text, and not cut: it is shown. */
static bool shown_key(const json_t *row, struct row_key *ret)
{
	size_t len;
	const char *name = column_string(json_object_get(row, "name"), &len);

	return name && len && len <= POLICY_NAME_MAX && !memchr(name, '\0', len) &&
	       named_key(row, ret);
}

/* ---- what is read of it ---- */

static int read_row(const void *arg, const json_t *json, void **ret)
{
	struct policy_row *row;
	int r = policy_row_read(arg, json, &row);

	*ret = row;
	return r;
}

static bool same_rows(const void *a, const void *b)
{
	return policy_row_equal(a, b);
}

static void free_row(void *row)
{
	policy_row_free(row);
}

static const struct row_reader port_reader = {
	read_row, same_rows, free_row, &object_kinds[OBJECT_PORT],
};

static const struct row_reader switch_reader = {
	read_row, same_rows, free_row, &object_kinds[OBJECT_SWITCH],
};

static const struct row_reader qos_reader = {
	read_row, same_rows, free_row, &object_kinds[OBJECT_QOS],
};

static const struct row_reader mirror_reader = {
	read_row, same_rows, free_row, &object_kinds[OBJECT_MIRROR],
};

static const struct row_reader exporter_reader = {
	read_row, same_rows, free_row, &object_kinds[OBJECT_EXPORTER],
};

static const struct row_reader vm_reader = {
	read_row, same_rows, free_row, &object_kinds[OBJECT_VM],
};

static const struct row_reader interface_reader = {
	read_row, same_rows, free_row, &object_kinds[OBJECT_INTERFACE],
};

static const struct row_reader uplink_reader = {
	read_row, same_rows, free_row, &object_kinds[OBJECT_UPLINK],
};

static const struct row_reader network_reader = {
	read_row, same_rows, free_row, &object_kinds[OBJECT_NETWORK],
};

/* ---- what groups of VMs are made of ---- */

/* What a row that cannot be read whole locks its VM to is not known: as before. */
static int put_lock(struct policies *p, const struct row *row)
{
	const struct policy_row *port = row->derived;
	size_t size;
	const void *items = row_octets(port, "ip_lock", &size);
	const struct prefix_set set = {
		.items = (struct prefix *)items, .count = size / sizeof(*set.items), .normal = true,
	};

	if (port->problem)
		return 0;
	return address_locks_put(&p->acl.locks, row->key.octets, LOCK_OF_ROW(devid_of(row)), &set,
				 &p->acl.generation);
}

static void remove_lock(struct policies *p, const struct row *row)
{
	static const struct prefix_set none;

	address_locks_put(&p->acl.locks, row->key.octets, LOCK_OF_ROW(devid_of(row)), &none,
			  &p->acl.generation);
}

/* ---- the tables ---- */

#define TABLE(k, rows, limit, counter, of_key, ...) \
	{ .kind = OBJECT_##k, .table = offsetof(struct policies, rows), .max = limit, \
	  .generation = offsetof(struct policies, counter), .key = of_key, ##__VA_ARGS__ }

const struct policy_table policy_tables[POLICY_TABLES] = {
	TABLE(PORT, ports, POLICIES_PORTS_MAX, generation, port_key, .reader = &port_reader,
	      .put = put_lock, .remove = remove_lock),
	TABLE(SWITCH, switches, POLICIES_SWITCHES_MAX, switch_generation, switch_key,
	      .reader = &switch_reader),
	TABLE(QOS, qos, POLICIES_QOS_MAX, generation, shown_key, .reader = &qos_reader,
	      .optional = true),
	TABLE(MIRROR, mirrors, POLICIES_MIRRORS_MAX, mirror_generation, shown_key,
	      .reader = &mirror_reader, .optional = true),
	TABLE(EXPORTER, exporters, POLICIES_EXPORTERS_MAX, exporter_generation, shown_key,
	      .reader = &exporter_reader, .optional = true),
	TABLE(VM, vms, POLICIES_VMS_MAX, exporter_generation, vm_key, .reader = &vm_reader,
	      .optional = true),
	TABLE(INTERFACE, interfaces, POLICIES_PORTS_MAX, exporter_generation, port_key,
	      .reader = &interface_reader, .optional = true),
	/* What an uplink is made of is its switch's, too. */
	TABLE(UPLINK, uplinks, POLICIES_UPLINKS_MAX, switch_generation, switch_key,
	      .reader = &uplink_reader, .optional = true),
	TABLE(NETWORK, networks, POLICIES_NETWORKS_MAX, network_generation, shown_key,
	      .reader = &network_reader, .optional = true),
	TABLE(ACL, acl.acls, POLICIES_ACLS_MAX, acl.generation, named_key, .optional = true),
	TABLE(RULE, acl.rules, POLICIES_RULES_MAX, acl.generation, named_key, .optional = true),
	TABLE(GROUP, acl.groups, POLICIES_GROUPS_MAX, acl.generation, named_key, .optional = true),
};

static const struct policy_table *table_of(enum object_kind kind)
{
	const struct policy_table *t = policy_tables;

	while (t->kind != kind)
		t++;
	return t;
}

static struct row_table *rows_of(struct policies *p, const struct policy_table *t)
{
	return (struct row_table *)((char *)p + t->table);
}

static uint64_t *generation_of(struct policies *p, const struct policy_table *t)
{
	return (uint64_t *)((char *)p + t->generation);
}

int policies_put(struct policies *p, enum object_kind kind, const json_t *row)
{
	const struct policy_table *t = table_of(kind);
	struct row_key key;
	int r;

	if (!json_is_object(row) || !t->key(row, &key))
		return -EINVAL;
	r = row_table_put(rows_of(p, t), &key, row, t->max, t->reader, generation_of(p, t));
	return r == 0 && t->put ? t->put(p, row_table_get(rows_of(p, t), &key)) : r;
}

void policies_remove(struct policies *p, enum object_kind kind, const json_t *row)
{
	const struct policy_table *t = table_of(kind);
	struct row_key key;
	uint8_t uuid[16] = {};
	struct row *its = t->key(row, &key) ? row_table_get(rows_of(p, t), &key) : NULL;

	column_uuid(json_object_get(row, "_uuid"), uuid);
	if (!its || memcmp(its->uuid, uuid, sizeof(uuid)) != 0)
		return;
	if (t->remove)
		t->remove(p, its);
	row_table_remove(rows_of(p, t), its, generation_of(p, t));
}

void policies_mark(struct policies *p)
{
	for (size_t i = 0; i < POLICY_TABLES; i++)
		row_table_mark(rows_of(p, &policy_tables[i]));
}

void policies_sweep(struct policies *p)
{
	for (size_t i = 0; i < POLICY_TABLES; i++) {
		const struct policy_table *t = &policy_tables[i];
		const struct row *row;

		map_chain_for_each(&rows_of(p, t)->by_key, k, row)
			if (t->remove && !row->seen)
				t->remove(p, row);
		row_table_sweep(rows_of(p, t), generation_of(p, t));
	}
}

void policies_deinit(struct policies *p)
{
	policies_mark(p);
	policies_sweep(p);
	for (size_t i = 0; i < POLICY_TABLES; i++)
		row_table_deinit(rows_of(p, &policy_tables[i]));
	address_locks_deinit(&p->acl.locks);
}

/* ---- what they say ---- */

static const struct policy_row *qos_of(const struct policies *p, const struct policy_row *port,
				       uint64_t *generation)
{
	const uint8_t *uuid = row_octets(port, "qos", NULL);
	const struct row *row = uuid ? row_table_find(&p->qos, uuid) : NULL;
	uint64_t its = row ? row->generation : p->qos.gone;

	/* Generations come from one counter: the later one changes with either. */
	if (uuid && its > *generation)
		*generation = its;
	return row ? row->derived : NULL;
}

const struct policy_row *policies_find(const struct policies *p, const uint8_t vm[16],
				       uint32_t devid, const struct policy_row **ret_qos,
				       uint64_t *ret_generation)
{
	struct row_key key;
	const struct row *row;

	identity_key(vm, devid, &key);
	row = row_table_get(&p->ports, &key);
	*ret_generation = row ? row->generation : 0;
	*ret_qos = row ? qos_of(p, row->derived, ret_generation) : NULL;
	return row ? row->derived : NULL;
}

static const struct policy_row *derived(const struct row_table *table, const struct row_key *key)
{
	const struct row *row = row_table_get(table, key);

	return row ? row->derived : NULL;
}

const struct policy_row *policies_interface(const struct policies *p, const uint8_t vm[16],
					    uint32_t devid)
{
	struct row_key key;

	identity_key(vm, devid, &key);
	return derived(&p->interfaces, &key);
}

const struct policy_row *policies_vm(const struct policies *p, const uint8_t vm[16])
{
	struct row_key key;

	row_key_of_uuid(vm, &key);
	return derived(&p->vms, &key);
}

const struct policy_row *policies_uplink(const struct policies *p, const char *name)
{
	struct row_key key = {};
	const struct row *row;

	memccpy(key.octets, name, '\0', IFNAMSIZ);
	row = row_table_get(&p->uplinks, &key);
	return row ? row->derived : NULL;
}

static int compare_names(const void *a, const void *b)
{
	const struct policy_row *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

size_t policies_switches(const struct policies *p,
			 const struct policy_row *ret[POLICIES_SWITCHES_MAX])
{
	const struct row *row;
	size_t n = 0;

	map_chain_for_each(&p->switches.by_key, i, row)
		ret[n++] = row->derived;
	if (n)
		qsort(ret, n, sizeof(*ret), compare_names);
	return n;
}
