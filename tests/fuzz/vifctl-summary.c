// SPDX-License-Identifier: GPL-2.0-or-later
/* A frame in words, of whatever octets: never outside them, and one line. */
#include <stdlib.h>
#include <string.h>

#include "show/packet-summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (!size)
		return 0;
	text = packet_summary(data + 1, size - 1, size - 1 + data[0] * 8U);
	if (!text || strchr(text, '\n') || !strstr(text, " octets"))
		abort();
	free(text);
	return 0;
}
