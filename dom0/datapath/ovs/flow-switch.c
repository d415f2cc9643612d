// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/ovs/flow-switch.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/random.h"
#include "datapath/ovs/flow-frame.h"
#include "datapath/ovs/flow-set.h"

#define TURN		16	/* misses of a port before it is the next one's turn */
#define ACTIONS_MAX	(32 * 1024)

struct flow_port {
	struct station_port *station;
	int socket;
	uint32_t upcalls;		/* its netlink port */
	struct flow_list flows;
};

struct flow_switch {
	struct ovs_client *client;
	int dp;
	struct stations stations;
	struct flow_port **ports;	/* of stations.ports, the local one among them */
	size_t count;
	struct flow_masks masks;
	uint64_t next_id, boot;		/* of UFIDs */
	struct flow_switch_counts counts;
	struct decided_output *outputs;	/* room for as many as there are ports */
	uint8_t buf[OVS_UPCALL_MAX];
	uint8_t actions[ACTIONS_MAX];
};

static void ufid_of(const struct flow_switch *s, uint64_t id, uint8_t ret[OVS_UFID_LEN])
{
	memcpy(ret, &id, 8);
	memcpy(ret + 8, &s->boot, 8);
}

/* Limits are refused (lacks()), so nobody asks for a meter. */
static uint32_t no_meter(const struct dp_world_port *port, enum vs_limit limit)
{
	return 0;
}

static void encode_actions(struct flow_switch *s, const struct decision *d,
			   const struct dp_world_port *from, struct attrs *ret)
{
	*ret = (struct attrs){ .p = s->actions, .room = sizeof(s->actions) };
	flow_actions_encode(d, from, no_meter, ret);
}

/* It is no flow of the kernel's any more. */
static void drop_flow(struct flow_switch *s, struct flow *flow)
{
	uint8_t ufid[OVS_UFID_LEN];

	ufid_of(s, flow->id, ufid);
	ovs_flow_del(s->client, s->dp, ufid);
	flow_masks_remove(&s->masks, &flow->mask);
	s->counts.flows--;
	free(flow);
}

/* Is what a flow does still what would be decided, of all that it takes? */
static bool holds(struct flow_switch *s, const struct flow_port *port, const struct flow *flow)
{
	struct decision d = { .outputs = s->outputs };
	uint8_t frame[FLOW_FRAME_MAX];
	size_t len = flow_frame_of(&flow->key, frame);
	struct attrs actions;

	decide(&s->stations.world, &port->station->dp, frame, len, len, &d);
	if (d.seen.hand != SEEN_FLOW || !flow_mask_covers(&flow->mask, &d.seen.mask) ||
	    (d.accepted && stations_would(&s->stations, port->station, d.v.frame.src, d.v.vid,
					  d.source)))
		return false;
	encode_actions(s, &d, &port->station->dp, &actions);
	return !actions.full && actions.len == flow->actions_len &&
	       !memcmp(actions.p, flow->actions, actions.len);
}

/* Is it a flow from or to @mac? What is known of an address matters to no other. */
static bool concerns(const struct flow *flow, uint64_t mac)
{
	return vs_mac_load(flow->key.eth.eth_src) == mac ||
	       vs_mac_load(flow->key.eth.eth_dst) == mac;
}

/* Flows that concern @mac, or all if it is NULL. */
static void revalidate(struct flow_switch *s, const uint64_t *mac)
{
	for (size_t i = 0; i < s->count; i++) {
		struct flow_port *port = s->ports[i];
		struct flow **at = &port->flows.first;

		while (*at) {
			if ((mac && !concerns(*at, *mac)) || holds(s, port, *at)) {
				at = &(*at)->next;
				continue;
			}
			drop_flow(s, flow_list_cut(&port->flows, at));
			s->counts.revoked++;
		}
	}
}

static void drop_flows(struct flow_switch *s, struct flow_port *port)
{
	struct flow *flow;

	while ((flow = flow_list_take(&port->flows)))
		drop_flow(s, flow);
}

/* The mask to put in force: what was looked at, or all if there are masks enough. */
static bool choose_mask(struct flow_switch *s, const struct flow_key *kernel,
			const struct decision *d, struct flow_key *ret)
{
	struct flow_key whole;

	*ret = d->seen.mask;
	if (flow_masks_add(&s->masks, ret, FLOW_MASKS_MAX))
		return true;
	flow_mask_whole(kernel, &whole);
	*ret = whole;
	return flow_mask_covers(ret, &d->seen.mask) && flow_masks_add(&s->masks, ret, SIZE_MAX);
}

