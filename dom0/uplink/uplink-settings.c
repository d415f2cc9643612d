// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <linux/if_bonding.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/number.h"
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

/* The first octet; NULL if there is none. */
static const void *text(const char *column, const struct sources *s)
{
	size_t size;
	const void *octets = row_octets(of(s, column), column, &size);

	return size ? octets : NULL;
}

/* A row that was set and emptied again says so, with none. */
static bool has_members(const struct sources *s)
{
	size_t size;

	row_octets(of(s, "members"), "members", &size);
	return size;
}

static bool is_slb(const struct sources *s)
{
	return number("bond_mode", BOND_WORD_ACTIVE_BACKUP, s) == BOND_WORD_BALANCE_SLB;
}

static void read_mode(const struct sources *s, struct link_bond *ret)
{
	bool tcp = number("bond_mode", BOND_WORD_ACTIVE_BACKUP, s) == BOND_WORD_BALANCE_TCP;
	uint64_t lacp = number("lacp", LACP_WORD_ACTIVE, s);
	const void *id;
	size_t size;

	ret->mode = !tcp ? BOND_MODE_ACTIVEBACKUP :
		    lacp == LACP_WORD_OFF ? BOND_MODE_XOR : BOND_MODE_8023AD;
	ret->hash = tcp ? BOND_XMIT_POLICY_LAYER34 : BOND_XMIT_POLICY_LAYER2;
	ret->lacp_active = lacp == LACP_WORD_ACTIVE;
	ret->lacp_rate = (uint8_t)number("lacp_time", 0, s);
	ret->system_priority = (uint16_t)number("lacp_system_priority", LACP_SYSTEM_DEFAULT, s);
	ret->user_key = (uint16_t)number("lacp_aggregation_key", 0, s);
	id = row_octets(of(s, "lacp_system_id"), "lacp_system_id", &size);
	if (size == sizeof(ret->system_id))
		memcpy(ret->system_id, id, size);
}

/* The next of "KEY\0VALUE\0"...; NULL at the end. */
static const char *next_pair(const char *at, const char *end, const char **ret_key,
			     const char **ret_value)
{
	if (at == end)
		return NULL;
	*ret_key = at;
	*ret_value = at + strlen(at) + 1;
	return *ret_value + strlen(*ret_value) + 1;
}

/* Of members by their names; @ret may be NULL. */
static int read_priorities(const struct sources *s, struct bond *ret, struct problem *problem)
{
	size_t size, members_size;
	const char *at = row_octets(of(s, "lacp_port_priority"), "lacp_port_priority", &size);
	const char (*members)[IFNAMSIZ] = row_octets(of(s, "members"), "members", &members_size);
	const char *end = at + size, *key, *value;

	while ((at = next_pair(at, end, &key, &value))) {
		uint64_t priority;
		size_t i = 0;

		while (i < members_size / IFNAMSIZ && strcmp(members[i], key) != 0)
			i++;
		if (i == members_size / IFNAMSIZ)
			return problem_set(problem, "lacp-port-priority=%s: must be one of members", key);
		if (!number_parse(value, strlen(value), 0, LACP_PRIORITY_MAX, &priority))
			return problem_set(problem, "lacp-port-priority=%s=%s: must be a number, 0 to %d",
					   key, value, LACP_PRIORITY_MAX);
		if (ret)
			ret->priority[i] = (uint16_t)priority;
	}
	return 0;
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
	b->slb = is_slb(s);
	b->fallback = number("lacp_fallback", true, s);
	for (size_t i = 0; i < b->count; i++)
		b->priority[i] = LACP_PORT_DEFAULT;
	read_priorities(s, b, &(struct problem){});
	b->options.miimon = (uint32_t)number("bond_miimon", UPLINK_MIIMON_DEFAULT, s);
	b->options.updelay = (uint32_t)number("bond_updelay", 0, s);
	b->options.downdelay = (uint32_t)number("bond_downdelay", 0, s);
	bond_finish(b);
	return b;
}

