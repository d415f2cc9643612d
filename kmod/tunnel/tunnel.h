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
#include "core/network.h"

#define VS_TUNNEL_KEY_BITS	8

struct vs_remote {
	u8 address[VIFSWITCH_ADDRESS_LEN];
	struct metadata_dst *dst;	/* where to and with what key; packets have references */
};

struct vs_network_object {
	struct hlist_node node;		/* by key */
	u32 key;
	u16 vid;
	u32 count;
	struct vs_remote *remote;	/* ascending by address */
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

#endif /* VS_TUNNEL_H */
