// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifswitchd/flower/flower-acls.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "policy/acl/compile.h"

struct made {
	uint32_t id;
	uint64_t digest;		/* of the version in force */
	uint64_t stamp;			/* of the rows it was made of */
	struct flower_acl *lists;	/* NULL: its rows make another one now */
};

static struct flower_acl *make(const struct acl_object *object, struct acl_policies *rows)
{
	_cleanup_(acl_deinit) struct acl acl = {};
	_cleanup_free_ void *blob = NULL;
	struct vs_program_error err;
	struct problem problem;
	struct vs_acl view;
	size_t len;

	if (acl_list_build(rows, &object->list, &acl, &problem) < 0 ||
	    acl_compile(&acl, &blob, &len, &problem) < 0 ||
	    acl_digest(blob, len) != object->digest || vs_acl_parse(blob, len, &view, &err) < 0)
		return NULL;
	return flower_acl_new(&view);
}

static void forget(struct map *made, struct made *m)
{
	map_remove(made, m->id);
	flower_acl_free(m->lists);
	free(m);
}

const struct flower_acl *flower_acls_get(struct map *made, const struct acl_objects *objects,
					 struct acl_policies *rows, uint32_t id)
{
	const struct acl_object *object = acl_objects_get(objects, id);
	struct made *m = map_get(made, id);
	uint64_t stamp;

	if (!object || !acl_object_in_force(objects, object))
		return NULL;
	stamp = acl_list_stamp(rows, &object->list);
	if (m && m->digest == object->digest && (m->lists || m->stamp == stamp))
		return m->lists;
	if (m)
		forget(made, m);
	m = xzalloc(sizeof(*m));
	*m = (struct made){ id, object->digest, stamp, make(object, rows) };
	if (map_put(made, id, m) < 0)
		mem_out();
	return m->lists;
}

void flower_acls_sweep(struct map *made, const struct acl_objects *objects)
{
	struct made *m;

	for (bool again = true; again;) {
		again = false;
		map_for_each(made, i, m) {
			const struct acl_object *object = acl_objects_get(objects, m->id);

			if (object && object->digest == m->digest)
				continue;
			forget(made, m);
			again = true;
			break;
		}
	}
}

void flower_acls_deinit(struct map *made)
{
	struct made *m;

	map_for_each(made, i, m) {
		flower_acl_free(m->lists);
		free(m);
	}
	map_deinit(made);
}
