/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers of frames, in network byte order at any address. */
#ifndef OAM_OCTETS_H
#define OAM_OCTETS_H

#include <stdint.h>

#define ETHER_ADDR_LEN	6
#define ETHER_HEADER_LEN 14
#define IP_PACKET_MAX	65535U

static inline uint16_t get_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t get_be32(const uint8_t *p)
{
	return (uint32_t)get_be16(p) << 16 | get_be16(p + 2);
}

static inline void put_be16(uint8_t *p, uint16_t n)
{
	p[0] = (uint8_t)(n >> 8);
	p[1] = (uint8_t)n;
}

static inline void put_be32(uint8_t *p, uint32_t n)
{
	put_be16(p, (uint16_t)(n >> 16));
	put_be16(p + 2, (uint16_t)n);
}

#endif /* OAM_OCTETS_H */
