// SPDX-License-Identifier: GPL-2.0-or-later
/* Flow tables of a switch, by netlink: openflow-abi.h. */
#include <linux/if_vlan.h>

#include "../core/of/of-index.h"
#include "../openflow/flow-mode.h"
#include "family.h"

static int find_flows(struct vs_request *req, struct vs_flows **ret)
{
	*ret = vs_flows_of(req->sw);
	if (*ret)
		return 0;
	req->err.attr = VIFSWITCH_A_SWITCH;
	return vs_refuse(&req->err, -EOPNOTSUPP, "%s is not in flow mode; accepted: OF_MODE 1 first",
			 req->sw->dev->name);
}

/* Of a change, which is made without rtnl: the tables stay until vs_flows_put(). */
int vs_of_request_hold(struct vs_request *req)
{
	int rc = find_flows(req, &req->flows);

	if (!rc)
		vs_flows_get(req->flows);
	return rc;
}

static int change(struct vs_request *req)
{
	const struct nlattr *records = req->attrs[VIFSWITCH_A_OF_RECORDS];
	u8 *aligned;
	int rc;

	/* attributes are aligned to 4 octets only */
	aligned = kvmalloc(nla_len(records), GFP_KERNEL_ACCOUNT);
	if (!aligned)
		return vs_out_of_memory(&req->err, "OF_RECORDS");
	memcpy(aligned, nla_data(records), nla_len(records));
	rc = vs_flows_change(req->flows, aligned, nla_len(records),
			     req->attrs[VIFSWITCH_A_OF_KEEP], req->info->snd_portid, &req->err);
	kvfree(aligned);
	return rc;
}

int vs_of_request_change(struct vs_request *req)
{
	int rc = change(req);

	vs_flows_put(req->flows);
	return rc;
}

int vs_of_request_abort(struct vs_request *req)
{
	vs_flows_abort(req->flows);
	vs_flows_put(req->flows);
	return 0;
}

int vs_of_request_grant(struct vs_request *req)
{
	struct vs_flows *fl;
	int rc = find_flows(req, &fl);

	if (!rc)
		vs_flows_grant(fl, NETLINK_CB(req->skb).sk, req->info->snd_portid);
	return rc;
}

/* ---- packet-out ---- */

static struct sk_buff *frame_of(const struct vs_switch *sw, const struct nlattr *packet)
{
	u32 len = nla_len(packet);
	struct sk_buff *skb = alloc_skb(NET_SKB_PAD + LL_MAX_HEADER + len, GFP_KERNEL);

	if (!skb)
		return NULL;
	skb_reserve(skb, NET_SKB_PAD + LL_MAX_HEADER);
	skb_put_data(skb, nla_data(packet), len);
	skb->dev = sw->dev;
	skb_reset_mac_header(skb);
	skb->protocol = eth_hdr(skb)->h_proto;
	skb_pull(skb, ETH_HLEN);
	skb_reset_network_header(skb);
	return eth_type_vlan(skb->protocol) ? skb_vlan_untag(skb) : skb;
}

static int check_out(struct vs_request *req, const u8 *data, u32 len)
{
	const struct vifswitch_of_packet_out *out = (const void *)data;
	struct vs_program_error perr;
	int rc;

	req->err.attr = VIFSWITCH_A_OF_PACKET;
	if (len - sizeof(*out) != out->ops_len)
		return vs_refuse(&req->err, -EINVAL, "OF_PACKET: ops_len is %u; accepted: %zu, what is there",
				 out->ops_len, len - sizeof(*out));
	if (out->in_port > VIFSWITCH_OF_PORT_MAX && out->in_port != VIFSWITCH_OF_PORT_LOCAL)
		return vs_refuse(&req->err, -EINVAL, "OF_PACKET: in_port is %u; accepted: 0, a number, LOCAL",
				 out->in_port);
	rc = vs_of_check_ops(data + sizeof(*out), out->ops_len, VS_OF_OF_FLOW,
			     VIFSWITCH_OF_TABLES - 1, &perr);
	return rc ? vs_refuse(&req->err, rc, "OF_PACKET: %s is %llu; accepted: %s", perr.field,
			      perr.value, perr.accepted) : 0;
}

static int send_out(struct vs_request *req, struct vs_flows *fl, const u8 *data, u32 len)
{
	const struct nlattr *packet = req->attrs[VIFSWITCH_A_PACKET];
	struct sk_buff *skb;
	int rc = check_out(req, data, len);

	if (rc)
		return rc;
	skb = frame_of(req->sw, packet);
	if (!skb)
		return vs_out_of_memory(&req->err, "PACKET");
	local_bh_disable();
	rcu_read_lock();
	vs_flows_packet_out(fl, skb, (const void *)data,
			    data + sizeof(struct vifswitch_of_packet_out));
	rcu_read_unlock();
	local_bh_enable();
	return 0;
}

