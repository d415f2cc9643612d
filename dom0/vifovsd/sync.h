/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps the two databases in step. Whatever changes only asks for a pass; a pass makes the
 * whole of what should be from the two copies and the host's links, and sends at most one
 * transaction to each:
 *
 *   the Open_vSwitch database means other rows than there are -> they are written, numbered
 *   vifswitchd has that number, or nothing was to be written  -> what came of it is written back
 *
 * Nothing is kept between passes but what is under way, so being killed at any moment leaves
 * two consistent databases and a next pass.
 */
#ifndef VIFOVSD_SYNC_H
#define VIFOVSD_SYNC_H

#include <jansson.h>

#include "vifovsd/db-session.h"
#include "vifovsd/flow-side.h"

struct nl_sock;

struct ovs_sync {
	struct db_session ovs, own;
	const char *host;
	sd_event *event;
	sd_event_source *soon, *tick, *links;
	struct nl_sock *watch;
	struct flow_side flows;
	struct vifdb_txn *own_txn, *ovs_txn;	/* under way */
	bool own_over, ovs_over;
	int64_t awaited;	/* the number that vifswitchd must have */
	bool count;		/* awaited is to be what Global says */
	json_t *sent, *sent_rows;	/* the plan under way, and the rows that it is of */
	json_t *refused;	/* operations that were refused, none of them by itself */
	char *refusal;
	json_t *rejected;	/* rows that were refused: ovs-plan.h */
	bool told_lock;
	json_t *said;		/* {SENTENCE: true}: in the log */
};

/* Tables of vifswitch's database that are written, and all that are read; NULL at the end. */
extern const char *const ovs_sync_tables[], *const ovs_sync_followed[];

struct ovs_places {
	const char *ovs, *own;		/* remotes; @own NULL: the default */
	const char *host;		/* its name */
	const char *directory, *flows;	/* where ovs-ofctl looks, and vifofd's sockets are */
	const char *control;		/* vifswitchd's socket */
};

int ovs_sync_start(struct ovs_sync *s, sd_event *event, const struct ovs_places *places);
void ovs_sync_stop(struct ovs_sync *s);
/* A new reference: the Open_vSwitch database as it is now. */
json_t *ovs_sync_database(void *sync);

#endif /* VIFOVSD_SYNC_H */
