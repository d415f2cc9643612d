/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list that wanted.h speaks of: ports of every kind, and what they point to. */
#ifndef VIFSWITCHD_WANTED_LIST_H
#define VIFSWITCHD_WANTED_LIST_H

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "datapath/links/port-kind.h"
#include "datapath/tc/uplink-classes.h"
#include "vifswitchd/observed.h"

enum port_stand {
	PORT_AS_IS,		/* nobody knows yet: what is in place stays as it is */
	PORT_HELD,		/* impossible: what is in place stays, and may be claimed */
	PORT_WANTED,
};

struct wanted_port {
	enum port_kind kind;
	enum port_stand stand;
	const char *sw;			/* its switch */
	const char *netdev;		/* its name, if that is how it is known; else: */
	struct vif *vif;
	enum half half;
	const struct link_spec *create;	/* what it is made as if it is not there, or NULL */
	const struct cable *cable;	/* what its other end is to be; NULL: as it is */
	const struct bond *bond;	/* what it is to be changed to; NULL: it stays as it is */
	struct cookie cookie;
	const struct port_policy *policy;	/* NULL: closed */
	bool keep_down;			/* while it is closed */
	bool prepare;			/* joins down, silent, without an address of dom0's */
	bool vm_mac;
	char rename[IFNAMSIZ];		/* when it joins; "": no */
	uint32_t mtu;			/* 0: as it is */
	uint32_t ageing_ms;		/* of a switch; 0: as it is */
	uint32_t flow_mode;		/* of a switch */
	struct dp_snoop snoop;		/* of one with that */
	bool loop;			/* likewise: protected from loops */
	bool shaping_known;
	struct shaping shaping;
	int claim;			/* enum vifswitch_claim; -1: the kernel decides */
	uint32_t moves;			/* of its switch's uplinks: each is announced */
	uint64_t generation;		/* a new one does not wait for what the old one failed at */
	struct progress *progress;	/* apply.c's; not read while wanting */
	const struct network_device *network;	/* that it is, or NULL */
	const struct mirror *output_of;	/* kept closed for its copies; or NULL */
};

/* Whatever the ports above point to and is nobody else's. */
struct wanted_uplink {
	char name[IFNAMSIZ];
	struct uplink_classes classes;
};

struct wanted {
	struct wanted_port *ports;
	size_t count, size;
	struct wanted_uplink *uplinks;
	size_t uplink_count, uplink_size;
	struct link_spec *switches;
	size_t switch_size;
	size_t sensors_end;		/* ports behind it are no mirror's outputs */
	struct port_policy **policies;	/* made for a port of this list alone */
	size_t policy_count, policy_room;
	/* Else one that is not listed may be wanted all the same. */
	bool vifs_known, uplinks_known, mirrors_known, places_known, networks_known;
};

/* For a kind of port: one more; copies @port. -ENOMEM. */
static inline int wanted_add(struct wanted *wanted, const struct wanted_port *port)
{
	if (wanted->count == wanted->size) {
		size_t size = wanted->size ? wanted->size * 2 : 16;
		struct wanted_port *ports = realloc(wanted->ports, size * sizeof(*ports));

		if (!ports)
			return -ENOMEM;
		wanted->ports = ports;
		wanted->size = size;
	}
	wanted->ports[wanted->count++] = *port;
	return 0;
}

/* @policy is freed with the list, or when that is made anew. */
static inline const struct port_policy *wanted_keep(struct wanted *wanted,
						    struct port_policy *policy)
{
	wanted->policies = xgrow(wanted->policies, wanted->policy_count, &wanted->policy_room,
				 sizeof(*wanted->policies));
	return wanted->policies[wanted->policy_count++] = policy;
}

#endif /* VIFSWITCHD_WANTED_LIST_H */