static void install(struct flow_switch *s, struct flow_port *port, const struct ovs_upcall *upcall,
		    const struct flow_key *kernel, const struct decision *d,
		    const struct attrs *actions)
{
	uint8_t octets[1024], ufid[OVS_UFID_LEN];
	struct attrs mask_attrs = { .p = octets, .room = sizeof(octets) };
	struct flow_key mask;
	struct ovs_flow flow = {
		.ufid = ufid, .key = upcall->key, .key_len = upcall->key_len,
		.actions = actions->p, .actions_len = actions->len, .mask = octets,
	};

	if (!choose_mask(s, kernel, d, &mask))
		return;
	if (port->flows.count >= FLOW_PORT_MAX) {
		drop_flow(s, flow_list_take(&port->flows));
		s->counts.evicted++;
	}
	flow_mask_encode(kernel, &mask, &mask_attrs);
	flow.mask_len = mask_attrs.len;
	ufid_of(s, s->next_id, ufid);
	if (mask_attrs.full || ovs_flow_new(s->client, s->dp, &flow) < 0) {
		flow_masks_remove(&s->masks, &mask);
		return;
	}
	flow_list_add(&port->flows,
		      flow_new(s->next_id++, kernel, &mask, actions->p, actions->len));
	s->counts.installed++;
	s->counts.flows++;
}

/* Decides, and once more if the frame itself taught where its source is. */
static void decide_and_learn(struct flow_switch *s, struct flow_port *port,
			     const struct ovs_upcall *upcall, uint64_t now_ms, struct decision *d)
{
	const uint8_t *p = upcall->packet;
	size_t len = upcall->packet_len;

	/* it wakes all addresses of its port */
	bool wakes = port->station->dormant;

	d->outputs = s->outputs;
	decide(&s->stations.world, &port->station->dp, p, len, len, d);
	if (!d->accepted || !stations_saw(&s->stations, port->station, d->v.frame.src, d->v.vid,
					  d->source, now_ms))
		return;
	revalidate(s, wakes ? NULL : &d->v.frame.src);
	decide(&s->stations.world, &port->station->dp, p, len, len, d);
}

static void miss(struct flow_switch *s, struct flow_port *port, const struct ovs_upcall *upcall,
		 uint64_t now_ms)
{
	struct flow_key kernel;
	struct attrs actions;
	struct decision d = {};

	s->counts.misses++;
	decide_and_learn(s, port, upcall, now_ms, &d);
	s->counts.last = d.reason;
	encode_actions(s, &d, &port->station->dp, &actions);
	if (actions.full)
		return;
	if (flow_key_decode(upcall->key, upcall->key_len, &kernel) < 0)
		d.seen.hand = SEEN_KEY;
	else
		decision_bears_flow(&d, &kernel);
	s->counts.hands[d.seen.hand]++;
	if (d.seen.hand == SEEN_FLOW)
		install(s, port, upcall, &kernel, &d, &actions);
	else
		s->counts.by_hand++;
	if (actions.len)
		ovs_packet_execute(s->client, s->dp, upcall, actions.p, actions.len);
}

int flow_switch_run(struct flow_switch *s, uint64_t now_ms)
{
	int count = 0;

	for (size_t i = 0; i < s->count; i++) {
		for (unsigned int n = 0; n < TURN; n++) {
			struct ovs_upcall upcall;
			int r = ovs_upcall_receive(s->client, s->ports[i]->socket, s->buf, &upcall);

			if (r == -ENOBUFS)
				s->counts.lost++;
			if (r <= 0)
				break;
			miss(s, s->ports[i], &upcall, now_ms);
			count++;
		}
	}
	return count;
}

static void address_gone(uint64_t mac, uint16_t vid, void *arg)
{
	*(bool *)arg = true;
}

void flow_switch_age(struct flow_switch *s, uint64_t before_ms)
{
	bool any = false;

	stations_age(&s->stations, before_ms, address_gone, &any);
	if (any)
		revalidate(s, NULL);
}

static void port_free(struct flow_port *port)
{
	struct flow *flow;

	while ((flow = flow_list_take(&port->flows)))
		free(flow);
	closep(&port->socket);
	free(port);
}

static struct flow_port *add_port(struct flow_switch *s, uint32_t number, int socket,
				  uint32_t upcalls, const uint8_t *cookie, size_t cookie_len)
{
	struct flow_port *port = xzalloc(sizeof(*port));

	port->socket = socket;
	port->upcalls = upcalls;
	flow_list_init(&port->flows);
	port->station = stations_add(&s->stations, number, cookie, cookie_len);
	s->ports = xrealloc(s->ports, (s->count + 1) * sizeof(*s->ports));
	s->ports[s->count++] = port;
	s->outputs = xrealloc(s->outputs, s->stations.world.count * sizeof(*s->outputs));
	return port;
}

