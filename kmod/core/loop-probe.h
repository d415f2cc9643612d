/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The probes of loop protection (vifswitch/loop-abi.h): frames for a group of our own, of the
 * local experimental EtherType (IEEE 802, clause 9.2.3), which every bridge floods. A switch
 * knows its own by a nonce, and by a seal that only its key makes, of all that is before it.
 * So nobody can make one; who sees one may send it again, while it is fresh.
 */
#ifndef VS_LOOP_PROBE_H
#define VS_LOOP_PROBE_H

#include <vifswitch/loop-abi.h>

#include "frame.h"

#define VS_PROBE_TYPE		0x88b5
#define VS_PROBE_MAGIC		0x76736c70U	/* "vslp" */
#define VS_PROBE_LEN		60		/* without a tag; zeros to its end */
#define VS_PROBE_SEALED		24		/* octets from VS_ETH_LEN on */
#define VS_PROBE_HEAD		(VS_ETH_LEN + VS_PROBE_SEALED + 8)
#define VS_PROBE_ROUNDS		3		/* as long as one is fresh */

struct vs_probe {
	u64 nonce;	/* whose it is */
	u32 port;	/* by which of its ports it left */
	u32 round;
	u16 vid;	/* in which VLAN */
};

/* VS_PROBE_LEN octets at @p, but for source and seal. */
static inline void vs_probe_write(u8 *p, const struct vs_probe *probe)
{
	memset(p, 0, VS_PROBE_LEN);
	vs_put_be(p, VS_LOOP_GROUP, 6);
	vs_put_be(p + 12, VS_PROBE_TYPE, 2);
	p += VS_ETH_LEN;
	vs_put_be(p, VS_PROBE_MAGIC, 4);
	vs_put_be(p + 4, probe->nonce, 8);
	vs_put_be(p + 12, probe->port, 4);
	vs_put_be(p + 16, probe->round, 4);
	vs_put_be(p + 20, probe->vid, 2);
}

static inline void vs_probe_seal(u8 *p, u64 seal)
{
	vs_put_be(p + VS_ETH_LEN + VS_PROBE_SEALED, seal, 8);
}

/* Of the @len octets behind the Ethernet header; false: it is none. */
static inline bool vs_probe_read(const u8 *p, size_t len, struct vs_probe *ret, u64 *ret_seal)
{
	if (len < VS_PROBE_SEALED + 8 || vs_get_be32(p) != VS_PROBE_MAGIC)
		return false;
	ret->nonce = vs_get_be64(p + 4);
	ret->port = vs_get_be32(p + 12);
	ret->round = vs_get_be32(p + 16);
	ret->vid = vs_get_be16(p + 20);
	*ret_seal = vs_get_be64(p + VS_PROBE_SEALED);
	return true;
}

/* Was it sent in this round, or just before? */
static inline bool vs_probe_is_fresh(const struct vs_probe *probe, u32 round)
{
	return round - probe->round < VS_PROBE_ROUNDS;
}

/* Seconds that a port stays closed, which was closed for the @count th time of late. */
static inline u32 vs_loop_hold(u32 count)
{
	u32 hold = VIFSWITCH_LOOP_HOLD_S;

	while (count-- > 1 && hold < VIFSWITCH_LOOP_HOLD_MAX_S)
		hold *= 2;
	return hold;
}

#endif /* VS_LOOP_PROBE_H */
