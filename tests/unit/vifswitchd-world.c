// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/uuid.h"
#include "datapath/ko/features.h"
#include "datapath/links/switch-step.h"
#include "tests/unit/vifswitchd-world.h"
#include "uplink/bond.h"

static const char world_switch_name[][IFNAMSIZ] = { "xenbr0" };
const struct switch_names world_known = { world_switch_name, 1 };

void world_add_link(struct world *w, uint32_t ifindex, const char *name, bool is_switch)
{
	struct link link = { .ifindex = ifindex, .mtu = 1500, .is_switch = is_switch };

	strcpy(link.name, name);
	if (is_switch)
		strcpy(link.kind, VIFSWITCH_LINK_KIND);
	else
		link.is_half = link_parse_name(name, &link.domid, &link.devid, &link.half);
	assert_int_equal(links_update(&w->facts.links, &link), 0);
}

/* Switches get the number 1, other netdevs that we make 10. */
static void world_make_link(struct world *w, const struct link_spec *spec)
{
	bool is_switch = strcmp(spec->kind, VIFSWITCH_LINK_KIND) == 0;

	world_add_link(w, is_switch ? 1 : 10, spec->name, is_switch);
	strcpy(links_by_name(&w->facts.links, spec->name)->kind, spec->kind);
	links_by_name(&w->facts.links, spec->name)->ours = spec->alias;
	links_by_name(&w->facts.links, spec->name)->bond.known = true;
}

void world_resolve(struct world *w, const struct resolve_context *given)
{
	struct resolve_context ctx = *given;
	struct vif *vif;

	ctx.check = program_check;
	map_for_each(&w->facts.vifs.by_key, i, vif) {
		if (!vif_is_stale(vif, &ctx))
			continue;
		vif_resolve(vif, &ctx);
		assert_false(vif_is_stale(vif, &ctx));
		w->facts.judged = true;
	}
}

void world_resolve_all(struct world *w)
{
	struct resolve_context ctx = {
		.switches = &world_known, .policy_generation = w->generation,
		.check = program_check,
	};
	struct vif *vif;

	map_for_each(&w->facts.vifs.by_key, i, vif)
		vif_resolve(vif, &ctx);
	w->facts.judged = true;
}

void world_replace(char **at, const char *value)
{
	free(*at);
	*at = value ? strdup(value) : NULL;
}

struct vif *world_add_vif(struct world *w, uint32_t domid, uint8_t uuid_end, const char *bridge,
			  const char *mac)
{
	struct vif *vif = (struct vif *)xen_vifs_add(&w->facts.vifs, domid, 0);
	uint8_t uuid[16] = { [0] = 0xaa, [10] = 1, [15] = uuid_end };

	assert_non_null(vif);
	if (uuid_end)
		domain_set_uuid(vif->seen.domain, uuid);
	domain_set_name(vif->seen.domain, "web");
	vif->seen.exists = vif->seen.online = true;
	vif->seen.dirty = false;
	vif->seen.state = XENBUS_INIT_WAIT;
	world_replace(&vif->seen.script, "/etc/xen/scripts/vif-vifswitch");
	world_replace(&vif->seen.keys.bridge, bridge);
	world_replace(&vif->seen.keys.mac, mac);
	return vif;
}

