// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <linux/if_bonding.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json-value.h"
#include "base/mac.h"
#include "datapath/links/netdev-files.h"
#include "show/uplink-document.h"
#include "uplink/bond-partner.h"

/* Of a member's end, IEEE 802.1AX 6.4.2.3: collecting and distributing. */
#define LACP_CARRIES		0x30
#define LACP_STATE_EXPIRED	0x80
#define NO_PARTNER	"00:00:00:00:00:00"

/* The words of vifctl-policy(5) for the modes that this service makes, the kernel's for others. */
static const char *const modes[] = {
	[BOND_MODE_ROUNDROBIN] = "balance-rr", [BOND_MODE_ACTIVEBACKUP] = "active-backup",
	[BOND_MODE_XOR] = "balance-tcp", [BOND_MODE_BROADCAST] = "broadcast",
	[BOND_MODE_8023AD] = "balance-tcp", [BOND_MODE_TLB] = "balance-tlb",
	[BOND_MODE_ALB] = "balance-alb",
};

static json_t *file_number(const char *netdev, const char *file)
{
	int64_t n = netdev_number(netdev, file);

	return n < 0 ? json_null() : json_integer(n);
}

static json_t *file_text(const char *netdev, const char *file)
{
	char text[64];

	return json_text(netdev_text(netdev, file, text, sizeof(text)) && *text ? text : NULL);
}

static json_t *counters(const char *netdev)
{
	static const char *const names[] = {
		"rx_packets", "rx_bytes", "rx_dropped", "rx_errors",
		"tx_packets", "tx_bytes", "tx_dropped", "tx_errors",
	};
	json_t *all = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char file[40];

		snprintf(file, sizeof(file), "statistics/%s", names[i]);
		json_object_set_new(all, names[i], file_number(netdev, file));
	}
	return all;
}

static const char *member_state(const struct link *bond, const struct link *member)
{
	char text[16];

	if (!member)
		return "missing";
	if (!bond || member->master != bond->ifindex)
		return "out";
	if (!netdev_text(member->name, "bonding_slave/mii_status", text, sizeof(text)) ||
	    strcmp(text, "up") != 0)
		return "down";
	if (bond->bond.mode == BOND_MODE_8023AD &&
	    netdev_number(member->name, "bonding_slave/ad_aggregator_id") !=
	    netdev_number(bond->name, "bonding/ad_aggregator"))
		return "not-aggregated";
	if (bond->bond.mode == BOND_MODE_ACTIVEBACKUP && !bond->bond.all_active)
		return bond->bond.active == member->ifindex ? "active" : "backup";
	return "active";
}

/* Of all of a bond's members. */
struct partners {
	struct bond_partner list[UPLINK_MEMBERS_MAX];
	size_t count;
};

static bool is_in(const struct link *bond, const struct link *member)
{
	return bond && member && member->master == bond->ifindex;
}

static json_t *member_lacp(const struct link *bond, const struct link *member,
			   const struct partners *partners)
{
	const struct bond_partner *its;
	char mac[18];

	if (!is_in(bond, member) || !bond_speaks_lacp(bond))
		return json_null();
	its = bond_partner_of(partners->list, partners->count, member->name);
	snprintf(mac, sizeof(mac), MAC_FORMAT, MAC_OCTETS(its ? its->system : member->mac));
	return json_pack("{s:o, s:o, s:o, s:i, s:b, s:b}",
			 "partner", json_text(bond_partner_answers(its) ? mac : NULL),
			 "partner_key", its ? json_integer(its->key) : json_null(),
			 "partner_port", its ? json_integer(its->port) : json_null(),
			 "aggregator", member->member.aggregator,
			 "carries", (member->member.actor_state & LACP_CARRIES) == LACP_CARRIES,
			 "expired", (member->member.actor_state & LACP_STATE_EXPIRED) != 0);
}

static json_t *member_json(const struct uplink_shown *facts, const struct link *bond,
			   const struct partners *partners, const char *name)
{
	const struct link *member = links_by_name(facts->links, name);

	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "netdev", name,
			 "state", member_state(bond, member),
			 "mtu", member ? json_integer(member->mtu) : json_null(),
			 "speed_mbps", file_number(name, "speed"),
			 "duplex", file_text(name, "duplex"),
			 "flaps", is_in(bond, member) ? json_integer((json_int_t)bond_history_flaps(
				facts->history, facts->name, name)) : json_null(),
			 "carrier_changes", file_number(name, "carrier_changes"),
			 "counters", counters(name), "lacp", member_lacp(bond, member, partners),
			 "error", json_text(facts->member_error(name, facts->arg)));
}