int vs_of_request_packet_out(struct vs_request *req)
{
	const struct nlattr *out = req->attrs[VIFSWITCH_A_OF_PACKET];
	struct vs_flows *fl;
	u8 *aligned;
	int rc = find_flows(req, &fl);

	if (rc)
		return rc;
	aligned = kmemdup(nla_data(out), nla_len(out), GFP_KERNEL);
	if (!aligned)
		return vs_out_of_memory(&req->err, "OF_PACKET");
	rc = send_out(req, fl, aligned, nla_len(out));
	kfree(aligned);
	return rc;
}

/* ---- what there is ---- */

/* Room for @len more octets of OF_RECORDS, zeroed; NULL: the message is full. */
static void *more(struct sk_buff *msg, u32 len)
{
	return skb_tailroom(msg) < (int)len ? NULL : skb_put_zero(msg, len);
}

static bool put_flow_record(struct sk_buff *msg, const struct vs_of_flow *f)
{
	u32 words = f->word_count * sizeof(struct vifswitch_of_word);
	u32 len = sizeof(struct vifswitch_of_flow) + vs_of_words_size(f->word_count) + f->ops_len;
	struct vifswitch_of_flow *r = more(msg, len);

	if (!r)
		return false;
	*r = (struct vifswitch_of_flow){
		.record = { len, VIFSWITCH_OF_FLOW, 0 }, .id = f->id, .cookie = f->cookie,
		.priority = f->priority, .table = f->table, .flags = f->flags, .idle = f->idle,
		.hard = f->hard, .match_count = f->word_count, .ops_len = f->ops_len,
	};
	memcpy(r + 1, f->word, words);
	memcpy((u8 *)r + len - f->ops_len, f->ops, f->ops_len);
	return true;
}

static bool put_flow(struct sk_buff *msg, const struct vs_of_flow *f, long kind)
{
	u8 *tail = skb_tail_pointer(msg);
	struct vifswitch_of_flow_stats *stats;

	if (kind == VIFSWITCH_OF_FLOW && !put_flow_record(msg, f))
		return false;
	stats = more(msg, sizeof(*stats));
	if (!stats) {
		skb_trim(msg, tail - msg->data);
		return false;
	}
	vs_flow_stats_fill(f, vs_flows_now(), stats);
	return true;
}

/* Of flows: bucket by bucket of their ids. True: that was all. */
static bool put_flows(struct sk_buff *msg, struct vs_dump *at, const struct vs_of *of)
{
	const struct vs_of_flow *f;
	long skip;

	for (; at->place < 1L << of->id_bits; at->place++, at->skip = 0) {
		skip = at->skip;
		for (f = of->ids[at->place]; f; f = f->id_next) {
			if (skip-- > 0)
				continue;
			/* what an open transaction added is not there yet */
			if (f->life.from <= of->version && !put_flow(msg, f, at->kind))
				return false;
			at->skip++;
		}
	}
	return true;
}

static bool put_counts(struct sk_buff *msg, const struct vs_of_counts *counts)
{
	struct vifswitch_of_count *c = more(msg, sizeof(*c));

	if (c)
		*c = (struct vifswitch_of_count){ vs_of_read(&counts->packets),
						  vs_of_read(&counts->bytes) };
	return c;
}

static bool put_group(struct sk_buff *msg, const struct vs_of_group *g)
{
	const struct vs_of_bucket *b, *end = g->bucket + g->bucket_count;
	u32 start = msg->len;
	struct vifswitch_of_group *r = more(msg, sizeof(*r));
	struct vifswitch_of_bucket *to;

	if (!r)
		return false;
	for (b = g->bucket; b < end; b++) {
		to = more(msg, sizeof(*to) + b->ops_len);
		if (!to)
			return false;
		*to = (struct vifswitch_of_bucket){ b->id, b->weight, b->ops_len, b->watch_port,
						    b->watch_group };
		memcpy(to + 1, b->ops, b->ops_len);
	}
	*r = (struct vifswitch_of_group){
		.record = { msg->len - start, VIFSWITCH_OF_GROUP, 0 }, .id = g->object.id,
		.type = g->type, .bucket_count = g->bucket_count,
	};
	return true;
}

