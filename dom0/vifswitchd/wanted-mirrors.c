// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vifswitchd/wanted-mirrors.h"

/* ---- what they make of ports ---- */

/* VLANs in which copies arrive at that switch: those of its uplinks. */
static void copy_vlans(const struct facts *facts, const char *name,
		       uint16_t ret[VIFSWITCH_COPY_VLANS_MAX])
{
	const struct cfg_switch *sw = config_find(&facts->config, name);
	struct program_parts parts;
	size_t n = 0;

	memset(ret, 0, VIFSWITCH_COPY_VLANS_MAX * sizeof(*ret));
	for (int i = 0; sw && facts->mirrors.supported && i < VIFSWITCH_COPY_VLANS_MAX; i++) {
		uint16_t vid = facts->mirrors.copy_vlan[i];
		bool carried = false;

		for (size_t j = 0; vid && j < sw->uplink_count; j++) {
			port_policy_parts(sw->uplinks[j].policy, &parts);
			carried |= vlan_bit(parts.vlans.allowed, vid);
		}
		if (carried)
			ret[n++] = vid;
	}
}

static void vlan_bit_clear(uint8_t *bitmap, unsigned int v)
{
	bitmap[v / 8] &= (uint8_t)~(1U << (v % 8));
}

/* A VLAN of copies is no other port's. */
static bool take_vlan(struct vlans *v, uint16_t vid)
{
	if (!vid || !vlan_bit(v->allowed, vid))
		return false;
	vlan_bit_clear(v->allowed, vid);
	vlan_bit_clear(v->untagged, vid);
	if (v->pvid == vid)
		v->pvid = VIFSWITCH_VID_NONE;
	return true;
}

static bool mirror_vlans(const struct facts *facts, const char *sw, bool uplink,
			 struct program_parts *parts)
{
	bool changed = false, access = vlans_is_access(&parts->vlans);
	uint16_t vids[VIFSWITCH_COPY_VLANS_MAX];
	size_t n = 0;

	copy_vlans(facts, sw, vids);
	for (int i = 0; i < VIFSWITCH_COPY_VLANS_MAX; i++) {
		if (!uplink) {
			changed |= take_vlan(&parts->vlans, vids[i]);
		} else if (vids[i] && vlan_bit(parts->vlans.allowed, vids[i])) {
			parts->header.copy_vlan[n++] = vids[i];
			changed = true;
		}
	}
	vlans_set_access(&parts->vlans, access);
	return changed;
}

/* Until the database was heard, a port in place keeps what mirrors made of it. */
static const struct port_policy *as_it_is(const struct facts *facts, uint32_t ifindex,
					  const struct port_policy *policy)
{
	const struct port *port = ports_get(&facts->ports, ifindex);
	const struct vifswitch_program *h = port && port->policy ? &port->policy->header : NULL;

	return h && (h->mirror_from || h->mirror_to || h->copy_vlan[0] || h->flow_entries ||
		     h->sample_octets) ? port->policy : policy;
}

/* A policy with what mirrors and exporters add: that itself, or one that @wanted keeps. */
static const struct port_policy *mirrored(struct facts *facts, struct wanted *wanted,
					  const struct chosen_port *at,
					  const struct port_policy *policy)
{
	const struct exporters *exporters = &facts->exporters;
	struct program_parts parts;
	struct export_wish wish = {};
	uint32_t from, to;

	if (!policy || (!facts->mirrors.count && facts->mirrors.known && !exporters->count))
		return policy;
	if (exporters->supported)
		exporters_wish(exporters, at, &wish);
	mirrors_want(&facts->mirrors, at, &from, &to);
	port_policy_parts(policy, &parts);
	if (!mirror_vlans(facts, at->sw, parts.header.flags & VIFSWITCH_PF_UPLINK, &parts) &&
	    !from && !to && !wish.flows && !wish.every)
		return policy;
	export_wish_put(&wish, &parts.header);
	parts.header.mirror_from = from;
	parts.header.mirror_to = to;
	return wanted_keep(wanted, port_policy_new(&parts));
}