static void note(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void note(struct world *w, const char *fmt, ...)
{
	size_t len = strlen(w->trace);
	va_list ap;
	int n;

	if (len && len + 1 < sizeof(w->trace)) {
		strcpy(w->trace + len, " ");
		len++;
	}
	va_start(ap, fmt);
	n = vsnprintf(w->trace + len, sizeof(w->trace) - len, fmt, ap);
	va_end(ap);
	assert_true(n > 0 && len + n < sizeof(w->trace));
}

/* Such a port gets no program. */
static bool world_is_output(const struct world *w, uint32_t ifindex)
{
	const struct mirrors *all = &w->facts.mirrors;

	for (size_t i = 0; i < all->kernel_count; i++)
		if (all->kernel[i]->spec.output_port == ifindex)
			return true;
	return false;
}

/* What the kernel does to a bond and its members; false: it is none of that. */
static bool obey_bond(struct world *w, const struct op *op, struct link *link)
{
	static const char *const words[] = {
		[OP_BOND_SET] = "bond", [OP_BOND_PRIMARY] = "primary", [OP_MEMBER_ADD] = "add",
		[OP_MEMBER_DEL] = "out", [OP_MEMBER_SET] = "member",
		[OP_BOND_ALL_ACTIVE] = "all",
	};
	const struct bond *bond = op->port ? op->port->bond : NULL;
	uint32_t primary = link->bond.primary;

	if (op->code < OP_BOND_SET || op->code > OP_BOND_ALL_ACTIVE)
		return false;
	if (op->code == OP_BOND_SET)
		link->bond = bond->options, link->bond.known = true;
	link->bond.primary = op->code == OP_BOND_PRIMARY ? op->other : primary;
	if (op->code == OP_MEMBER_ADD || op->code == OP_MEMBER_DEL)
		link->master = op->other;
	if (op->member.set_priority)
		link->member.priority = op->member.priority;
	if (op->member.set_queue)
		link->member.queue = op->member.queue;
	if (op->code == OP_BOND_ALL_ACTIVE)
		link->bond.all_active = (uint8_t)op->other;
	links_update(&w->facts.links, link);
	note(w, "%u:%s", op->ifindex, words[op->code]);
	return true;
}

static bool obey_network(struct world *w, const struct op *op)
{
	struct networks *all = &w->facts.networks;
	const struct network_step *step = &op->network;
	struct network_underlay *u;
	char cookie[UUID_TEXT_LEN + 1];
	struct dp_network set = {
		.port = step->port, .vlan = step->vlan, .cookie = cookie,
		.cookie_len = UUID_TEXT_LEN,
	};

	if (op->code != OP_NETWORK)
		return false;
	if (step->what == NETWORK_SET) {
		uuid_format(step->network->uuid, cookie);
		memcpy(set.spec.own, step->network->source, sizeof(set.spec.own));
		set.spec.remotes = (void *)step->network->addresses;
		set.spec.remote_count = step->network->address_count;
		set.spec.key = step->network->key;
		set.spec.flags = networks_flags(all, step->network);
		set.spec.udp_port = step->network->port;
		set.spec.eids = step->network->eids;
		set.spec.eid_count = (uint32_t)step->network->map_count;
		networks_enter(all, &set);
		note(w, "n%u:set", step->vlan);
	} else if (step->what == NETWORK_DELETE) {
		networks_left(all, step->port, step->vlan);
		note(w, "n%u:delete", step->vlan);
	} else {
		u = networks_underlay(all, step->sw, false);
		u->told = networks_underlay_wanted(all, u);
		note(w, "%u:hosts", step->sw);
	}
	return true;
}

static void obey(struct world *w, const struct op *op)
{
	static const char *const words[] = {
		[OP_PORT_DEL] = "leave", [OP_LINK_NEW] = "switch", [OP_SWITCH_SET] = "ageing",
		[OP_PORT_NEW] = "join", [OP_PORT_SET] = "program", [OP_ANNOUNCE] = "announce",
		[OP_ACL_DEL] = "",
		[OP_SHAPE] = "shape", [OP_UPLINK_FREE] = "free", [OP_LINK_DEL] = "delete",
		[OP_SETTLED] = "settled",
	};
	const struct wanted_port *want = op->port;
	const char *word = op->code < OP_BOND_SET ? words[op->code] : "";
	struct link link = {};
	struct acl_cookie acl;
	struct port *port;

	if (links_get(&w->facts.links, op->ifindex))
		link = *links_get(&w->facts.links, op->ifindex);
	if (want && want->progress->ifindex != op->ifindex)
		progress_reset(want->progress, op->ifindex);
	if (obey_network(w, op) || obey_bond(w, op, &link))
		return;
	switch (op->code) {
	case OP_ANNOUNCE:
		want->progress->moves = want->moves;
		want->progress->announced = w->now;
		break;
	case OP_LINK_NEW:
		if (strcmp(want->create->kind, VIFSWITCH_LINK_KIND) != 0)
			word = "link";
		world_make_link(w, want->create);
		break;
	case OP_SWITCH_SET:
		links_get(&w->facts.links, op->ifindex)->ageing_ms = want->ageing_ms;
		links_get(&w->facts.links, op->ifindex)->flow_mode = want->flow_mode;
		links_get(&w->facts.links, op->ifindex)->snoop = want->snoop;
		links_get(&w->facts.links, op->ifindex)->loop = want->loop;
		break;
	case OP_LINK_SET:
		word = op->link.up ? "up" : op->link.quiet ? "prepare" : "set";
		link.flags = op->link.up ? IFF_UP : op->link.down ? 0 : link.flags;
		link.mtu = op->link.mtu ? op->link.mtu : link.mtu;
		if (memcmp(op->link.mac, (uint8_t[6]){}, 6) != 0)
			memcpy(link.mac, op->link.mac, 6);
		if (op->link.name[0])
			strcpy(link.name, op->link.name);
		links_update(&w->facts.links, &link);
		break;
	case OP_PORT_DEL:
		ports_remove(&w->facts.ports, op->ifindex);
		break;
	case OP_LINK_DEL:
		ports_remove(&w->facts.ports, op->ifindex);
		links_remove(&w->facts.links, op->ifindex);
		break;
	case OP_MIRROR_SET:
		port = ports_get(&w->facts.ports, op->mirror->spec.output_port);
		/* As the kernel has it: a closed port of that switch. */
		if (op->mirror->spec.output_port)
			assert_true(port && !port->policy && port->sw == op->sw);
		mirrors_entered(&w->facts.mirrors, op->mirror);
		note(w, "m%u:set", op->mirror->number);
		return;
	case OP_MIRROR_DEL:
		mirrors_left(&w->facts.mirrors, op->sw, op->mirror_number);
		note(w, "m%u:delete", op->mirror_number);
		return;
	case OP_PORT_NEW:
	case OP_PORT_SET:
		assert_true(!want->policy || !world_is_output(w, op->ifindex));
		port = ports_update(&w->facts.ports, op->sw, op->ifindex, want->policy,
				    want->cookie.text, want->cookie.len);
		assert_non_null(port);
		if (want->vif && op->code == OP_PORT_NEW) {
			assert_false(link.flags & IFF_UP);
			progress_reset(want->progress, op->ifindex);
			want->progress->claimed = VIFSWITCH_CLAIM_DORMANT;
		}
		break;
	case OP_CLAIM:
		word = want->claim ? "active" : "dormant";
		want->progress->claimed = want->claim;
		ports_get(&w->facts.ports, op->ifindex)->claim = want->claim;
		break;
	case OP_SHAPE:
		links_get(&w->facts.links, op->ifindex)->shaped = want && want->shaping.rate_bps;
		if (want)
			shaped_set(&want->progress->shaped, &want->shaping);
		break;
	case OP_ACL_LOAD:
		acl_cookie_make(op->acl->uuid, op->acl->digest, &acl);
		assert_int_equal(acl_objects_enter(&w->facts.acls, op->acl->id, op->acl->len,
						   acl.text, acl.len), 0);
		free(op->acl->blob);
		op->acl->blob = NULL;
		note(w, "acl%u:load", op->acl->id);
		return;
	case OP_ACL_DEL:
		acl_objects_left(&w->facts.acls, op->acl_id);
		note(w, "acl%u:delete", op->acl_id);
		return;
	default:
		break;
	}
	note(w, "%u:%s", op->ifindex, word);
}

void world_plan(struct world *w)
{
	assert_int_equal(wanted_make(&w->facts, &w->wanted), 0);
	if (w->extra)
		assert_int_equal(wanted_add(&w->wanted, w->extra), 0);
	assert_int_equal(plan_make(&w->facts, &w->wanted, w->now, &w->plan), 0);
}

/* Is there no retry left after it? */
static bool goes_with_it(const struct op *op)
{
	return op->code == OP_ACL_DEL || op->code == OP_MIRROR_DEL ||
	       (op->code == OP_NETWORK && op->network.what == NETWORK_DELETE);
}

/* Plan and obey until nothing is left; what was done is in the trace. */
const char *world_run(struct world *w)
{
	w->trace[0] = '\0';
	for (int round = 0; round < 5; round++) {
		world_plan(w);
		if (!w->plan.count)
			return w->trace;
		for (size_t i = 0; i < w->plan.count; i++) {
			struct retry *retry = w->plan.ops[i].retry;
			bool last = i + 1 == w->plan.count || w->plan.ops[i + 1].retry != retry;

			obey(w, &w->plan.ops[i]);
			if (retry && last && !goes_with_it(&w->plan.ops[i]))
				retry_reset(retry);
		}
	}
	fail_msg("the plan does not come to an end: %s", w->trace);
	return NULL;
}

int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->now = 1000;
	facts_init(&w->facts);
	w->facts.links.complete = w->facts.ports.complete = w->facts.vifs.complete = true;
	*state = w;
	return 0;
}

