/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * Networks over IP: a VLAN of a switch that goes on behind a tunnel, under a key that all
 * hosts of the network have for it. They belong to a port whose netdev is of kind vxlan,
 * geneve, gretap or ip6gretap and was made "external": it has no key and no remote of its own, the
 * module gives both to each frame. NETWORK_SET (abi.h) takes this struct and a section of
 * addresses; all addresses have 16 octets, IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2).
 *
 * What comes in is taken from the network's remotes alone, and has the VLAN's tag from then
 * on; a tag that was in it is one inside that. What goes out leaves without the VLAN's tag,
 * to the remote where its address was seen or put (FDB_ADD), else to all of them. Whether
 * other ports may forward to the tunnel and back is its program's business: one with
 * PF_ISOLATED sends nothing that came from another such tunnel or uplink.
 *
 * Remotes whose addresses begin with SEALED_PREFIX are reached through WireGuard alone
 * (FEATURE_SEALED): once a network has such a one, no packet from or to that prefix enters or
 * leaves this network namespace but by netdevs of kind wireguard that SEALED_NETDEV names, or
 * loopback, whatever routes say, until the module or the namespace is gone.
 *
 * With NETWORK_ESP (FEATURE_ESP) packets of this kind of tunnel, and of this UDP port, leave
 * for the remotes and are taken from them in ESP of transport mode with that remote alone,
 * whatever the kernel's IPsec policies say. That outlives the network: it ends with the module
 * or the namespace, or by a network of the same kind, port and remote with NETWORK_UNSEAL.
 *
 * BFD inside a tunnel (RFC 5880), as Open vSwitch has it: frames for BFD_MAC are its hosts' alone.
 * From a tunnel none gets to a port, and none of a port's leaves by a tunnel.
 *
 * LISP (RFC 9300, FEATURE_LISP): the module has a netdev kind of its own, LISP_KIND, that carries
 * IPv4 and IPv6 packets without Ethernet, the key as instance id. A network there has rows that
 * say behind which remote a prefix of addresses is; the longest that has an address counts. To
 * VMs all that is elsewhere has the address LISP_MAC, and the module answers ARP and neighbour
 * discovery in its name. What comes in goes to the VM of the VLAN that is locked to the
 * destination (PF_IP_GUARD), and to nobody else.
 */
#ifndef VIFSWITCH_NETWORK_ABI_H
#define VIFSWITCH_NETWORK_ABI_H

#include <linux/types.h>

#define VIFSWITCH_NETWORK_MAGIC		0x7669666e	/* "vifn" */
#define VIFSWITCH_NETWORK_VERSION	1
#define VIFSWITCH_NETWORK_FIRST_LEN	48	/* octets of the first release's header */
#define VIFSWITCH_NETWORK_REMOTES_MAX	256	/* remotes of a network */
#define VIFSWITCH_NETWORK_EIDS_MAX	512	/* rows of a network of LISP */
#define VIFSWITCH_NETWORK_MAX		16472	/* octets: a header with as much of both */
#define VIFSWITCH_NETWORKS_MAX		1024	/* networks of a port */
#define VIFSWITCH_NETWORK_KEY_MAX	0xffffffU	/* GRE: all 32 bits */
#define VIFSWITCH_ADDRESS_LEN		16
/* The first 8 octets, of a prefix for local use (RFC 4193), and how the netdevs' names begin. */
#define VIFSWITCH_SEALED_PREFIX		{ 0xfd, 0x5b, 0x9e, 0x37, 0xc6, 0x1a, 0x8f, 0x02 }
#define VIFSWITCH_SEALED_NETDEV		"vsnet-wg"
#define VIFSWITCH_NETWORK_ESP		(1U << 0)
#define VIFSWITCH_NETWORK_UNSEAL	(1U << 1)	/* not with ESP */
#define VIFSWITCH_UNDERLAY_LEN		8192	/* octets: 512 addresses of a switch's underlay */
#define VIFSWITCH_LISP_KIND		"vslisp"
#define VIFSWITCH_LISP_PORT		4341	/* UDP, unless IFLA_VSLISP_PORT says another */
#define VIFSWITCH_LISP_MAC		{ 0x02, 0x76, 0x73, 0x6c, 0x69, 0x73 }
#define VIFSWITCH_BFD_MAC		{ 0x00, 0x23, 0x20, 0x00, 0x00, 0x01 }
#define VIFSWITCH_EID_HERE		0xffffffffU	/* remote of a row: no other host */

struct vifswitch_network {
	__u32 magic;
	__u16 version;
	__u16 header_len;		/* NETWORK_FIRST_LEN or more, a multiple of 8 */
	__u32 total_len;
	__u32 flags;			/* VIFSWITCH_NETWORK_* */
	__u32 key;			/* 1..NETWORK_KEY_MAX, GRE: 1..0xffffffff */
	__u32 remote_count;		/* 0..NETWORK_REMOTES_MAX */
	__u32 remote_offset;		/* so many addresses, ascending; 0 if none */
	__u32 udp_port;			/* with a flag: that the netdev has; 0: GRE */
	/* the source of packets to remotes of its family; zeros: the route says */
	__u8 own[VIFSWITCH_ADDRESS_LEN];
	__u32 eid_count;		/* 0..NETWORK_EIDS_MAX; of LISP alone */
	__u32 eid_offset;		/* rows, ascending by prefix and length; 0 if none */
	/* FEATURE_TOLD: remotes by their places, bit 0 first, that are sent nothing */
	__u8 silent[VIFSWITCH_NETWORK_REMOTES_MAX / 8];
};

/* A row: addresses of VMs, and where they are. */
struct vifswitch_eid {
	__u8 prefix[VIFSWITCH_ADDRESS_LEN];	/* zero beyond @len */
	__u8 len;			/* 0..128; of IPv4 96..128 */
	__u8 reserved[3];
	__u32 remote;			/* place among the remotes, or EID_HERE */
};

/* IFLA_INFO_DATA of a netdev of LISP_KIND. */
enum vifswitch_ifla_lisp {
	IFLA_VSLISP_UNSPEC,
	IFLA_VSLISP_PORT,		/* be16; cannot change */
};

/* SEALED_DROPS: packets that had to be encrypted and were not, since the module was loaded. */
struct vifswitch_sealed_drops {
	__u64 out;			/* that would have left in clear */
	__u64 in;			/* that came in clear */
};

#endif /* VIFSWITCH_NETWORK_ABI_H */
