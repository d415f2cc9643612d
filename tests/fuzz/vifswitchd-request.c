// SPDX-License-Identifier: GPL-2.0-or-later
/* What a client may send down the control socket, in pieces of odd sizes. */
#include <stdlib.h>
#include <string.h>

#include "base/json-rpc.h"
#include "xen/backend.h"
#include "vifswitchd/hotplug-wait.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void one_line(const char *line, size_t len)
{
	struct store store = { .own_domid = 0 };
	struct json_rpc_request request;
	struct hotplug_params params;
	struct problem problem = {};
	const char *said = NULL;
	uint32_t domid, devid;

	if (json_rpc_request_parse(line, len, &request, &said) < 0) {
		if (!said)
			abort();
		return;
	}
	if (hotplug_params_parse(request.param, &params, &problem)) {
		if (params.timeout_ms > HOTPLUG_TIMEOUT_MAX_MS)
			abort();
		store_parse_backend(&store, params.backend, &domid, &devid);
	} else if (!problem.text[0]) {
		abort();
	}
	free(json_rpc_error(request.id, "invalid", problem.text));
	json_decref(request.root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_rpc_input in;
	size_t piece = size ? data[0] % 61 + 1 : 1;

	json_rpc_input_init(&in, 512);
	for (size_t at = 1; at < size; at += piece) {
		size_t left = size - at, len;
		const char *line;

		if (json_rpc_input_feed(&in, (const char *)data + at,
					left < piece ? left : piece) < 0)
			break;
		while (json_rpc_input_line(&in, &line, &len) == 1) {
			if (len > 512)
				abort();
			one_line(line, len);
		}
	}
	json_rpc_input_deinit(&in);
	return 0;
}