static bool put_meter(struct sk_buff *msg, const struct vs_of_meter *m)
{
	u32 i, len = sizeof(struct vifswitch_of_meter) +
		     m->band_count * sizeof(struct vifswitch_of_band);
	struct vifswitch_of_meter *r = more(msg, len);
	struct vifswitch_of_band *to;

	if (!r)
		return false;
	*r = (struct vifswitch_of_meter){
		.record = { len, VIFSWITCH_OF_METER, 0 }, .id = m->object.id, .flags = m->flags,
		.band_count = m->band_count,
	};
	to = (struct vifswitch_of_band *)(r + 1);
	for (i = 0; i < m->band_count; i++)
		to[i] = m->band[i].said;
	return true;
}

/* Both have the same head; what is counted of each part follows. */
static bool put_object_stats(struct sk_buff *msg, const struct vs_of_object *o)
{
	const struct vs_of_group *g = (const void *)o;
	const struct vs_of_meter *m = (const void *)o;
	u32 i, parts = o->meter ? m->band_count : g->bucket_count;
	struct vifswitch_of_group_stats *r = more(msg, sizeof(*r));

	BUILD_BUG_ON(sizeof(*r) != sizeof(struct vifswitch_of_meter_stats));
	if (!r)
		return false;
	*r = (struct vifswitch_of_group_stats){
		.record = { sizeof(*r) + parts * sizeof(struct vifswitch_of_count),
			    o->meter ? VIFSWITCH_OF_METER_STATS : VIFSWITCH_OF_GROUP_STATS, 0 },
		.packets = vs_of_read(&o->counts.packets), .bytes = vs_of_read(&o->counts.bytes),
		.age_ms = vs_flows_now() - o->created, .id = o->id, .references = o->references,
	};
	for (i = 0; i < parts; i++)
		if (!put_counts(msg, o->meter ? &m->band[i].counts : &g->bucket[i].counts))
			return false;
	return true;
}

static bool put_object(struct sk_buff *msg, const struct vs_of_object *o, long kind)
{
	u32 start = msg->len;

	if ((kind == VIFSWITCH_OF_GROUP ? put_group(msg, (const void *)o) :
	     kind != VIFSWITCH_OF_METER || put_meter(msg, (const void *)o)) &&
	    put_object_stats(msg, o))
		return true;
	skb_trim(msg, start);
	return false;
}

static bool put_objects(struct sk_buff *msg, struct vs_dump *at, const struct vs_of *of)
{
	bool meter = at->kind == VIFSWITCH_OF_METER || at->kind == VIFSWITCH_OF_METER_STATS;
	const struct vs_of_object *o;
	long skip;

	for (; at->place < 1L << VS_OF_OBJECT_BITS; at->place++, at->skip = 0) {
		skip = at->skip;
		for (o = of->object[at->place]; o; o = o->next) {
			if (o->meter != meter || o->life.until != VS_OF_FOREVER || skip-- > 0)
				continue;
			if (!put_object(msg, o, at->kind))
				return false;
			at->skip++;
		}
	}
	return true;
}

static bool put_port(struct sk_buff *msg, const struct vs_port *port)
{
	struct vifswitch_of_port *r = more(msg, sizeof(*r));
	const struct net_device *dev = port->dev;
	struct vs_totals totals;
	u32 i;

	if (!r)
		return false;
	vs_stats_sum(port->stats, &totals);
	*r = (struct vifswitch_of_port){
		.record = { sizeof(*r), VIFSWITCH_OF_PORT, 0 }, .number = port->number,
		.ifindex = dev->ifindex, .told = atomic64_read(&port->told),
		.not_told = atomic64_read(&port->not_told),
		.rx_packets = totals.ctr[VIFSWITCH_CTR_FROM_PACKETS],
		.rx_bytes = totals.ctr[VIFSWITCH_CTR_FROM_BYTES],
		.tx_packets = totals.ctr[VIFSWITCH_CTR_TO_PACKETS],
		.tx_bytes = totals.ctr[VIFSWITCH_CTR_TO_BYTES],
		.flags = (dev->flags & IFF_UP ? VIFSWITCH_OF_PORT_UP : 0) |
			 (netif_carrier_ok(dev) ? VIFSWITCH_OF_PORT_CARRIER : 0),
	};
	for (i = VIFSWITCH_DROP_NONE + 1; i < VIFSWITCH_DROP_COUNT; i++)
		r->rx_dropped += totals.drops[i];
	BUILD_BUG_ON(sizeof(r->name) != IFNAMSIZ);
	memcpy(r->name, dev->name, IFNAMSIZ);
	memcpy(r->mac, dev->dev_addr, ETH_ALEN);
	return true;
}

static bool put_ports(struct sk_buff *msg, struct vs_dump *at, const struct vs_flows *fl)
{
	const struct vs_port *port;

	for (; at->place <= VIFSWITCH_OF_PORT_MAX; at->place++) {
		port = at->place ? rtnl_dereference(fl->port[at->place]) : &fl->sw->local;
		if (port && !put_port(msg, port))
			return false;
	}
	return true;
}

