// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connections, kept by nf_conntrack. A zone for each VLAN of each switch, so that
 * equal addresses in two of them never meet; zones are reserved with the first
 * program that names an ACL and has the VLAN, and go with the switch.
 *
 * A connection's mark tells its ports: the ident of the one it began at, whether
 * that one pays for it, the ident of the one whose ACL let it in. What answers a
 * connection passes, against the rules, only from the latter to the former: two
 * guests cannot make up a connection between them and reach a third one with it.
 * Idents are given out in turn, so that a port does not soon get those of another.
 *
 * Who begins a connection pays for it if it has an ACL, else the port it goes to.
 * nf_conntrack tells nobody when an entry goes, so what a port pays for is
 * counted: every second a survey of the table finds what is alive, and what begins
 * in between is added. A port never has more than the table has room left; so
 * whatever some do, there is room for others. The survey also removes what began at a
 * port that is gone.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/netfilter.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "vifswitch.h"

#define ZONES		XA_LIMIT(0x4000, 0xffff)	/* lower ones are left to others */
#define FROM_PAYS	BIT(15)
#define MARK_FROM(mark)	((mark) & VS_IDENT_MAX)
#define MARK_TO(mark)	((mark) >> 16)
#define SURVEY_EVERY	HZ
#define STUB_MAX	60	/* octets of a first fragment from its transport header on */

/* How a zone is told to nf_conntrack; ours for the duration of the call. */
static DEFINE_PER_CPU(struct nf_conn *, template);

u32 vs_connections(const struct vs_port *port)
{
	const struct vs_charge *c = &port->charge;

	return READ_ONCE(c->alive) + ((u32)atomic_read(&c->begun) - READ_ONCE(c->begun_then));
}

static bool is_full(const struct vs_port *port, u32 max)
{
	u32 room = READ_ONCE(nf_conntrack_max), count = nf_conntrack_count(dev_net(port->dev));

	return vs_connections(port) >= min(max, room > count ? room - count : 0);
}

static u16 zone_of(const struct vs_switch *sw, u16 vid)
{
	/* pairs with vs_zones_reserve(): whoever sees the array sees its zeros */
	const u16 *zones = smp_load_acquire(&sw->zones);

	return zones ? READ_ONCE(zones[vid]) : 0;
}

static bool is_icmp_error(const struct vs_packet *pkt)
{
	if (pkt->family == VIFSWITCH_ACL_IP6)
		return pkt->proto == IPPROTO_ICMPV6 && pkt->l4_src < ICMPV6_INFOMSG_MASK;
	return pkt->proto == IPPROTO_ICMP && icmp_is_err(pkt->l4_src);
}

static u8 family_of(const struct vs_verdict *v)
{
	return v->packet.family == VIFSWITCH_ACL_IP4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
}

/* Its direction in a connection that there is already, or -1; nothing is allocated. */
static int known(struct net *net, struct sk_buff *skb, const struct vs_verdict *v, u16 zone_id)
{
	struct nf_conntrack_tuple_hash *h;
	struct nf_conntrack_tuple tuple;
	struct nf_conntrack_zone zone;
	int dir;

	if (!nf_ct_get_tuplepr(skb, skb_network_offset(skb), family_of(v), net, &tuple))
		return -1;
	nf_ct_zone_init(&zone, zone_id, NF_CT_DEFAULT_ZONE_DIR, 0);
	h = nf_conntrack_find_get(net, &zone, &tuple);
	if (!h)
		return -1;
	dir = NF_CT_DIRECTION(h);
	nf_ct_put(nf_ct_tuplehash_to_ctrack(h));
	return dir;
}

/*
 * nf_conntrack wants whole packets. Of one in fragments it gets the first headers
 * as if nothing followed; the connection is then the fragment's.
 */
static struct sk_buff *stub_of(const struct sk_buff *skb, const struct vs_packet *pkt)
{
	u32 l4 = pkt->l4 - ETH_HLEN, len = min_t(u32, skb->len, l4 + STUB_MAX);
	struct sk_buff *stub = alloc_skb(len, GFP_ATOMIC);

