// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which VM of a switch is locked to an address (PF_IP_GUARD), for packets that come without an
 * Ethernet header. What a port is locked to are ranges; each is cut into prefixes, and each
 * prefix is found by its octets, its length, and, of an access port, its VLAN: so tenants with
 * the same addresses are not in each other's way. A search tries the lengths there are, the
 * longest first. Filled when a network asks first (vs_locked_begin()), and from then on as
 * programs change, under rtnl; read by frames under RCU.
 */
#include <linux/hash.h>
#include <linux/slab.h>

#include "tunnel.h"

#define BITS		10
#define ANY_VLAN	VIFSWITCH_VID_NONE
#define IP4_HIGH	(0xffffULL << 32)

struct place {
	struct hlist_node node;
	u64 half[2];
	struct vs_port *port;
	u16 vid;		/* or ANY_VLAN: the port has several */
	u8 len;
};

struct vs_locked_port {
	struct rcu_head rcu;
	u32 count;
	struct place place[];
};

struct vs_locked {
	u32 lengths[VS_EID_BITS + 1];	/* how many places are of each */
	struct hlist_head bucket[1 << BITS];
};

static struct hlist_head *bucket_of(struct vs_locked *all, const u64 half[2], u8 len, u16 vid)
{
	u64 key = half[0] * 3 ^ half[1] ^ (u64)vid << 48 ^ (u64)len << 40;

	return &all->bucket[hash_64(key, BITS)];
}

/* Calls for every prefix of the program; how many. @ret may be NULL, or has room. */
static u32 cut(const struct vs_program *prog, struct place *ret)
{
	u32 n = 0, i, ranges = prog->range4_count + prog->range6_count;

	for (i = 0; i < ranges; i++) {
		u64 first[2] = { 0, IP4_HIGH }, last[2] = { 0, IP4_HIGH };
		u8 len;

		if (i < prog->range4_count) {
			const struct vs_range4 *r4 = &prog->range4[i];

			first[1] |= r4->first;
			last[1] |= r4->last;
		} else {
			const struct vs_range6 *r6 = &prog->range6[i - prog->range4_count];

			memcpy(first, r6->first, sizeof(first));
			memcpy(last, r6->last, sizeof(last));
		}
		do {
			len = vs_eid_fit(first, last);
			if (ret) {
				memcpy(ret[n].half, first, sizeof(first));
				ret[n].len = len;
			}
			n++;
		} while (vs_eid_step(first, len, last));
	}
	return n;
}

static void take_out(struct vs_locked *all, struct vs_port *port)
{
	struct vs_locked_port *old = port->locked;
	u32 i;

	if (!old)
		return;
	for (i = 0; i < old->count; i++) {
		hlist_del_rcu(&old->place[i].node);
		WRITE_ONCE(all->lengths[old->place[i].len], all->lengths[old->place[i].len] - 1);
	}
	port->locked = NULL;
	kfree_rcu(old, rcu);
}

static void put_in(struct vs_locked *all, struct vs_port *port)
{
	const struct vs_policy *policy = rtnl_dereference(port->policy);
	const struct vs_program *prog = policy ? &policy->prog : NULL;
	struct vs_locked_port *now;
	u32 count, i;

	if (!prog || !(prog->flags & VIFSWITCH_PF_IP_GUARD) || !prog->mac_own)
		return;
	count = cut(prog, NULL);
	if (!count)
		return;
	/* what is being put in place cannot be refused any more */
	now = kzalloc(struct_size(now, place, count), GFP_KERNEL_ACCOUNT | __GFP_NOFAIL);
	now->count = count;
	cut(prog, now->place);
	for (i = 0; i < count; i++) {
		struct place *p = &now->place[i];

		p->port = port;
		p->vid = prog->access ? prog->pvid : ANY_VLAN;
		WRITE_ONCE(all->lengths[p->len], all->lengths[p->len] + 1);
		hlist_add_head_rcu(&p->node, bucket_of(all, p->half, p->len, p->vid));
	}
	port->locked = now;
}

void vs_locked_changed(struct vs_port *port)
{
	struct vs_locked *all = rtnl_dereference(port->sw->locked);

	ASSERT_RTNL();
	if (!all)
		return;
	take_out(all, port);
	put_in(all, port);
}

void vs_locked_gone(struct vs_port *port)
{
	struct vs_locked *all = rtnl_dereference(port->sw->locked);

	if (all)
		take_out(all, port);
}

int vs_locked_begin(struct vs_switch *sw, struct vs_error *err)
{
	struct vs_locked *all;
	struct vs_port *port;

	ASSERT_RTNL();
	if (rtnl_dereference(sw->locked))
		return 0;
	all = kvzalloc(sizeof(*all), GFP_KERNEL_ACCOUNT);
	if (!all)
		return vs_out_of_memory(err, "NETWORK_DATA");
	rcu_assign_pointer(sw->locked, all);
	put_in(all, &sw->local);
	list_for_each_entry(port, &sw->ports, list)
		put_in(all, port);
	return 0;
}

/* Of a switch without ports, that no frame is on its way through. */
void vs_locked_free(struct vs_switch *sw)
{
	kvfree(rcu_dereference_protected(sw->locked, true));
	RCU_INIT_POINTER(sw->locked, NULL);
}

/* The port of a place, if its program still has the VLAN, is who it is for. */
static u64 find_in(struct vs_locked *all, const u64 half[2], u8 len, u16 key, u16 vid)
{
	const struct vs_policy *policy;
	const struct place *p;

	hlist_for_each_entry_rcu(p, bucket_of(all, half, len, key), node) {
		if (p->half[0] != half[0] || p->half[1] != half[1] || p->len != len ||
		    p->vid != key)
			continue;
		policy = rcu_dereference(p->port->policy);
		if (policy && policy->prog.mac_own && vs_bit(policy->prog.allowed, vid))
			return policy->prog.macs[0];
	}
	return 0;
}

u64 vs_locked_find(const struct vs_switch *sw, u16 vid, const u8 *address)
{
	struct vs_locked *all = rcu_dereference(sw->locked);
	u64 half[2], mac;
	int len;

	if (!all)
		return 0;
	vs_eid_load(half, address);
	for (len = VS_EID_BITS; len >= 0; len--) {
		if (!READ_ONCE(all->lengths[len]))
			continue;
		vs_eid_cut(half, len);
		mac = find_in(all, half, len, vid, vid) ?: find_in(all, half, len, ANY_VLAN, vid);
		if (mac)
			return mac;
	}
	return 0;
}
