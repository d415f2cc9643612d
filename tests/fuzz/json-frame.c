// SPDX-License-Identifier: GPL-2.0-or-later
/* A JSON-RPC stream in pieces: the first octet says how large they are. */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json-frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is found must be the same, however the stream is cut. */
static size_t feed(const uint8_t *data, size_t size, size_t piece, int *ret_error)
{
	const struct json_frame_limits max = { .octets = 65536, .values = 8256, .depth = 100 };
	struct json_frame f;
	size_t n, messages = 0;
	const char *text;
	size_t len;
	int r = 0;

	json_frame_init(&f, &max);
	while (size && r >= 0) {
		n = piece < size ? piece : size;
		memcpy(json_frame_room(&f, n), data, n);
		json_frame_added(&f, n);
		data += n;
		size -= n;
		while ((r = json_frame_next(&f, &text, &len)) > 0) {
			json_decref(json_loadb(text, len, JSON_DECODE_ANY, NULL));
			messages++;
		}
	}
	json_frame_deinit(&f);
	*ret_error = r;
	return messages;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int whole, pieces;

	if (size < 1)
		return 0;
	if (feed(data + 1, size - 1, size, &whole) !=
		    feed(data + 1, size - 1, data[0] + 1, &pieces) ||
	    whole != pieces)
		abort();
	return 0;
}
