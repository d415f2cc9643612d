/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the database says, as last heard, from the server or from the copy on disk:
 * Port rows by identity, Switch rows by name, all others by their UUID. Each row has
 * a generation that changes when its content does and at no other time, so that
 * whoever derived something from a row can tell whether to do so again. No I/O.
 */
#ifndef POLICYDB_ROWS_H
#define POLICYDB_ROWS_H

#include <jansson.h>

#include "policy/acl/groups.h"
#include "policy/policy-row.h"

#define POLICIES_PORTS_MAX	200000
#define POLICIES_SWITCHES_MAX	64
#define POLICIES_QOS_MAX	16384
#define POLICIES_MIRRORS_MAX	1024
#define POLICIES_EXPORTERS_MAX	128
#define POLICIES_VMS_MAX	200000
#define POLICIES_UPLINKS_MAX	1024
#define POLICIES_NETWORKS_MAX	4096

struct policies {
	struct row_table ports, switches, qos, mirrors, exporters, uplinks, networks;
	struct row_table vms;		/* for their labels */
	struct row_table interfaces;	/* numbers that collectors know */
	uint64_t generation;		/* the newest given to a Port or a QoS row */
	uint64_t switch_generation;	/* changes when any Switch or Uplink row does */
	uint64_t mirror_generation;	/* changes when any Mirror row does */
	uint64_t network_generation;	/* changes when any Network row does */
	/* Changes when an Exporter row does, labels of a VM, or a number. */
	uint64_t exporter_generation;
	struct acl_policies acl;
};

/* A table that policy is made of; a new one is a row of policy_tables. */
struct policy_table {
	enum object_kind kind;
	size_t max;			/* rows */
	bool optional;			/* copies of older releases do not have it */
	size_t table, generation;	/* members of struct policies */
	bool (*key)(const json_t *row, struct row_key *ret);	/* false: it says not whose it is */
	const struct row_reader *reader;	/* NULL: whoever needs a row reads it */
	/* Of what is made of it elsewhere: it was put, or is about to go. */
	int (*put)(struct policies *p, const struct row *row);
	void (*remove)(struct policies *p, const struct row *row);
};

#define POLICY_TABLES	12
extern const struct policy_table policy_tables[POLICY_TABLES];

/* Enter or update from an object of columns; -EINVAL if the row names nothing. */
int policies_put(struct policies *p, enum object_kind kind, const json_t *row);
/* That row is gone, by its key and _uuid; another one may have taken its place before. */
void policies_remove(struct policies *p, enum object_kind kind, const json_t *row);
/* Around reading all rows anew: what was not entered in between is gone. */
void policies_mark(struct policies *p);
void policies_sweep(struct policies *p);
void policies_deinit(struct policies *p);

/*
 * NULL if there is none; *ret_generation is 0 then. The generation is that of the
 * row and of the QoS row it refers to, which *ret_qos is, or NULL. Valid until the
 * next change.
 */
const struct policy_row *policies_find(const struct policies *p, const uint8_t vm[16],
				       uint32_t devid, const struct policy_row **ret_qos,
				       uint64_t *ret_generation);
/* The row of an identity in table Interface, that of a VM; NULL: there is none. */
const struct policy_row *policies_interface(const struct policies *p, const uint8_t vm[16],
					    uint32_t devid);
const struct policy_row *policies_vm(const struct policies *p, const uint8_t vm[16]);
/* The Uplink row of that name, or NULL. Valid until the next change. */
const struct policy_row *policies_uplink(const struct policies *p, const char *name);
/* All Switch rows, in order of their names; how many. */
size_t policies_switches(const struct policies *p,
			 const struct policy_row *ret[POLICIES_SWITCHES_MAX]);

#endif /* POLICYDB_ROWS_H */
