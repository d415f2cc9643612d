/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects of the database as text or JSON. */
#ifndef VIFCTL_POLICY_OBJECT_VIEW_H
#define VIFCTL_POLICY_OBJECT_VIEW_H

#include "vifctl/policy/object.h"
#include "vifctl/vifctl.h"

/*
 * Prints a list, or, when @alone, each with all its fields; in JSON a document
 * whose member is the kind's plural.
 */
void view_objects(struct vifctl *v, const struct model *m, enum object_kind kind,
		  struct object **objects, size_t count, bool alone);

/* All of a kind in the order in which people see them; to be freed. */
struct object **objects_sorted(const struct model *m, enum object_kind kind);

/* An object as in vifctl-policy(5), where every value is text. */
json_t *object_json(const struct object *o);

/* All its fields in one line, "from-vm-default=allow"; to be freed. */
char *object_summary(const struct object *o);

/* Switches or VMs that run here, of the document "show", and the database does not know. */
void view_running(const struct model *m, enum object_kind kind, const json_t *running, FILE *out);

#endif /* VIFCTL_POLICY_OBJECT_VIEW_H */
