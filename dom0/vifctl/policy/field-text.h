/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fields of policy, as they are written on the command line and in YAML,
 * and the columns of the database that each stands for.
 *
 * Columns are kept in a JSON object by name, without those that are empty, in a
 * form in which equal values are equal JSON: a scalar as itself, a UUID and a
 * reference as a string (a reference by the name of what it refers to), sets as
 * sorted arrays without duplicates, references in an order as an array of names, a
 * map of strings as an object, and ranges as an array of [first, last].
 */
#ifndef VIFCTL_POLICY_FIELD_TEXT_H
#define VIFCTL_POLICY_FIELD_TEXT_H

#include <jansson.h>
#include <stdbool.h>

#include "policy/fields.h"

/* How fields of a type are written. */
struct text_type {
	/*
	 * @items: the parts of the value; one, unless the type is a list. False:
	 * *ret_problem says what would be accepted, and @columns is untouched.
	 */
	bool (*parse)(const struct field *f, const json_t *items, json_t *columns,
		      char **ret_problem);
	/* The parts again; an empty array if the columns are empty. */
	json_t *(*format)(const struct field *f, const json_t *columns);
	bool list;		/* on the command line with commas, in YAML a sequence */
};

extern const struct text_type type_number, type_word, type_words, type_plain, type_netdev,
	type_netdevs, type_uuid, type_vms, type_vif, type_vifs, type_macs, type_prefixes,
	type_endpoints,
	type_map, type_boolean,
	type_reference, type_references, type_ordered, type_vlan, type_vlans, type_ports,
	type_protocol, type_ethertype, type_icmp, type_tcp_flags;

/* Several values; a map is a list of KEY=VALUE, in YAML a mapping. */
bool field_is_list(const struct field *f);

/* One that is written as one value: it is no list, or one in an order that has one item. */
bool field_is_one(const struct field *f, const json_t *items);

/* From the text of the command line. An empty text empties the field. */
bool field_parse_text(const struct field *f, const char *text, json_t *columns,
		      char **ret_problem);
bool field_parse_items(const struct field *f, const json_t *items, json_t *columns,
		       char **ret_problem);
char *field_text_of(const struct field *f, const json_t *columns);	/* NULL if it is empty */
json_t *field_items_of(const struct field *f, const json_t *columns);

/* Does it refer to that one? */
bool field_names(const struct field *f, const json_t *columns, const char *name);
bool field_is_empty(const struct field *f, const json_t *columns);
bool field_equal(const struct field *f, const json_t *a, const json_t *b);
void field_clear(const struct field *f, json_t *columns);
/* This field's columns of @from in place of those in @to. */
void field_copy(const struct field *f, const json_t *from, json_t *to);

/*
 * The VM of "VM[/DEVID]", to be freed, and what is behind it: "/DEVID" or "". A name may
 * hold a slash, but not before a number.
 */
char *vif_text_vm(const char *text, const char **ret_rest);
/* Is it of VMs, which may be names until they are resolved? */
bool field_has_vms(const struct field *f);
/*
 * The UUIDs of the VMs in a field's columns in place of their names, by @find; what it
 * gives is freed. False as soon as it gives NULL; columns are as before then.
 */
bool field_resolve_vms(const struct field *f, json_t *columns,
		       char *(*find)(const char *vm, void *arg), void *arg);

/* A sorted copy without duplicates, of an array of strings or of integers. */
json_t *sorted_set(const json_t *array);
/* The keys of an object, sorted. */
json_t *sorted_keys(const json_t *object);

#endif /* VIFCTL_POLICY_FIELD_TEXT_H */
