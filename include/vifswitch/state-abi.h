/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/* The state of a port that is carried to another host: PORT_STATE, PORT_CARRY (abi.h). */
#ifndef VIFSWITCH_STATE_ABI_H
#define VIFSWITCH_STATE_ABI_H

#include <linux/types.h>

/*
 * What a port has that goes where its VM goes, beside sessions and learned addresses. Places
 * that nothing has yet are 0. A debt is the time in ns after which a limit's bucket would be
 * full again: of octets, packets, broadcast, multicast, unknown, packets to the port. More
 * than an empty bucket is taken for one.
 */
#define VIFSWITCH_STATE_LEN		608
#define VIFSWITCH_STATE_COUNT_MAX	0x7fffffffffffffffULL

struct vifswitch_state {
	__u64 counters[4];		/* enum vifswitch_counter, from the first on */
	__u64 debts[8];
	__u64 drops[64];		/* by enum vifswitch_drop_reason */
};

#endif /* VIFSWITCH_STATE_ABI_H */
