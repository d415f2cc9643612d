/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prefixes of endpoint addresses, IPv4 as ::ffff:a.b.c.d, and the longest of a sorted list
 * that has an address. A list knows of each row the next shorter one around it, so that a
 * search by halves and a few steps outwards find it.
 */
#ifndef VS_EID_H
#define VS_EID_H

#include <vifswitch/network-abi.h>

#include "platform.h"

#define VS_EID_BITS	128
#define VS_EID_NONE	0xffffU

struct vs_eid {
	u64 half[2];		/* the high one first; zero beyond @len */
	u32 remote;		/* place among the network's remotes, or VIFSWITCH_EID_HERE */
	u16 around;		/* the row of the shortest prefix around it, or VS_EID_NONE */
	u8 len;			/* 0..VS_EID_BITS */
};

void vs_eid_load(u64 half[2], const u8 address[VIFSWITCH_ADDRESS_LEN]);
/* Zeros beyond @len. */
void vs_eid_cut(u64 half[2], u8 len);
/* Of rows that vs_network_parse() accepted: @ret has room for @count. */
void vs_eids_read(const void *rows, u32 count, struct vs_eid *ret);
/* The longest that has it, or NULL. */
const struct vs_eid *vs_eids_find(const struct vs_eid *list, u32 count, const u64 half[2]);

/* A range, cut into prefixes: the largest one at @first that ends at @last or before it. */
u8 vs_eid_fit(const u64 first[2], const u64 last[2]);
/* *first becomes what follows the prefix of @len bits there. False: it ended at @last. */
bool vs_eid_step(u64 first[2], u8 len, const u64 last[2]);

#endif /* VS_EID_H */
