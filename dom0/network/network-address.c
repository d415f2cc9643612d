// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "network/network-address.h"

void network_address(const struct prefix *from, uint8_t ret[VIFSWITCH_ADDRESS_LEN])
{
	memset(ret, 0, VIFSWITCH_ADDRESS_LEN);
	if (from->family == PREFIX_IP6) {
		memcpy(ret, from->addr, 16);
	} else if (from->family == PREFIX_IP4) {
		memset(ret + 10, 0xff, 2);
		memcpy(ret + 12, from->addr, 4);
	}
}

void network_address_prefix(const uint8_t address[VIFSWITCH_ADDRESS_LEN], struct prefix *ret)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool ip4 = memcmp(address, mapped, sizeof(mapped)) == 0;

	*ret = (struct prefix){ .family = ip4 ? PREFIX_IP4 : PREFIX_IP6, .len = ip4 ? 32 : 128 };
	memcpy(ret->addr, address + (ip4 ? 12 : 0), ip4 ? 4 : 16);
}

void network_address_text(const uint8_t address[VIFSWITCH_ADDRESS_LEN], char text[PREFIX_TEXT_MAX])
{
	struct prefix p;

	network_address_prefix(address, &p);
	prefix_format(&p, text);
}

static int compare_addresses(const void *a, const void *b)
{
	return memcmp(a, b, VIFSWITCH_ADDRESS_LEN);
}

uint32_t network_sort_addresses(uint8_t (*list)[VIFSWITCH_ADDRESS_LEN], uint32_t count)
{
	uint32_t n = 0;

	if (count)
		qsort(list, count, VIFSWITCH_ADDRESS_LEN, compare_addresses);
	for (uint32_t i = 0; i < count; i++)
		if (!n || memcmp(list[n - 1], list[i], VIFSWITCH_ADDRESS_LEN) != 0)
			memmove(list[n++], list[i], VIFSWITCH_ADDRESS_LEN);
	return n;
}

bool network_has_address(const struct network *n, const uint8_t address[VIFSWITCH_ADDRESS_LEN])
{
	return n->address_count && bsearch(address, n->addresses, n->address_count,
					   VIFSWITCH_ADDRESS_LEN, compare_addresses);
}
