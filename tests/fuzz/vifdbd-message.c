// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A message of a client. What jansson takes is taken as it is; of all else comes
 * JSON that can be printed and read again, or nothing.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vifdbd/net/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *plain = json_loadb((const char *)data, size, JSON_DECODE_ANY, NULL), *json, *again;
	const char *problem = "not set";
	json_error_t error;
	char *text;

	json = message_parse((const char *)data, size, &problem, &error);
	if (plain && (problem || !json_equal(plain, json)))
		abort();
	if (json) {
		text = json_dumps(json, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
		again = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
		if (!json_equal(json, again))
			abort();
		json_decref(again);
		free(text);
	}
	json_decref(plain);
	json_decref(json);
	return 0;
}
