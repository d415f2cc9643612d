// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "export/datagram.h"

bool datagram_has_room(const struct datagram *d, size_t octets)
{
	return octets <= DATAGRAM_MAX - d->len;
}

/* What has no room is not written: a writer that forgot to ask harms nothing else. */
void put_octets(struct datagram *d, const void *octets, size_t len)
{
	if (!datagram_has_room(d, len))
		return;
	if (len)
		memcpy(d->octets + d->len, octets, len);
	d->len += len;
}

void put_zeros(struct datagram *d, size_t len)
{
	for (; len; len--)
		put_u8(d, 0);
}

void put_padding(struct datagram *d)
{
	put_zeros(d, -d->len & 3);
}

void put_number(struct datagram *d, uint64_t n, size_t octets)
{
	while (octets--)
		put_u8(d, (uint8_t)(n >> 8 * octets));
}

void put_u8(struct datagram *d, uint8_t n)
{
	put_octets(d, &n, 1);
}

void put_u16(struct datagram *d, uint16_t n)
{
	put_number(d, n, 2);
}

void put_u32(struct datagram *d, uint32_t n)
{
	put_number(d, n, 4);
}

void put_u64(struct datagram *d, uint64_t n)
{
	put_number(d, n, 8);
}

void set_u16(struct datagram *d, size_t at, uint16_t n)
{
	d->octets[at] = (uint8_t)(n >> 8);
	d->octets[at + 1] = (uint8_t)n;
}

void set_u32(struct datagram *d, size_t at, uint32_t n)
{
	set_u16(d, at, (uint16_t)(n >> 16));
	set_u16(d, at + 2, (uint16_t)n);
}
