// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsec.conf: whatever it has, it is taken or refused with a sentence. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ipsec/ipsec-file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ipsec_file f = {};
	struct problem problem = {};

	if (ipsec_file_parse((const char *)data, size, &f, &problem) < 0) {
		if (!*problem.text)
			abort();
		return 0;
	}
	for (size_t i = 0; i < f.count; i++)
		if (!f.peers[i].psk == !f.peers[i].id)
			abort();
	ipsec_file_deinit(&f);
	return 0;
}
