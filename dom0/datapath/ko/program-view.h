/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a program in the datapath says, read back. */
#ifndef DATAPATH_KO_PROGRAM_VIEW_H
#define DATAPATH_KO_PROGRAM_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/vlans.h"
#include "vifswitch/abi.h"

/* VIFSWITCH_PF_* */
uint32_t program_flags(const void *blob, uint32_t len);
/* Does it hold its port to addresses? */
bool program_guards(const void *blob, uint32_t len);
/* The number of the ACL it names, and its queue; 0 if it has none. */
uint32_t program_acl(const void *blob, uint32_t len);
uint16_t program_queue(const void *blob, uint32_t len);

/* What "show" tells of a program. */
struct program_view {
	struct vlans vlans;
	uint32_t flags;
	unsigned int mac_count;
	uint8_t macs[VIFSWITCH_PROGRAM_MACS_MAX][6];
	uint64_t rate_bps;
	uint64_t rate_burst;
	uint64_t packet_rate;
	uint16_t ip4_count, ip6_count;
	struct vifswitch_prefix4 ip4[VIFSWITCH_PROGRAM_PREFIXES_MAX];
	struct vifswitch_prefix6 ip6[VIFSWITCH_PROGRAM_PREFIXES_MAX];
};

/* False if it cannot be read. */
bool program_read(const void *blob, uint32_t len, struct program_view *ret);

#endif /* DATAPATH_KO_PROGRAM_VIEW_H */
