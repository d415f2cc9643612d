// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "policy/fields.h"
#include "policy/merge.h"
#include "vf/vf-settings.h"

#define MBPS	1000000ULL

static const char *const of_port[] = {
	"vf", "switch", "vlan", "state", "guard", "mac-lock", "allow", "qos", "rate-from-vm", NULL,
};
static const char *const of_qos[] = { "rate-from-vm", "pcp", NULL };

static bool listed(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

static bool field_given(const struct policy_row *row, const struct field *f)
{
	field_for_each_column(f, column)
		if (row_given(row, column->name))
			return true;
	return false;
}

static int check_fields(const struct kind *kind, const struct policy_row *row,
			const char *const *can, struct problem *problem)
{
	kind_for_each_field(kind, f)
		if (!f->kept && !listed(can, f->name) && field_given(row, f))
			return problem_set(problem, "%s: a virtual function cannot be held to it; its NIC's driver knows vlan, mac-lock and rate-from-vm",
					   f->name);
	return 0;
}

/* Its frames pass no switch of ours; but the policy must not be meant for another network. */
static int check_switch(const struct policy_row *port, const char *nic, const char *sw,
			struct problem *problem)
{
	const char *wanted = row_octets(port, "switch", NULL);

	if (!wanted || (sw && strcmp(sw, wanted) == 0))
		return 0;
	return problem_set(problem, "switch=%s: the virtual function is %s's, which is no uplink of that switch",
			   wanted, nic);
}

static int take_mac(const struct policy_row *port, struct vf_settings *to, struct problem *problem)
{
	size_t size = 0;
	const void *macs = row_octets(port, "mac_lock", &size);

	if (size != sizeof(to->mac))
		return problem_set(problem, "mac-lock: a virtual function has one MAC address, which its Port names; %s",
				   size ? "there are several" : "there is none");
	memcpy(to->mac, macs, size);
	return 0;
}

/* One VLAN, or all of them as the VM tags them. */
static int take_vlans(const struct vlans *vlans, struct vf_settings *to, struct problem *problem)
{
	struct vlans all;

	vlans_init(&all);
	for (unsigned int vid = 1; vid <= VIFSWITCH_VID_MAX; vid++)
		vlan_bit_set(all.allowed, vid);
	vlans_set_native(&all, 0);
	to->vlan = 0;
	if (vlans_is_access(vlans) && vlans->pvid)
		to->vlan = vlans->pvid;
	else if (!vlans_same_sets(vlans, &all))
		return problem_set(problem, "vlan: a virtual function is in one VLAN (1-%d) or in all (vlan=native-untagged:0); %s cannot be kept",
				   VIFSWITCH_VID_MAX, vlans_is_access(vlans) ?
				   "the untagged network alone" : "part of them");
	return 0;
}

/* No driver keeps a VM from these. */
static int check_allowed(uint32_t flags, struct problem *problem)
{
	char missing[96] = "";

	for (const struct word *w = allow_words; w->word; w++) {
		size_t at = strlen(missing);

		if (!(flags & w->value))
			snprintf(missing + at, sizeof(missing) - at, "%s%s", at ? "," : "", w->word);
	}
	return !*missing ? 0 :
	       problem_set(problem, "allow: a virtual function cannot be kept from %s; allow must list it", missing);
}

static int take_policy(const struct vif_policy *policy, struct vf_settings *to,
		       struct problem *problem)
{
	const struct vifswitch_program *h = &policy->program.header;
	int r = take_vlans(&policy->program.vlans, to, problem);

	if (r == 0)
		r = check_allowed(h->flags, problem);
	if (r < 0)
		return r;
	if (h->rate_bps % MBPS || h->rate_bps / MBPS > VF_MBPS_MAX)
		return problem_set(problem, "rate-from-vm: a virtual function's is whole Mbit/s, at most %d", VF_MBPS_MAX);
	to->mbps = h->rate_bps / MBPS;
	to->pcp = to->vlan && h->pcp != VIFSWITCH_MARK_KEEP ? h->pcp : 0;
	if (h->pcp != VIFSWITCH_MARK_KEEP && h->pcp && !to->vlan)
		return problem_set(problem, "pcp: a virtual function's is part of the tag of its one VLAN");
	to->checked = h->flags & VIFSWITCH_PF_GUARD;
	to->open = !policy->closed;
	return 0;
}

int vf_settings_make(const struct policy_row *port, const struct policy_row *qos,
		     const char *nic, const char *sw, struct vf_settings *ret,
		     struct problem *problem)
{
	char name[1][IFNAMSIZ] = {};
	struct vf_settings to = {};
	struct vif_policy policy;
	/* Where it is plugged in is the NIC; the row may say so by its switch. */
	const struct vif_keys keys = { .bridge = name[0] };
	const struct switch_names known = { .names = (const char (*)[IFNAMSIZ])name, .count = 1 };
	int r;

	snprintf(name[0], sizeof(name[0]), "%s", nic);
	r = check_fields(&object_kinds[OBJECT_PORT], port, of_port, problem);
	if (r == 0)
		r = check_fields(&object_kinds[OBJECT_QOS], qos, of_qos, problem);
	if (r == 0)
		r = check_switch(port, nic, sw, problem);
	if (r == 0 && row_number(port, "guard", GUARD_MODE_NONE) == GUARD_MODE_MAC_IP)
		r = problem_set(problem, "guard=mac+ip: a virtual function is held to its MAC address at most");
	if (r == 0)
		r = take_mac(port, &to, problem);
	if (r == 0)
		r = vif_policy_merge(&keys, port, qos, &known, &policy, problem);
	if (r == 0)
		r = take_policy(&policy, &to, problem);
	if (r == 0)
		*ret = to;
	return r;
}
