/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of flows, groups and meters. A transaction is one request or one bundle: each change
 * is made at once and written into the journal; txn_commit() has the datapath do the same and
 * tells those who want to know, txn_undo() takes all of it back.
 */
#ifndef OPENFLOW_TXN_H
#define OPENFLOW_TXN_H

#include "openflow/of-switch.h"

struct of_flow_mod {
	enum of_flow_mod_command command;
	uint8_t version;		/* of who sends it: some things differ by it */
	uint8_t table;			/* OF_TABLE_ALL: every one, or table 0 for an addition */
	uint64_t cookie;		/* what flows get */
	uint64_t filter, filter_mask;	/* cookies of the flows that are meant */
	bool set_cookie;		/* modifying changes it too */
	uint16_t priority, idle, hard, importance, flags;
	uint32_t buffer, out_port, out_group;
	struct of_match match;
	struct of_actions actions;
};

struct of_group_mod {
	uint16_t command;
	struct of_group *group;		/* what it has of a group; NULL after it was taken */
	uint32_t bucket;		/* of INSERT_BUCKET and REMOVE_BUCKET */
};

enum { GROUP_ADD, GROUP_MODIFY, GROUP_DELETE, GROUP_INSERT, GROUP_REMOVE = 5, GROUP_ADD_OR_MOD =
	0x8000 };
#define BUCKET_FIRST	0xfffffffdu
#define BUCKET_LAST	0xfffffffeu
#define BUCKET_ALL	0xffffffffu
#define BUCKET_MAX	0xffffff00u

struct of_meter_mod {
	uint16_t command;
	struct of_meter *meter;
};

enum { METER_ADD, METER_MODIFY, METER_DELETE };

struct of_txn {
	struct of_switch *sw;
	struct of_session *by;		/* NULL: nobody */
	uint32_t xid;
	struct of_journal journal;
};

/* Which flows a deletion or a question means. */
struct of_criteria {
	struct of_words *match;
	bool strict;
	uint16_t priority;
	uint8_t table;
	uint64_t cookie, cookie_mask;
	uint32_t out_port, out_group;
};

bool criteria_hold(const struct of_criteria *c, const struct of_flow *flow);
/* Is the flow's table one of them, and which tables are there? */
#define criteria_tables(c, t) \
	for (unsigned int t = (c)->table == OF_TABLE_ALL ? 0 : (c)->table; \
	     t < ((c)->table == OF_TABLE_ALL ? OF_TABLES : (c)->table + 1u); t++)

enum of_error txn_flow_mod(struct of_txn *txn, struct of_flow_mod *fm);
enum of_error txn_group_mod(struct of_txn *txn, struct of_group_mod *gm);
enum of_error txn_meter_mod(struct of_txn *txn, struct of_meter_mod *mm);
void txn_remove_flow(struct of_txn *txn, struct of_flow *flow, enum of_removed why);
/* After an error everything is as it was before the transaction. */
enum of_error txn_commit(struct of_txn *txn);
void txn_undo(struct of_txn *txn);
/* After an error @e of what was to be changed undo, else commit. */
enum of_error txn_end(struct of_txn *txn, enum of_error e);

void flow_mod_deinit(struct of_flow_mod *fm);

#endif /* OPENFLOW_TXN_H */
