// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mac.h"
#include "policy/prefix-program.h"
#include "policy/vif-fields.h"

/*
 * Bursts that nobody chose: RATE_BURSTS_PER_SECOND, and no less than two of the largest
 * frames, because Linux guests send 64 KiB at once.
 */
#define PACKET_BURSTS_PER_SECOND	20
#define BURST_MIN_BYTES		131072ULL
#define BURST_MIN_PACKETS	128ULL

static bool given(const char *value)
{
	return value && *value;
}

static uint64_t between(uint64_t min, uint64_t n, uint64_t max)
{
	return n < min ? min : n > max ? max : n;
}

/*
 * Switch and VLANs of bridge=. A switch that is named by the database frees
 * bridge= from naming one that exists; the VLANs in it still count, and where
 * they begin only the names of switches tell.
 */
static int read_bridge(const struct merge *m, char ret_switch[IFNAMSIZ], struct vlans *ret_vlans,
		       bool *ret_tagged, struct problem *problem)
{
	const char *bridge = given(m->keys->bridge) ? m->keys->bridge : "";

	if (row_given(m->port, "switch") && !strpbrk(bridge, ".:")) {
		vlans_init(ret_vlans);
		vlans_set_native(ret_vlans, 0);
		*ret_tagged = false;
		return 0;
	}
	if (!*bridge)
		return problem_set(problem, "bridge= is missing; it must name a switch");
	return bridge_parse(bridge, strlen(bridge), m->known, ret_switch, ret_vlans, ret_tagged,
			    problem);
}

int merge_switch(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	const char *sw = row_octets(m->port, "switch", NULL);
	struct vlans vlans;
	bool tagged;

	if (!sw)
		return read_bridge(m, ret->sw, &vlans, &tagged, problem);
	strcpy(ret->sw, sw);
	return 0;
}

static int config_vlans(const struct merge *m, struct vlans *ret, struct problem *problem)
{
	const char *vlan = m->keys->vlan, *bridge = m->keys->bridge;
	char sw[IFNAMSIZ];
	bool tagged;
	int r = read_bridge(m, sw, ret, &tagged, problem);

	if (r < 0 || !given(vlan))
		return r;
	if (tagged)
		return problem_set(problem, "vlan=%s and bridge=%s both name VLANs; only one may",
				   QUOTE(vlan, strlen(vlan)), QUOTE(bridge, strlen(bridge)));
	return vlan_spec_parse(vlan, strlen(vlan), ret, problem);
}

static uint16_t tag_of(const struct policy_row *port)
{
	return row_number(port, "tag", VIFSWITCH_VID_NONE);
}

/* The allowed set of a trunk: what is listed, else all. */
static int trunk_vlans(const struct policy_row *port, struct vlans *ret, struct problem *problem)
{
	const uint8_t *trunks = row_octets(port, "trunks", NULL);

	vlans_init(ret);
	if (!trunks) {
		for (unsigned int vid = 1; vid <= VIFSWITCH_VID_MAX; vid++)
			vlan_bit_set(ret->allowed, vid);
		return 0;
	}
	if (vlan_bit(trunks, 0) && tag_of(port) != 0)
		return problem_set(problem, "database: trunks=0: the untagged network is never tagged; trunks must be in 1-4094");
	memcpy(ret->allowed, trunks, sizeof(ret->allowed));
	return 0;
}

static int native_vlans(const struct policy_row *port, enum vlan_mode mode, struct vlans *ret,
			struct problem *problem)
{
	bool tagged = mode == VLAN_MODE_NATIVE_TAGGED;
	uint16_t tag = tag_of(port);
	int r;

	if (tag == VIFSWITCH_VID_NONE)
		return problem_set(problem, "database: vlan_mode=%s: needs tag, the VLAN of untagged frames",
				   word_of(vlan_mode_words, mode));
	if (tagged && tag == 0)
		return problem_set(problem, "database: vlan_mode=native-tagged with tag=0: the untagged network is never tagged; tag must be in 1-4094");
	r = trunk_vlans(port, ret, problem);
	if (r < 0)
		return r;
	vlans_set_native(ret, tag);
	if (tagged)
		memset(ret->untagged, 0, sizeof(ret->untagged));
	vlans_set_access(ret, false);
	return 0;
}

static int access_vlans(const struct policy_row *port, struct vlans *ret, struct problem *problem)
{
	uint16_t tag = tag_of(port);

	if (tag == VIFSWITCH_VID_NONE)
		return problem_set(problem, "database: vlan_mode=access: needs tag, a VLAN in 0-4094");
	if (row_given(port, "trunks"))
		return problem_set(problem, "database: tag=%u with trunks: an access port has no trunks; set vlan_mode to native-tagged or native-untagged",
				   tag);
	vlans_init(ret);
	vlans_set_native(ret, tag);
	return 0;
}