/* What a VM alone has, and what an uplink alone can have. */
static int check_tap(const struct sources *s, struct problem *problem)
{
	static const char *const rates[] = {
		"rate_from_vm", "burst_from_vm", "packets_from_vm", "rate_to_vm",
	};
	bool tap = text("vm_macs", s);

	if (tap && (has_members(s) || number("transit", 0, s)))
		return problem_set(problem, "vm-macs: not with %s", has_members(s) ? "members" : "transit");
	for (size_t i = 0; !tap && i < ARRAY_SIZE(rates); i++)
		if (given(rates[i], s))
			return problem_set(problem, "%s: only with vm-macs", rates[i]);
	return 0;
}

static int check_cable(const struct sources *s, const char *name, struct problem *problem)
{
	const char *dom0 = text("dom0_device", s);

	if (!dom0 && (text("dom0_mac", s) || given("dom0_mtu", s)))
		return problem_set(problem, "dom0-mac, dom0-mtu: only with dom0-device");
	if (dom0 && strcmp(dom0, name) == 0)
		return problem_set(problem, "dom0-device=%s: the uplink itself is called so", name);
	if (dom0 && has_members(s))
		return problem_set(problem, "dom0-device: not with members");
	return 0;
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
	if (is_slb(s) && size / IFNAMSIZ > SLB_MEMBERS_MAX)
		return problem_set(problem, "members: balance-slb takes at most %d", SLB_MEMBERS_MAX);
	return read_priorities(s, NULL, problem) ?: check_tap(s, problem) ?:
	       check_cable(s, name, problem) ?: uplink_shape_check(&shape, problem);
}

/* As of a VIF. */
static int read_rates(const struct sources *s, struct port_policy *ret, struct problem *problem)
{
	static const struct vif_keys none;
	const struct merge m = { .keys = &none, .port = of(s, "burst_from_vm") };
	struct vif_policy vm = {};
	int r;

	vm.program.header.rate_bps = number("rate_from_vm", 0, s);
	vm.program.header.packet_rate = number("packets_from_vm", 0, s);
	r = merge_rate_from_vm(&m, &vm, problem) ?: merge_burst_from_vm(&m, &vm, problem) ?:
	    merge_packets_from_vm(&m, &vm, problem);
	if (r < 0)
		return r;
	ret->header.rate_bps = vm.program.header.rate_bps;
	ret->header.rate_burst = vm.program.header.rate_burst;
	ret->header.packet_rate = vm.program.header.packet_rate;
	ret->header.packet_burst = vm.program.header.packet_burst;
	return 0;
}

/* The policy of the file, but for what the row says. */
static int read_policy(const struct sources *s, const struct port_policy *policy,
		       struct port_policy **ret, struct problem *problem)
{
	struct port_policy *uplink;
	struct vlans vlans;
	const void *macs;
	size_t size;
	int r = row_has_vlans(s->row) ? row_vlans(s->row, &vlans, problem) : 0;

	if (r < 0)
		return r;
	*ret = row_has_vlans(s->row) ? port_policy_of_uplink(&vlans) : port_policy_copy(policy);
	if (has_members(s) && is_slb(s))
		(*ret)->header.flags |= VIFSWITCH_PF_SLB;
	if (number("transit", 0, s))
		(*ret)->header.flags &= ~VIFSWITCH_PF_ISOLATED;
	(*ret)->header.flags |= (uint32_t)number("multicast_router", 0, s);
	macs = row_octets(of(s, "vm_macs"), "vm_macs", &size);
	if (size) {
		uplink = *ret;
		*ret = port_policy_of_tap(uplink, macs, size / 6);
		free(uplink);
		r = read_rates(s, *ret, problem);
	}
	return r;
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
		free(ret->policy);
		ret->policy = port_policy_copy(policy);
		return r;
	}
	ret->rate = number("rate", 0, &s);
	ret->to_bps = number("rate_to_vm", 0, &s);
	if (has_members(&s))
		ret->bond = read_bond(&s, name);
	if (given("dom0_device", &s))
		ret->cable = cable_new(name, text("dom0_device", &s), text("dom0_mac", &s),
				       (uint32_t)number("dom0_mtu", 0, &s));
	return 0;
}

void uplink_settings_deinit(struct uplink_settings *settings)
{
	free(settings->policy);
	free(settings->bond);
	free(settings->cable);
}
