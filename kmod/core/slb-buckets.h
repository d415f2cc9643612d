/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * balance-slb: which member of a bond carries what is sent from an address in a VLAN. The
 * switches outside need not know of the bond: to them each address is behind one of several
 * plain ports, and moves now and then.
 *
 * Addresses share BUCKETS by a hash. A bucket keeps its member as long as that can carry;
 * now and then one bucket of the member with the most to carry goes to the one with the
 * least, where that has so much less that it is worth the move.
 */
#ifndef VS_SLB_BUCKETS_H
#define VS_SLB_BUCKETS_H

#include "platform.h"

#define VS_SLB_BUCKETS		256
#define VS_SLB_MEMBERS_MAX	15	/* numbers of members are 1 to this; 0 is nobody */

/* What carries what; only its owner's lock changes it. */
struct vs_slb_table {
	u8 member[VS_SLB_BUCKETS];
	u64 load[VS_SLB_BUCKETS];	/* octets of late: older ones count half each interval */
};

static __always_inline u32 vs_slb_bucket(u64 mac, u16 vid)
{
	return (u32)(((mac | (u64)vid << 48) * 0x9e3779b97f4a7c15ULL) >> 56);
}

/*
 * @usable: bit n is member n. Buckets of members that are not go to those with the least to
 * carry; those with nothing to carry are spread evenly. True: some that carry moved.
 */
bool vs_slb_assign(struct vs_slb_table *t, u32 usable);
/*
 * After an interval whose octets were added to the loads: at most one bucket moves, which is
 * returned; -1: none. @least: octets of load below which a difference is not worth it.
 */
int vs_slb_rebalance(struct vs_slb_table *t, u32 usable, u64 least);

#endif /* VS_SLB_BUCKETS_H */
