/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Handover: when a VM's domain is suspended to be migrated or saved, the live state of its
 * ports is offered in the database; the host that the VM goes to takes it, before it
 * answers the hotplug helper if it is there by then, later otherwise. turn.h decides,
 * exchange.h writes, carry.h moves state out of the datapath and into it. It all happens
 * in a daemon's pass: handovers_begin(), each VIF, handovers_end().
 *
 * Nothing here opens or closes a port, and without a database, or with one that is cut
 * off, nothing happens at all: a port then begins anew, as it would after a reboot.
 */
#ifndef HANDOVER_HANDOVER_H
#define HANDOVER_HANDOVER_H

#include "base/map.h"
#include "handover/carry.h"
#include "handover/exchange.h"

/* A VIF here as the daemon sees it; the struct is zeroed, so that it can be compared. */
struct handover_vif {
	struct handover_identity id;
	uint32_t domid;
	uint32_t sw, port;		/* ifindexes, while it is plugged */
	uint8_t acl[16];		/* what its ACL is called in cookies, or zero */
	bool plugged, suspended, dying;
	bool active;			/* its frontend is connected */
	bool arrives;			/* its toolstack said that it comes from elsewhere */
};

struct handovers {
	struct policy_db *db;
	struct carry carry;
	struct map by_vif;		/* struct handover, by domid and devid */
	struct vifdb_txn *sweep;	/* deletes rows that have expired */
	bool sweep_over;
	uint64_t next_sweep;		/* microseconds, CLOCK_MONOTONIC */
	uint64_t now, wake;		/* of this pass; when there should be another, or 0 */
};

void handovers_begin(struct handovers *h, uint64_t now);
void handovers_vif(struct handovers *h, const struct handover_vif *vif);
/* Forgets the VIFs that were not told of since the beginning. */
void handovers_end(struct handovers *h);
void handovers_deinit(struct handovers *h);

/* Is the hotplug helper of the VIF still to wait? */
bool handovers_hold(const struct handovers *h, uint32_t domid, uint32_t devid);
/* NULL: the VIF came from nowhere. */
const struct handover_story *handovers_story(const struct handovers *h, uint32_t domid,
					     uint32_t devid);
/*
 * Must a VIF that has no port yet stay closed? Yes with the problem, if another host had a
 * later policy in force for its VM than this one knows; until it does, or the offer has
 * expired.
 */
bool handovers_behind(const struct handovers *h, const struct handover_identity *id,
		      uint32_t domid, struct problem *problem);

#endif /* HANDOVER_HANDOVER_H */