	if (!stub)
		return NULL;
	if (skb_copy_bits(skb, 0, skb_put(stub, len), len)) {
		kfree_skb(stub);
		return NULL;
	}
	skb_reset_network_header(stub);
	stub->protocol = skb->protocol;
	stub->ip_summed = CHECKSUM_UNNECESSARY;
	if (pkt->proto == IPPROTO_UDP || pkt->proto == IPPROTO_UDPLITE)
		((struct udphdr *)(stub->data + l4))->len = htons(len - l4);
	return stub;
}

/* The connection of @skb becomes skb->_nfct. */
static enum vs_connection track(struct net *net, struct sk_buff *skb, const struct vs_verdict *v,
				u16 zone_id)
{
	struct nf_hook_state state = {
		.hook = NF_INET_PRE_ROUTING, .pf = family_of(v), .net = net,
	};
	struct nf_conn *tmpl = this_cpu_read(template);
	struct sk_buff *asked = skb;
	enum ip_conntrack_info info;
	struct nf_conntrack_zone zone;
	struct nf_conn *ct;
	int verdict;

	if (unlikely(v->packet.fragment == VS_FRAGMENT_FIRST)) {
		asked = stub_of(skb, &v->packet);
		if (!asked)
			return VS_CONNECTION_INVALID;
	}
	nf_ct_zone_add(tmpl, nf_ct_zone_init(&zone, zone_id, NF_CT_DEFAULT_ZONE_DIR, 0));
	nf_conntrack_get(&tmpl->ct_general);
	nf_ct_set(asked, tmpl, IP_CT_NEW);
	verdict = nf_conntrack_in(asked, &state);
	ct = nf_ct_get(asked, &info);
	if (asked != skb) {
		skb->_nfct = asked->_nfct;
		asked->_nfct = 0;
		kfree_skb(asked);
	}
	if (verdict != NF_ACCEPT || !ct) {
		nf_reset_ct(skb);
		return verdict == NF_ACCEPT && info == IP_CT_UNTRACKED ? VS_CONNECTION_NONE :
									 VS_CONNECTION_INVALID;
	}
	if (!nf_ct_is_confirmed(ct))
		return VS_CONNECTION_NEW;
	switch (info) {
	case IP_CT_RELATED:
	case IP_CT_RELATED_REPLY:
		return VS_CONNECTION_RELATED;
	case IP_CT_ESTABLISHED_REPLY:
		return VS_CONNECTION_REPLY;
	default:
		return VS_CONNECTION_ORIGINAL;
	}
}

/* @connection as @port may take it: to others than its two ports it is nothing special. */
static enum vs_connection seen_by(const struct vs_port *port, enum vifswitch_acl_direction dir,
				  const struct sk_buff *skb, enum vs_connection connection)
{
	enum ip_conntrack_info info;
	const struct nf_conn *ct = nf_ct_get(skb, &info);
	u32 mark = ct ? READ_ONCE(ct->mark) : 0;
	bool from = MARK_FROM(mark) == port->ident, to = MARK_TO(mark) == port->ident;

	if (connection == VS_CONNECTION_REPLY && !(dir == VIFSWITCH_ACL_TO ? from : to))
		return VS_CONNECTION_ORIGINAL;
	if (connection == VS_CONNECTION_RELATED && !from && !to)
		return VS_CONNECTION_ORIGINAL;
	return connection;
}

