// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/pair/pair.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "datapath/ko/ko.h"
#include "datapath/ovs/lacks.h"
#include "datapath/ovs/ovs-acl.h"
#include "datapath/ovs/ovs-port.h"
#include "datapath/ovs/ovs.h"

/* What a struct datapath of ours is; vifswitch.ko's is another. */
struct pair {
	struct datapath *ko;
	struct ovs_datapath *flows;
	int epoll;
	bool asked_flows;		/* last: its words say why */
	const char *refused;		/* or these, if not NULL */
};

static struct pair *pair_of(const struct datapath *dp)
{
	return (struct pair *)dp;
}

static int watch(struct pair *p)
{
	struct epoll_event ko = { .events = EPOLLIN, .data.u32 = 0 };
	struct epoll_event flows = { .events = EPOLLIN, .data.u32 = 1 };

	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (p->epoll < 0 ||
	    epoll_ctl(p->epoll, EPOLL_CTL_ADD, datapath_ko.events_fd(p->ko), &ko) < 0 ||
	    epoll_ctl(p->epoll, EPOLL_CTL_ADD, ovs_dp_events_fd(p->flows), &flows) < 0)
		return -errno;
	return 0;
}

static struct datapath *pair_close(struct datapath *dp)
{
	struct pair *p = pair_of(dp);

	if (!p)
		return NULL;
	if (p->flows)
		ovs_dp_close(p->flows);
	if (p->ko)
		datapath_ko.close(p->ko);
	closep(&p->epoll);
	free(p);
	return NULL;
}

static int pair_open(const char *dir, struct datapath **ret)
{
	struct pair *p = xzalloc(sizeof(*p));
	int r;

	p->epoll = -1;
	r = datapath_ko.open(dir, &p->ko);
	if (r == 0)
		r = ovs_dp_open(dir, &p->flows);
	if (r == 0)
		r = watch(p);
	if (r < 0) {
		pair_close((struct datapath *)p);
		return r;
	}
	*ret = (struct datapath *)p;
	return 0;
}

static const char *pair_error(const struct datapath *dp)
{
	const struct pair *p = pair_of(dp);

	return p->refused ? p->refused : p->asked_flows ? ovs_dp_error(p->flows) :
	       datapath_ko.error(p->ko);
}

/* Whose words say why, if what follows fails. */
static struct datapath *ko_of(struct datapath *dp)
{
	struct pair *p = pair_of(dp);

	p->refused = NULL;
	p->asked_flows = false;
	return p->ko;
}

static struct ovs_datapath *flows_of(struct datapath *dp)
{
	struct pair *p = pair_of(dp);

	p->refused = NULL;
	p->asked_flows = true;
	return p->flows;
}

static int lacks(struct datapath *dp, const char *words)
{
	pair_of(dp)->refused = words;
	return -EOPNOTSUPP;
}

static bool is_flows(const struct datapath *dp, uint32_t sw)
{
	return ovs_dp_has_switch(pair_of(dp)->flows, sw);
}

static bool is_flow_port(const struct datapath *dp, uint32_t port)
{
	return ovs_dp_has_port(pair_of(dp)->flows, port);
}

/* A host all of whose switches are of flows does without the module. */
static int or_without(const struct datapath *dp, int r)
{
	return r == -EPROTONOSUPPORT && ovs_dp_switches(pair_of(dp)->flows) ? 0 : r;
}

static int pair_resolve(struct datapath *dp)
{
	return datapath_ko.resolve(ko_of(dp));
}

static const struct dp_module *pair_module(const struct datapath *dp)
{
	return datapath_ko.module(pair_of(dp)->ko);
}

/* ---- switches ---- */

static int pair_switch_new(struct datapath *dp, const char *name)
{
	return ovs_dp_switch_new(flows_of(dp), name);
}

static int pair_switch_del(struct datapath *dp, uint32_t sw)
{
	return ovs_dp_switch_del(flows_of(dp), sw);
}

static int pair_switch_get(struct datapath *dp, uint32_t sw, struct dp_switch *ret)
{
	return is_flows(dp, sw) ? ovs_dp_switch_get(flows_of(dp), sw, ret) :
				  datapath_ko.switch_get(ko_of(dp), sw, ret);
}

static int pair_switch_dump(struct datapath *dp, dp_switch_fn fn, void *arg)
{
	int r = or_without(dp, datapath_ko.switch_dump(ko_of(dp), fn, arg));

	return r < 0 ? r : ovs_dp_switch_dump(flows_of(dp), fn, arg);
}