const struct port_policy *wanted_mirrored(struct facts *facts, struct wanted *wanted,
					  const char *sw, const char *netdev,
					  const struct port_policy *policy)
{
	const struct link *link = links_by_name(&facts->links, netdev);
	const struct link *its = links_switch(&facts->links, sw);
	const struct chosen_port at = {
		.sw = sw, .sw_ifindex = its ? its->ifindex : 0, .netdev = netdev,
	};

	if (policy && link && !facts->mirrors.known)
		return as_it_is(facts, link->ifindex, policy);
	return mirrored(facts, wanted, &at, policy);
}

/* Whose copies that netdev of a VIF gets, which is known by its name as well. */
static const struct mirror *output_of(const struct facts *facts, const struct vif *vif,
				      enum half half)
{
	const struct domain *domain = vif->seen.domain;
	const struct link *link = links_by_half(&facts->links, vif->seen.domid, vif->seen.devid,
						half);
	const struct mirror *m = domain->has_uuid ?
		mirrors_of_vif(&facts->mirrors, domain->uuid, vif->seen.devid) : NULL;

	return m || !link ? m : mirrors_of_netdev(&facts->mirrors, link->name);
}

static void mirror_half(struct facts *facts, struct wanted *wanted, struct vif *vif,
			enum half half)
{
	const struct domain *domain = vif->seen.domain;
	const struct link *sw = links_switch(&facts->links, vif->wanted.sw);
	const struct chosen_port at = {
		.sw = vif->wanted.sw, .sw_ifindex = sw ? sw->ifindex : 0,
		.vm = domain->has_uuid ? domain->uuid : NULL, .devid = vif->seen.devid,
	};
	const struct port_policy *policy;

	if (!vif_wants_port(vif, half) ||
	    !links_by_half(&facts->links, vif->seen.domid, vif->seen.devid, half))
		return;
	vif->mirrored[half].output_of = output_of(facts, vif, half);
	if (vif->mirrored[half].output_of)
		return;
	policy = mirrored(facts, wanted, &at, vif->wanted.policy);
	vif->mirrored[half].policy = policy == vif->wanted.policy ? NULL : policy;
}

/* ---- which are here, and what they go to ---- */

static void find_sensors(struct facts *facts)
{
	struct mirrors *all = &facts->mirrors;
	const struct vif *vif;

	sensors_forget_here(all);
	map_for_each(&facts->vifs.by_key, i, vif)
		for (int half = 0; all->count && half < HALF_COUNT; half++)
			if (vif->seen.domain->has_uuid && vif_wants_port(vif, half) &&
			    links_by_half(&facts->links, vif->seen.domid, vif->seen.devid, half))
				sensors_here(all, vif->seen.domain->uuid, vif->seen.devid);
	sensors_settle(all, facts->vifs.complete, sensors_supported(facts->module.features));
}

void wanted_mirrors_begin(struct facts *facts, struct wanted *wanted)
{
	struct mirrors *all = &facts->mirrors;
	struct vif *vif;

	while (wanted->policy_count)
		free(wanted->policies[--wanted->policy_count]);
	map_for_each(&facts->vifs.by_key, i, vif)
		memset(vif->mirrored, 0, sizeof(vif->mirrored));
	facts->exporters.supported = facts->module.features & VIFSWITCH_FEATURE_FLOWS;
	find_sensors(facts);
	mirrors_begin(all, facts->module.features & VIFSWITCH_FEATURE_MIRRORS);
	for (size_t i = 0; i < all->kernel_count; i++) {
		const struct link *sw = links_get(&facts->links, all->kernel[i]->sw);

		if (sw)
			mirrors_keep(all, all->kernel[i], sw->name);
	}
}

/* Of other hosts, for a sensor here: on its switch. */
static void want_copies(struct facts *facts, const struct mirror *m)
{
	const struct vif *vif;

	map_for_each(&facts->vifs.by_key, i, vif) {
		const struct mirror *of = vif->mirrored[HALF_VIF].output_of ?:
					  vif->mirrored[HALF_TAP].output_of;
		const struct link *sw = links_switch(&facts->links, vif->wanted.sw);

		if (mirror_is_on(m) && of && mirror_same_sensor(of, m)) {
			mirrors_want_one(&facts->mirrors, m, vif->wanted.sw,
					 sw ? sw->ifindex : 0);
			return;
		}
	}
}

