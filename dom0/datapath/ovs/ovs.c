// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/ovs/ovs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "datapath/links/link.h"
#include "datapath/ovs/flow-hold.h"
#include "datapath/ovs/flow-miss.h"
#include "datapath/ovs/ovs-acl.h"
#include "datapath/ovs/ovs-dump.h"
#include "datapath/ovs/ovs-port.h"
#include "datapath/ovs/own-netdev.h"

#define READY_MAX	4	/* ports whose misses are taken in a turn */
#define TOLD_MAX	64	/* messages about ports in a turn */
#define TICK_S		5	/* between looks at what flows took */

#define NAME_TAKEN \
	"a netdev of that name exists and is not made of openvswitch.ko by this service"

const char *ovs_dp_error(const struct ovs_datapath *dp)
{
	return dp->error;
}

size_t ovs_dp_switches(const struct ovs_datapath *dp)
{
	return dp->switches.count;
}

bool ovs_dp_has_switch(const struct ovs_datapath *dp, uint32_t sw)
{
	return map_get(&dp->switches, sw);
}

/* ---- switches ---- */

/* Where no switch is made of flows, nobody is woken for them. */
static void set_timer(const struct ovs_datapath *dp)
{
	const struct timespec every = { dp->switches.count ? TICK_S : 0, 0 };

	timerfd_settime(dp->timer, 0, &(struct itimerspec){ every, every }, NULL);
}

/* Ports that used up their time are asked again then. */
static void set_pause(const struct ovs_datapath *dp)
{
	const struct itimerspec once = { .it_value.tv_nsec = FLOW_HOLD_MS * 1000000L };
	struct itimerspec now = {};
	const struct ovs_switch *sw;
	bool holds = false;

	map_for_each(&dp->switches, i, sw)
		holds |= flow_switch_holds(sw->flows);
	timerfd_gettime(dp->pause, &now);
	if (holds && !now.it_value.tv_sec && !now.it_value.tv_nsec)
		timerfd_settime(dp->pause, 0, &once, NULL);
}

static void end_pause(const struct ovs_datapath *dp)
{
	const struct ovs_switch *sw;
	uint64_t ticks;

	if (read(dp->pause, &ticks, sizeof(ticks)) < 0)
		return;
	map_for_each(&dp->switches, i, sw)
		flow_switch_release(sw->flows);
}

/* dom0 may give it another one at any time, and then sends from it. */
static void look_at_address(const struct ovs_switch *sw)
{
	uint8_t mac[6];

	if (own_netdev_mac(sw->name, mac) == 0)
		flow_switch_local(sw->flows, mac);
}

/* With its own port, closed or as @kept says, which is taken over. */
static struct ovs_switch *enter_switch(struct ovs_datapath *dp, uint32_t ifindex,
				       const char *name, struct flow_switch *flows,
				       struct kept *kept)
{
	struct ovs_switch *sw = xzalloc(sizeof(*sw));

	sw->ifindex = ifindex;
	snprintf(sw->name, sizeof(sw->name), "%s", name);
	sw->ageing_ms = VIFSWITCH_AGEING_DEFAULT_MS;
	sw->flows = flows;
	flow_switch_watch(flows, dp->epoll);
	if (map_put(&dp->switches, ifindex, sw) < 0 ||
	    !ovs_port_enter(dp, sw, OVSP_LOCAL, name, kept))
		return NULL;
	set_timer(dp);
	look_at_address(sw);
	return sw;
}

static void free_switch(struct ovs_datapath *dp, struct ovs_switch *sw, bool keep)
{
	struct ovs_port *port;
	size_t i = 0;

	/* A removal moves other entries back: look at the same slot again. */
	while (i < dp->ports.size) {
		port = dp->ports.slots[i].value;
		if (!port || port->sw != sw) {
			i++;
			continue;
		}
		if (!keep) {
			ovs_port_forget(dp, port);
			continue;
		}
		map_remove(&dp->ports, port->kept.id);
		kept_deinit(&port->kept);
		free(port);
	}
	map_remove(&dp->switches, sw->ifindex);
	set_timer(dp);
	flow_switch_close(sw->flows, keep);
	free(sw);
}

/* The module, and what it tells by itself. */
static int connect_module(struct ovs_datapath *dp)
{
	struct epoll_event told = { .events = EPOLLIN, .data.ptr = &dp->told };
	int r;

	if (dp->there)
		return 0;
	r = ovs_client_open(&dp->client);
	if (r == 0)
		r = netlink_open(&dp->told, NETLINK_GENERIC);
	for (unsigned int i = 0; r == 0 && i < OVS_FAMILIES; i++)
		if (dp->client.group[i] && (i == OVS_VPORT || i == OVS_DATAPATH))
			r = netlink_join(&dp->told, dp->client.group[i]);
	if (r == 0 && epoll_ctl(dp->epoll, EPOLL_CTL_ADD, dp->told.fd, &told) < 0)
		r = -errno;
	if (r < 0) {
		ovs_dp_refuse(dp, r, ovs_client_error(&dp->client));
		netlink_close(&dp->told);
		ovs_client_close(&dp->client);
		return r;
	}
	dp->there = true;
	return 0;
}

