/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every kind of object of policy, its table of the database, and its fields. */
#ifndef POLICY_FIELDS_H
#define POLICY_FIELDS_H

#include "policy/field.h"

/* Counted up when a column of any table comes, goes or changes. */
#define POLICY_SCHEMA_VERSION	"0.3.0"
#define OBJECT_FIELDS_MAX	24

enum object_kind {		/* in the order in which they are written */
	OBJECT_SWITCH,
	OBJECT_VM,
	OBJECT_GROUP,
	OBJECT_ACL,
	OBJECT_QOS,
	OBJECT_PORT,
	OBJECT_KINDS,		/* those that stand by themselves */
	OBJECT_RULE = OBJECT_KINDS,
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

extern const struct kind object_kinds[OBJECT_KINDS_ALL];

#define kind_for_each_field(kind, f) \
	for (const struct field *f = (kind)->fields; f->name; f++)

const struct field *kind_field(const struct kind *kind, const char *name);
/* The field that has this column of the database, and the column if @ret is not NULL. */
const struct field *kind_column(const struct kind *kind, const char *name,
				const struct column **ret);

#endif /* POLICY_FIELDS_H */
