/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the database says, as last heard: Port rows by identity, Switch rows by
 * name, QoS rows by UUID, and ACLs (groups.h), from the server or from the
 * copy on disk. Each row has a generation that changes when its content does and
 * at no other time, so that whoever derived something from a row can tell whether
 * to do so again. No I/O.
 */
#ifndef POLICYDB_ROWS_H
#define POLICYDB_ROWS_H

#include <jansson.h>

#include "base/map.h"
#include "policy/acl/groups.h"
#include "policy/port-row.h"
#include "policy/qos-row.h"

#define POLICIES_SWITCHES_MAX	64

/* A Switch row. Members that are 0 or NULL are not given. */
struct switch_policy {
	char name[IFNAMSIZ];
	uint8_t row[16];	/* its own UUID, zeros if not said */
	char (*uplinks)[IFNAMSIZ];
	size_t uplink_count;
	uint32_t mtu;
	uint32_t ageing_s;
	uint64_t uplink_rate;	/* bits per second that each uplink carries */
	char *problem;		/* of the row; what could be read is in force all the same */
	bool seen;
};

struct policies {
	struct map ports;		/* by a hash of the identity, chained */
	size_t port_count;
	struct switch_policy *switches;	/* by name */
	size_t switch_count;
	struct qos_rows qos;
	uint64_t generation;		/* the newest given to a row */
	uint64_t switch_generation;	/* changes when any Switch row does */
	struct acl_policies acl;
};

/*
 * NULL if there is none; *ret_generation is 0 then. The generation is that of the
 * row and of the QoS row it refers to, which *ret_qos is, or NULL. Valid until the
 * next change.
 */
const struct port_policy *policies_find(const struct policies *p, const uint8_t vm[16],
					uint32_t devid, const struct qos_policy **ret_qos,
					uint64_t *ret_generation);
/* Enter or update from an object of columns; -EINVAL if the row names nothing. */
int policies_put_port(struct policies *p, const json_t *row);
int policies_put_switch(struct policies *p, const json_t *row);
int policies_put_qos(struct policies *p, const json_t *row);
int policies_put_acl(struct policies *p, const json_t *row);
int policies_put_rule(struct policies *p, const json_t *row);
int policies_put_group(struct policies *p, const json_t *row);
/* The row of that UUID is gone; another one may have taken its place before. */
void policies_remove_port(struct policies *p, const uint8_t vm[16], uint32_t devid,
			  const uint8_t row[16]);
void policies_remove_switch(struct policies *p, const char *name, const uint8_t row[16]);
void policies_remove_qos(struct policies *p, const uint8_t row[16]);
/* Around reading all rows anew: what was not entered in between is gone. */
void policies_mark(struct policies *p);
void policies_sweep(struct policies *p);
void policies_deinit(struct policies *p);

#endif /* POLICYDB_ROWS_H */