/* One that an earlier process was killed over, or flow_switch_new() deletes it. */
static int make(struct ovs_datapath *dp, const char *name, struct flow_switch **ret)
{
	char unfinished[IFNAMSIZ];
	struct flow_switch *flows;
	int r;

	link_unfinished_name(name, unfinished);
	r = flow_switch_new(&dp->client, unfinished, &flows);
	if (r < 0)
		return ovs_dp_refuse(dp, r, ovs_client_error(&dp->client));
	r = own_netdev_finish(unfinished, name);
	if (r < 0) {
		flow_switch_close(flows, false);
		return ovs_dp_refuse(dp, r, r == -EEXIST ? NAME_TAKEN : strerror(-r));
	}
	*ret = flows;
	return 0;
}

int ovs_dp_switch_new(struct ovs_datapath *dp, const char *name)
{
	struct flow_switch *flows = NULL;
	struct kept kept = { .claim = VIFSWITCH_CLAIM_DORMANT };
	int r = connect_module(dp);

	if (r == 0 && if_nametoindex(name))
		return ovs_dp_refuse(dp, -EEXIST, NAME_TAKEN);
	if (r == 0)
		r = make(dp, name, &flows);
	if (r < 0)
		return r;
	kept.id = (uint32_t)flow_switch_index(flows);
	return enter_switch(dp, kept.id, name, flows, &kept) ? 0 : -ENOMEM;
}

int ovs_dp_switch_del(struct ovs_datapath *dp, uint32_t sw)
{
	struct ovs_switch *found = map_get(&dp->switches, sw);

	if (!found)
		return -ENODEV;
	free_switch(dp, found, false);
	return 0;
}

static void describe(const struct ovs_datapath *dp, const struct ovs_switch *sw,
		     struct dp_switch *ret)
{
	const struct flow_switch_counts *c = flow_switch_counts(sw->flows);
	const struct ovs_port *port;

	*ret = (struct dp_switch){
		.ifindex = sw->ifindex, .ageing_ms = sw->ageing_ms,
		.fdb_count = (uint32_t)flow_switch_stations(sw->flows)->entries.count,
		.of_flows = true,
		.flows = { .flows = c->flows, .masks = c->masks, .misses = c->misses,
			   .installed = c->installed, .by_hand = c->by_hand,
			   .evicted = c->evicted, .revoked = c->revoked, .lost = c->lost,
			   .adopted = c->adopted },
	};
	snprintf(ret->name, sizeof(ret->name), "%s", sw->name);
	map_for_each(&dp->ports, i, port)
		ret->port_count += port->sw == sw;
}

int ovs_dp_switch_get(struct ovs_datapath *dp, uint32_t sw, struct dp_switch *ret)
{
	const struct ovs_switch *found = map_get(&dp->switches, sw);

	if (!found)
		return -ENODEV;
	describe(dp, found, ret);
	return 0;
}

int ovs_dp_switch_dump(struct ovs_datapath *dp, dp_switch_fn fn, void *arg)
{
	const struct ovs_switch *sw;

	map_for_each(&dp->switches, i, sw) {
		struct dp_switch told;
		int r;

		describe(dp, sw, &told);
		r = fn(&told, arg);
		if (r < 0)
			return r;
	}
	return 0;
}

int ovs_dp_switch_set(struct ovs_datapath *dp, uint32_t sw, uint32_t ageing_ms, int flow_mode)
{
	struct ovs_switch *found = map_get(&dp->switches, sw);

	if (!found)
		return -ENODEV;
	if (flow_mode > 0)
		return ovs_dp_refuse(dp, -EOPNOTSUPP, "openflow true: a switch made of openvswitch.ko has no flow tables of OpenFlow; accepted: false");
	if (ageing_ms)
		found->ageing_ms = ageing_ms;
	return 0;
}

/* ---- what an earlier process left ---- */

/* What a dump told, to be asked about after it. */
struct found {
	struct ovs_vport *list;
	size_t count;
};

static void find(struct found *f, const struct ovs_vport *vport)
{
	f->list = xrealloc(f->list, (f->count + 1) * sizeof(*f->list));
	f->list[f->count++] = *vport;
}

/* As its own port, whose netdev has the datapath's number. */
static int find_datapath(int dp, const char *name, void *arg)
{
	struct ovs_vport vport = { .ifindex = (uint32_t)dp };

	snprintf(vport.name, sizeof(vport.name), "%s", name);
	find(arg, &vport);
	return 0;
}

