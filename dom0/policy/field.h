/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a field of policy is. Each is one row of a table in fields.c, and what is
 * to be known of it is told by that row alone: the schema's columns, how the
 * database's rows are read and what is refused, what vifctl takes, prints,
 * explains and completes, and the manual pages.
 */
#ifndef POLICY_FIELD_H
#define POLICY_FIELD_H

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
	FIELD_MACS,
	FIELD_PREFIXES,
	FIELD_MAP,
	FIELD_REFERENCE,	/* to a row of another table, by name */
	FIELD_REFERENCES,
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
};

/* A column of the database. But for one with @always, it is empty when nobody set it. */
struct column {
	const char *name;
	enum column_type type;
	const char *doc;		/* for people, in the schema and its manual page */
	int64_t min, max;		/* of an integer, or octets of a string */
	uint32_t most;			/* elements of a set or a map */
	const struct word *words;	/* which a string is one of */
	const char *refers;		/* a table */
	bool always;			/* a string that is "" when nobody set it */
};

struct field {
	const char *name;		/* on the command line and in YAML */
	enum field_type type;
	struct column columns[FIELD_COLUMNS_MAX];
	enum unit unit;
	const char *like;		/* an example for people */
	const char *doc;		/* for people who write it; NULL: that of its column */
	bool kept;			/* other systems' facts: stay unless they are written */
	bool required;
};

#define field_for_each_column(f, column) \
	for (const struct column *column = (f)->columns; \
	     column < (f)->columns + FIELD_COLUMNS_MAX && column->name; column++)

#endif /* POLICY_FIELD_H */
