/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Networks over IP (vifswitch/network-abi.h) of a port. They change under rtnl and are read
 * by frames under RCU. An entry of the switch's table may point to a remote of a network: who
 * replaces a network publishes the new one, waits until nobody learns with the old one, has
 * the entries point to the new one's remotes, waits again, and then frees the old one.
 */
#ifndef VS_TUNNEL_H
#define VS_TUNNEL_H

#include <linux/hash.h>
#include <linux/rculist.h>
#include <linux/rtnetlink.h>
#include <net/dst_metadata.h>

#include "../vifswitch.h"
#include "core/eid.h"
#include "core/network.h"

#define VS_TUNNEL_KEY_BITS	8

struct vs_remote {
	u8 address[VIFSWITCH_ADDRESS_LEN];
	bool silent;			/* nothing is sent there */
	struct metadata_dst *dst;	/* where to and with what key; packets have references */
};

struct vs_network_object {
	struct hlist_node node;		/* by key */
	u32 key;
	u16 vid;
	u32 count;
	struct vs_remote *remote;	/* ascending by address */
	bool lisp;			/* where things are its rows say, not what was seen */
	u32 eid_count;
	struct vs_eid *eid;
	struct metadata_dst *answers;	/* that the module gives in a remote's name; or NULL */
	struct vs_cookie *cookie;
	u32 blob_len;
	u8 blob[] __aligned(8);
};

struct vs_tunnel {
	u32 count;
	struct vs_network_object __rcu *by_vid[VIFSWITCH_VID_MAX + 1];
	struct hlist_head by_key[1 << VS_TUNNEL_KEY_BITS];
};

static inline struct hlist_head *vs_tunnel_bucket(struct vs_tunnel *t, u32 key)
{
	return &t->by_key[hash_32(key, VS_TUNNEL_KEY_BITS)];
}

/* Under rtnl or RCU. */
static inline struct vs_network_object *vs_network_by_key(struct vs_tunnel *t, u32 key)
{
	struct vs_network_object *n;

	hlist_for_each_entry_rcu(n, vs_tunnel_bucket(t, key), node, lockdep_rtnl_is_held())
		if (n->key == key)
			return n;
	return NULL;
}

/* The remote of that address, or NULL. */
static inline struct vs_remote *vs_network_remote(const struct vs_network_object *n,
						  const u8 *address)
{
	u32 low = 0, high = n->count, middle;
	int order;

	while (low < high) {
		middle = (low + high) / 2;
		order = memcmp(address, n->remote[middle].address, VIFSWITCH_ADDRESS_LEN);
		if (!order)
			return &n->remote[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* sealed.c */
int vs_sealed_watch(struct net *net, struct vs_error *err);
/* esp.c: before the network is in place. */
int vs_esp_set(struct net *net, const struct vs_network_object *n, const struct vs_network *spec,
	       struct vs_error *err);

/* What was not encrypted, and had to be, is dropped. */
static inline void vs_sealed_count(struct vs_net *vn, bool in)
{
	atomic64_inc(in ? &vn->sealed_in : &vn->sealed_out);
}

static inline u64 vs_lisp_mac(void)
{
	static const u8 mac[ETH_ALEN] = VIFSWITCH_LISP_MAC;

	return vs_mac_load(mac);
}

/* Is it for the hosts' own BFD inside tunnels? No port gets it, and none sends it. */
static inline bool vs_tunnel_is_bfd(const struct sk_buff *skb)
{
	static const u8 mac[ETH_ALEN] __aligned(2) = VIFSWITCH_BFD_MAC;

	return ether_addr_equal(eth_hdr(skb)->h_dest, mac);
}

/* lisp-device.c */
bool vs_lisp_is_device(const struct net_device *dev);

/* lisp-way.c */
struct vs_wire;
/* What a new network needs beside its remotes. */
int vs_lisp_prepare(struct vs_port *port, struct vs_network_object *n,
		    const struct vs_network *spec, struct vs_error *err);
void vs_lisp_release(struct vs_network_object *n);
/* The remote that @skb, whose network header is in front, goes to; NULL: it was consumed. */
const struct vs_remote *vs_lisp_way(struct vs_port *port, struct sk_buff *skb,
				    const struct vs_network_object *n,
				    enum vifswitch_drop_reason *ret_reason);
/* Who of the network it is for: its Ethernet header says so then. */
enum vifswitch_drop_reason vs_lisp_take(const struct vs_port *port, struct sk_buff *skb, u16 vid);

/* locked.c: by which address a packet finds the VM that is locked to it */
int vs_locked_begin(struct vs_switch *sw, struct vs_error *err);
/* The MAC address of the VM in that VLAN that is locked to @address; 0: none. */
u64 vs_locked_find(const struct vs_switch *sw, u16 vid, const u8 *address);

#endif /* VS_TUNNEL_H */
