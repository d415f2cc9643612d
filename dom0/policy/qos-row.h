/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QoS rows of the database by their UUIDs, read from JSON and checked value by
 * value, as port-row.h does for Port rows: a row that asks for something
 * impossible is kept with the problem in words, for the ports that refer to it.
 */
#ifndef POLICY_QOS_ROW_H
#define POLICY_QOS_ROW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/row-table.h"
#include "vifswitch/abi.h"

#define QOS_ROWS_MAX	16384
#define QOS_NAME_MAX	63	/* octets */

#define QOS_TRUST_DSCP	(1U << 0)
#define QOS_TRUST_PCP	(1U << 1)

/* Members that are 0, or VIFSWITCH_MARK_KEEP of the marks, are not given. */
struct qos_policy {
	uint8_t row[16];		/* the row's UUID */
	char name[QOS_NAME_MAX + 1];
	uint64_t rate_from_vm;		/* bits per second */
	uint64_t packets_from_vm;	/* per second */
	uint64_t rate_to_vm;		/* bits per second */
	uint64_t uplink_min;		/* bits per second of each uplink */
	uint64_t uplink_max;
	uint32_t uplink_weight;
	uint8_t dscp;
	uint8_t pcp;
	uint8_t trust;			/* QOS_TRUST_* */
	uint32_t storm_broadcast;	/* frames per second */
	uint32_t storm_multicast;
	uint32_t storm_unknown;
	uint32_t storm_burst;		/* frames */
	char *problem;			/* of the whole row */
};

struct qos_rows {
	struct row_table table;
	uint64_t gone;			/* a generation: when a row last went */
};

/*
 * From an object of columns. -EINVAL: it has no "_uuid" or no name; -ENOMEM. All
 * else that is wrong is in ret->problem.
 */
int qos_policy_parse(const json_t *row, struct qos_policy *ret);
void qos_policy_deinit(struct qos_policy *p);

/*
 * NULL if there is none: *ret_generation is then when one last went. Valid until the
 * next change.
 */
const struct qos_policy *qos_rows_find(const struct qos_rows *rows, const uint8_t row[16],
				       uint64_t *ret_generation);
/* Enter or update; a change counts *generation up. -ENOSPC: there are too many. */
int qos_rows_put(struct qos_rows *rows, const json_t *row, uint64_t *generation);
void qos_rows_remove(struct qos_rows *rows, const uint8_t row[16], uint64_t *generation);
/* Around reading all rows anew: what was not entered in between is gone. */
void qos_rows_mark(struct qos_rows *rows);
void qos_rows_sweep(struct qos_rows *rows, uint64_t *generation);
void qos_rows_deinit(struct qos_rows *rows);

#endif /* POLICY_QOS_ROW_H */
