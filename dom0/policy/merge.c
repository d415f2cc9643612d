// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/cleanup.h"
#include "policy/merge.h"
#include "policy/prefix-program.h"

/*
 * Bursts that nobody chose: 50 ms at the rate, and no less than two of the
 * largest frames, because Linux guests send 64 KiB at once.
 */
#define BURST_PER_SECOND	20
#define BURST_MIN_BYTES		131072ULL
#define BURST_MIN_PACKETS	128ULL

struct merge {
	const struct vif_keys *keys;
	const struct port_policy *port;		/* empty ones if there are none */
	const struct qos_policy *qos;
	const struct switch_names *known;
};

static bool given(const char *value)
{
	return value && *value;
}

static uint64_t between(uint64_t min, uint64_t n, uint64_t max)
{
	return n < min ? min : n > max ? max : n;
}

static int merge_row(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	if (m->port->problem)
		return problem_set(problem, "database: %s", m->port->problem);
	return 0;
}

static int merge_qos(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	if (m->port->has_qos && !m->qos->name[0])
		return problem_set(problem, "database: qos: the row it refers to is not there");
	if (m->qos->problem)
		return problem_set(problem, "database: qos %s: %s",
				   QUOTE(m->qos->name, strlen(m->qos->name)), m->qos->problem);
	return 0;
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

	if (m->port->sw[0] && !strpbrk(bridge, ".:")) {
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

static int merge_switch(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	struct vlans vlans;
	bool tagged;

	if (!m->port->sw[0])
		return read_bridge(m, ret->sw, &vlans, &tagged, problem);
	strcpy(ret->sw, m->port->sw);
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

/* The allowed set of a trunk: what is listed, else all. */
static int trunk_vlans(const struct port_policy *p, struct vlans *ret, struct problem *problem)
{
	vlans_init(ret);
	if (!p->trunks) {
		for (unsigned int vid = 1; vid <= VIFSWITCH_VID_MAX; vid++)
			vlan_bit_set(ret->allowed, vid);
		return 0;
	}
	if (vlan_bit(p->trunks, 0) && p->tag != 0)
		return problem_set(problem, "database: trunks=0: the untagged network is never tagged; trunks must be in 1-4094");
	memcpy(ret->allowed, p->trunks, sizeof(ret->allowed));
	return 0;
}

static int native_vlans(const struct port_policy *p, bool tagged, struct vlans *ret,
			struct problem *problem)
{
	const char *mode = tagged ? "native-tagged" : "native-untagged";
	int r;

	if (p->tag == VIFSWITCH_VID_NONE)
		return problem_set(problem, "database: vlan_mode=%s: needs tag, the VLAN of untagged frames",
				   mode);
	if (tagged && p->tag == 0)
		return problem_set(problem, "database: vlan_mode=native-tagged with tag=0: the untagged network is never tagged; tag must be in 1-4094");
	r = trunk_vlans(p, ret, problem);
	if (r < 0)
		return r;
	vlans_set_native(ret, p->tag);
	if (tagged)
		memset(ret->untagged, 0, sizeof(ret->untagged));
	return 0;
}

/* tag, trunks and vlan_mode say one thing together: any of them replaces the config's VLANs. */
static int merge_vlans(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	const struct port_policy *p = m->port;
	enum vlan_mode mode = p->vlan_mode;

	if (mode == VLAN_MODE_NONE && p->tag == VIFSWITCH_VID_NONE && !p->trunks)
		return config_vlans(m, &ret->vlans, problem);
	if (mode == VLAN_MODE_NONE)
		mode = p->tag != VIFSWITCH_VID_NONE ? VLAN_MODE_ACCESS : VLAN_MODE_TRUNK;
	switch (mode) {
	case VLAN_MODE_NATIVE_TAGGED:
	case VLAN_MODE_NATIVE_UNTAGGED:
		return native_vlans(p, mode == VLAN_MODE_NATIVE_TAGGED, &ret->vlans, problem);
	case VLAN_MODE_TRUNK:
		if (p->tag != VIFSWITCH_VID_NONE)
			return problem_set(problem, "database: vlan_mode=trunk with tag=%u: a trunk has no VLAN of untagged frames; clear tag, or use native-tagged or native-untagged",
					   p->tag);
		return trunk_vlans(p, &ret->vlans, problem);
	default:
		if (p->tag == VIFSWITCH_VID_NONE)
			return problem_set(problem, "database: vlan_mode=access: needs tag, a VLAN in 0-4094");
		if (p->trunks)
			return problem_set(problem, "database: tag=%u with trunks: an access port has no trunks; set vlan_mode to native-tagged or native-untagged",
					   p->tag);
		vlans_init(&ret->vlans);
		vlans_set_native(&ret->vlans, p->tag);
		return 0;
	}
}

static int merge_guard(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	ret->unguarded = m->port->guard == GUARD_MODE_OFF;
	return 0;
}

/* A lock without a word about the guard means mac+ip. */
static int merge_addresses(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	_cleanup_(prefix_set_deinit) struct prefix_set config = {};
	const struct prefix_set *set = &m->port->ip_lock;
	const char *ip = m->keys->ip;
	int r;

	if (m->port->guard == GUARD_MODE_OFF || m->port->guard == GUARD_MODE_MAC)
		return 0;
	if (!set->count && given(ip)) {
		r = ip_parse(ip, strlen(ip), &config, problem);
		if (r < 0)
			return r;
		set = &config;
	}
	ret->ip_guard = set->count;
	if (!set->count && m->port->guard == GUARD_MODE_MAC_IP)
		return problem_set(problem, "database: guard=mac+ip: needs ip_lock, the addresses the VM may use");
	ret->ip4_count = prefix_set_family(set, PREFIX_IP4, NULL);
	ret->ip6_count = prefix_set_family(set, PREFIX_IP6, NULL);
	prefix_set_abi4(set, ret->ip4);
	prefix_set_abi6(set, ret->ip6);
	return 0;
}

static int merge_macs(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	const char *mac = m->keys->mac;

	if (ret->unguarded)
		return 0;
	ret->mac_count = m->port->mac_count;
	memcpy(ret->macs, m->port->macs, sizeof(ret->macs));
	if (ret->mac_count)
		return 0;
	if (!given(mac))
		return problem_set(problem, "mac= is missing; the VIF's address must be known");
	ret->mac_count = 1;
	return vif_mac_parse(mac, strlen(mac), ret->macs[0], problem);
}

static int merge_allow(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	ret->allow = m->port->allow;
	return 0;
}

static int merge_rate(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	const char *rate = m->keys->rate;
	int r = 0;

	ret->rate_bps = m->port->rate_from_vm ? m->port->rate_from_vm : m->qos->rate_from_vm;
	ret->rate_burst = between(BURST_MIN_BYTES, ret->rate_bps / 8 / BURST_PER_SECOND,
				  VIFSWITCH_BURST_MAX_BYTES);
	if (!ret->rate_bps) {
		ret->rate_burst = 0;
		if (given(rate))
			r = rate_parse(rate, strlen(rate), &ret->rate_bps, &ret->rate_burst,
				       problem);
	}
	return r;
}

static int merge_burst(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	if (m->port->burst_from_vm && !ret->rate_bps)
		return problem_set(problem, "database: burst_from_vm=%llu: needs rate_from_vm, the rate it exceeds",
				   (unsigned long long)m->port->burst_from_vm * 8);
	if (m->port->burst_from_vm)
		ret->rate_burst = m->port->burst_from_vm;
	return 0;
}

static int merge_packets(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	ret->packet_rate = m->port->packets_from_vm ? m->port->packets_from_vm :
			   m->qos->packets_from_vm;
	if (ret->packet_rate)
		ret->packet_burst = between(BURST_MIN_PACKETS, ret->packet_rate / BURST_PER_SECOND,
					    VIFSWITCH_PPS_MAX);
	return 0;
}

static int merge_to_vm(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	ret->to_bps = m->port->rate_to_vm ? m->port->rate_to_vm : m->qos->rate_to_vm;
	if (m->port->burst_to_vm && !ret->to_bps)
		return problem_set(problem, "database: burst_to_vm=%llu: needs rate_to_vm, the rate it exceeds",
				   (unsigned long long)m->port->burst_to_vm * 8);
	ret->to_burst = m->port->burst_to_vm;
	return 0;
}

/* A mark that QoS neither sets nor trusts becomes 0; without QoS marks are the VM's affair. */
static uint8_t mark(const struct merge *m, uint8_t value, uint8_t trust)
{
	if (!m->port->has_qos || value != VIFSWITCH_MARK_KEEP || m->qos->trust & trust)
		return value;
	return 0;
}

static int merge_treatment(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	const struct qos_policy *qos = m->qos;

	ret->dscp = mark(m, qos->dscp, QOS_TRUST_DSCP);
	ret->pcp = mark(m, qos->pcp, QOS_TRUST_PCP);
	ret->storm_broadcast = qos->storm_broadcast;
	ret->storm_multicast = qos->storm_multicast;
	ret->storm_unknown = qos->storm_unknown;
	ret->storm_burst = qos->storm_burst;
	ret->uplink.min_bps = qos->uplink_min;
	ret->uplink.max_bps = qos->uplink_max;
	ret->uplink.weight = qos->uplink_weight;
	ret->uplink.given = qos->uplink_min || qos->uplink_max || qos->uplink_weight;
	return 0;
}

static int merge_acl(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	ret->has_acl = m->port->has_acl;
	memcpy(ret->acl_row, m->port->acl, sizeof(ret->acl_row));
	ret->connections_max = m->port->connections_max ? m->port->connections_max :
			       VIFSWITCH_CONNECTIONS_DEFAULT;
	return 0;
}

static int merge_mtu(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	const char *mtu = m->keys->mtu;

	ret->mtu_given = m->port->mtu || given(mtu);
	ret->mtu = m->port->mtu ? m->port->mtu : VIF_MTU_DEFAULT;
	return !m->port->mtu && given(mtu) ? mtu_parse(mtu, strlen(mtu), &ret->mtu, problem) : 0;
}

static int merge_admin_state(const struct merge *m, struct vif_policy *ret,
			     struct problem *problem)
{
	ret->closed = m->port->down;
	return 0;
}

static int merge_vifname(const struct merge *m, struct vif_policy *ret, struct problem *problem)
{
	const char *name = m->keys->vifname;

	return given(name) ? vifname_parse(name, strlen(name), ret->vifname, problem) : 0;
}

/* In order: macs looks at guard, burst at rate. */
static int (*const fields[])(const struct merge *m, struct vif_policy *ret,
			     struct problem *problem) = {
	merge_row,
	merge_qos,
	merge_switch,
	merge_vlans,
	merge_guard,
	merge_macs,
	merge_addresses,
	merge_allow,
	merge_rate,
	merge_burst,
	merge_packets,
	merge_to_vm,
	merge_treatment,
	merge_acl,
	merge_mtu,
	merge_admin_state,
	merge_vifname,
};

int vif_policy_merge(const struct vif_keys *keys, const struct port_policy *port,
		     const struct qos_policy *qos, const struct switch_names *known,
		     struct vif_policy *ret, struct problem *problem)
{
	static const struct port_policy nothing = { .tag = VIFSWITCH_VID_NONE };
	static const struct qos_policy no_qos = {
		.dscp = VIFSWITCH_MARK_KEEP, .pcp = VIFSWITCH_MARK_KEEP,
	};
	const struct merge m = { keys, port ? port : &nothing, qos ? qos : &no_qos, known };
	struct vif_policy policy = {};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		int r = fields[i](&m, &policy, problem);

		if (r < 0)
			return r;
	}
	*ret = policy;
	return 0;
}