/* Not known yet: asks nf_conntrack, unless what there is to know is cheaper to find. */
static enum vifswitch_drop_reason ask(struct vs_flow *flow, struct vs_port *port, u32 port_max,
				      enum vifswitch_acl_direction dir, struct sk_buff *skb,
				      const struct vs_verdict *v, const struct vs_access *access)
{
	struct vs_port *payer = flow->from_max ? flow->from : port;
	bool begins = access->track == VS_TRACK_ALLOWED;
	bool full = begins && is_full(payer, flow->from_max ?: port_max);
	struct net *net = dev_net(port->sw->dev);
	u16 zone = zone_of(port->sw, v->vid);
	u32 end = v->packet.end - ETH_HLEN;
	enum ip_conntrack_info info;
	struct nf_conn *ct;
	int there;

	nf_reset_ct(skb);
	skb_reset_network_header(skb);
	if (unlikely(!zone || (skb->len > end && pskb_trim_rcsum(skb, end))))
		return VIFSWITCH_DROP_NO_MEMORY;
	if ((!begins || full) && !is_icmp_error(&v->packet)) {
		there = known(net, skb, v, zone);
		if (full && there < 0)
			return payer == flow->from ? VIFSWITCH_DROP_CONNECTION_LIMIT :
						     VIFSWITCH_DROP_TO_CONNECTION_LIMIT;
		if (!begins && there != IP_CT_DIR_REPLY)
			return access->reason;
	}
	flow->connection = track(net, skb, v, zone);
	flow->asked = true;
	if (flow->connection == VS_CONNECTION_NEW) {
		ct = nf_ct_get(skb, &info);
		ct->mark = flow->from->ident | (payer == flow->from ? FROM_PAYS : 0);
	}
	return VIFSWITCH_DROP_NONE;
}

/* @port_max: connections @port may have. CONNECTION_LIMIT is counted where the frame came from. */
enum vifswitch_drop_reason vs_connection_settle(struct vs_flow *flow, struct vs_port *port,
						u32 port_max, enum vifswitch_acl_direction dir,
						struct sk_buff *skb, const struct vs_verdict *v,
						const struct vs_access *access)
{
	enum vifswitch_drop_reason reason;
	enum ip_conntrack_info info;
	struct nf_conn *ct;

	if (!flow->asked) {
		reason = ask(flow, port, port_max, dir, skb, v, access);
		if (reason)
			return reason;
	}
	reason = vs_access_tracked(access, dir, seen_by(port, dir, skb, flow->connection));
	if (reason || dir != VIFSWITCH_ACL_TO || access->track != VS_TRACK_ALLOWED)
		return reason;
	ct = nf_ct_get(skb, &info);
	if (ct && CTINFO2DIR(info) == IP_CT_DIR_ORIGINAL && !MARK_TO(READ_ONCE(ct->mark)))
		WRITE_ONCE(ct->mark, ct->mark | (u32)port->ident << 16);
	return reason;
}

/* The frame is about to leave: its connection is one from now on. */
bool vs_connection_done(struct vs_port *to, struct sk_buff *skb)
{
	struct vs_net *vn = vs_net_of(dev_net(to->sw->dev));
	enum ip_conntrack_info info;
	struct nf_conn *ct = nf_ct_get(skb, &info);
	struct vs_port *payer;
	bool fine;
	u32 mark;

	if (ct && !nf_ct_is_confirmed(ct)) {
		mark = ct->mark;
		payer = xa_load(&vn->idents, mark & FROM_PAYS ? MARK_FROM(mark) : MARK_TO(mark));
		if (payer)
			atomic_inc(&payer->charge.begun);
	}
	fine = nf_conntrack_confirm(skb) == NF_ACCEPT;
	nf_reset_ct(skb);
	return fine;
}

/* Of an entry of the table; true: it is to go. */
static int survey_one(struct nf_conn *ct, void *data)
{
	struct vs_net *vn = data;
	u32 mark = READ_ONCE(ct->mark);
	struct vs_port *from, *payer;
	int gone = 0;

	rcu_read_lock();
	if (xa_load(&vn->zones, nf_ct_zone(ct)->id)) {
		from = xa_load(&vn->idents, MARK_FROM(mark));
		payer = mark & FROM_PAYS ? from : xa_load(&vn->idents, MARK_TO(mark));
		if (payer)
			payer->charge.found++;
		gone = !from;
	}
	rcu_read_unlock();
	return gone;
}

static void survey(struct work_struct *work)
{
	struct vs_net *vn = container_of(to_delayed_work(work), struct vs_net, survey);
	struct nf_ct_iter_data iter = { .net = vn->net, .data = vn };
	struct vs_port *port;
	unsigned long ident;

	rcu_read_lock();
	xa_for_each(&vn->idents, ident, port) {
		port->charge.found = 0;
		port->charge.begun_now = atomic_read(&port->charge.begun);
	}
	rcu_read_unlock();
	nf_ct_iterate_cleanup_net(survey_one, &iter);
	rcu_read_lock();
	xa_for_each(&vn->idents, ident, port) {
		WRITE_ONCE(port->charge.alive, port->charge.found);
		WRITE_ONCE(port->charge.begun_then, port->charge.begun_now);
	}
	rcu_read_unlock();
	if (!xa_empty(&vn->zones))
		schedule_delayed_work(&vn->survey, SURVEY_EVERY);
}