void wanted_mirror_vifs(struct facts *facts, struct wanted *wanted)
{
	struct vif *vif;

	map_for_each(&facts->vifs.by_key, i, vif)
		for (int half = 0; half < HALF_COUNT; half++)
			mirror_half(facts, wanted, vif, half);
	for (size_t i = facts->mirrors.rows; i < facts->mirrors.count; i++)
		want_copies(facts, facts->mirrors.list[i]);
	mirrors_end(&facts->mirrors);
}

/* Nothing but copies, which its own mirror alone gets. */
static struct port_policy *copies_policy(uint32_t mirror)
{
	struct program_parts parts;
	struct vlans none;

	vlans_init(&none);
	program_parts_init(&parts, &none, 0);
	parts.header.copy_vlan[0] = VIFSWITCH_VID_NONE;
	parts.header.mirror_from = mirror;
	return port_policy_new(&parts);
}

/* A port of a netdev that is known by its name, on that switch. */
static int want_named(struct facts *facts, struct wanted *wanted, struct wanted_port *port,
		      const char *sw)
{
	struct named_progress *progress = named_progress_want(&facts->progress, port->netdev);

	if (!progress)
		return -ENOMEM;
	port->sw = sw;
	port->progress = &progress->progress;
	cookie_for_sensor(&port->cookie, port->netdev);
	return wanted_add(wanted, port);
}

static int want_inbound(struct facts *facts, struct wanted *wanted, const struct mirror *m)
{
	const struct mirror_use *use = facts->mirrors.uses;
	struct wanted_port port = {
		.kind = PORT_TUNNEL, .stand = PORT_WANTED, .netdev = m->relay.name,
		.create = &m->relay.spec, .prepare = true, .claim = -1,
	};

	while (use && (use->mirror != m || !use->sourced))
		use = use->next;
	if (!use || !use->number)
		return 0;
	port.policy = wanted_keep(wanted, copies_policy(1U << (use->number - 1)));
	return want_named(facts, wanted, &port, use->sw);
}

int wanted_inbound(struct facts *facts, struct wanted *wanted)
{
	struct mirrors *all = &facts->mirrors;
	int r = 0;

	for (size_t i = all->rows; r == 0 && i < all->count; i++)
		if (mirror_is_on(all->list[i]))
			r = want_inbound(facts, wanted, all->list[i]);
	return r;
}

/* Where the netdev of a mirror's output is, else is to be: one switch of all that use it. */
static const struct mirror_use *place_of(const struct facts *facts, const struct mirror *m)
{
	const struct link *link = links_by_name(&facts->links, mirror_netdev(m));
	const struct mirror_use *ret = NULL;

	for (const struct mirror_use *use = facts->mirrors.uses; use; use = use->next) {
		if (!mirror_same_output(use->mirror, m))
			continue;
		if (link && use->sw_ifindex && link->master == use->sw_ifindex)
			return use;
		if (!ret || (use->sourced && !ret->sourced))
			ret = use;
	}
	return ret;
}

/* Why a netdev cannot be a mirror's output; NULL: it can. */
static const char *sensor_refused(const struct facts *facts, const struct mirror *m)
{
	const char *name = mirror_netdev(m);
	const struct link *link = links_by_name(&facts->links, name);

	if (config_uplink(&facts->config, name))
		return "the netdev of its output is an uplink";
	if (link && link->is_switch)
		return "the netdev of its output is a switch";
	return link || mirror_goes(m) == MIRROR_TO_REMOTE ? NULL : "there is no such netdev here";
}

static int want_sensor(struct facts *facts, struct wanted *wanted, const struct mirror *m)
{
	const struct mirror_use *place = place_of(facts, m);
	const struct link *link = links_by_name(&facts->links, mirror_netdev(m));
	struct wanted_port port = {
		.kind = PORT_SENSOR, .stand = PORT_WANTED, .netdev = mirror_netdev(m),
		.create = mirror_link(m), .mtu = m->away ? m->relay.mtu : 0, .prepare = true,
		.claim = -1, .output_of = m,
	};

	/* One of a VIF's is that VIF's. */
	if (!place || (link && link->is_half) || sensor_refused(facts, m))
		return 0;
	return want_named(facts, wanted, &port, place->sw);
}

