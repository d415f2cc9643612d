/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A Network row, as it is meant: a VLAN of a switch that goes on behind a tunnel, under a
 * key. It is the same on every host; which of the remotes is this host, and what is known of
 * the way there, networks.h finds out.
 */
#ifndef NETWORK_NETWORK_ROW_H
#define NETWORK_NETWORK_ROW_H

#include <net/if.h>

#include <vifswitch/network-abi.h>

#include "base/prefix.h"
#include "base/retry.h"
#include "policy/network-shape.h"
#include "policy/policy-row.h"
#include "policy/words.h"

struct network_device;

struct network_place {
	uint8_t mac[6];
	uint8_t remote[VIFSWITCH_ADDRESS_LEN];
};

struct network {
	uint8_t uuid[16];
	char name[POLICY_NAME_MAX + 1];
	bool enabled;
	char *problem;			/* it cannot be; NULL: nothing speaks against it */
	char sw[IFNAMSIZ];
	uint16_t vlan;
	enum network_kind kind;
	bool ip6;			/* of GRE: it goes over IPv6 */
	uint32_t key;
	uint16_t port;			/* UDP; of GRE 0 */
	bool pool;			/* the pool's hosts are remotes, too */
	bool sealed;			/* they alone, by the mesh (mesh/mesh.h) */
	bool ipsec;			/* to each remote in ESP (ipsec/ipsec.h) */
	bool bfd;			/* each remote is watched (network-bfd.h) */
	uint32_t bfd_min_rx, bfd_min_tx, bfd_mult;	/* milliseconds, and a number */
	struct prefix own;		/* family 0: not said */
	struct prefix *remotes;
	size_t remote_count;		/* of LISP those that the map names */
	struct network_eid *map;	/* of LISP */
	size_t map_count;

	/* What it comes to here (networks.c), if it is on. */
	bool here;			/* this host has its switch */
	const struct network_device *device;	/* by which it leaves; NULL: none, see waits */
	char *waits;			/* why it is not in force here, or not all of it */
	uint8_t (*addresses)[VIFSWITCH_ADDRESS_LEN];	/* of the other hosts, ascending */
	uint32_t address_count;
	struct vifswitch_eid *eids;	/* the map as the datapath has it: places in addresses */
	uint8_t silent[VIFSWITCH_NETWORK_REMOTES_MAX / 8];	/* places in addresses */
	uint8_t source[VIFSWITCH_ADDRESS_LEN];	/* zeros: the route says */
	struct retry retry;		/* of setting it */
	struct network_place *places;	/* of VMs elsewhere, ascending by address */
	size_t place_count;
	struct retry tell_retry;	/* of telling them */
};

struct network *network_read(const uint8_t uuid[16], const struct policy_row *row);
void network_free(struct network *n);
/* Can packets to such an address carry it? GRE's netdevs are of one family. */
static inline bool network_takes(const struct network *n, const struct prefix *address)
{
	return n->kind != NETWORK_GRE || (address->family == PREFIX_IP6) == n->ip6;
}

/* Never to be in clear on any wire? */
static inline bool network_is_secret(const struct network *n)
{
	return n->sealed || n->ipsec;
}

static inline bool network_is_on(const struct network *n)
{
	return n->enabled && !n->problem;
}

#endif /* NETWORK_NETWORK_ROW_H */