int vs_ident_new(struct vs_port *port)
{
	struct vs_net *vn = vs_net_of(dev_net(port->sw->dev));
	u32 ident;
	int rc;

	ASSERT_RTNL();
	rc = xa_alloc_cyclic(&vn->idents, &ident, port, XA_LIMIT(1, VS_IDENT_MAX),
			     &vn->ident_next, GFP_KERNEL);
	if (rc < 0)
		return rc;
	port->ident = ident;
	return 0;
}

/* A grace period before the port is freed. */
void vs_ident_free(struct vs_port *port)
{
	xa_erase(&vs_net_of(dev_net(port->sw->dev))->idents, port->ident);
}

int vs_zones_reserve(struct vs_switch *sw, const struct vs_program *prog, struct vs_error *err)
{
	struct vs_net *vn = vs_net_of(dev_net(sw->dev));
	unsigned int vid;
	u16 *zones;
	u32 zone;
	int rc;

	ASSERT_RTNL();
	if (!sw->zones) {
		zones = kcalloc(VIFSWITCH_VID_MAX + 1, sizeof(*zones), GFP_KERNEL_ACCOUNT);
		if (!zones)
			return vs_out_of_memory(err, "connections");
		/* pairs with zone_of() */
		smp_store_release(&sw->zones, zones);
	}
	for (vid = 0; vid <= VIFSWITCH_VID_MAX; vid++) {
		if (!vs_bit(prog->allowed, vid) || sw->zones[vid])
			continue;
		rc = xa_alloc_cyclic(&vn->zones, &zone, sw, ZONES, &vn->zone_next, GFP_KERNEL);
		if (rc < 0)
			return vs_refuse(err, rc == -EBUSY ? -ENOSPC : rc,
					 "PROGRAM: no zone is left for connections in VLAN %u", vid);
		WRITE_ONCE(sw->zones[vid], zone);
	}
	if (!delayed_work_pending(&vn->survey))
		schedule_delayed_work(&vn->survey, SURVEY_EVERY);
	return 0;
}

static int is_of_switch(struct nf_conn *ct, void *data)
{
	const struct vs_switch *sw = data;

	return xa_load(&vs_net_of(dev_net(sw->dev))->zones, nf_ct_zone(ct)->id) == sw;
}

/* The switch goes, and no frame is on its way through it. */
void vs_zones_free(struct vs_switch *sw)
{
	struct nf_ct_iter_data iter = { .net = dev_net(sw->dev), .data = sw };
	unsigned int vid;

	ASSERT_RTNL();
	if (!sw->zones)
		return;
	nf_ct_iterate_cleanup_net(is_of_switch, &iter);
	for (vid = 0; vid <= VIFSWITCH_VID_MAX; vid++)
		if (sw->zones[vid])
			xa_erase(&vs_net_of(dev_net(sw->dev))->zones, sw->zones[vid]);
}

void vs_connections_init(struct vs_net *vn)
{
	xa_init_flags(&vn->zones, XA_FLAGS_ALLOC);
	xa_init_flags(&vn->idents, XA_FLAGS_ALLOC1);
	INIT_DELAYED_WORK(&vn->survey, survey);
}

void vs_connections_exit(struct vs_net *vn)
{
	cancel_delayed_work_sync(&vn->survey);
	xa_destroy(&vn->zones);
	xa_destroy(&vn->idents);
}

void vs_conntrack_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		nf_ct_put(per_cpu(template, cpu));
}

int __init vs_conntrack_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		per_cpu(template, cpu) = nf_ct_tmpl_alloc(&init_net, &nf_ct_zone_dflt, GFP_KERNEL);
		if (!per_cpu(template, cpu)) {
			vs_conntrack_exit();
			return -ENOMEM;
		}
	}
	return 0;
}