static int find_vport(int dp, const struct ovs_vport *vport, void *arg)
{
	find(arg, vport);
	return 0;
}

/* A file of another port, or of another boot of the host, is none. */
static void read_kept(struct ovs_datapath *dp, uint32_t ifindex, uint32_t sw, struct kept *ret)
{
	*ret = (struct kept){ .id = ifindex, .sw = sw, .claim = VIFSWITCH_CLAIM_DORMANT };
	if (keeper_get(&dp->keeper, KEPT_PORT, ifindex, ret) == 0 && ret->sw == sw)
		return;
	kept_deinit(ret);
	*ret = (struct kept){ .id = ifindex, .sw = sw, .claim = VIFSWITCH_CLAIM_DORMANT };
}

static void adopt_port(struct ovs_datapath *dp, struct ovs_switch *sw,
		       const struct ovs_vport *vport)
{
	struct kept kept;
	struct ovs_port *port = map_get(&dp->ports, vport->ifindex);

	if (!port) {
		read_kept(dp, vport->ifindex, sw->ifindex, &kept);
		port = ovs_port_enter(dp, sw, vport->number, vport->name, &kept);
	}
	if (!port || flow_switch_take(sw->flows, vport->number, port->kept.cookie,
				      port->kept.cookie_len, port->kept.meters) < 0)
		return;
	if (vport->number != OVSP_LOCAL)
		flow_switch_claim(sw->flows, vport->number,
				  port->kept.claim == VIFSWITCH_CLAIM_DORMANT);
	ovs_port_apply(dp, port);
}

static void adopt_switch(struct ovs_datapath *dp, const struct ovs_vport *own)
{
	struct found vports = {};
	struct flow_switch *flows;
	struct ovs_switch *sw;
	struct kept kept;

	if (!own_netdev_is(own->name) ||
	    flow_switch_adopt(&dp->client, (int)own->ifindex, &flows) < 0)
		return;
	ovs_datapath_mend(&dp->client, (int)own->ifindex);
	read_kept(dp, own->ifindex, own->ifindex, &kept);
	sw = enter_switch(dp, own->ifindex, own->name, flows, &kept);
	ovs_vport_dump(&dp->client, (int)own->ifindex, find_vport, &vports);
	for (size_t i = 0; sw && i < vports.count; i++)
		adopt_port(dp, sw, &vports.list[i]);
	if (sw)
		flow_switch_adopt_flows(flows, (uint64_t)clock_ms());
	free(vports.list);
}

static void drop_stray(uint32_t id, void *arg)
{
	const struct ovs_datapath *dp = arg;

	if (!map_get(&dp->ports, id))
		keeper_drop(&dp->keeper, KEPT_PORT, id);
}

static void adopt_all(struct ovs_datapath *dp)
{
	struct found datapaths = {};

	ovs_acls_adopt(dp);
	ovs_datapath_dump(&dp->client, find_datapath, &datapaths);
	for (size_t i = 0; i < datapaths.count; i++)
		adopt_switch(dp, &datapaths.list[i]);
	free(datapaths.list);
	keeper_list(&dp->keeper, KEPT_PORT, drop_stray, dp);
}

/* ---- life ---- */

static int open_timer(struct ovs_datapath *dp)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = &dp->timer };
	struct epoll_event pause = { .events = EPOLLIN, .data.ptr = &dp->pause };

	dp->epoll = epoll_create1(EPOLL_CLOEXEC);
	dp->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	dp->pause = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (dp->epoll < 0 || dp->timer < 0 || dp->pause < 0 ||
	    epoll_ctl(dp->epoll, EPOLL_CTL_ADD, dp->timer, &event) < 0 ||
	    epoll_ctl(dp->epoll, EPOLL_CTL_ADD, dp->pause, &pause) < 0)
		return -errno;
	return 0;
}

int ovs_dp_open(const char *dir, struct ovs_datapath **ret)
{
	struct ovs_datapath *dp = xzalloc(sizeof(*dp));
	int r;

	dp->epoll = dp->timer = dp->pause = dp->keeper.dir = dp->told.fd = dp->client.nl.fd = -1;
	r = open_timer(dp);
	if (r < 0) {
		ovs_dp_close(dp);
		return r;
	}
	keeper_open(dir, &dp->keeper);
	/* asking would load it, where nobody may want it */
	if (ovs_client_is_loaded() && connect_module(dp) == 0)
		adopt_all(dp);
	*ret = dp;
	return 0;
}

struct ovs_datapath *ovs_dp_close(struct ovs_datapath *dp)
{
	struct ovs_switch *sw;
	struct ovs_acl *acl;
	size_t i = 0;

