/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACLs as rules of NICs are made of them, each while it is in force just so: the datapath has
 * it, but does not give it back, so it is made of its rows once more and held to its digest.
 */
#ifndef VIFSWITCHD_FLOWER_ACLS_H
#define VIFSWITCHD_FLOWER_ACLS_H

#include "datapath/flower/flower-acl.h"
#include "vifswitchd/acl-objects.h"

/* NULL: which is in force is not known (now). Stays until it is asked for again. */
const struct flower_acl *flower_acls_get(struct map *made, const struct acl_objects *objects,
					 struct acl_policies *rows, uint32_t id);
/* Forget those that are in force no more. */
void flower_acls_sweep(struct map *made, const struct acl_objects *objects);
void flower_acls_deinit(struct map *made);

#endif /* VIFSWITCHD_FLOWER_ACLS_H */
