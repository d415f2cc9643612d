/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Mirror row for tests, as the database would tell it: @columns is JSON without its braces. */
#ifndef TESTS_UNIT_MIRROR_PUT_H
#define TESTS_UNIT_MIRROR_PUT_H

#include <stdio.h>

#include "mirror/mirrors.h"

static inline void mirror_put(struct policies *policies, struct mirrors *mirrors, const char *uuid,
			      const char *name, const char *columns)
{
	char text[512];
	json_t *json;

	snprintf(text, sizeof(text), "{\"_uuid\": [\"uuid\", \"%s\"], \"name\": \"%s\", %s}", uuid,
		 name, columns);
	json = json_loads(text, 0, NULL);
	assert_non_null(json);
	assert_int_equal(policies_put(policies, OBJECT_MIRROR, json), 0);
	json_decref(json);
	mirrors_read(mirrors, policies);
}

#endif /* TESTS_UNIT_MIRROR_PUT_H */