int flow_switch_new(struct ovs_client *client, const char *name, struct flow_switch **ret)
{
	uint32_t upcalls;
	_cleanup_close_ int fd = ovs_upcall_socket(&upcalls);
	struct flow_switch *s;
	int dp, r;

	if (fd < 0)
		return fd;
	r = ovs_datapath_find(client, name, &dp);
	if (r == 0)
		r = ovs_datapath_del(client, dp);
	if (r < 0 && r != -ENODEV)
		return r;
	r = ovs_datapath_new(client, name, &dp);
	if (r < 0)
		return r;
	s = xzalloc(sizeof(*s));
	s->client = client;
	s->dp = dp;
	s->next_id = 1;
	random_bytes(&s->boot, sizeof(s->boot));
	stations_init(&s->stations);
	add_port(s, OVSP_LOCAL, TAKE_FD(fd), upcalls, NULL, 0);
	*ret = s;
	return 0;
}

void flow_switch_close(struct flow_switch *s, bool keep)
{
	if (!s)
		return;
	if (!keep)
		ovs_datapath_del(s->client, s->dp);
	for (size_t i = 0; i < s->count; i++)
		port_free(s->ports[i]);
	free(s->ports);
	free(s->outputs);
	flow_masks_deinit(&s->masks);
	stations_deinit(&s->stations);
	free(s);
}

static struct flow_port *port_of(const struct flow_switch *s, uint32_t number)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->ports[i]->station->dp.number == number)
			return s->ports[i];
	return NULL;
}

/* It has no upcalls before it has a program: what it sends meanwhile is lost, as it is closed. */
int flow_switch_add(struct flow_switch *s, const char *netdev, const uint8_t *cookie,
		    size_t cookie_len, uint32_t *ret)
{
	uint32_t upcalls, number;
	_cleanup_close_ int fd = ovs_upcall_socket(&upcalls);
	int r;

	if (fd < 0)
		return fd;
	r = ovs_vport_new(s->client, s->dp, netdev, 0, &number);
	if (r < 0)
		return r;
	add_port(s, number, TAKE_FD(fd), upcalls, cookie, cookie_len);
	*ret = number;
	return 0;
}

int flow_switch_remove(struct flow_switch *s, uint32_t number)
{
	struct flow_port *port = number == OVSP_LOCAL ? NULL : port_of(s, number);
	int r;

	if (!port)
		return -ENOENT;
	r = ovs_vport_del(s->client, s->dp, number);
	if (r < 0)
		return r;
	drop_flows(s, port);
	stations_remove(&s->stations, port->station);
	for (size_t i = 0; i < s->count; i++)
		if (s->ports[i] == port)
			s->ports[i--] = s->ports[--s->count];
	port_free(port);
	revalidate(s, NULL);
	return 0;
}

/* What flows cannot do, by the program's field; NULL: nothing. */
static const char *lacks(const struct vs_program *prog, const struct vs_acl *acl)
{
	if (acl && acl->stateful)
		return "acl (rules that remember connections)";
	if (prog->policed)
		return "rate";
	if (prog->stormy)
		return "storm";
	if (prog->limit[VS_LIMIT_TO_PACKETS].mult)
		return "packet_rate_to";
	if (prog->mirror_from || prog->mirror_to || prog->copy_vlan[0])
		return "mirror";
	if (prog->flow_entries || prog->sample_every)
		return "flow_entries";
	if (prog->flags & (VIFSWITCH_PF_TUNNEL | VIFSWITCH_PF_SLB))
		return "flags";
	return NULL;
}

static void refuse(struct vs_program_error *err, int code, const char *field)
{
	*err = (struct vs_program_error){ .code = code, .field = field,
					  .accepted = "what openvswitch.ko can do" };
}

int flow_switch_program(struct flow_switch *s, uint32_t number, const void *blob, size_t len,
			const struct vs_acl *acl, struct vs_program_error *err)
{
	struct flow_port *port = port_of(s, number);
	const char *lacking = NULL;
	int r;

	if (!port)
		return -ENOENT;
	r = stations_program(&s->stations, port->station, blob, len, acl, err);
	if (r < 0)
		return r;
	if (blob)
		lacking = lacks(&port->station->program, acl);
	if (lacking)
		stations_program(&s->stations, port->station, NULL, 0, NULL, err);
	revalidate(s, NULL);
	r = ovs_vport_set(s->client, s->dp, number, port->station->dp.program ? port->upcalls : 0);
	if (!lacking)
		return r;
	refuse(err, -EOPNOTSUPP, lacking);
	return -EOPNOTSUPP;
}

const struct flow_switch_counts *flow_switch_counts(const struct flow_switch *s)
{
	((struct flow_switch *)s)->counts.masks = s->masks.count;
	return &s->counts;
}
