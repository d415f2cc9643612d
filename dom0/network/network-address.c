// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "kmod/core/network.h"
#include "network/network-address.h"

void network_address(const struct prefix *from, uint8_t ret[VIFSWITCH_ADDRESS_LEN])
{
	memset(ret, 0, VIFSWITCH_ADDRESS_LEN);
	if (from->family == PREFIX_IP6)
		memcpy(ret, from->addr, VIFSWITCH_ADDRESS_LEN);
	else if (from->family == PREFIX_IP4)
		vs_network_put_ip4(from->addr, ret);
}

void network_address_prefix(const uint8_t address[VIFSWITCH_ADDRESS_LEN], struct prefix *ret)
{
	bool ip4 = vs_network_is_ip4(address);

	*ret = (struct prefix){ .family = ip4 ? PREFIX_IP4 : PREFIX_IP6, .len = ip4 ? 32 : 128 };
	memcpy(ret->addr, address + (ip4 ? 12 : 0), ip4 ? 4 : 16);
}

void network_address_text(const uint8_t address[VIFSWITCH_ADDRESS_LEN], char text[PREFIX_TEXT_MAX])
{
	struct prefix p;

	network_address_prefix(address, &p);
	prefix_format(&p, text);
}

int network_address_compare(const void *a, const void *b)
{
	return memcmp(a, b, VIFSWITCH_ADDRESS_LEN);
}

uint32_t network_sort_addresses(uint8_t (*list)[VIFSWITCH_ADDRESS_LEN], uint32_t count)
{
	uint32_t n = 0;

	if (count)
		qsort(list, count, VIFSWITCH_ADDRESS_LEN, network_address_compare);
	for (uint32_t i = 0; i < count; i++)
		if (!n || memcmp(list[n - 1], list[i], VIFSWITCH_ADDRESS_LEN) != 0)
			memmove(list[n++], list[i], VIFSWITCH_ADDRESS_LEN);
	return n;
}

uint32_t network_place_of(const struct network *n, const uint8_t address[VIFSWITCH_ADDRESS_LEN])
{
	const uint8_t (*at)[VIFSWITCH_ADDRESS_LEN] =
		n->address_count ? bsearch(address, n->addresses, n->address_count,
					   VIFSWITCH_ADDRESS_LEN, network_address_compare) : NULL;

	return at ? (uint32_t)(at - n->addresses) : VIFSWITCH_EID_HERE;
}

bool network_has_address(const struct network *n, const uint8_t address[VIFSWITCH_ADDRESS_LEN])
{
	return network_place_of(n, address) != VIFSWITCH_EID_HERE;
}
