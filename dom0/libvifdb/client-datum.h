/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A datum is the immutable value of one column of one row, in one block: its
 * atoms, sorted by key, and the strings that they point to. NULL is the datum
 * without elements.
 */
#ifndef LIBVIFDB_CLIENT_DATUM_H
#define LIBVIFDB_CLIENT_DATUM_H

#include "vifdb/vifdb.h"

struct vdb_type {
	enum vifdb_type key;
	enum vifdb_type value;	/* VIFDB_NONE: no map */
	size_t min, max;	/* elements; SIZE_MAX: unlimited */
};

struct vdb_datum {
	size_t n;
	struct vifdb_atom atoms[];	/* n keys; of a map, n values after them */
};

static inline size_t vdb_datum_size(const struct vdb_datum *d)
{
	return d ? d->n : 0;
}

/*
 * -EINVAL and what is wrong with it, a static text. The number of elements is
 * checked unless @is_diff. Ranges and enumerations are the server's affair.
 */
int vdb_datum_parse(const json_t *json, const struct vdb_type *type, bool is_diff,
		    struct vdb_datum **ret, const char **ret_problem);
/* The value of a column that is not mentioned in an inserted row: RFC 7047, 5.2.1. */
int vdb_datum_default(const struct vdb_type *type, struct vdb_datum **ret);
/* @old changed as a <row-update2> of monitor_cond says. */
int vdb_datum_apply(const struct vdb_datum *old, const struct vdb_datum *diff,
		    const struct vdb_type *type, struct vdb_datum **ret, const char **ret_problem);
bool vdb_datum_equal(const struct vdb_datum *a, const struct vdb_datum *b,
		     const struct vdb_type *type);
/* A new reference, NULL when out of memory. */
json_t *vdb_datum_json(const struct vdb_datum *d, const struct vdb_type *type);
int vdb_atom_compare(const struct vifdb_atom *a, const struct vifdb_atom *b, enum vifdb_type type);

#endif /* LIBVIFDB_CLIENT_DATUM_H */
