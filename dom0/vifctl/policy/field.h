/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fields of policy, as they are written on the command line and in YAML,
 * and the columns of the database that each stands for.
 *
 * Columns are kept in a JSON object by name, without those that are empty, in a
 * form in which equal values are equal JSON: a scalar as itself, a UUID and a
 * reference as a string (a reference by the name of what it refers to), sets as
 * sorted arrays without duplicates, a map of strings as an object, and ranges
 * as an array of [first, last].
 */
#ifndef VIFCTL_POLICY_FIELD_H
#define VIFCTL_POLICY_FIELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vifctl/policy/units.h"

#define FIELD_COLUMNS_MAX	3

enum column_type {
	COLUMN_NONE,
	COLUMN_INTEGER,
	COLUMN_STRING,
	COLUMN_BOOLEAN,
	COLUMN_UUID,
	COLUMN_INTEGERS,
	COLUMN_STRINGS,
	COLUMN_UUIDS,
	COLUMN_MAP,
	COLUMN_RANGES,
	COLUMN_REFERENCE,
	COLUMN_REFERENCES,
};

struct column {
	const char *name;
	enum column_type type;
};

struct field;

struct field_type {
	/*
	 * @items: the parts of the value; one, unless the type is a list. False:
	 * *ret_problem says what would be accepted, and @columns is untouched.
	 */
	bool (*parse)(const struct field *f, const json_t *items, json_t *columns,
		      char **ret_problem);
	/* The parts again; an empty array if the columns are empty. */
	json_t *(*format)(const struct field *f, const json_t *columns);
	bool list;		/* on the command line with commas, in YAML a sequence */
	bool map;		/* a list of KEY=VALUE, in YAML a mapping */
};

struct field {
	const char *name;
	const struct field_type *type;
	struct column columns[FIELD_COLUMNS_MAX];
	int64_t min, max;		/* of numbers; of names the length */
	enum unit unit;
	const char *const *words;	/* NULL-terminated */
	const char *refers;		/* the table, of references */
	const char *like;		/* an example for people */
	bool kept;			/* other systems' facts: stay unless they are written */
	bool required;
	bool plain;			/* the column is "" when it is empty, not without a value */
	bool vms;			/* items may be names of VMs until they are resolved */
};

extern const struct field_type field_number, field_word, field_words, field_text, field_texts,
	field_uuid, field_vms, field_mac, field_prefixes, field_map, field_boolean,
	field_reference, field_references, field_vlan, field_vlans, field_ports,
	field_protocol, field_ethertype, field_icmp, field_tcp_flags;

/* From the text of the command line. An empty text empties the field. */
bool field_parse_text(const struct field *f, const char *text, json_t *columns,
		      char **ret_problem);
bool field_parse_items(const struct field *f, const json_t *items, json_t *columns,
		       char **ret_problem);
char *field_text_of(const struct field *f, const json_t *columns);	/* NULL if it is empty */
json_t *field_items_of(const struct field *f, const json_t *columns);

bool field_is_empty(const struct field *f, const json_t *columns);
bool field_equal(const struct field *f, const json_t *a, const json_t *b);
void field_clear(const struct field *f, json_t *columns);
/* This field's columns of @from in place of those in @to. */
void field_copy(const struct field *f, const json_t *from, json_t *to);

/* A sorted copy without duplicates, of an array of strings or of integers. */
json_t *sorted_set(const json_t *array);
/* The keys of an object, sorted. */
json_t *sorted_keys(const json_t *object);

#endif /* VIFCTL_POLICY_FIELD_H */
