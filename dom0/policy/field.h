/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a field of policy is. Each is one row of a table in fields.c, and what is
 * to be known of it is told by that row alone: the schema's columns, how the
 * database's rows are read and what is refused, where it goes in a VIF's policy and
 * what of it is shown, what vifctl takes, prints, explains and completes, and the
 * manual pages.
 */
#ifndef POLICY_FIELD_H
#define POLICY_FIELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/units.h"
#include "policy/words.h"

#define FIELD_COLUMNS_MAX	3

/* How it is written by people, and checked by whoever reads the database. */
enum field_type {
	FIELD_NUMBER,
	FIELD_BOOLEAN,
	FIELD_WORD,
	FIELD_WORDS,
	FIELD_TEXT,
	FIELD_NETDEV,		/* a network device's name, as are switches' */
	FIELD_NETDEVS,
	FIELD_UUID,
	FIELD_VMS,		/* UUIDs; names until they are resolved */
	FIELD_VIF,		/* "UUID/DEVID"; likewise */
	FIELD_VIFS,		/* and "UUID", all of a VM's */
	FIELD_MACS,
	FIELD_PREFIXES,
	FIELD_ENDPOINTS,	/* addresses with ports, or without */
	FIELD_MAP,
	FIELD_REFERENCE,	/* to a row of another table, by name */
	FIELD_REFERENCES,
	FIELD_ORDERED,		/* references in an order: the first, and those after it */
	FIELD_VLAN,		/* a port's */
	FIELD_VLANS,
	FIELD_PORTS,
	FIELD_PROTOCOL,
	FIELD_ETHERTYPE,
	FIELD_ICMP,
	FIELD_TCP_FLAGS,
	FIELD_TYPES
};

enum column_type {
	COLUMN_NONE,
	COLUMN_INTEGER,
	COLUMN_STRING,
	COLUMN_BOOLEAN,
	COLUMN_UUID,
	COLUMN_INTEGERS,
	COLUMN_STRINGS,
	COLUMN_UUIDS,
	COLUMN_MAP,		/* of strings */
	COLUMN_RANGES,		/* a map of first to last */
	COLUMN_REFERENCE,
	COLUMN_REFERENCES,
	COLUMN_ORDERED,		/* a map of places to references */
};

/* A column of the database. But for one with @always, it is empty when nobody set it. */
struct column {
	const char *name;
	enum column_type type;
	const char *doc;		/* for people, in the schema and its manual page */
	int64_t min, max;		/* of an integer or a place, or octets of a string */
	uint32_t most;			/* elements of a set or a map */
	const struct word *words;	/* which a string is one of */
	const char *refers;		/* a table */
	bool always;			/* a string that is "" when nobody set it */
};

struct merge;
struct problem;
struct program_parts;
struct vif_policy;

struct field {
	const char *name;		/* on the command line and in YAML */
	enum field_type type;
	struct column columns[FIELD_COLUMNS_MAX];
	enum unit unit;
	const char *like;		/* an example for people */
	const char *doc;		/* for people who write it; NULL: that of its column */
	bool pairs;			/* a map that is looked at; others are refused */
	bool kept;			/* other systems' facts: stay unless they are written */
	bool sticky;			/* stays as well, though vifswitch looks at it */
	bool required;

	/*
	 * Of a VIF's policy: the member of struct vif_policy that a plain value goes to,
	 * and what it is when nobody says; what else is to be done, by vif-fields.h.
	 */
	uint32_t place, size;
	uint32_t scale;			/* units of the column in one of the member's; 0: one */
	uint64_t feature;		/* VIFSWITCH_FEATURE_* that the member needs; 0: none */
	uint32_t otherwise;
	int (*merge)(const struct merge *m, struct vif_policy *ret, struct problem *problem);
	/*
	 * In the document "show" of a port, if the place is in its program: a number, null if
	 * it is @none; a list of words; or as @show says.
	 */
	const char *member;		/* NULL: the column's name */
	uint32_t none;
	json_t *(*show)(const struct program_parts *parts);
	const char *told_by;		/* is part of that other member */
};

#define field_for_each_column(f, column) \
	for (const struct column *column = (f)->columns; \
	     column < (f)->columns + FIELD_COLUMNS_MAX && column->name; column++)

#define OBJECT_FIELDS_MAX	48

enum object_kind {		/* in the order in which they are written */
	OBJECT_SWITCH,
	OBJECT_VM,
	OBJECT_GROUP,
	OBJECT_ACL,
	OBJECT_QOS,
	OBJECT_PORT,
	OBJECT_MIRROR,
	OBJECT_EXPORTER,
	OBJECT_UPLINK,
	OBJECT_NETWORK,
	OBJECT_KINDS,		/* those that stand by themselves */
	OBJECT_RULE = OBJECT_KINDS,
	OBJECT_INTERFACE,	/* the daemons' own */
	OBJECT_KINDS_ALL,
};

struct kind {
	enum object_kind id;
	const char *noun;	/* "switch" */
	const char *plural;	/* "switches": the key in YAML */
	const char *table;
	const char *key;	/* the field that names it, in YAML and messages: "name" */
	size_t name_max;
	struct field fields[OBJECT_FIELDS_MAX];		/* up to one without a name */
};

#define kind_for_each_field(kind, f) \
	for (const struct field *f = (kind)->fields; f->name; f++)

/* A number into a member of @size octets. */
void field_member_put(void *member, size_t size, uint64_t n);
const struct field *kind_field(const struct kind *kind, const char *name);
/* The field that has this column of the database, and the column if @ret is not NULL. */
const struct field *kind_column(const struct kind *kind, const char *name,
				const struct column **ret);

#endif /* POLICY_FIELD_H */
