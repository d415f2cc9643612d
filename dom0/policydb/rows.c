// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/column.h"
#include "base/netdev-name.h"
#include "policy/model.h"
#include "policydb/rows.h"

struct entry {
	struct port_policy policy;
	uint64_t generation;
	struct entry *next;	/* of the same hash */
	bool seen;
};

static bool is_of(const struct entry *e, const uint8_t vm[16], uint32_t devid)
{
	return e->policy.devid == devid && memcmp(e->policy.vm, vm, 16) == 0;
}

static struct entry *find(const struct policies *p, const uint8_t vm[16], uint32_t devid)
{
	struct entry *e = map_get(&p->ports, map_identity_key(vm, devid));

	while (e && !is_of(e, vm, devid))
		e = e->next;
	return e;
}

const struct port_policy *policies_find(const struct policies *p, const uint8_t vm[16],
					uint32_t devid, const struct qos_policy **ret_qos,
					uint64_t *ret_generation)
{
	const struct entry *e = find(p, vm, devid);
	uint64_t qos_generation;

	*ret_generation = e ? e->generation : 0;
	*ret_qos = NULL;
	if (!e)
		return NULL;
	if (e->policy.has_qos) {
		*ret_qos = qos_rows_find(&p->qos, e->policy.qos, &qos_generation);
		/* Generations come from one counter: the later one changes with either. */
		if (qos_generation > *ret_generation)
			*ret_generation = qos_generation;
	}
	return &e->policy;
}

int policies_put_qos(struct policies *p, const json_t *row)
{
	return qos_rows_put(&p->qos, row, &p->generation);
}

void policies_remove_qos(struct policies *p, const uint8_t row[16])
{
	qos_rows_remove(&p->qos, row, &p->generation);
}

static struct entry *add(struct policies *p, const uint8_t vm[16], uint32_t devid)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	if (map_chain_add(&p->ports, map_identity_key(vm, devid), e) < 0) {
		free(e);
		return NULL;
	}
	p->port_count++;
	return e;
}

int policies_put_port(struct policies *p, const json_t *row)
{
	_cleanup_(port_policy_deinit) struct port_policy policy = {};
	struct entry *e;
	int r = port_policy_parse(row, &policy);

	if (r < 0)
		return r;
	e = find(p, policy.vm, policy.devid);
	if (!e)
		e = add(p, policy.vm, policy.devid);
	if (!e)
		return -ENOMEM;
	e->seen = true;
	memcpy(e->policy.row, policy.row, 16);
	/* What a row that cannot be read whole locks its VM to is not known: as before. */
	if (!policy.problem)
		r = address_locks_put(&p->acl.locks, policy.vm, LOCK_OF_ROW(policy.devid),
				      &policy.ip_lock, &p->acl.generation);
	if (r < 0)
		return r;
	if (e->generation && port_policy_equal(&e->policy, &policy))
		return 0;
	port_policy_deinit(&e->policy);
	e->policy = policy;
	policy = (struct port_policy){};
	e->generation = ++p->generation;
	return 0;
}

static void remove_port(struct policies *p, struct entry *e)
{
	static const struct prefix_set none;

	address_locks_put(&p->acl.locks, e->policy.vm, LOCK_OF_ROW(e->policy.devid), &none,
			  &p->acl.generation);
	map_chain_remove(&p->ports, map_identity_key(e->policy.vm, e->policy.devid), e);
	port_policy_deinit(&e->policy);
	free(e);
	p->port_count--;
}

void policies_remove_port(struct policies *p, const uint8_t vm[16], uint32_t devid,
			  const uint8_t row[16])
{
	struct entry *e = find(p, vm, devid);

	if (e && memcmp(e->policy.row, row, 16) == 0)
		remove_port(p, e);
}

int policies_put_acl(struct policies *p, const json_t *row)
{
	return row_table_put(&p->acl.acls, row, POLICIES_ACLS_MAX, &p->acl.generation);
}

int policies_put_rule(struct policies *p, const json_t *row)
{
	return row_table_put(&p->acl.rules, row, POLICIES_RULES_MAX, &p->acl.generation);
}

int policies_put_group(struct policies *p, const json_t *row)
{
	return row_table_put(&p->acl.groups, row, POLICIES_GROUPS_MAX, &p->acl.generation);
}

static void switch_deinit(struct switch_policy *sw)
{
	free(sw->uplinks);
	free(sw->problem);
	*sw = (struct switch_policy){};
}

static int switch_problem(struct switch_policy *sw, const char *column, const json_t *value,
			  const char *accepted)
{
	struct problem problem;
	char text[72];

	if (sw->problem)
		return 0;
	column_print(value, text, sizeof(text));
	problem_set(&problem, "%s=%s: %s", column, text, accepted);
	sw->problem = strdup(problem.text);
	return sw->problem ? 0 : -ENOMEM;
}

static int read_uplinks(struct switch_policy *sw, const json_t *value)
{
	size_t n = column_size(value);

	sw->uplinks = calloc(SWITCH_UPLINKS_MAX, sizeof(*sw->uplinks));
	if (!sw->uplinks)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const json_t *atom = column_at(value, i);
		size_t len;
		const char *name = column_string(atom, &len);
		int r = 0;

		if (!name || sw->uplink_count == SWITCH_UPLINKS_MAX ||
		    !netdev_name_copy(sw->uplinks[sw->uplink_count], name, len))
			r = switch_problem(sw, "uplinks", atom, "must be at most 64 names of netdevs");
		else
			sw->uplink_count++;
		if (r < 0)
			return r;
	}
	return 0;
}

