// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>

#include "ovs/ofports.h"
#include "ovs/ovs-view.h"

#define NUMBER_MAX	65279	/* as ofport_request of the schema */

struct numbers {
	bool taken[NUMBER_MAX + 1];
	json_t *all;
};

static bool take(struct numbers *n, const char *uuid, int64_t number)
{
	if (number < 1 || number > NUMBER_MAX || n->taken[number] || json_object_get(n->all, uuid))
		return false;
	n->taken[number] = true;
	json_object_set_new(n->all, uuid, json_integer(number));
	return true;
}

static void take_column(struct numbers *n, const json_t *db, const json_t *interfaces,
			const char *column)
{
	for (size_t i = 0; i < json_array_size(interfaces); i++) {
		const char *uuid = json_string_value(json_array_get(interfaces, i));
		int64_t number;

		if (view_integer(view_row(db, "Interface", uuid), column, &number))
			take(n, uuid, number);
	}
}

json_t *ovs_ofports(const json_t *db, const json_t *interfaces)
{
	struct numbers n = { .all = json_object() };
	int64_t next = 1;

	take_column(&n, db, interfaces, "ofport_request");
	take_column(&n, db, interfaces, "ofport");
	for (size_t i = 0; i < json_array_size(interfaces); i++) {
		const char *uuid = json_string_value(json_array_get(interfaces, i));

		while (!json_object_get(n.all, uuid) && next <= NUMBER_MAX)
			take(&n, uuid, next++);
	}
	return n.all;
}
