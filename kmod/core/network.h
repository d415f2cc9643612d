/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A network over IP (vifswitch/network-abi.h), checked; its remotes stay in the blob. */
#ifndef VS_NETWORK_H
#define VS_NETWORK_H

#include <vifswitch/network-abi.h>

#include "blob-error.h"
#include "platform.h"

struct vs_network {
	u32 key;
	u32 remote_count;
	u32 remote_offset;
	u32 flags;			/* VIFSWITCH_NETWORK_* */
	u16 udp_port;			/* 0: not said, or GRE */
	u8 own[VIFSWITCH_ADDRESS_LEN];	/* zeros: none */
	u32 eid_count;
	u32 eid_offset;
	u8 silent[VIFSWITCH_NETWORK_REMOTES_MAX / 8];
};

/* Is the remote of that place sent nothing? */
static inline bool vs_network_is_silent(const struct vs_network *n, u32 place)
{
	return n->silent[place / 8] >> place % 8 & 1;
}

/* Destination ports and IP protocol of packets that carry networks. */
#define VS_TUNNEL_VXLAN_PORT	4789
#define VS_TUNNEL_GENEVE_PORT	6081
#define VS_TUNNEL_LISP_PORT	VIFSWITCH_LISP_PORT
#define VS_TUNNEL_GRE_PROTO	47

/* IPv4, written as 16 octets? */
static inline bool vs_network_is_ip4(const u8 *address)
{
	static const u8 mapped[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(address, mapped, sizeof(mapped));
}

/* Writes it so: @ip4 has four octets. */
static inline void vs_network_put_ip4(const void *ip4, u8 ret[VIFSWITCH_ADDRESS_LEN])
{
	memset(ret, 0, 10);
	memset(ret + 10, 0xff, 2);
	memcpy(ret + 12, ip4, 4);
}

/* Is it of those that only the mesh carries (network-abi.h)? */
static inline bool vs_network_is_sealed(const u8 *address)
{
	static const u8 prefix[] = VIFSWITCH_SEALED_PREFIX;

	return !memcmp(address, prefix, sizeof(prefix));
}

/* May it be one end of a tunnel: unicast, of a host, and good without an interface? */
bool vs_network_is_end(const u8 *address);

/* 0, or a negative errno with *err filled in and *ret in an undefined state. */
int vs_network_parse(const void *blob, size_t len, struct vs_network *ret,
		     struct vs_program_error *err);

#endif /* VS_NETWORK_H */
