/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the server's schema (RFC 7047, 3.2) says about tables that are followed. */
#ifndef LIBVIFDB_CLIENT_SCHEMA_H
#define LIBVIFDB_CLIENT_SCHEMA_H

#include "libvifdb/replica.h"

/* A <type>; -EINVAL if it is none. */
int vdb_type_parse(const json_t *json, struct vdb_type *ret);
/*
 * Take over what @schema, an answer to get_schema, says about the tables
 * followed. 1: something is other than before, 0: nothing is. -EPROTO: it is no
 * schema, with a sentence in vifdb_error(); -ENOMEM.
 */
int vdb_schema_apply(struct vifdb *db, const json_t *schema);

#endif /* LIBVIFDB_CLIENT_SCHEMA_H */
