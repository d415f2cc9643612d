/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses as the datapath has them: 16 octets, IPv4 as ::ffff:a.b.c.d. */
#ifndef NETWORK_NETWORK_ADDRESS_H
#define NETWORK_NETWORK_ADDRESS_H

#include "network/network-row.h"

/* Zeros: @from is none. */
void network_address(const struct prefix *from, uint8_t ret[VIFSWITCH_ADDRESS_LEN]);
void network_address_prefix(const uint8_t address[VIFSWITCH_ADDRESS_LEN], struct prefix *ret);
void network_address_text(const uint8_t address[VIFSWITCH_ADDRESS_LEN], char text[PREFIX_TEXT_MAX]);
/* For bsearch() and qsort(). */
int network_address_compare(const void *a, const void *b);
/* Ascending, each once; how many. */
uint32_t network_sort_addresses(uint8_t (*list)[VIFSWITCH_ADDRESS_LEN], uint32_t count);
/* Its place among the network's remotes here; VIFSWITCH_EID_HERE: it is none of them. */
uint32_t network_place_of(const struct network *n, const uint8_t address[VIFSWITCH_ADDRESS_LEN]);
bool network_has_address(const struct network *n, const uint8_t address[VIFSWITCH_ADDRESS_LEN]);

#endif /* NETWORK_NETWORK_ADDRESS_H */
