// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/links/switch-kind.h"
#include "network/networks-seal.h"
#include "uplink/bond.h"
#include "uplink/cable.h"
#include "vifswitchd/acl-users.h"
#include "vifswitchd/networks-here.h"
#include "vifswitchd/rivals.h"
#include "vifswitch/openflow-abi.h"
#include "vifswitchd/wanted.h"
#include "vifswitchd/wanted-mirrors.h"

/* ---- switches ---- */

static int want_switch(struct facts *facts, struct wanted *wanted, size_t i)
{
	const struct cfg_switch *sw = &facts->config.switches[i];
	struct named_progress *progress = named_progress_want(&facts->progress, sw->name);
	struct wanted_port port = {
		.kind = PORT_LOCAL, .stand = PORT_WANTED, .sw = sw->name, .netdev = sw->name,
		.create = &wanted->switches[i], .mtu = sw->mtu,
		.policy = wanted_mirrored(facts, wanted, sw->name, sw->name, sw->local),
		.ageing_ms = sw->ageing_ms, .snoop = sw->snoop, .loop = sw->loop, .claim = -1,
		.flow_mode = !sw->flows.on ? 0 : VIFSWITCH_OF_ON |
			     (sw->flows.secure ? 0 : VIFSWITCH_OF_STANDALONE) |
			     (sw->flows.trusted ? VIFSWITCH_OF_TRUSTED : 0),
	};

	if (!progress)
		return -ENOMEM;
	wanted->switches[i] = switch_spec(sw->name, sw->datapath,
					  links_switch(&facts->links, sw->name));
	port.progress = &progress->progress;
	cookie_for_local(&port.cookie);
	return wanted_add(wanted, &port);
}

/* One that we made, and nobody wants. */
static bool is_left(const struct facts *facts, const struct link *link)
{
	return link->is_switch && link->ours && !config_find(&facts->config, link->name);
}

/* Is something in it, ours or not? What is ours leaves first. */
static bool has_ports(const struct facts *facts, const struct link *sw)
{
	const struct port *port;

	map_for_each(&facts->ports.by_index, i, port)
		if (port->sw == sw->ifindex && port->ifindex != sw->ifindex)
			return true;
	return false;
}

static int want_switches(struct facts *facts, struct wanted *wanted)
{
	const struct link *link;
	int r = 0;

	/* How its deletion fares. */
	map_for_each(&facts->links.by_index, i, link)
		if (is_left(facts, link) && !named_progress_want(&facts->progress, link->name))
			return -ENOMEM;

	if (wanted->switch_size < facts->config.count) {
		struct link_spec *switches = realloc(wanted->switches, facts->config.count *
						     sizeof(*switches));

		if (!switches)
			return -ENOMEM;
		wanted->switches = switches;
		wanted->switch_size = facts->config.count;
	}
	for (size_t i = 0; r == 0 && i < facts->config.count; i++)
		r = want_switch(facts, wanted, i);
	return r;
}

/* ---- uplinks ---- */

static int add_vifs(const struct facts *facts, const struct cfg_switch *sw,
		    struct uplink_classes *classes)
{
	const struct vif *vif;
	int r = 0;

	map_for_each(&facts->vifs.by_key, i, vif) {
		const struct vif_wanted *w = &vif->wanted;
		const struct shaped_class class = {
			.minor = w->queue, .weight = w->uplink.weight,
			.min_bps = w->uplink.min_bps, .max_bps = w->uplink.max_bps,
		};

		if (r == 0 && uplink_share_given(&w->uplink) && !w->closed && vif_is_judged(vif) &&
		    (vif_wants_port(vif, HALF_VIF) || vif_wants_port(vif, HALF_TAP)) &&
		    strcmp(w->sw, sw->name) == 0)
			r = uplink_classes_add(classes, &class);
	}
	return r;
}

/* Classes of VIFs that are not judged, or held: they stay as they are. */
static int add_kept(const struct facts *facts, const struct cfg_switch *sw,
		    struct uplink_classes *classes)
{
	const struct link *link = links_switch(&facts->links, sw->name);
	const struct port *port;
	int r = 0;

	map_for_each(&facts->ports.by_index, i, port) {
		struct shaped_class class = {
			.minor = port_policy_queue(port->policy), .keep = true,
		};

		if (r == 0 && link && port->sw == link->ifindex && class.minor >= SHAPING_FIRST &&
		    class.minor <= SHAPING_LAST)
			r = uplink_classes_add(classes, &class);
	}
	return r;
}

