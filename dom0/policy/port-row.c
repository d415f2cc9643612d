// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/column.h"
#include "base/mac.h"
#include "base/netdev-name.h"
#include "policy/model.h"
#include "policy/port-row.h"


static int read_switch(const json_t *value, struct port_policy *p, struct problem *problem)
{
	size_t len;
	const char *name = column_string(value, &len);

	if (!name || !netdev_name_copy(p->sw, name, len))
		return column_bad(problem, "switch", value, "the name of a switch, at most 15 characters");
	return 0;
}

static int read_vlan_mode(const json_t *value, struct port_policy *p, struct problem *problem)
{
	static const char *const words[] = { "access", "trunk", "native-tagged", "native-untagged",
					     NULL };
	int mode = column_word(value, words);

	if (mode < 0)
		return column_bad(problem, "vlan_mode", value,
			   "access, trunk, native-tagged or native-untagged");
	p->vlan_mode = VLAN_MODE_ACCESS + mode;
	return 0;
}

static int read_tag(const json_t *value, struct port_policy *p, struct problem *problem)
{
	int64_t tag;

	if (!column_integer_in(value, 0, VIFSWITCH_VID_MAX, &tag))
		return column_bad(problem, "tag", value, "a VLAN in 0-4094");
	p->tag = tag;
	return 0;
}

static int read_trunks(const json_t *value, struct port_policy *p, struct problem *problem)
{
	size_t n = column_size(value);

	p->trunks = calloc(1, VIFSWITCH_VLAN_BITMAP_LEN);
	if (!p->trunks)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const json_t *atom = column_at(value, i);
		int64_t vid;

		if (!column_integer_in(atom, 0, VIFSWITCH_VID_MAX, &vid))
			return column_bad(problem, "trunks", atom, "VLANs in 0-4094");
		vlan_bit_set(p->trunks, vid);
	}
	return 0;
}

static int compare_macs(const void *a, const void *b)
{
	return memcmp(a, b, 6);
}

/* Sorted and each once, so that equal sets make equal programs. */
static int read_mac_lock(const json_t *value, struct port_policy *p, struct problem *problem)
{
	size_t n = column_size(value);
	unsigned int count = 0;

	if (n > VIFSWITCH_PROGRAM_MACS_MAX)
		return problem_set(problem, "mac_lock: %zu addresses; at most %d", n,
				   VIFSWITCH_PROGRAM_MACS_MAX);
	for (size_t i = 0; i < n; i++) {
		const json_t *atom = column_at(value, i);
		size_t len;
		const char *text = column_string(atom, &len);

		if (!text || !mac_parse(text, len, p->macs[i]) || !mac_is_station(p->macs[i]))
			return column_bad(problem, "mac_lock", atom,
				   "single addresses as 00:16:3e:01:02:03, no group address");
	}
	qsort(p->macs, n, 6, compare_macs);
	for (size_t i = 0; i < n; i++) {
		if (!count || memcmp(p->macs[count - 1], p->macs[i], 6) != 0)
			memmove(p->macs[count++], p->macs[i], 6);
	}
	memset(p->macs[count], 0, (VIFSWITCH_PROGRAM_MACS_MAX - count) * 6);
	p->mac_count = count;
	return 0;
}

static int not_enforced(const char *what, struct problem *problem)
{
	return problem_set(problem, "%s: not enforced by this version", what);
}

static int read_guard(const json_t *value, struct port_policy *p, struct problem *problem)
{
	static const char *const words[] = { "off", "mac", "mac+ip", NULL };
	int guard = column_word(value, words);

	if (guard < 0)
		return column_bad(problem, "guard", value, "off, mac or mac+ip");
	p->guard = GUARD_MODE_OFF + guard;
	return 0;
}

static int read_ip_lock(const json_t *value, struct port_policy *p, struct problem *problem)
{
	size_t n = column_size(value);

	for (size_t i = 0; i < n; i++) {
		const json_t *atom = column_at(value, i);
		size_t len;
		const char *text = column_string(atom, &len);
		struct problem inner;
		struct prefix prefix;
		int r;

		if (!text)
			return column_bad(problem, "ip_lock", atom, "an address or prefix, IPv4 or IPv6");
		if (prefix_parse(text, len, &prefix, &inner) < 0)
			return problem_set(problem, "ip_lock=%s", inner.text);
		r = prefix_set_add(&p->ip_lock, &prefix);
		if (r < 0)
			return r;
	}
	prefix_set_normalize(&p->ip_lock);
	return ip_lock_check(&p->ip_lock, "ip_lock", problem);
}

