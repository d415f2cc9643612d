// SPDX-License-Identifier: GPL-2.0-or-later
/* A schema: what is accepted must read back from its own text, to the same text. */
#include <stdlib.h>
#include <string.h>

#include "vifdbd/ovsdb/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *json = json_loadb((const char *)data, size, JSON_DECODE_ANY, NULL), *again;
	struct db_schema *a = NULL, *b = NULL;
	struct buf x = { 0 }, y = { 0 };
	struct dberr *err;

	if (!json)
		return 0;
	err = schema_parse(json, &a);
	json_decref(json);
	if (err) {
		err_free(err);
		return 0;
	}
	schema_json(a, &x);
	again = json_loadb(x.data, x.len, 0, NULL);
	err = schema_parse(again, &b);
	if (err)
		abort();
	schema_json(b, &y);
	if (x.len != y.len || memcmp(x.data, y.data, x.len))
		abort();
	json_decref(again);
	schema_free(a);
	schema_free(b);
	buf_free(&x);
	buf_free(&y);
	return 0;
}
