/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers of many parts. Who answers writes item after item into s->out and calls
 * reply_item() after each; where a message would become too long, the item begins the next.
 */
#ifndef OPENFLOW_REPLY_H
#define OPENFLOW_REPLY_H

#include "openflow/flow-message.h"

enum of_stats {
	STATS_DESC, STATS_FLOW, STATS_AGGREGATE, STATS_TABLE, STATS_PORT, STATS_QUEUE, STATS_GROUP,
	STATS_GROUP_DESC, STATS_GROUP_FEATURES, STATS_METER, STATS_METER_CONFIG,
	STATS_METER_FEATURES, STATS_TABLE_FEATURES, STATS_PORT_DESC, STATS_TABLE_DESC,
	STATS_QUEUE_DESC, STATS_MONITOR, STATS_FLOW15, STATS_VENDOR = 0xffff,
};

#define REPLY_MORE	1
#define REPLY_HEAD	24	/* octets before the first item, at most */

struct of_reply {
	struct of_session *s;
	uint32_t xid;
	uint16_t type;
	uint32_t vendor, subtype;	/* of STATS_VENDOR */
	size_t start;			/* of the message */
	size_t item;			/* where the next item begins */
};

void reply_begin(struct of_reply *r);
void reply_item(struct of_reply *r);
void reply_end(struct of_reply *r);

#endif /* OPENFLOW_REPLY_H */
