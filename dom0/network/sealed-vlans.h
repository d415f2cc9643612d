/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VLANs of networks that were encrypted. A row that is deleted says nothing any more of what its
 * VMs, which still send, may have leave in clear; so such a VLAN stays off the uplinks of its
 * switch until no VM uses it, a row says encrypt=none of it, or an operator releases it. Kept in a
 * file, so that a restart forgets none.
 */
#ifndef NETWORK_SEALED_VLANS_H
#define NETWORK_SEALED_VLANS_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEALED_VLANS_FILE	"sealed.json"
#define SEALED_VLANS_MAX	4096

struct sealed_vlan {
	char sw[IFNAMSIZ];
	uint16_t vlan;
};

struct sealed_vlans {
	struct sealed_vlan *list;
	size_t count, room;
	char *path;			/* NULL: they are not kept */
};

/* Takes over @path; a file that cannot be read has none, which is logged. */
void sealed_vlans_load(struct sealed_vlans *all, char *path);
void sealed_vlans_deinit(struct sealed_vlans *all);
/* Into the file, too, if that changes anything. */
void sealed_vlans_add(struct sealed_vlans *all, const char *sw, uint16_t vlan);
/* False: it is none of them. */
bool sealed_vlans_del(struct sealed_vlans *all, const char *sw, uint16_t vlan);

#endif /* NETWORK_SEALED_VLANS_H */
