// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <linux/if_bonding.h>
#include <string.h>

#include "base/mem.h"
#include "policy/uplink-shape.h"
#include "policy/vif-fields.h"
#include "policy/words.h"
#include "uplink/uplink-settings.h"

struct sources {
	const struct policy_row *row, *file;
};

static const struct policy_row *of(const struct sources *s, const char *column)
{
	return row_given(s->row, column) ? s->row : s->file;
}

static bool given(const char *column, const void *arg)
{
	return row_given(of(arg, column), column);
}

static uint64_t number(const char *column, uint64_t otherwise, const void *arg)
{
	return row_number(of(arg, column), column, otherwise);
}

static void read_mode(const struct sources *s, struct link_bond *ret)
{
	bool tcp = number("bond_mode", BOND_WORD_ACTIVE_BACKUP, s) == BOND_WORD_BALANCE_TCP;
	uint64_t lacp = number("lacp", LACP_WORD_ACTIVE, s);

	ret->mode = !tcp ? BOND_MODE_ACTIVEBACKUP :
		    lacp == LACP_WORD_OFF ? BOND_MODE_XOR : BOND_MODE_8023AD;
	ret->hash = tcp ? BOND_XMIT_POLICY_LAYER34 : BOND_XMIT_POLICY_LAYER2;
	ret->lacp_active = lacp == LACP_WORD_ACTIVE;
	ret->lacp_rate = (uint8_t)number("lacp_time", 0, s);
}

static struct bond *read_bond(const struct sources *s, const char *name)
{
	size_t size;
	const char (*members)[IFNAMSIZ] =
		row_octets(of(s, "members"), "members", &size);
	const char *primary = row_octets(of(s, "primary"), "primary", NULL);
	struct bond *b = xzalloc(sizeof(*b));

	strcpy(b->name, name);
	b->count = size / IFNAMSIZ;
	memcpy(b->members, members, size);
	if (primary)
		strcpy(b->primary, primary);
	read_mode(s, &b->options);
	b->options.miimon = (uint32_t)number("bond_miimon", UPLINK_MIIMON_DEFAULT, s);
	b->options.updelay = (uint32_t)number("bond_updelay", 0, s);
	b->options.downdelay = (uint32_t)number("bond_downdelay", 0, s);
	bond_finish(b);
	return b;
}

/* A row that was set and emptied again says so, with none. */
static bool has_members(const struct sources *s)
{
	size_t size;

	row_octets(of(s, "members"), "members", &size);
	return size;
}

static int check(const struct sources *s, const char *name, struct problem *problem)
{
	const struct uplink_shape shape = { given, number, s };
	const char (*members)[IFNAMSIZ];
	const char *primary = row_octets(of(s, "primary"), "primary", NULL);
	bool found = !primary;
	size_t size;

	if (s->row && s->row->problem)
		return problem_set(problem, "%s", s->row->problem);
	members = row_octets(of(s, "members"), "members", &size);
	for (size_t i = 0; i < size / IFNAMSIZ; i++) {
		if (strcmp(members[i], name) == 0)
			return problem_set(problem, "members=%s: a bond is no member of itself", name);
		found |= primary && strcmp(members[i], primary) == 0;
	}
	if (!found)
		return problem_set(problem, "primary=%s: must be one of members", primary);
	return uplink_shape_check(&shape, problem);
}

/* The policy of the file, but for what the row says. */
static int read_policy(const struct sources *s, const struct port_policy *policy,
		       struct port_policy **ret, struct problem *problem)
{
	struct vlans vlans;
	int r = row_has_vlans(s->row) ? row_vlans(s->row, &vlans, problem) : 0;

	if (r < 0)
		return r;
	*ret = row_has_vlans(s->row) ? port_policy_of_uplink(&vlans) : port_policy_copy(policy);
	if (number("transit", 0, s))
		(*ret)->header.flags &= ~VIFSWITCH_PF_ISOLATED;
	return 0;
}

int uplink_settings_read(const char *name, const struct policy_row *row,
			 const struct policy_row *file, const struct port_policy *policy,
			 struct uplink_settings *ret, struct problem *problem)
{
	const struct sources s = { row, file };
	int r = check(&s, name, problem);

	*ret = (struct uplink_settings){};
	if (r == 0)
		r = read_policy(&s, policy, &ret->policy, problem);
	if (r < 0) {
		ret->policy = port_policy_copy(policy);
		return r;
	}
	ret->rate = number("rate", 0, &s);
	if (has_members(&s))
		ret->bond = read_bond(&s, name);
	return 0;
}