static json_t *members_json(const struct uplink_shown *facts, const struct link *bond)
{
	json_t *members = json_array();
	struct partners partners = {};
	const struct link *member;

	if (bond_speaks_lacp(bond))
		partners.count = bond_partners_read(bond->name, partners.list, UPLINK_MEMBERS_MAX);
	for (size_t i = 0; facts->bond && i < facts->bond->count; i++)
		json_array_append_new(members, member_json(facts, bond, &partners,
							   facts->bond->members[i]));
	map_for_each(&facts->links->by_index, i, member)
		if (bond && member->master == bond->ifindex &&
		    !(facts->bond && bond_has(facts->bond, member->name)))
			json_array_append_new(members, member_json(facts, bond, &partners,
								   member->name));
	return members;
}

/* What the members' partner says; null without LACP. */
static json_t *lacp_json(const struct uplink_shown *facts, const struct link *bond)
{
	char partner[32] = "";

	if (!bond || bond->bond.mode != BOND_MODE_8023AD)
		return json_null();
	netdev_text(bond->name, "bonding/ad_partner_mac", partner, sizeof(partner));
	return json_pack("{s:o, s:o, s:b, s:s, s:b, s:o, s:o, s:o}",
			 "partner", json_text(*partner && strcmp(partner, NO_PARTNER) ? partner : NULL),
			 "aggregated", file_number(bond->name, "bonding/ad_num_ports"),
			 "active", bond->bond.lacp_active, "time", bond->bond.lacp_rate ? "fast" : "slow",
			 "fallback", !facts->bond || facts->bond->fallback,
			 "system_id", file_text(bond->name, "bonding/ad_actor_system"),
			 "system_priority", file_number(bond->name, "bonding/ad_actor_sys_prio"),
			 "aggregation_key", file_number(bond->name, "bonding/ad_user_port_key"));
}

static const char *active_of(const struct links *links, const struct link *bond)
{
	const struct link *active = bond ? links_get(links, bond->bond.active) : NULL;

	return active ? active->name : NULL;
}

static const char *mode_of(const struct link *bond)
{
	if (!bond || bond->bond.mode >= ARRAY_SIZE(modes))
		return NULL;
	if (bond->bond.mode == BOND_MODE_ACTIVEBACKUP && bond->bond.all_active && bond->ours)
		return "balance-slb";
	return modes[bond->bond.mode];
}

static json_t *loop_json(const struct uplink_shown *facts)
{
	const struct vifswitch_loop_port *loop = facts->loop;
	const struct link *other = loop ? links_get(facts->links, loop->other) : NULL;

	if (!loop || !loop->flags)
		return json_null();
	return json_pack("{s:b, s:o, s:I, s:I}", "closed", loop->flags & VIFSWITCH_LOOP_CLOSED,
			 "other", json_text(other ? other->name : NULL),
			 "count", (json_int_t)loop->count, "hold_s", (json_int_t)loop->hold_s);
}

json_t *uplink_json(const struct uplink_shown *facts)
{
	const struct link *link = links_by_name(facts->links, facts->name);
	const struct link *bond = link && strcmp(link->kind, BOND_KIND) == 0 ? link : NULL;
	bool running = link && link->flags & IFF_UP && link->flags & IFF_RUNNING;

	return json_pack("{s:s, s:s, s:s, s:b, s:b, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "uplink", facts->name, "switch", facts->sw,
			 "state", !link ? "missing" : !facts->port ? "no-port" :
			 facts->closed ? "closed" : running ? "up" : "down",
			 "ours", bond && bond->ours, "transit", facts->transit,
			 "mtu", link ? json_integer(link->mtu) : json_null(),
			 "speed_mbps", file_number(facts->name, "speed"), "bond", bond != NULL,
			 "bond_mode", json_text(mode_of(bond)),
			 "active", json_text(active_of(facts->links, bond)),
			 "failovers", bond ? json_integer((json_int_t)bond_history_failovers(
				facts->history, facts->name)) : json_null(),
			 "lacp", lacp_json(facts, bond), "members", members_json(facts, bond),
			 "loop", loop_json(facts), "error", json_text(facts->error));
}