bool row_has_vlans(const struct policy_row *row)
{
	return row_given(row, "vlan_mode") || row_given(row, "tag") || row_given(row, "trunks");
}

int row_vlans(const struct policy_row *port, struct vlans *vlans, struct problem *problem)
{
	enum vlan_mode mode = row_number(port, "vlan_mode", VLAN_MODE_NONE);

	if (mode == VLAN_MODE_NONE)
		mode = row_given(port, "tag") ? VLAN_MODE_ACCESS : VLAN_MODE_TRUNK;
	switch (mode) {
	case VLAN_MODE_NATIVE_TAGGED:
	case VLAN_MODE_NATIVE_UNTAGGED:
		return native_vlans(port, mode, vlans, problem);
	case VLAN_MODE_TRUNK:
		if (row_given(port, "tag"))
			return problem_set(problem, "database: vlan_mode=trunk with tag=%u: a trunk has no VLAN of untagged frames; clear tag, or use native-tagged or native-untagged",
					   tag_of(port));
		return trunk_vlans(port, vlans, problem);
	default:
		return access_vlans(port, vlans, problem);
	}
}

/* tag, trunks and vlan_mode say one thing together: any of them replaces the config's VLANs. */
int merge_vlan(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	struct vlans *vlans = &ret->program.vlans;

	return row_has_vlans(m->port) ? row_vlans(m->port, vlans, problem) :
	       config_vlans(m, vlans, problem);
}

static enum guard_mode guard_of(const struct merge *m)
{
	return row_number(m->port, "guard", GUARD_MODE_NONE);
}

int merge_guard(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	if (guard_of(m) != GUARD_MODE_OFF)
		ret->program.header.flags |= VIFSWITCH_PF_GUARD;
	return 0;
}

/*
 * The VM's own address comes first: that of its config, or the only one. The others it
 * shares with whoever lists them, too.
 */
static void put_own_first(struct program_parts *parts, const char *config)
{
	unsigned int count = parts->header.mac_count, at = 0;
	uint8_t own[6];

	if (count > 1) {
		if (!given(config) || !mac_parse(config, strlen(config), own))
			at = count;
		while (at < count && memcmp(parts->macs[at], own, sizeof(own)) != 0)
			at++;
	}
	parts->header.mac_listed = at < count ? count - 1 : count;
	if (at == count)
		return;
	memcpy(own, parts->macs[at], sizeof(own));
	memmove(parts->macs[1], parts->macs[0], at * sizeof(*parts->macs));
	memcpy(parts->macs[0], own, sizeof(own));
}

int merge_mac_lock(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	const char *mac = m->keys->mac;
	size_t size;
	const void *macs = row_octets(m->port, "mac_lock", &size);
	struct program_parts *parts = &ret->program;

	if (guard_of(m) == GUARD_MODE_OFF)
		return 0;
	if (macs) {
		memcpy(parts->macs, macs, size);
		parts->header.mac_count = size / sizeof(*parts->macs);
		put_own_first(parts, mac);
		return 0;
	}
	if (!given(mac))
		return problem_set(problem, "mac= is missing; the VIF's address must be known");
	parts->header.mac_count = 1;
	return vif_mac_parse(mac, strlen(mac), parts->macs[0], problem);
}

/* A lock without a word about the guard means mac+ip. */
int merge_ip_lock(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	_cleanup_(prefix_set_deinit) struct prefix_set config = {};
	struct vifswitch_program *h = &ret->program.header;
	size_t size;
	const void *items = row_octets(m->port, "ip_lock", &size);
	const struct prefix_set row = {
		.items = (struct prefix *)items, .count = size / sizeof(*row.items), .normal = true,
	}, *set = &row;
	const char *ip = m->keys->ip;
	int r;

	if (guard_of(m) == GUARD_MODE_OFF || guard_of(m) == GUARD_MODE_MAC)
		return 0;
	if (!set->count && given(ip)) {
		r = ip_parse(ip, strlen(ip), &config, problem);
		if (r < 0)
			return r;
		set = &config;
	}
	if (!set->count && guard_of(m) == GUARD_MODE_MAC_IP)
		return problem_set(problem, "database: guard=mac+ip: needs ip_lock, the addresses the VM may use");
	if (set->count)
		h->flags |= VIFSWITCH_PF_IP_GUARD;
	h->prefix4_count = prefix_set_family(set, PREFIX_IP4, NULL);
	h->prefix6_count = prefix_set_family(set, PREFIX_IP6, NULL);
	prefix_set_abi4(set, ret->program.ip4);
	prefix_set_abi6(set, ret->program.ip6);
	return 0;
}