static int want_classes(const struct facts *facts, const struct cfg_switch *sw,
			const struct link *link, uint64_t rate,
			struct uplink_classes *classes)
{
	const struct uplink_facts uplink = {
		.sw = sw->name, .name = link->name,
		.rate_bps = rate ? rate : sw->uplink_rate ? sw->uplink_rate : link->speed_bps,
		.running = link->flags & IFF_RUNNING,
	};
	int r = add_vifs(facts, sw, classes);

	if (r == 0)
		r = add_kept(facts, sw, classes);
	if (r == 0)
		uplink_classes_fit(classes, &uplink);
	return r;
}

/* The next of wanted->uplinks, whose classes keep their memory. */
static struct wanted_uplink *add_uplink(struct wanted *wanted, const char *name)
{
	struct wanted_uplink *uplink;

	if (wanted->uplink_count == wanted->uplink_size) {
		size_t size = wanted->uplink_size ? wanted->uplink_size * 2 : 4;
		struct wanted_uplink *uplinks = realloc(wanted->uplinks, size * sizeof(*uplinks));

		if (!uplinks)
			return NULL;
		memset(uplinks + wanted->uplink_size, 0,
		       (size - wanted->uplink_size) * sizeof(*uplinks));
		wanted->uplinks = uplinks;
		wanted->uplink_size = size;
	}
	uplink = &wanted->uplinks[wanted->uplink_count++];
	strcpy(uplink->name, name);
	uplink_classes_reset(&uplink->classes);
	return uplink;
}

/* Until the database was heard, one that another switch has may be where it belongs. */
static bool may_be_elsewhere(const struct facts *facts, const struct wanted *wanted,
			     const struct cfg_switch *sw, const struct link *link)
{
	const struct port *port = link ? ports_get(&facts->ports, link->ifindex) : NULL;
	const struct link *its = port ? links_get(&facts->links, port->sw) : NULL;

	return !wanted->uplinks_known && its && strcmp(its->name, sw->name) != 0;
}

/* By an uplink would leave in clear what a network over IP encrypts. */
static const struct port_policy *sealed_policy(const struct facts *facts, struct wanted *wanted,
					       const struct cfg_switch *sw,
					       const struct cfg_uplink *cfg,
					       const struct port_policy *policy)
{
	struct port_policy *sealed = cfg_uplink_leaves(cfg) ?
				     networks_seal(&facts->networks, sw->name, policy) : NULL;

	return sealed ? wanted_keep(wanted, sealed) : policy;
}

/* Until the database was heard nobody knows what an uplink must not carry. */
static bool keeps_policy(const struct facts *facts, const struct link *link)
{
	const struct port *port = link ? ports_get(&facts->ports, link->ifindex) : NULL;

	return facts->uplinks_unknown && !facts->networks.known && port && port->policy;
}

/*
 * A module that cannot keep it from other uplinks forwards as it always did; by one that cannot
 * balance one member carries all.
 */
static const struct port_policy *uplink_policy(const struct facts *facts, struct wanted *wanted,
					       const struct cfg_uplink *cfg)
{
	struct port_policy *plain;

	uint32_t lacking =
		(facts->module.features & VIFSWITCH_FEATURE_ISOLATED ? 0 : VIFSWITCH_PF_ISOLATED) |
		(facts->module.features & VIFSWITCH_FEATURE_BONDS ? 0 : VIFSWITCH_PF_SLB) |
		(facts->module.features & VIFSWITCH_FEATURE_SNOOP ? 0 :
		 VIFSWITCH_PF_GROUP_ROUTER | VIFSWITCH_PF_GROUP_HOSTS);

	if (!(port_policy_flags(cfg->policy) & lacking))
		return cfg->policy;
	plain = port_policy_copy(cfg->policy);
	plain->header.flags &= ~lacking;
	return wanted_keep(wanted, plain);
}

/*
 * The bond that it is, where the host has any of its members. Until the database was heard
 * one with members stays as it is; one without may be the way to the database. Members have
 * their own progress: one that cannot be had holds nothing else back.
 */
static int want_bond(struct facts *facts, const struct wanted *wanted,
		     const struct cfg_uplink *cfg, struct wanted_port *port)
{
	const struct link *link = links_by_name(&facts->links, cfg->name);

	if (!cfg->bond)
		return 0;
	for (size_t i = 0; i < cfg->bond->count; i++)
		if (!named_progress_want(&facts->progress, cfg->bond->members[i]))
			return -ENOMEM;
	if (link || bond_has_any(&facts->links, cfg->bond))
		port->create = &cfg->bond->spec;
	if (wanted->uplinks_known || !link ||
	    (bond_is_ours(link) && bond_is_empty(&facts->links, link)))
		port->bond = cfg->bond;
	return 0;
}

