/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects of policy: what the database says, or what it should. An object
 * belongs to its model, or to who made it; rules belong to their ACL.
 */
#ifndef VIFCTL_POLICY_OBJECT_H
#define VIFCTL_POLICY_OBJECT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vifctl/policy/field-text.h"

/* "a, b, c": for messages; to be freed. */
char *kind_field_names(const struct kind *kind);

struct mark {
	unsigned int line, column;	/* from 1; 0: not of a file */
};

struct object {
	const struct kind *kind;
	char *name;		/* name, a VM's UUID, or of a port "UUID/DEVID" */
	char *vm;		/* of a port: UUID, or a name that is not resolved yet */
	int devid;
	json_t *columns;	/* as field.h says; without the identity */
	bool stored;		/* has a row: */
	uint8_t row[16];
	struct mark mark, marks[OBJECT_FIELDS_MAX];	/* of its fields, by index */
	struct object **rules;	/* of an ACL, in order */
	size_t rule_count;
	int64_t priority;	/* of a rule; -1 until it is placed */
};

struct object *object_new(enum object_kind kind, const char *name);
struct object *object_copy(const struct object *o);
/* NULL is fine. */
void object_free(struct object *o);
void object_freep(struct object **o);

/* After vm and devid are known: makes the name. */
void object_name_port(struct object *o);
void object_add_rule(struct object *acl, size_t at, struct object *rule);	/* takes it */
/* Takes it out, to be freed. */
struct object *object_take_rule(struct object *acl, size_t at);
bool object_find_rule(const struct object *acl, const char *name, size_t *ret);

/*
 * Sets a field from "KEY=VALUE" or, of a boolean, "KEY"; "KEY+=VALUE" and "KEY-=VALUE"
 * change what a list has. False: *ret_problem names key, value and what would be accepted.
 */
bool object_set_text(struct object *o, const char *text, char **ret_problem);
/* Names in a column that is a list of them; none: it is empty. */
void object_set_names(struct object *o, const char *column, const json_t *names);
void object_drop_name(struct object *o, const char *column, const char *name);
/* What fields say together must make sense: false and a problem if it does not. */
bool object_check(const struct object *o, char **ret_problem);
/* A name that this kind can have. */
bool object_name_check(const struct kind *kind, const char *name, char **ret_problem);

/* All objects, in order of arrival, and by name. */
struct model {
	struct object **objects[OBJECT_KINDS];
	size_t count[OBJECT_KINDS];
	json_t *index[OBJECT_KINDS];	/* name -> place */
	bool named[OBJECT_KINDS];	/* of a file: the kinds that it speaks of */
	const json_t *running;	/* of the database: "show" of this host, if it was asked for */
};

void model_init(struct model *m);
void model_deinit(struct model *m);
/* Takes @o; false if there is one of that name: then it stays the caller's. */
bool model_add(struct model *m, struct object *o);
struct object *model_find(const struct model *m, enum object_kind kind, const char *name);
/* Every VM that is called @name: its UUID in an array. */
json_t *model_vms_named(const struct model *m, const char *name);
/*
 * "near: a, b" of the objects of a kind whose names may have been meant, VMs by what people
 * call them; else where their list is. To be freed.
 */
char *model_near(const struct model *m, enum object_kind kind, const char *word);
/* For people: a port as "web/0" where the VM's name is known and the only one; to be freed. */
char *model_label(const struct model *m, const struct object *o);

#endif /* VIFCTL_POLICY_OBJECT_H */