int merge_acl(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	struct acl_list *acls = &ret->acls;

	row_acls(m->port, acls);
	for (unsigned int i = 0; i < acls->count; i++)
		for (unsigned int k = 0; k < i; k++)
			if (memcmp(acls->rows[i], acls->rows[k], sizeof(acls->rows[i])) == 0)
				return problem_set(problem, "database: more_acls: one ACL is there twice");
	return 0;
}

int merge_rate_from_vm(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	struct vifswitch_program *h = &ret->program.header;
	const char *rate = m->keys->rate;
	uint64_t bps, burst;
	int r;

	if (!h->rate_bps && given(rate)) {
		r = rate_parse(rate, strlen(rate), &bps, &burst, problem);
		if (r < 0)
			return r;
		h->rate_bps = bps;
		h->rate_burst = burst;
	} else if (h->rate_bps) {
		h->rate_burst = between(BURST_MIN_BYTES, h->rate_bps / 8 / RATE_BURSTS_PER_SECOND,
					VIFSWITCH_BURST_MAX_BYTES);
	}
	return 0;
}

int merge_burst_from_vm(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	uint64_t burst = row_number(m->port, "burst_from_vm", 0);

	if (burst && !ret->program.header.rate_bps)
		return problem_set(problem, "database: burst_from_vm=%" PRIu64 ": needs rate_from_vm, the rate it exceeds",
				   burst);
	if (burst)
		ret->program.header.rate_burst = burst / 8;
	return 0;
}

int merge_packets_from_vm(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	struct vifswitch_program *h = &ret->program.header;

	if (h->packet_rate)
		h->packet_burst = between(BURST_MIN_PACKETS,
					  h->packet_rate / PACKET_BURSTS_PER_SECOND,
					  VIFSWITCH_PPS_MAX);
	return 0;
}

int merge_burst_to_vm(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	if (ret->to_burst && !ret->to_bps)
		return problem_set(problem, "database: burst_to_vm=%" PRIu64 ": needs rate_to_vm, the rate it exceeds",
				   row_number(m->port, "burst_to_vm", 0));
	return 0;
}

int merge_mtu(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	const char *mtu = m->keys->mtu;

	ret->mtu_given = row_given(m->port, "mtu") || given(mtu);
	return !row_given(m->port, "mtu") && given(mtu) ?
	       mtu_parse(mtu, strlen(mtu), &ret->mtu, problem) : 0;
}

int merge_uplink_max(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	const struct uplink_share *share = &ret->uplink;

	if (share->max_bps && share->min_bps > share->max_bps)
		return problem_set(problem, "database: qos %s: uplink_min=%" PRIu64 ": more than uplink_max=%" PRIu64 "; must be at most that",
				   QUOTE(m->qos->name, strlen(m->qos->name)), share->min_bps,
				   share->max_bps);
	return 0;
}

/* A mark that QoS neither sets nor trusts becomes 0; without QoS marks are the VM's affair. */
int merge_trust(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	struct vifswitch_program *h = &ret->program.header;
	uint64_t trust = row_number(m->qos, "trust", 0);

	if (m->qos && h->dscp == VIFSWITCH_MARK_KEEP && !(trust & TRUST_DSCP))
		h->dscp = 0;
	if (m->qos && h->pcp == VIFSWITCH_MARK_KEEP && !(trust & TRUST_PCP))
		h->pcp = 0;
	return 0;
}

int merge_storm_burst(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	const struct vifswitch_program *h = &ret->program.header;

	if (h->storm_burst && !h->storm_broadcast && !h->storm_multicast && !h->storm_unknown)
		return problem_set(problem, "database: qos %s: storm_burst=%u: needs storm_broadcast, storm_multicast or storm_unknown, the rates it exceeds",
				   QUOTE(m->qos->name, strlen(m->qos->name)), h->storm_burst);
	return 0;
}

int merge_multicast_fast_leave(const struct merge *m, struct vif_policy *ret,
			       struct problem *problem)
{
	if (row_number(m->port, "multicast_fast_leave", 0))
		ret->program.header.flags |= VIFSWITCH_PF_GROUP_FAST;
	return 0;
}

int merge_multicast_router(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	ret->program.header.flags |= (uint32_t)row_number(m->port, "multicast_router", 0);
	return 0;
}
