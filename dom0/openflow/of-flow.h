/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flows, groups and meters as a switch keeps them, and the journal of what a request changes.
 * They are not changed in place but replaced, so that a journal can be undone; only counters
 * and times move.
 */
#ifndef OPENFLOW_FLOW_H
#define OPENFLOW_FLOW_H

#include <sys/queue.h>

#include "base/map.h"
#include "openflow/action.h"
#include "openflow/match.h"
#include "openflow/version.h"

struct of_flow {
	struct of_flow *next;		/* of the same hash */
	TAILQ_ENTRY(of_flow) link;	/* of its table, in the order they came */
	struct of_words *match;
	struct of_actions actions;	/* as they are in @shared */
	struct of_shared *shared;
	struct of_charge charge;	/* without its actions */
	uint64_t id;			/* of the datapath's; kept when it is replaced */
	uint64_t cookie;
	uint64_t packets, bytes;
	uint64_t created, modified, used;	/* ms */
	uint16_t priority, idle, hard, importance;
	uint16_t flags;			/* OFPFF_* */
	uint8_t table;
	uint32_t told;			/* a mark of the datapath's */
	uint64_t learned_by;		/* id of the flow that did; 0: a controller made it */
};

TAILQ_HEAD(of_flows, of_flow);

struct of_table {
	struct map by_key;		/* of match and priority */
	struct of_flows flows;
	uint32_t count;
	uint64_t lookups, matched;
};

struct of_bucket {
	uint32_t id;
	uint16_t weight;
	uint32_t watch_port, watch_group;	/* OFPP_ANY, OFPG_ANY: none */
	struct of_actions actions;
	uint64_t packets, bytes;
};

enum of_group_type { GROUP_ALL, GROUP_SELECT, GROUP_INDIRECT, GROUP_FAILOVER, GROUP_TYPES };

struct of_group {
	uint32_t id;
	uint8_t type;
	struct of_bucket *buckets;
	size_t count;
	struct of_charge charge;
	uint64_t packets, bytes, created;
};

#define BAND_DROP	1
#define BAND_REMARK	2
#define METER_KBPS	1
#define METER_PKTPS	2
#define METER_BURST	4
#define METER_STATS	8

struct of_band {
	uint16_t type;
	uint32_t rate, burst;
	uint8_t level;
	uint64_t packets, bytes;
};

struct of_meter {
	uint32_t id;
	uint16_t flags;
	struct of_band *bands;
	size_t count;
	uint64_t packets, bytes, created;
};

enum of_object { OBJECT_FLOW, OBJECT_GROUP, OBJECT_METER };

enum of_removed {
	REMOVED_IDLE, REMOVED_HARD, REMOVED_DELETE, REMOVED_GROUP, REMOVED_METER, REMOVED_EVICTION,
};

/* One object that is new (no old), gone (no new), or in another's place. */
struct of_change {
	enum of_object object;
	void *old, *new;
	enum of_removed why;
	bool added;		/* in another's place by an addition */
	bool reset;		/* ... and its counters begin anew */
};

struct of_journal {
	struct of_change *v;
	size_t count, room;
};

void flow_free(struct of_flow *flow);
void group_free(struct of_group *group);
void meter_free(struct of_meter *meter);
struct of_group *group_copy(const struct of_group *group);

size_t group_octets(const struct of_group *group);

/* Properties of a bucket on the wire, in 1.5. */
enum { BUCKET_WEIGHT, BUCKET_WATCH_PORT, BUCKET_WATCH_GROUP };

void group_buckets_encode(const struct of_group *g, uint8_t version, struct of_out *out);
/* Can everybody be told of it, in each version? */
bool group_fits(const struct of_group *g);

void table_init(struct of_table *t);
void table_deinit(struct of_table *t);
struct of_flow *table_find(const struct of_table *t, const struct of_words *match,
			   uint16_t priority);
void table_add(struct of_table *t, struct of_flow *flow);
void table_remove(struct of_table *t, struct of_flow *flow);
/* @flow takes the place of @old, which has its match and priority. */
void table_replace(struct of_table *t, struct of_flow *old, struct of_flow *flow);
/* Another flow of that priority which some frame would match too, or NULL. */
struct of_flow *table_overlapping(const struct of_table *t, const struct of_words *match,
				  uint16_t priority);

#endif /* OPENFLOW_FLOW_H */
