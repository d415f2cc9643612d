// SPDX-License-Identifier: GPL-2.0-or-later
/* The validator of networks on any blob; remotes of what it accepts are in it, and in order. */
#include <stdlib.h>

#include "network.h"

#define CHECK(what)	do { if (!(what)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct vs_program_error err = { 0 };
	struct vs_network n;
	u8 *blob = malloc(size ? size : 1);
	int rc;

	if (size)
		memcpy(blob, data, size);
	rc = vs_network_parse(blob, size, &n, &err);
	if (rc) {
		CHECK(rc < 0 && err.code == rc && err.field && err.accepted);
		free(blob);
		return 0;
	}
	CHECK(n.key && n.remote_count <= VIFSWITCH_NETWORK_REMOTES_MAX);
	for (u32 i = 0; i < n.remote_count; i++) {
		const u8 *at = blob + n.remote_offset + i * VIFSWITCH_ADDRESS_LEN;

		CHECK(vs_network_is_end(at));
		CHECK(!i || memcmp(at - VIFSWITCH_ADDRESS_LEN, at, VIFSWITCH_ADDRESS_LEN) < 0);
	}
	free(blob);
	return 0;
}