/* *@ret stays as it is if the column is empty. */
static int read_number(struct switch_policy *sw, const json_t *row, const char *column,
		       int64_t min, int64_t max, const char *accepted, int64_t *ret)
{
	const json_t *value = json_object_get(row, column);

	if (column_size(value) == 0 || column_integer_in(value, min, max, ret))
		return 0;
	return switch_problem(sw, column, value, accepted);
}

static int switch_parse(const json_t *row, struct switch_policy *ret)
{
	_cleanup_(switch_deinit) struct switch_policy sw = {};
	const json_t *uplinks = json_object_get(row, "uplinks");
	const json_t *options = json_object_get(row, "options");
	size_t len;
	const char *name = column_string(json_object_get(row, "name"), &len);
	int64_t mtu = 0, ageing_s = 0, uplink_rate = 0;
	int r = 0;

	if (!name || !netdev_name_copy(sw.name, name, len))
		return -EINVAL;
	column_uuid(json_object_get(row, "_uuid"), sw.row);
	if (column_size(uplinks))
		r = read_uplinks(&sw, uplinks);
	if (r == 0)
		r = read_number(&sw, row, "mtu", VIF_MTU_MIN, VIF_MTU_MAX, "must be 68 to 65535",
				&mtu);
	if (r == 0)
		r = read_number(&sw, row, "ageing_s", 1, 86400, "must be 1 to 86400 seconds",
				&ageing_s);
	if (r == 0)
		r = read_number(&sw, row, "uplink_rate", VIFSWITCH_RATE_MIN_BPS,
				VIFSWITCH_RATE_MAX_BPS,
				"must be 8000 to 1000000000000 bits per second", &uplink_rate);
	if (r == 0 && column_size(options))
		r = switch_problem(&sw, "options", json_array_get(json_array_get(
				   json_array_get(options, 1), 0), 0),
				   "not known to this version; it has no options");
	if (r < 0)
		return r;
	sw.mtu = mtu;
	sw.ageing_s = ageing_s;
	sw.uplink_rate = uplink_rate;
	*ret = sw;
	sw = (struct switch_policy){};
	return 0;
}

static bool switch_equal(const struct switch_policy *a, const struct switch_policy *b)
{
	return a->uplink_count == b->uplink_count && a->mtu == b->mtu &&
	       a->ageing_s == b->ageing_s && a->uplink_rate == b->uplink_rate &&
	       !a->problem == !b->problem &&
	       (!a->problem || strcmp(a->problem, b->problem) == 0) &&
	       (!a->uplink_count || memcmp(a->uplinks, b->uplinks,
					   a->uplink_count * sizeof(*a->uplinks)) == 0);
}

/* Where @name is, or belongs. */
static size_t switch_place(const struct policies *p, const char *name)
{
	size_t i = 0;

	while (i < p->switch_count && strcmp(p->switches[i].name, name) < 0)
		i++;
	return i;
}

int policies_put_switch(struct policies *p, const json_t *row)
{
	_cleanup_(switch_deinit) struct switch_policy sw = {};
	struct switch_policy *at;
	size_t i;
	int r = switch_parse(row, &sw);

	if (r < 0)
		return r;
	i = switch_place(p, sw.name);
	if (i < p->switch_count && strcmp(p->switches[i].name, sw.name) == 0) {
		at = &p->switches[i];
		at->seen = true;
		memcpy(at->row, sw.row, 16);
		if (switch_equal(at, &sw))
			return 0;
		switch_deinit(at);
	} else {
		if (p->switch_count == POLICIES_SWITCHES_MAX)
			return -ENOSPC;
		at = realloc(p->switches, (p->switch_count + 1) * sizeof(*at));
		if (!at)
			return -ENOMEM;
		p->switches = at;
		at += i;
		memmove(at + 1, at, (p->switch_count - i) * sizeof(*at));
		p->switch_count++;
	}
	*at = sw;
	at->seen = true;
	sw = (struct switch_policy){};
	p->switch_generation++;
	return 0;
}

static void remove_switch(struct policies *p, size_t i)
{
	switch_deinit(&p->switches[i]);
	p->switch_count--;
	memmove(&p->switches[i], &p->switches[i + 1],
		(p->switch_count - i) * sizeof(*p->switches));
	p->switch_generation++;
}

void policies_remove_switch(struct policies *p, const char *name, const uint8_t row[16])
{
	size_t i = switch_place(p, name);

	if (i < p->switch_count && strcmp(p->switches[i].name, name) == 0 &&
	    memcmp(p->switches[i].row, row, 16) == 0)
		remove_switch(p, i);
}

void policies_mark(struct policies *p)
{
	struct entry *e;

	map_chain_for_each(&p->ports, i, e)
		e->seen = false;
	for (size_t i = 0; i < p->switch_count; i++)
		p->switches[i].seen = false;
	qos_rows_mark(&p->qos);
	acl_policies_mark(&p->acl);
}

static bool drop_unseen(void *owner, void *value)
{
	struct entry *e = value;

	if (e->seen)
		return false;
	remove_port(owner, e);
	return true;
}

void policies_sweep(struct policies *p)
{
	map_chain_sweep(&p->ports, struct entry, drop_unseen, p);
	for (size_t i = p->switch_count; i-- > 0;) {
		if (!p->switches[i].seen)
			remove_switch(p, i);
	}
	qos_rows_sweep(&p->qos, &p->generation);
	acl_policies_sweep(&p->acl);
}

void policies_deinit(struct policies *p)
{
	policies_mark(p);
	policies_sweep(p);
	free(p->switches);
	p->switches = NULL;
	map_deinit(&p->ports);
	qos_rows_deinit(&p->qos);
	acl_policies_deinit(&p->acl);
}
