/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All Network rows, the netdevs that they leave this host by, and what the datapath has of
 * them. No I/O: the ways to other hosts are looked up by whoever asks the kernel.
 */
#ifndef NETWORK_NETWORKS_H
#define NETWORK_NETWORKS_H

#include "datapath/messages.h"
#include "ipsec/ipsec-here.h"
#include "mesh/mesh-proof.h"
#include "mesh/mesh.h"
#include "network/network-address.h"
#include "network/network-device.h"
#include "network/network-row.h"
#include "network/sealed-vlans.h"
#include "policydb/rows.h"

/* The way to an address. */
struct network_route {
	struct prefix to;
	bool looked, local;		/* it is this host's own */
	bool pool;			/* a host of the pool told it */
	int error;			/* negative errno: there is none */
	uint32_t oif, mtu;
	uint32_t link_mtu;		/* of the netdev; more than mtu: the path is narrower */
	struct prefix source;
};

struct kernel_network {
	uint32_t port;			/* ifindex */
	uint16_t vlan;
	uint32_t key, flags;
	uint16_t udp_port;
	bool ours, seen;
	uint8_t uuid[16];
	uint8_t source[VIFSWITCH_ADDRESS_LEN];
	uint8_t (*addresses)[VIFSWITCH_ADDRESS_LEN];
	uint32_t address_count;
	struct vifswitch_eid *eids;
	uint32_t eid_count;
	uint8_t silent[VIFSWITCH_NETWORK_REMOTES_MAX / 8];
	bool told_known;		/* what an earlier daemon told of places was read */
	struct network_place *told;	/* ascending by address */
	size_t told_count, told_room;
	struct retry retry;		/* of taking it away */
};

/* A switch by whose local port tunnels' packets go: VMs there must not pass for hosts. */
struct network_underlay {
	uint32_t sw;
	bool used;
	uint64_t told;			/* a digest of what the datapath was told; 0: nothing */
	struct retry retry;
};

struct networks {
	struct network **list;		/* in the order of their names */
	size_t count;
	uint64_t of_rows;
	bool known;			/* the list was made: the database was heard */
	bool supported;			/* by the module */
	bool seals;			/* the module lets nothing sealed out in clear */
	bool esp;			/* nor what has to be in ESP */
	bool lisps;			/* the module has LISP */
	bool tells;			/* it can be told where addresses are */
	bool places_known;		/* the pool's rows were heard, and are in places */
	struct mesh mesh;
	struct mesh_proof_files proof_files;	/* of this host's identity, and the CA */
	struct ipsec_here ipsec;
	struct sealed_vlans sealed;
	bool ipsec_begun;		/* what an earlier daemon left was looked at */
	struct prefix own;		/* address of vifswitch.conf; family 0: not said */
	struct prefix *peers;		/* addresses that hosts of the pool tell */
	size_t peer_count, peer_room;
	struct network_route *routes;	/* to every remote of networks that are on */
	size_t route_count, route_room;
	uint64_t look_at;		/* when ways are looked up again; 0: not */
	struct network_device **devices;
	size_t device_count, device_room;
	struct kernel_network **kernel;
	size_t kernel_count, kernel_room;
	struct network_underlay *underlays;
	size_t underlay_count, underlay_room;
	uint8_t (*hosts)[VIFSWITCH_ADDRESS_LEN];	/* every address of a tunnel's end */
	uint32_t host_count;
};

/* Make the list anew if rows have changed; true: it was. */
bool networks_read(struct networks *all, const struct policies *policies);
/* The pool's hosts, and this one; true: they differ from before. */
bool networks_peers(struct networks *all, const struct prefix *own, const struct prefix *peers,
		    size_t count);
/* The largest packet of a VM that gets to that remote by the device. */
uint32_t networks_largest(const struct networks *all, const struct network_device *d,
			  const struct network_route *r);
/* The same of one of the network's addresses; 0: there is no way to it. */
uint32_t networks_reach(const struct networks *all, const struct network *n,
			const uint8_t address[VIFSWITCH_ADDRESS_LEN]);
/* Do networks of this host, or some that the datapath still has, need the mesh? */
bool networks_want_mesh(const struct networks *all, bool (*has_switch)(const char *, void *),
			void *arg);
bool networks_use_mesh(const struct networks *all);
/* What ways have to be known now; those that are known stay so. */
void networks_want_routes(struct networks *all);
/*
 * With routes looked up: what each network comes to here. @has_switch: is there that switch
 * on this host?
 */
void networks_settle(struct networks *all, bool (*has_switch)(const char *name, void *arg),
		     void *arg);
void networks_init(struct networks *all);
void networks_deinit(struct networks *all);

/* What the datapath has for a switch; what is wanted of it now. 0: nothing. */
void networks_underlay_is(struct networks *all, uint32_t sw, const void *hosts, uint32_t len);
uint64_t networks_underlay_wanted(const struct networks *all, const struct network_underlay *u);
struct network_underlay *networks_underlay(struct networks *all, uint32_t sw, bool make);

/* With networks settled: what IPsec there is to be; true: something else than before. */
bool networks_want_ipsec(struct networks *all);
/* VIFSWITCH_NETWORK_* that it is to be set with. */
uint32_t networks_flags(const struct networks *all, const struct network *n);

/* Around reading all that the datapath has. */
void networks_mark(struct networks *all);
void networks_enter(struct networks *all, const struct dp_network *dp);
void networks_sweep(struct networks *all);
void networks_left(struct networks *all, uint32_t port, uint16_t vlan);
void networks_port_left(struct networks *all, uint32_t port);

/* The hosts that networks which the datapath has go to, each once; how many. */
size_t networks_kernel_hosts(const struct networks *all, struct prefix *ret, size_t most);
struct kernel_network *networks_kernel(const struct networks *all, uint32_t port, uint16_t vlan);
/* Has the datapath that network as it should be, by the netdev of that number? */
bool network_in_force(const struct networks *all, const struct network *n, uint32_t port);
/* The network that stands for what the datapath has at that port, or NULL. */
const struct network *networks_wanting(const struct networks *all, const struct kernel_network *k,
				       const char *device);

#endif /* NETWORK_NETWORKS_H */