static bool put_table(struct sk_buff *msg, u32 number, const struct vs_of_table *t)
{
	struct vifswitch_of_table *r = more(msg, sizeof(*r));

	if (r)
		*r = (struct vifswitch_of_table){
			.record = { sizeof(*r), VIFSWITCH_OF_TABLE, 0 }, .table = number,
			.flows = t->count,
			.lookups = vs_of_read(&t->matched) + vs_of_read(&t->missed),
			.matched = vs_of_read(&t->matched),
			.hashes = t->index ? t->index->hash_count : 0,
			.vector = vs_of_index_in_vector(t), .memory = vs_of_index_memory(t),
		};
	return r;
}

static bool put_tables(struct sk_buff *msg, struct vs_dump *at, const struct vs_of *of)
{
	for (; at->place < VIFSWITCH_OF_TABLES; at->place++)
		if (of->table[at->place] && !put_table(msg, at->place, of->table[at->place]))
			return false;
	return true;
}

static bool put_some(struct sk_buff *msg, struct vs_dump *at, const struct vs_flows *fl)
{
	switch (at->kind) {
	case VIFSWITCH_OF_FLOW:
	case VIFSWITCH_OF_FLOW_STATS:
		return put_flows(msg, at, fl->of);
	case VIFSWITCH_OF_PORT:
		return put_ports(msg, at, fl);
	case VIFSWITCH_OF_TABLE:
		return put_tables(msg, at, fl->of);
	default:
		return put_objects(msg, at, fl->of);
	}
}

int vs_of_dump_begin(struct vs_request *req)
{
	u32 kind = nla_get_u32(req->attrs[VIFSWITCH_A_OF_KIND]);
	struct vs_flows *fl;

	switch (kind) {
	case VIFSWITCH_OF_FLOW:
	case VIFSWITCH_OF_FLOW_STATS:
	case VIFSWITCH_OF_GROUP:
	case VIFSWITCH_OF_GROUP_STATS:
	case VIFSWITCH_OF_METER:
	case VIFSWITCH_OF_METER_STATS:
	case VIFSWITCH_OF_PORT:
	case VIFSWITCH_OF_TABLE:
		req->dump->kind = kind;
		return find_flows(req, &fl);
	default:
		req->err.attr = VIFSWITCH_A_OF_KIND;
		return vs_refuse(&req->err, -EINVAL, "OF_KIND is %u; accepted: a kind that can be got",
				 kind);
	}
}

struct part {
	struct vs_dump *at;
	struct vs_flows *fl;
};

static int put_part(struct sk_buff *msg, void *what)
{
	const struct part *part = what;
	struct nlattr *a;
	u32 start;
	bool all;

	if (nla_put_u32(msg, VIFSWITCH_A_SWITCH, part->fl->sw->dev->ifindex))
		return -EMSGSIZE;
	a = nla_reserve(msg, VIFSWITCH_A_OF_RECORDS, 0);
	if (!a)
		return -EMSGSIZE;
	start = msg->len;
	all = put_some(msg, part->at, part->fl);
	a->nla_len = nla_attr_size(msg->len - start);
	part->at->only_port = all;
	return all && msg->len == start ? -EMSGSIZE : 0;
}

static struct vs_flows *hold_flows(struct net *net, int ifindex)
{
	struct net_device *dev = __dev_get_by_index(net, ifindex);
	struct vs_switch *sw = dev ? vs_switch_of(dev) : NULL;
	struct vs_flows *fl = sw ? vs_flows_of(sw) : NULL;

	if (fl)
		vs_flows_get(fl);
	return fl;
}

/*
 * What changes meanwhile interrupts a dump only if it changes the order. Ports are rtnl's; for
 * the rest it is left, because a change may hold the mutex for long.
 */
void vs_of_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct vs_dump *at = vs_dump_of(cb);
	bool ports = at->kind == VIFSWITCH_OF_PORT;
	struct part part = { .at = at };

	/* only_port: it is all told */
	if (at->only_port)
		return;
	rtnl_lock();
	part.fl = hold_flows(sock_net(msg->sk), at->only_switch);
	if (part.fl && ports)
		vs_dump_put(msg, cb, put_part, &part);
	rtnl_unlock();
	if (!part.fl)
		return;
	if (!ports) {
		mutex_lock(&part.fl->lock);
		cb->seq = part.fl->of->generation + 1;
		vs_dump_put(msg, cb, put_part, &part);
		mutex_unlock(&part.fl->lock);
	}
	vs_flows_put(part.fl);
}