static int pair_switch_set(struct datapath *dp, uint32_t sw, uint32_t ageing_ms, int flow_mode)
{
	return is_flows(dp, sw) ? ovs_dp_switch_set(flows_of(dp), sw, ageing_ms, flow_mode) :
				  datapath_ko.switch_set(ko_of(dp), sw, ageing_ms, flow_mode);
}

static int pair_switch_snoop(struct datapath *dp, uint32_t sw, const struct dp_snoop *snoop)
{
	if (is_flows(dp, sw))
		return lacks(dp, "multicast_snooping true: a switch made of openvswitch.ko sends every group to all; accepted: false");
	return datapath_ko.switch_snoop(ko_of(dp), sw, snoop);
}

static int pair_switch_loop(struct datapath *dp, uint32_t sw, bool on)
{
	if (is_flows(dp, sw))
		return lacks(dp, "loop_protection true: a switch made of openvswitch.ko sends no probes; accepted: false");
	return datapath_ko.switch_loop(ko_of(dp), sw, on);
}

static int pair_group_dump(struct datapath *dp, uint32_t sw, dp_group_fn fn, void *arg)
{
	return is_flows(dp, sw) ? 0 :
	       or_without(dp, datapath_ko.group_dump(ko_of(dp), sw, fn, arg));
}

/* ---- ports ---- */

static int pair_port_get(struct datapath *dp, uint32_t port, dp_port_fn fn, void *arg)
{
	return is_flow_port(dp, port) ? ovs_dp_port_get(flows_of(dp), port, fn, arg) :
	       datapath_ko.port_get(ko_of(dp), port, fn, arg);
}

static int pair_port_dump(struct datapath *dp, uint32_t sw, dp_port_fn fn, void *arg)
{
	int r = is_flows(dp, sw) ? 0 :
		or_without(dp, datapath_ko.port_dump(ko_of(dp), sw, fn, arg));

	return r < 0 || (sw && !is_flows(dp, sw)) ? r :
	       ovs_dp_port_dump(flows_of(dp), sw, fn, arg);
}

static int pair_port_new(struct datapath *dp, uint32_t sw, uint32_t port,
			 const struct dp_port_change *change)
{
	return is_flows(dp, sw) ? ovs_dp_port_new(flows_of(dp), sw, port, change) :
				  datapath_ko.port_new(ko_of(dp), sw, port, change);
}

static int pair_port_set(struct datapath *dp, uint32_t port, const struct dp_port_change *change)
{
	return is_flow_port(dp, port) ? ovs_dp_port_set(flows_of(dp), port, change) :
					datapath_ko.port_set(ko_of(dp), port, change);
}

static int pair_port_del(struct datapath *dp, uint32_t port)
{
	return is_flow_port(dp, port) ? ovs_dp_port_del(flows_of(dp), port) :
					datapath_ko.port_del(ko_of(dp), port);
}

static int pair_port_announce(struct datapath *dp, uint32_t port)
{
	return is_flow_port(dp, port) ? ovs_dp_port_announce(flows_of(dp), port) :
					datapath_ko.port_announce(ko_of(dp), port);
}

static int pair_fdb_dump(struct datapath *dp, uint32_t sw, uint32_t port, dp_fdb_fn fn, void *arg)
{
	bool flows = is_flows(dp, sw) || is_flow_port(dp, port);
	int r = flows ? 0 : or_without(dp, datapath_ko.fdb_dump(ko_of(dp), sw, port, fn, arg));

	return r < 0 || ((sw || port) && !flows) ? r :
	       ovs_dp_fdb_dump(flows_of(dp), sw, port, fn, arg);
}

/* ---- what goes with a VM ---- */

#define NO_STATE "a port of openvswitch.ko has none of it to give, or to be given"

static int pair_state_get(struct datapath *dp, uint32_t port, struct vifswitch_state *ret)
{
	return is_flow_port(dp, port) ? lacks(dp, NO_STATE) :
					datapath_ko.state_get(ko_of(dp), port, ret);
}

static int pair_state_add(struct datapath *dp, uint32_t port, const struct vifswitch_state *state)
{
	return is_flow_port(dp, port) ? lacks(dp, NO_STATE) :
					datapath_ko.state_add(ko_of(dp), port, state);
}

static int pair_fdb_carry(struct datapath *dp, uint32_t port, const uint8_t mac[6], uint16_t vlan)
{
	return is_flow_port(dp, port) ? lacks(dp, NO_STATE) :
					datapath_ko.fdb_carry(ko_of(dp), port, mac, vlan);
}