int wanted_sensors(struct facts *facts, struct wanted *wanted)
{
	struct mirrors *all = &facts->mirrors;
	int r = 0;

	for (size_t i = 0; r == 0 && all->supported && i < all->count; i++) {
		const struct mirror *m = all->list[i];

		/* The first of those with one output has it. */
		if (mirror_is_on(m) && mirror_netdev(m) &&
		    mirrors_of_netdev(all, mirror_netdev(m)) == m)
			r = want_sensor(facts, wanted, m);
	}
	return r;
}

/* The port that gets a mirror's copies on a switch: a VIF's own netdev before its twin. */
static const struct wanted_port *find_output(const struct wanted *wanted,
					     const struct mirror_use *use, const char **ret_other)
{
	const struct mirror *m = use->mirror;
	const struct wanted_port *ret = NULL;

	for (size_t i = 0; i < wanted->sensors_end; i++) {
		const struct wanted_port *port = &wanted->ports[i];

		if (!port->output_of || !mirror_same_output(port->output_of, m))
			continue;
		if (strcmp(port->sw, use->sw) != 0)
			*ret_other = port->sw;
		else if (!ret || port->half == HALF_VIF)
			ret = port;
	}
	return ret;
}

static const char *where_else(const struct facts *facts, const struct mirror *m)
{
	if (!facts->mirrors.places_known || !facts->vifs.complete)
		return "where the sensor is, nobody has said yet; what the kernel has stays";
	return m->place.host[0] && !m->place.address.family ?
	       "the sensor is on a host that tells no address (address of vifswitch.conf there), or whose module takes no copies" :
	       "the sensor is not on this host";
}

static void find_port(const struct facts *facts, const struct wanted *wanted,
		      struct mirror_use *use)
{
	const char *other = NULL;
	const struct wanted_port *output = find_output(wanted, use, &other);
	const struct link *link = !output ? NULL : output->netdev ?
		links_by_name(&facts->links, output->netdev) :
		links_by_half(&facts->links, output->vif->seen.domid, output->vif->seen.devid,
			      output->half);
	const struct port *port = link ? ports_get(&facts->ports, link->ifindex) : NULL;

	if (!output && other)
		use->waits = "its output is a port of another switch";
	else if (!output && mirror_goes(use->mirror) == MIRROR_TO_VIF)
		use->waits = where_else(facts, use->mirror);
	else if (!output)
		use->waits = sensor_refused(facts, use->mirror) ?: "its netdev is not there yet";
	else if (!link)
		use->waits = "its netdev is not there yet";
	else if (output->stand != PORT_WANTED && (!port || port->policy))
		use->waits = "the sensor's port has another policy yet";
	else
		use->spec.output_port = link->ifindex;
	use->ready = !use->waits;
}

static void find_filter(const struct facts *facts, struct mirror_use *use)
{
	const struct mirror *m = use->mirror;
	struct acl_object *object = m->has_filter ?
		acl_objects_find(&facts->acls, m->filter, m->filter_id) : NULL;

	if (!m->has_filter)
		return;
	if (object)
		object->wanted = true;
	if (object && acl_object_in_force(&facts->acls, object)) {
		use->spec.acl = object->id;
		return;
	}
	use->ready = false;
	use->waits = object && object->problem ? "its filter cannot be: see vifctl acl show --hits" :
		     "its filter is not in the kernel yet";
}

void wanted_mirror_outputs(const struct facts *facts, const struct wanted *wanted)
{
	for (struct mirror_use *use = facts->mirrors.uses; use; use = use->next) {
		use->spec = use->mirror->spec;
		use->ready = true;
		if (use->mirror->output != MIRROR_TO_VLAN)
			find_port(facts, wanted, use);
		find_filter(facts, use);
		/* It is set all the same: the port by which they come names it. */
		if (use->ready && use->mirror->inbound &&
		    !links_by_name(&facts->links, use->mirror->relay.name))
			use->waits = "the netdev by which copies come is not there yet";
		if (!use->number) {
			use->ready = false;
			use->waits = "its switch has as many mirrors as it may";
		}
	}
}
