/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Octets of a datagram as they are written, in network order. Whoever writes asks for room
 * before.
 */
#ifndef EXPORT_DATAGRAM_H
#define EXPORT_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What every path carries whole; the sFlow specification has the same. */
#define DATAGRAM_MAX	1400

struct datagram {
	size_t len;
	uint8_t octets[DATAGRAM_MAX];
};

bool datagram_has_room(const struct datagram *d, size_t octets);
void put_u8(struct datagram *d, uint8_t n);
void put_u16(struct datagram *d, uint16_t n);
void put_u32(struct datagram *d, uint32_t n);
void put_u64(struct datagram *d, uint64_t n);
/* The lowest @octets octets of it. */
void put_number(struct datagram *d, uint64_t n, size_t octets);
void put_octets(struct datagram *d, const void *octets, size_t len);
void put_zeros(struct datagram *d, size_t len);
/* Zeros up to a multiple of 4. */
void put_padding(struct datagram *d);
/* At a place that was written before. */
void set_u16(struct datagram *d, size_t at, uint16_t n);
void set_u32(struct datagram *d, size_t at, uint32_t n);

#endif /* EXPORT_DATAGRAM_H */