static int read_allow(const json_t *value, struct port_policy *p, struct problem *problem)
{
	static const char *const words[] = { "control", "stacked", "router-advertisement",
					     "dhcp-server", NULL };
	static const uint32_t flags[] = { VIFSWITCH_PF_CONTROL, VIFSWITCH_PF_STACKED,
					  VIFSWITCH_PF_ROUTER, VIFSWITCH_PF_DHCP_SERVER };
	size_t n = column_size(value);

	for (size_t i = 0; i < n; i++) {
		int word = column_word(column_at(value, i), words);

		if (word < 0)
			return column_bad(problem, "allow", column_at(value, i),
				   "router-advertisement, dhcp-server, control or stacked");
		p->allow |= flags[word];
	}
	return 0;
}

static int rate_of(const char *column, const json_t *value, uint64_t *ret, struct problem *problem)
{
	int64_t rate;

	if (!column_integer_in(value, VIFSWITCH_RATE_MIN_BPS, VIFSWITCH_RATE_MAX_BPS, &rate))
		return column_bad(problem, column, value, "8000 to 1000000000000 bits per second");
	*ret = rate;
	return 0;
}

static int burst_of(const char *column, const json_t *value, uint64_t *ret, struct problem *problem)
{
	int64_t bits;

	if (!column_integer_in(value, VIFSWITCH_BURST_MIN_BYTES * 8,
			       VIFSWITCH_BURST_MAX_BYTES * 8, &bits))
		return column_bad(problem, column, value, "12112 to 34359738360 bits");
	*ret = bits / 8;
	return 0;
}

static int read_rate_from(const json_t *value, struct port_policy *p, struct problem *problem)
{
	return rate_of("rate_from_vm", value, &p->rate_from_vm, problem);
}

static int read_burst_from(const json_t *value, struct port_policy *p, struct problem *problem)
{
	return burst_of("burst_from_vm", value, &p->burst_from_vm, problem);
}

static int read_rate_to(const json_t *value, struct port_policy *p, struct problem *problem)
{
	return rate_of("rate_to_vm", value, &p->rate_to_vm, problem);
}

static int read_burst_to(const json_t *value, struct port_policy *p, struct problem *problem)
{
	return burst_of("burst_to_vm", value, &p->burst_to_vm, problem);
}

static int read_packets(const json_t *value, struct port_policy *p, struct problem *problem)
{
	int64_t rate;

	if (!column_integer_in(value, VIFSWITCH_PPS_MIN, VIFSWITCH_PPS_MAX, &rate))
		return column_bad(problem, "packets_from_vm", value, "1 to 1000000000 per second");
	p->packets_from_vm = rate;
	return 0;
}

static int read_acl(const json_t *value, struct port_policy *p, struct problem *problem)
{
	if (!column_uuid(value, p->acl))
		return column_bad(problem, "acl", value, "an ACL, by UUID");
	p->has_acl = true;
	return 0;
}

static int read_connections(const json_t *value, struct port_policy *p, struct problem *problem)
{
	int64_t n;

	if (!column_integer_in(value, 1, VIFSWITCH_CONNECTIONS_MAX, &n))
		return column_bad(problem, "connections_max", value, "1 to 1000000");
	p->connections_max = n;
	return 0;
}

static int read_mtu(const json_t *value, struct port_policy *p, struct problem *problem)
{
	int64_t mtu;

	if (!column_integer_in(value, VIF_MTU_MIN, VIF_MTU_MAX, &mtu))
		return column_bad(problem, "mtu", value, "68 to 65535");
	p->mtu = mtu;
	return 0;
}

static int read_admin_state(const json_t *value, struct port_policy *p, struct problem *problem)
{
	static const char *const words[] = { "up", "down", NULL };
	int state = column_word(value, words);

	if (state < 0)
		return column_bad(problem, "admin_state", value, "up or down");
	p->down = state == 1;
	return 0;
}

static int read_qos(const json_t *value, struct port_policy *p, struct problem *problem)
{
	p->has_qos = column_uuid(value, p->qos);
	return p->has_qos ? 0 : column_bad(problem, "qos", value, "a row of table QoS");
}