	while (i < dp->switches.size) {
		sw = dp->switches.slots[i].value;
		if (sw)
			free_switch(dp, sw, true);
		else
			i++;
	}
	map_for_each(&dp->acls, k, acl)
		ovs_acl_free(acl);
	map_deinit(&dp->acls);
	map_deinit(&dp->ports);
	map_deinit(&dp->switches);
	netlink_close(&dp->told);
	ovs_client_close(&dp->client);
	keeper_close(&dp->keeper);
	closep(&dp->timer);
	closep(&dp->pause);
	closep(&dp->epoll);
	free(dp);
	return NULL;
}

/* ---- what happens ---- */

struct happening {
	struct ovs_datapath *dp;
	dp_event_fn fn;
	void *arg;
};

int ovs_dp_events_fd(const struct ovs_datapath *dp)
{
	return dp->epoll;
}

static int same_netdev(int index, const struct ovs_vport *vport, void *arg)
{
	bool *there = arg;

	*there = true;
	return 0;
}

/* Its netdev went, or somebody else took it out: not what we did ourselves. */
static void port_left(struct happening *h, const struct ovs_vport *vport)
{
	struct ovs_port *port = map_get(&h->dp->ports, vport->ifindex);
	bool there = false;
	struct dp_event event;

	if (!port || port->number != vport->number || port->number == OVSP_LOCAL)
		return;
	ovs_vport_get(&h->dp->client, (int)port->sw->ifindex, port->number, same_netdev, &there);
	if (there)
		return;
	event = ovs_port_event(port);
	event.event = VIFSWITCH_EV_PORT_LEFT;
	h->fn(&event, h->arg);
	flow_switch_left(port->sw->flows, port->number);
	ovs_port_forget(h->dp, port);
}

static int on_told(const struct nlmsghdr *msg, void *arg)
{
	struct happening *h = arg;
	struct ovs_vport vport;
	int index;

	if (ovs_vport_left(&h->dp->client, msg, &index, &vport))
		port_left(h, &vport);
	else if (ovs_datapath_strayed(&h->dp->client, msg, &index) &&
		 map_get(&h->dp->switches, (uint64_t)index))
		ovs_datapath_mend(&h->dp->client, index);
	return 0;
}

/* All again, when some message was lost. */
static void look_again(struct happening *h)
{
	const struct ovs_port *port;
	const struct ovs_switch *sw;
	struct found all = {};

	map_for_each(&h->dp->switches, i, sw)
		ovs_datapath_mend(&h->dp->client, (int)sw->ifindex);
	map_for_each(&h->dp->ports, i, port)
		find(&all, &(struct ovs_vport){ .number = port->number, .ifindex = port->kept.id });
	for (size_t i = 0; i < all.count; i++)
		port_left(h, &all.list[i]);
	free(all.list);
}

static void on_tick(struct ovs_datapath *dp)
{
	uint64_t now = (uint64_t)clock_ms(), ticks;
	const struct ovs_switch *sw;

	if (read(dp->timer, &ticks, sizeof(ticks)) < 0)
		return;
	map_for_each(&dp->switches, i, sw) {
		flow_switch_count(sw->flows);
		look_at_address(sw);
		if (now > sw->ageing_ms)
			flow_switch_age(sw->flows, now - sw->ageing_ms);
	}
}

static void on_misses(struct happening *h, struct flow_port *flows)
{
	uint32_t number = flows->station->dp.number;
	bool dormant = flows->station->dormant;
	struct ovs_port *port;
	struct dp_event event;

	if (number == OVSP_LOCAL) {
		port = ovs_port_find(h->dp, flows->sw, number);
		if (port)
			look_at_address(port->sw);
	}
	flow_port_run(flows, (uint64_t)clock_ms());
	if (!dormant || flows->station->dormant)
		return;
	port = ovs_port_find(h->dp, flows->sw, number);
	if (!port || !ovs_port_woke(h->dp, port))
		return;
	event = ovs_port_event(port);
	event.event = VIFSWITCH_EV_CLAIMED;
	h->fn(&event, h->arg);
}

int ovs_dp_events(struct ovs_datapath *dp, dp_event_fn fn, void *arg)
{
	struct happening h = { dp, fn, arg };
	struct epoll_event ready[READY_MAX];
	int n = epoll_wait(dp->epoll, ready, READY_MAX, 0);
	bool told = false, ticked = false;

	for (int i = 0; i < n; i++) {
		if (ready[i].data.ptr == &dp->told)
			told = true;
		else if (ready[i].data.ptr == &dp->timer)
			ticked = true;
		else if (ready[i].data.ptr == &dp->pause)
			end_pause(dp);
		else
			on_misses(&h, ready[i].data.ptr);
	}
	set_pause(dp);
	/* last, for ports go by these */
	if (ticked)
		on_tick(dp);
	if (told && netlink_receive(&dp->told, TOLD_MAX, on_told, &h) == -ENOBUFS)
		look_again(&h);
	return 0;
}