static int want_uplink(struct facts *facts, struct wanted *wanted, const struct cfg_switch *sw,
		       const struct cfg_uplink *cfg)
{
	const struct link *link = links_by_name(&facts->links, cfg->name);
	struct named_progress *progress = named_progress_want(&facts->progress, cfg->name);
	struct wanted_uplink *uplink = add_uplink(wanted, cfg->name);
	struct wanted_port port = {
		.kind = PORT_UPLINK, .stand = PORT_WANTED, .sw = sw->name, .netdev = cfg->name,
		.policy = wanted_mirrored(facts, wanted, sw->name, cfg->name,
					  sealed_policy(facts, wanted, sw, cfg,
							uplink_policy(facts, wanted, cfg))),
		.mtu = sw->mtu, .claim = -1, .generation = facts->config.generation,
		/* Not before all VMs that might have classes are known. */
		.shaping_known = wanted->uplinks_known && wanted->vifs_known,
	};

	if (!progress || !uplink)
		return -ENOMEM;
	if (may_be_elsewhere(facts, wanted, sw, link) || cfg->unclear || keeps_policy(facts, link))
		port.stand = PORT_AS_IS;
	if (want_bond(facts, wanted, cfg, &port) < 0)
		return -ENOMEM;
	if (cfg->cable)
		port.create = &cfg->cable->spec, port.cable = cfg->cable;
	if (cfg->cable && cfg->cable->mtu)
		port.mtu = cfg->cable->mtu;
	if (cfg->bond && bond_closed_for(cfg->bond, link))
		port.policy = NULL;
	if (link && port.shaping_known &&
	    want_classes(facts, sw, link, cfg->rate, &uplink->classes) < 0)
		return -ENOMEM;
	port.shaping = (struct shaping){
		.rate_bps = uplink->classes.rate_bps, .classes = uplink->classes.classes,
		.count = uplink->classes.count,
	};
	if (cfg->to_bps)
		port.shaping = (struct shaping){ .rate_bps = cfg->to_bps };
	port.progress = &progress->progress;
	cookie_for_uplink(&port.cookie, cfg->name);
	return wanted_add(wanted, &port);
}

static int want_uplinks(struct facts *facts, struct wanted *wanted)
{
	int r = 0;

	for (size_t i = 0; i < facts->config.count; i++) {
		const struct cfg_switch *sw = &facts->config.switches[i];

		for (size_t j = 0; r == 0 && j < sw->uplink_count; j++)
			r = want_uplink(facts, wanted, sw, &sw->uplinks[j]);
	}
	return r;
}

/* ---- VIFs and their emulated twins ---- */

/* False: it wants no port, and loses the one it has. */
static bool stand_of(const struct vif *vif, enum half half, enum port_stand *ret)
{
	const struct vif_wanted *w = &vif->wanted;

	if (!vif_is_judged(vif) || w->verdict == VIF_WAITING)
		*ret = PORT_AS_IS;
	/* A rival that had the address first closes no port that is in place. */
	else if (!vif->seen.released[half] &&
		 (w->verdict == VIF_HELD || (w->verdict == VIF_WANTED && w->rival)))
		*ret = PORT_HELD;
	else if (vif_wants_port(vif, half))
		*ret = PORT_WANTED;
	else
		return false;
	return true;
}

/*
 * Who the VM's address belongs to now. Active when the frontend is connected,
 * dormant while the VM is suspended for a migration; in between, and for emulated
 * halves, the kernel decides by what the VM sends, and what it decided is not undone.
 */
static int claim_of(const struct vif *vif, enum half half)
{
	const struct domain *domain = vif->seen.domain;

	if (vif_is_emulated(vif, half) || vif->seen.state != XENBUS_CONNECTED || domain->dying)
		return -1;
	return domain->suspended ? VIFSWITCH_CLAIM_DORMANT : VIFSWITCH_CLAIM_ACTIVE;
}

static void new_name(const struct vif *vif, enum half half, char ret[IFNAMSIZ])
{
	char name[IFNAMSIZ + 4] = "";

	if (vif->wanted.vifname[0]) {
		strcpy(name, vif->wanted.vifname);
		if (vif_is_emulated(vif, half))
			strcat(name, "-emu");
	}
	strcpy(ret, strlen(name) < IFNAMSIZ ? name : "");
}

/* How often what leaves that switch has gone another way, and the module did not tell of it. */
static uint32_t moves_of(const struct facts *facts, const char *name)
{
	bool told = facts->module.features & VIFSWITCH_FEATURE_BONDS;
	const struct cfg_switch *sw = facts->links.moves && !told ?
				      config_find(&facts->config, name) : NULL;
	uint32_t moves = 0;

	for (size_t i = 0; sw && i < sw->uplink_count; i++) {
		const struct link *link = links_by_name(&facts->links, sw->uplinks[i].name);

		moves += link ? link->moves : 0;
	}
	return moves;
}