/* A column without a function is not enforced; one that is not here is not known. */
static const struct {
	const char *name;
	int (*read)(const json_t *value, struct port_policy *p, struct problem *problem);
} columns[] = {
	{ "switch", read_switch },
	{ "vlan_mode", read_vlan_mode },
	{ "tag", read_tag },
	{ "trunks", read_trunks },
	{ "mac_lock", read_mac_lock },
	{ "guard", read_guard },
	{ "allow", read_allow },
	{ "ip_lock", read_ip_lock },
	{ "rate_from_vm", read_rate_from },
	{ "burst_from_vm", read_burst_from },
	{ "packets_from_vm", read_packets },
	{ "rate_to_vm", read_rate_to },
	{ "burst_to_vm", read_burst_to },
	{ "mtu", read_mtu },
	{ "admin_state", read_admin_state },
	{ "acl", read_acl },
	{ "qos", read_qos },
	{ "connections_max", read_connections },
};

/* The identity, and what is nobody's business here. */
static const char *const no_policy[] = {
	"vm", "devid", "vif_uuid", "external_ids", "_uuid", "_version", NULL,
};

static int read_column(const char *name, const json_t *value, struct port_policy *p,
		       struct problem *problem)
{
	if (column_is_one_of(name, no_policy))
		return 0;
	if (!column_is_value(value))
		return problem_set(problem, "%s: not a value of the database",
				   QUOTE(name, strlen(name)));
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		if (strcmp(columns[i].name, name) != 0)
			continue;
		if (column_size(value) == 0)
			return 0;
		return columns[i].read ? columns[i].read(value, p, problem) :
		       not_enforced(name, problem);
	}
	return column_is_default(value) ? 0 : not_enforced(QUOTE(name, strlen(name)), problem);
}

int port_policy_parse(const json_t *row, struct port_policy *ret)
{
	_cleanup_(port_policy_deinit) struct port_policy p = { .tag = VIFSWITCH_VID_NONE };
	struct problem problem;
	const char *name;
	json_t *value;
	int64_t devid;
	int r;

	if (!column_uuid(json_object_get(row, "vm"), p.vm) ||
	    !column_integer_in(json_object_get(row, "devid"), 0, DEVID_MAX, &devid))
		return -EINVAL;
	p.devid = devid;
	column_uuid(json_object_get(row, "_uuid"), p.row);
	json_object_foreach((json_t *)row, name, value) {
		r = read_column(name, value, &p, &problem);
		if (r == -ENOMEM)
			return r;
		if (r < 0) {
			p.problem = strdup(problem.text);
			if (!p.problem)
				return -ENOMEM;
			break;
		}
	}
	*ret = p;
	p.trunks = NULL;
	p.ip_lock = (struct prefix_set){};
	p.problem = NULL;
	return 0;
}

void port_policy_deinit(struct port_policy *p)
{
	free(p->trunks);
	free(p->problem);
	prefix_set_deinit(&p->ip_lock);
	p->trunks = NULL;
	p->problem = NULL;
}

static bool same_lock(const struct port_policy *a, const struct port_policy *b)
{
	return a->ip_lock.count == b->ip_lock.count &&
	       (!a->ip_lock.count || memcmp(a->ip_lock.items, b->ip_lock.items,
					    a->ip_lock.count * sizeof(*a->ip_lock.items)) == 0);
}

bool port_policy_equal(const struct port_policy *a, const struct port_policy *b)
{
	if (!a->trunks != !b->trunks || !a->problem != !b->problem)
		return false;
	if (a->problem && strcmp(a->problem, b->problem) != 0)
		return false;
	if (a->trunks && memcmp(a->trunks, b->trunks, VIFSWITCH_VLAN_BITMAP_LEN) != 0)
		return false;
	return memcmp(a->vm, b->vm, 16) == 0 && a->devid == b->devid &&
	       strcmp(a->sw, b->sw) == 0 && a->vlan_mode == b->vlan_mode && a->tag == b->tag &&
	       a->mac_count == b->mac_count && memcmp(a->macs, b->macs, sizeof(a->macs)) == 0 &&
	       a->has_qos == b->has_qos && memcmp(a->qos, b->qos, 16) == 0 &&
	       a->guard == b->guard && a->allow == b->allow && same_lock(a, b) &&
	       a->rate_to_vm == b->rate_to_vm && a->burst_to_vm == b->burst_to_vm &&
	       a->rate_from_vm == b->rate_from_vm && a->burst_from_vm == b->burst_from_vm &&
	       a->packets_from_vm == b->packets_from_vm && a->mtu == b->mtu && a->down == b->down &&
	       a->has_acl == b->has_acl && memcmp(a->acl, b->acl, 16) == 0 &&
	       a->connections_max == b->connections_max;
}
