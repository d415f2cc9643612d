/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VLANs of a port: a PVID (or none), an allowed set, an untagged set. */
#ifndef VIFSWITCH_VLANS_H
#define VIFSWITCH_VLANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vifswitch/abi.h"

struct vlans {
	uint16_t pvid;		/* VIFSWITCH_VID_NONE: no native VLAN */
	uint8_t allowed[VIFSWITCH_VLAN_BITMAP_LEN];
	uint8_t untagged[VIFSWITCH_VLAN_BITMAP_LEN];
	bool own_tag;		/* the sets are an access port's, and yet it takes its VLAN's tag */
};

static inline bool vlan_bit(const uint8_t *bitmap, unsigned int v)
{
	return bitmap[v / 8] & (1U << (v % 8));
}

static inline void vlan_bit_set(uint8_t *bitmap, unsigned int v)
{
	bitmap[v / 8] |= 1U << (v % 8);
}

void vlans_init(struct vlans *v);
/* The port's native VLAN, untagged: alone it makes an access port. */
void vlans_set_native(struct vlans *v, uint16_t vid);
bool vlans_same_sets(const struct vlans *a, const struct vlans *b);
bool vlans_is_access(const struct vlans *v);
/* Its sets are complete: is it an access port, if they may be one's? */
void vlans_set_access(struct vlans *v, bool access);
/* "access", "trunk", "native-tagged", "native-untagged" or "none". */
const char *vlans_mode(const struct vlans *v);

#endif /* VIFSWITCH_VLANS_H */
