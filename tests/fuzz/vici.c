// SPDX-License-Identifier: GPL-2.0-or-later
/* Packets of vici: what is read and written again reads as the same, in whatever pieces it came. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vici/vici.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again(const struct vici_packet *p)
{
	struct vici_packet second;
	uint8_t *octets;
	size_t len;
	int r = vici_put(p->kind, p->name, p->message, &octets, &len);

	if (r < 0)
		abort();
	if (vici_take(octets, len, &second) != (long)len)
		abort();
	for (size_t cut = 0; cut < len && cut < 64; cut++) {
		struct vici_packet none;

		if (vici_take(octets, len - 1 - cut, &none) != 0)
			abort();
	}
	if (second.kind != p->kind || strcmp(second.name, p->name) != 0 ||
	    !!second.message != !!p->message ||
	    (p->message && !json_equal(p->message, second.message)))
		abort();
	vici_packet_deinit(&second);
	free(octets);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);	/* ends where it ends */
	struct vici_packet p;
	size_t at = 0;
	long n;

	memcpy(copy, data, size);
	while ((n = vici_take(copy + at, size - at, &p)) > 0) {
		again(&p);
		vici_packet_deinit(&p);
		at += (size_t)n;
	}
	free(copy);
	return 0;
}
