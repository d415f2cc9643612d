/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of the switches' work NICs do: planned anew when something changed, put in force. */
#ifndef VIFSWITCHD_FLOWERS_HERE_H
#define VIFSWITCHD_FLOWERS_HERE_H

#include "base/map.h"
#include "datapath/messages.h"
#include "show/acl-document.h"
#include "show/offload.h"

struct daemon;

struct flowers {
	struct map by_index;		/* of struct flowered, by ifindex */
	struct map acls;		/* see flower/flower-acls.h */
	bool looked;			/* for what an earlier process left */
	bool stale;			/* something happened that rules may depend on */
	uint64_t operations;		/* of struct apply, when it was planned last */
	uint64_t generation;		/* of the configuration, likewise */
	uint64_t again;			/* when addresses are to be looked at again; 0: never */
};

/*
 * Once in a pass, after all that it changed in the datapath; @links_changed: netdevs did since
 * the last pass. Nothing is touched before it is known which ports there are. When to look
 * again; 0: never.
 */
uint64_t flowers_reconcile(struct daemon *d, bool links_changed, uint64_t now);
/* The datapath told of it. */
void flowers_note(struct daemon *d, const struct dp_event *event);
/* Ask what rules counted; until then flowers_add() tells what was so before. */
void flowers_count(struct daemon *d);
/* @port gets what rules counted beside its datapath: @ret. NULL: its switch's offload is off. */
const struct offload *flowers_add(const struct daemon *d, struct dp_port *port,
				  struct offload *ret);
/* Appends the rules of its ACL that decided for a port in its NIC, likewise. */
void flowers_hits(const struct daemon *d, uint32_t ifindex, struct rule_hits *ret);
void flowers_deinit(struct flowers *flowers);

#endif /* VIFSWITCHD_FLOWERS_HERE_H */
