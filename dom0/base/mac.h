/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_MAC_H
#define BASE_MAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* printf(MAC_FORMAT, MAC_OCTETS(mac)) */
#define MAC_FORMAT	"%02x:%02x:%02x:%02x:%02x:%02x"
#define MAC_OCTETS(m)	(m)[0], (m)[1], (m)[2], (m)[3], (m)[4], (m)[5]

/* Six times two hexadecimal digits of either case, with colons between them. */
bool mac_parse(const char *text, size_t len, uint8_t ret[6]);
/* The same for what people type: a leading zero of an octet may be left out. */
bool mac_parse_short(const char *text, size_t len, uint8_t ret[6]);
/* May be one station's own: neither a group's address nor all zeros. */
bool mac_is_station(const uint8_t mac[6]);

#endif /* BASE_MAC_H */