static int pair_session_dump(struct datapath *dp, uint32_t port, bool tracked, dp_session_fn fn,
			     void *arg)
{
	return is_flow_port(dp, port) ? 0 :
	       datapath_ko.session_dump(ko_of(dp), port, tracked, fn, arg);
}

static int pair_session_put(struct datapath *dp, uint32_t port, bool tracked,
			    const struct vifswitch_session *sessions, uint32_t count,
			    struct dp_sessions_taken *ret)
{
	return is_flow_port(dp, port) ? lacks(dp, NO_STATE) :
	       datapath_ko.session_put(ko_of(dp), port, tracked, sessions, count, ret);
}

/* ---- ACLs ---- */

static bool flows_in_use(const struct datapath *dp)
{
	return ovs_dp_switches(pair_of(dp)->flows);
}

static int pair_acl_load(struct datapath *dp, uint32_t id, const void *blob, uint32_t len,
			 const void *cookie, uint32_t cookie_len)
{
	int r = or_without(dp, datapath_ko.acl_load(ko_of(dp), id, blob, len, cookie, cookie_len));

	return r < 0 || !flows_in_use(dp) ? r :
	       ovs_dp_acl_load(flows_of(dp), id, blob, len, cookie, cookie_len);
}

static int pair_acl_del(struct datapath *dp, uint32_t id)
{
	int r = or_without(dp, datapath_ko.acl_del(ko_of(dp), id)), flows;

	if (r < 0 && r != -ENOENT)
		return r;
	flows = ovs_dp_acl_del(flows_of(dp), id);
	return flows == -ENOENT ? r : flows;
}

/* Those of vifswitch.ko, as far as the other has the same. */
struct acls {
	const struct pair *pair;
	bool in_use;
	dp_acl_fn fn;
	void *arg;
};

static int tell_acl(const struct dp_acl *acl, void *arg)
{
	const struct acls *a = arg;
	struct dp_acl told = *acl;

	told.outdated = a->in_use && !ovs_dp_acl_is(a->pair->flows, acl->id, acl->cookie,
						    acl->cookie_len);
	return a->fn(&told, a->arg);
}

static int pair_acl_dump(struct datapath *dp, dp_acl_fn fn, void *arg)
{
	struct acls a = { pair_of(dp), flows_in_use(dp), fn, arg };
	int r = datapath_ko.acl_dump(ko_of(dp), tell_acl, &a);

	return r == -EPROTONOSUPPORT && a.in_use ? ovs_dp_acl_dump(flows_of(dp), fn, arg) : r;
}

static int pair_acl_hits(struct datapath *dp, uint32_t id, dp_hits_fn fn, void *arg)
{
	return or_without(dp, datapath_ko.acl_hits(ko_of(dp), id, fn, arg));
}

static int pair_port_hits(struct datapath *dp, uint32_t port, dp_hits_fn fn, void *arg)
{
	return is_flow_port(dp, port) ? 0 : datapath_ko.port_hits(ko_of(dp), port, fn, arg);
}

static int pair_hits_add(struct datapath *dp, uint32_t port, const struct vifswitch_acl_hits *hits,
			 uint32_t count, uint32_t *ret_taken)
{
	return is_flow_port(dp, port) ? lacks(dp, NO_STATE) :
	       datapath_ko.hits_add(ko_of(dp), port, hits, count, ret_taken);
}

/* ---- mirrors and networks over IP ---- */

static int pair_mirror_set(struct datapath *dp, uint32_t sw, uint32_t number,
			   const struct dp_mirror_spec *spec, const void *cookie,
			   uint32_t cookie_len)
{
	if (is_flows(dp, sw))
		return lacks(dp, "a switch made of openvswitch.ko copies no frames; accepted: ports of switches with datapath=vifswitch");
	return datapath_ko.mirror_set(ko_of(dp), sw, number, spec, cookie, cookie_len);
}

static int pair_mirror_del(struct datapath *dp, uint32_t sw, uint32_t number)
{
	return datapath_ko.mirror_del(ko_of(dp), sw, number);
}

static int pair_mirror_dump(struct datapath *dp, dp_mirror_fn fn, void *arg)
{
	return or_without(dp, datapath_ko.mirror_dump(ko_of(dp), fn, arg));
}

static int pair_network_set(struct datapath *dp, uint32_t port, uint16_t vlan,
			    const struct dp_network_spec *spec, const void *cookie,
			    uint32_t cookie_len)
{
	if (is_flow_port(dp, port))
		return lacks(dp, "a switch made of openvswitch.ko has no networks over IP; accepted: networks that are VLANs");
	return datapath_ko.network_set(ko_of(dp), port, vlan, spec, cookie, cookie_len);
}

