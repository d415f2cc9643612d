/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Octets of OpenFlow messages, in and out. A reader that is asked for more than there is gives
 * zeros and remembers it in `bad`, so a caller may read a whole struct and look once.
 */
#ifndef OPENFLOW_WIRE_H
#define OPENFLOW_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct of_in {
	const uint8_t *p;
	size_t left;
	bool bad;
};

struct of_out {
	uint8_t *data;
	size_t len, size;
};

/* The next @n octets, or NULL. */
static inline const uint8_t *in_take(struct of_in *in, size_t n)
{
	const uint8_t *p = in->p;

	if (n > in->left) {
		in->bad = true;
		in->left = 0;
		return NULL;
	}
	in->p += n;
	in->left -= n;
	return p;
}

static inline uint64_t in_number(struct of_in *in, unsigned int octets)
{
	const uint8_t *p = in_take(in, octets);
	uint64_t value = 0;

	for (unsigned int i = 0; p && i < octets; i++)
		value = value << 8 | p[i];
	return value;
}

static inline uint8_t in_u8(struct of_in *in)
{
	return (uint8_t)in_number(in, 1);
}

static inline uint16_t in_u16(struct of_in *in)
{
	return (uint16_t)in_number(in, 2);
}

static inline uint32_t in_u32(struct of_in *in)
{
	return (uint32_t)in_number(in, 4);
}

static inline uint64_t in_u64(struct of_in *in)
{
	return in_number(in, 8);
}

static inline void in_skip(struct of_in *in, size_t n)
{
	in_take(in, n);
}

/* A part of @n octets, which is empty and bad where there are fewer. */
static inline struct of_in in_part(struct of_in *in, size_t n)
{
	struct of_in part = { .p = in_take(in, n), .left = n };

	if (!part.p)
		part = (struct of_in){ .p = in->p, .bad = true };
	return part;
}

/* Room for @n octets of zeros at the end; valid until more is written. */
static inline uint8_t *out_room(struct of_out *out, size_t n)
{
	uint8_t *p;

	if (out->size - out->len < n) {
		out->size = (out->len + n) * 2;
		out->data = xrealloc(out->data, out->size);
	}
	p = out->data + out->len;
	memset(p, 0, n);
	out->len += n;
	return p;
}

static inline void wire_put(uint8_t *p, unsigned int octets, uint64_t value)
{
	while (octets--) {
		p[octets] = (uint8_t)value;
		value >>= 8;
	}
}

static inline uint64_t wire_get(const uint8_t *p, unsigned int octets)
{
	struct of_in in = { .p = p, .left = octets };

	return in_number(&in, octets);
}

static inline void out_number(struct of_out *out, unsigned int octets, uint64_t value)
{
	wire_put(out_room(out, octets), octets, value);
}

static inline void out_u8(struct of_out *out, uint64_t value)
{
	out_number(out, 1, value);
}

static inline void out_u16(struct of_out *out, uint64_t value)
{
	out_number(out, 2, value);
}

static inline void out_u32(struct of_out *out, uint64_t value)
{
	out_number(out, 4, value);
}

static inline void out_u64(struct of_out *out, uint64_t value)
{
	out_number(out, 8, value);
}

static inline void out_zero(struct of_out *out, size_t n)
{
	out_room(out, n);
}

static inline void out_bytes(struct of_out *out, const void *p, size_t n)
{
	uint8_t *to = out_room(out, n);

	if (n)
		memcpy(to, p, n);
}

/* Zeros until what was written since @start is a multiple of eight octets. */
static inline void out_pad8(struct of_out *out, size_t start)
{
	out_zero(out, (8 - (out->len - start) % 8) % 8);
}

/* Its length so far, into the two octets at @at. */
static inline void out_length(struct of_out *out, size_t start, size_t at)
{
	wire_put(out->data + at, 2, out->len - start);
}

static inline void out_deinit(struct of_out *out)
{
	free(out->data);
	*out = (struct of_out){};
}

#endif /* OPENFLOW_WIRE_H */