static int want_half(const struct facts *facts, struct wanted *wanted, struct vif *vif,
		     enum half half)
{
	const struct vif_wanted *w = &vif->wanted;
	struct wanted_port port = {
		.kind = half == HALF_TAP ? PORT_TAP : PORT_VIF, .sw = w->sw, .vif = vif,
		.half = half, .cookie = w->cookie, .policy = vif_policy(vif, half),
		.output_of = vif->mirrored[half].output_of,
		.keep_down = w->closed || !vif->mirrored[half].output_of,
		.prepare = true, .vm_mac = half == HALF_TAP,
		.mtu = w->mtu, .shaping_known = true,
		.shaping = { .rate_bps = w->to_bps, .burst = w->to_burst },
		.claim = claim_of(vif, half), .generation = w->of_row,
		.moves = moves_of(facts, w->sw),
		.progress = &vif->progress[half],
	};

	if (!stand_of(vif, half, &port.stand))
		return 0;
	new_name(vif, half, port.rename);
	return wanted_add(wanted, &port);
}

static int want_vifs(const struct facts *facts, struct wanted *wanted, bool sensors)
{
	struct vif *vif;
	int r = 0;

	map_for_each(&facts->vifs.by_key, i, vif) {
		for (int half = 0; r == 0 && half < HALF_COUNT; half++) {
			if (!vif->mirrored[half].output_of == !sensors &&
			    links_by_half(&facts->links, vif->seen.domid, vif->seen.devid, half))
				r = want_half(facts, wanted, vif, half);
		}
	}
	return r;
}

static int find_rivals(struct facts *facts)
{
	int r;

	if (!facts_vifs_changed(facts))
		return 0;
	r = rivals_find(&facts->vifs, &facts->ports, &facts->links);
	facts->judged = r < 0;
	facts->rivals_of = facts->vifs.changes;
	return r;
}

int wanted_make(struct facts *facts, struct wanted *wanted)
{
	int r;

	wanted->count = wanted->uplink_count = 0;
	wanted->vifs_known = facts->vifs.complete;
	wanted->uplinks_known = !facts->uplinks_unknown;
	wanted->mirrors_known = facts->mirrors.known;
	wanted->networks_known = facts->networks.known;
	wanted->places_known = facts->mirrors.known && facts->mirrors.places_known;
	wanted_mirrors_begin(facts, wanted);
	acl_users_note(facts);
	r = find_rivals(facts);
	named_progresses_mark(&facts->progress);
	if (r == 0)
		r = want_switches(facts, wanted);
	if (r == 0)
		r = want_uplinks(facts, wanted);
	if (r == 0)
		wanted_mirror_vifs(facts, wanted);
	if (r == 0)
		r = want_vifs(facts, wanted, true);
	if (r == 0)
		r = wanted_sensors(facts, wanted);
	wanted->sensors_end = wanted->count;
	if (r == 0)
		r = want_vifs(facts, wanted, false);
	if (r == 0)
		r = wanted_inbound(facts, wanted);
	if (r == 0)
		r = wanted_networks(facts, wanted);
	if (r == 0)
		wanted_mirror_outputs(facts, wanted);
	if (r == 0)
		named_progresses_sweep(&facts->progress);
	return r;
}

bool wanted_stale_link(const struct facts *facts, const struct wanted *wanted,
			  const struct link *link)
{
	return (facts->mirrors.known && erspan_is_ours(link)) ||
	       (wanted->places_known && wanted->vifs_known && relay_goes(link)) ||
	       (wanted->mirrors_known && wanted->vifs_known && relay_comes(link)) ||
	       (facts->networks.known && network_link_is_ours(link)) ||
	       (wanted->uplinks_known && wanted->vifs_known &&
		(bond_is_ours(link) || cable_is_ours(link) ||
		 (is_left(facts, link) && facts->ports.complete && !has_ports(facts, link))));
}

bool wanted_knows(const struct wanted *wanted, enum cookie_kind kind)
{
	return kind == COOKIE_VIF || (kind == COOKIE_UPLINK && wanted->uplinks_known) ||
	       (kind == COOKIE_SENSOR && wanted->mirrors_known) ||
	       (kind == COOKIE_TUNNEL && wanted->networks_known);
}

void wanted_deinit(struct wanted *wanted)
{
	for (size_t i = 0; i < wanted->uplink_size; i++)
		uplink_classes_deinit(&wanted->uplinks[i].classes);
	while (wanted->policy_count)
		free(wanted->policies[--wanted->policy_count]);
	free(wanted->policies);
	free(wanted->uplinks);
	free(wanted->switches);
	free(wanted->ports);
	*wanted = (struct wanted){};
}