static int pair_network_del(struct datapath *dp, uint32_t port, uint16_t vlan)
{
	return datapath_ko.network_del(ko_of(dp), port, vlan);
}

static int pair_network_dump(struct datapath *dp, dp_network_fn fn, void *arg)
{
	return or_without(dp, datapath_ko.network_dump(ko_of(dp), fn, arg));
}

static int pair_fdb_tell(struct datapath *dp, uint32_t port, const uint8_t mac[6], uint16_t vlan,
			 const uint8_t *remote)
{
	return datapath_ko.fdb_tell(ko_of(dp), port, mac, vlan, remote);
}

static int pair_sealed_drops(struct datapath *dp, struct vifswitch_sealed_drops *ret)
{
	return datapath_ko.sealed_drops(ko_of(dp), ret);
}

static int pair_underlay_set(struct datapath *dp, uint32_t sw,
			     const uint8_t (*hosts)[VIFSWITCH_ADDRESS_LEN], uint32_t count)
{
	return is_flows(dp, sw) ? 0 : datapath_ko.underlay_set(ko_of(dp), sw, hosts, count);
}

static int pair_flow_socket(struct datapath *dp)
{
	return datapath_ko.flow_socket(ko_of(dp));
}

static int pair_tables_socket(struct datapath *dp, uint32_t sw, uint16_t *ret_family)
{
	if (is_flows(dp, sw))
		return lacks(dp, "a switch made of openvswitch.ko has no flow tables of OpenFlow");
	return datapath_ko.tables_socket(ko_of(dp), sw, ret_family);
}

/* ---- what happens ---- */

static int pair_events_fd(const struct datapath *dp)
{
	return pair_of(dp)->epoll;
}

static int pair_events(struct datapath *dp, int limit, dp_event_fn fn, void *arg)
{
	struct pair *p = pair_of(dp);
	struct epoll_event ready[2];
	int n = epoll_wait(p->epoll, ready, 2, 0), r = 0;

	for (int i = 0; i < n; i++) {
		if (ready[i].data.u32)
			ovs_dp_events(p->flows, fn, arg);
		else
			r = datapath_ko.events(p->ko, limit, fn, arg);
	}
	return r;
}

static int pair_check(const struct dp_module *module, const struct dp_place *at,
		      const struct port_policy *policy, struct problem *problem)
{
	int r = datapath_ko.check(at->of_flows ? NULL : module, at, policy, problem);

	return r < 0 || !at->of_flows ? r : flows_check(at, &policy->header, problem);
}

static void pair_lacking(const struct dp_module *module, char *ret, size_t size)
{
	datapath_ko.lacking(module, ret, size);
}

const struct datapath_ops datapath_pair = {
	.open = pair_open,
	.close = pair_close,
	.resolve = pair_resolve,
	.module = pair_module,
	.error = pair_error,
	.check = pair_check,
	.lacking = pair_lacking,
	.switch_new = pair_switch_new,
	.switch_del = pair_switch_del,
	.switch_get = pair_switch_get,
	.switch_dump = pair_switch_dump,
	.switch_set = pair_switch_set,
	.switch_snoop = pair_switch_snoop,
	.switch_loop = pair_switch_loop,
	.group_dump = pair_group_dump,
	.port_get = pair_port_get,
	.port_dump = pair_port_dump,
	.port_new = pair_port_new,
	.port_set = pair_port_set,
	.port_del = pair_port_del,
	.port_announce = pair_port_announce,
	.fdb_dump = pair_fdb_dump,
	.state_get = pair_state_get,
	.state_add = pair_state_add,
	.fdb_carry = pair_fdb_carry,
	.session_dump = pair_session_dump,
	.session_put = pair_session_put,
	.acl_load = pair_acl_load,
	.acl_del = pair_acl_del,
	.acl_dump = pair_acl_dump,
	.acl_hits = pair_acl_hits,
	.port_hits = pair_port_hits,
	.hits_add = pair_hits_add,
	.mirror_set = pair_mirror_set,
	.mirror_del = pair_mirror_del,
	.mirror_dump = pair_mirror_dump,
	.network_set = pair_network_set,
	.network_del = pair_network_del,
	.network_dump = pair_network_dump,
	.fdb_tell = pair_fdb_tell,
	.sealed_drops = pair_sealed_drops,
	.underlay_set = pair_underlay_set,
	.flow_socket = pair_flow_socket,
	.tables_socket = pair_tables_socket,
	.events_fd = pair_events_fd,
	.events = pair_events,
};