int world_teardown(void **state)
{
	struct world *w = *state;

	plan_deinit(&w->plan);
	wanted_deinit(&w->wanted);
	facts_deinit(&w->facts);
	free(w);
	return 0;
}

void world_configure(struct world *w)
{
	struct vlans vlans;
	struct cfg_switch *sw = calloc(2, sizeof(*sw));

	w->facts.config = (struct config){ .switches = sw, .count = 1 };
	strcpy(sw->name, "xenbr0");
	sw->ageing_ms = 300000;
	sw->uplinks = calloc(2, sizeof(*sw->uplinks));
	sw->uplink_count = 1;
	strcpy(sw->uplinks[0].name, "eth0");
	vlans_init(&vlans);
	vlans_set_native(&vlans, 0);
	sw->local = port_policy_of_local(&vlans);
	vlan_bit_set(vlans.allowed, 100);
	sw->uplinks[0].policy = port_policy_of_uplink(&vlans);
}

struct vif *world_plugged(struct world *w)
{
	struct vif *vif;

	world_add_link(w, 1, "xenbr0", true);
	world_add_link(w, 3, "vif3.0", false);
	vif = world_add_vif(w, 3, 3, "xenbr0.100", "00:16:3e:00:00:03");
	world_resolve_all(w);
	assert_string_equal(world_run(w), "3:prepare 3:join 3:up");
	return vif;
}

/* What a new daemon knows of what its predecessor did: nothing. */
void world_forget_retries(struct world *w)
{
	struct vif *vif;

	map_for_each(&w->facts.vifs.by_key, i, vif) {
		for (int half = 0; half < HALF_COUNT; half++)
			progress_reset(&vif->progress[half], 0);
	}
}
