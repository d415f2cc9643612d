/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups and meters, as objects that flows name by id. */
#ifndef VS_OF_OBJECT_H
#define VS_OF_OBJECT_H

#include "of.h"

/* From a record that vs_of_check() accepted; NULL: no memory. */
struct vs_of_object *vs_of_object_make(const struct vifswitch_of_record *r);
void vs_of_object_put(struct vs_of *of, struct vs_of_object *o);
void vs_of_object_take(struct vs_of *of, struct vs_of_object *o);
/* The one that lives on, of the open transaction, too; NULL: none. */
struct vs_of_object *vs_of_object_newest(const struct vs_of *of, u32 id, bool meter);

#endif /* VS_OF_OBJECT_H */
