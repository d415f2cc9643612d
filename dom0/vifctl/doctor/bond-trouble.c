// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/doctor/bond-trouble.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vifctl/view/text.h"

struct look {
	struct doctor *d;
	const json_t *uplink;
	const char *name;
};

static void tell(const struct look *l, bool wrong, const char *check, const char *subject,
		 char *text, char *command)
{
	find(l->d, wrong ? WARNING : HINT, check, subject, text, command);
}

/* Without a partner one member carries all, whatever the others are for. */
static void check_partner(const struct look *l)
{
	const json_t *lacp = json_object_get(l->uplink, "lacp");

	if (!json_is_object(lacp) || json_is_string(json_object_get(lacp, "partner")))
		return;
	if (json_is_false(json_object_get(lacp, "active"))) {
		tell(l, true, "lacp", l->name,
		     xprintf("no LACP partner answers, and this end is passive: of two such ends neither begins"),
		     xprintf("vifctl uplink set %s lacp=active --yes", l->name));
		return;
	}
	if (json_is_false(json_object_get(lacp, "fallback"))) {
		tell(l, true, "lacp", l->name,
		     xprintf("closed: no LACP partner answers, and fallback=false lets nothing pass then"),
		     xprintf("on the switch outside: one LACP group of these ports; to carry on meanwhile by "
			     "one member: vifctl uplink set %s fallback=", l->name));
		return;
	}
	tell(l, true, "lacp", l->name, xprintf("no LACP partner answers, so one member carries all"),
	     xprintf("on the switch outside: one LACP group of these ports; if it cannot: vifctl uplink "
		     "set %s bond-mode=active-backup lacp= lacp-time= --yes", l->name));
}

/* The others' ends speak LACP with us; this one's does not, or with others in mind. */
static void check_left_out(const struct look *l, const json_t *member)
{
	const char *name = get_text(member, "netdev");
	bool speaks = json_is_string(json_object_get(json_object_get(member, "lacp"), "partner"));

	/* Which partner each has is told below. */
	if (speaks)
		return;
	tell(l, true, "member", name, xprintf("member %s: LACP leaves it out: its end outside does not speak LACP", name),
	     xprintf("on the switch outside: the same LACP group for the ports of all members; to do without "
		     "it: vifctl uplink set %s members-=%s", l->name, name));
}

static void check_member(const struct look *l, const json_t *member)
{
	const char *name = get_text(member, "netdev");
	bool partner = json_is_string(json_object_get(json_object_get(l->uplink, "lacp"), "partner"));

	if (is(member, "state", "missing"))
		tell(l, false, "member", name, xprintf("member %s: there is no such network device here", name),
		     xprintf("ip link tells the names; if it is mistyped: vifctl uplink set %s members-=%s",
			     l->name, name));
	else if (is(member, "state", "down"))
		tell(l, true, "member", name, xprintf("member %s: its link is down", name),
		     xprintf("look at the cable and at its port of the switch outside; ethtool %s", name));
	else if (is(member, "state", "out") && !*get_text(member, "error"))
		tell(l, true, "member", name, xprintf("member %s: something took it out of the bond", name),
		     xprintf("systemctl restart vifswitchd"));
	else if (is(member, "state", "not-aggregated") && partner)
		check_left_out(l, member);
}

/* That of the first member is what the others are held against. */
static void check_like(const struct look *l, const json_t *first, const json_t *member)
{
	json_int_t speed = number(member, "speed_mbps"), all = number(first, "speed_mbps");
	json_int_t mtu = number(member, "mtu"), whole = number(l->uplink, "mtu");

	if (speed > 0 && all > 0 && speed != all)
		tell(l, !is(l->uplink, "bond_mode", "active-backup"), "speed", get_text(member, "netdev"),
		     xprintf("member %s: %lld Mbit/s, and %s %lld", get_text(member, "netdev"),
			     (long long)speed, get_text(first, "netdev"), (long long)all),
		     xprintf("members of one speed share what they carry evenly, LACP takes no others; if it "
			     "can: ethtool -s %s speed %lld duplex full", get_text(member, "netdev"),
			     (long long)all));
	if (mtu && whole && mtu != whole && !is(member, "state", "out"))
		tell(l, true, "mtu", get_text(member, "netdev"), xprintf("member %s: its MTU is %lld, and that of %s %lld",
				      get_text(member, "netdev"), (long long)mtu, l->name, (long long)whole),
		     xprintf("ip link set dev %s mtu %lld", get_text(member, "netdev"), (long long)whole));
}

/* "group 17 of 02:00:00:00:00:01" */
static char *group_of(const json_t *lacp)
{
	return xprintf("group %lld of %s", (long long)number(lacp, "partner_key"), get_text(lacp, "partner"));
}

/* Two switches that are not one for LACP, or two groups of one: members of one alone carry. */
static void tell_partners(const struct look *l, const json_t *first, const json_t *other)
{
	const json_t *one = json_object_get(first, "lacp"), *its = json_object_get(other, "lacp");
	char *a = group_of(one), *b = group_of(its);

	if (strcmp(get_text(one, "partner"), get_text(its, "partner")))
		tell(l, true, "partners", l->name,
		     xprintf("LACP partners differ: %s at member %s, %s at member %s; the members of one of "
			     "them carry nothing", get_text(one, "partner"), get_text(first, "netdev"),
			     get_text(its, "partner"), get_text(other, "netdev")),
		     xprintf("on the switches outside: one group over both (MLAG, stacking); if they cannot: "
			     "vifctl uplink set %s bond-mode=balance-slb lacp= lacp-time= --yes", l->name));
	else
		tell(l, true, "partners", l->name,
		     xprintf("LACP groups differ: %s at member %s, %s at member %s; the members of one of them "
			     "carry nothing", a, get_text(first, "netdev"), b, get_text(other, "netdev")),
		     xprintf("on the switch outside: one group for both ports; if that cannot be: vifctl uplink "
			     "set %s bond-mode=balance-slb lacp= lacp-time= --yes", l->name));
	free(a);
	free(b);
}

static void check_partners(const struct look *l)
{
	const json_t *members = json_object_get(l->uplink, "members"), *member, *first = NULL;
	size_t i;

	json_array_foreach(members, i, member) {
		const json_t *its = json_object_get(member, "lacp"), *one;

		if (!*get_text(its, "partner"))
			continue;
		first = first ?: member;
		one = json_object_get(first, "lacp");
		if (is(its, "partner", get_text(one, "partner")) &&
		    number(its, "partner_key") == number(one, "partner_key"))
			continue;
		tell_partners(l, first, member);
		return;
	}
}

static void check_bond(const struct look *l)
{
	const json_t *members = json_object_get(l->uplink, "members"), *member;
	size_t i;

	check_partner(l);
	check_partners(l);
	json_array_foreach(members, i, member) {
		check_member(l, member);
		check_like(l, json_array_get(members, 0), member);
	}
}

void check_bonds(struct doctor *d)
{
	const json_t *uplink;
	size_t i;

	json_array_foreach(json_object_get(d->facts, "uplinks"), i, uplink)
		if (json_is_true(json_object_get(uplink, "bond")))
			check_bond(&(struct look){ d, uplink, get_text(uplink, "uplink") });
}
