// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers of XAPI, one after the other with a line's end between them, first to a login. Whatever
 * came, what the database is to have is rows that vifswitchd reads without a complaint, a VIF that
 * is locked has a lock or is closed, and a plan that was carried out leaves nothing to do.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/column.h"
#include "base/json-value.h"
#include "policy/fields.h"
#include "policy/policy-row.h"
#include "xapi/xapi-plan.h"
#include "xapi/xapi-sync.h"
#include "xapi/xapi-wanted.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_row(const json_t *columns)
{
	const char *guard = json_text_of(columns, "guard");
	struct policy_row *row;

	if (!guard || policy_row_read(&object_kinds[OBJECT_PORT], columns, &row) < 0 ||
	    row->problem)
		abort();
	policy_row_free(row);
	if (strcmp(guard, "mac+ip") == 0 && !column_size(json_object_get(columns, "ip_lock")))
		abort();
}

static void check_rows(const struct xapi_model *model)
{
	json_t *problems, *wanted = xapi_wanted(model, &problems), *none = json_object();
	json_t *plan = xapi_plan(wanted, none), *columns;
	const char *key;

	json_object_foreach(wanted, key, columns) {
		check_row(columns);
		json_object_set_new(columns, "_uuid", json_string("x"));
	}
	if (json_array_size(plan) != json_object_size(wanted))
		abort();
	json_decref(plan);
	plan = xapi_plan(wanted, wanted);
	if (json_array_size(plan))
		abort();
	json_decref(plan);
	json_decref(none);
	json_decref(problems);
	json_decref(wanted);
}

static void take(struct xapi_sync *sync, const char *text, size_t len)
{
	char *request = xapi_sync_request(sync), *copy = malloc(len ?: 1);

	/* Where they end they end; and each answers what was asked. */
	memcpy(copy, text, len);
	free(request);
	sync->id = 1;
	xapi_sync_answer(sync, copy, len, 0);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct xapi_sync sync;

	xapi_sync_init(&sync);
	while (size) {
		const char *end = memchr(text, '\n', size);
		size_t len = end ? (size_t)(end - text) : size;

		take(&sync, text, len);
		text += len + (end != NULL);
		size -= len + (end != NULL);
	}
	check_rows(&sync.model);
	xapi_sync_deinit(&sync);
	return 0;
}
