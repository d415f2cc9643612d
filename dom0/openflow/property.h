/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Properties of 1.4: type, length without the padding, value, padding to eight octets. */
#ifndef OPENFLOW_PROPERTY_H
#define OPENFLOW_PROPERTY_H

#include "openflow/of-wire.h"

static inline size_t property_begin(struct of_out *out, uint16_t type)
{
	out_u16(out, type);
	out_u16(out, 0);
	return out->len - 4;
}

static inline void property_end(struct of_out *out, size_t start)
{
	out_length(out, start, start + 2);
	out_pad8(out, start);
}

/* The next of them; false at the end, or where in->bad is set. */
static inline bool property_next(struct of_in *in, uint16_t *ret_type, struct of_in *ret_value)
{
	uint16_t len;

	if (!in->left)
		return false;
	*ret_type = in_u16(in);
	len = in_u16(in);
	if (in->bad || len < 4) {
		in->bad = true;
		return false;
	}
	*ret_value = in_part(in, len - 4u);
	in_skip(in, (8 - len % 8u) % 8);
	return !in->bad;
}

/* Likewise, where the last may lack its padding, and less than four octets may follow. */
static inline bool property_next_lax(struct of_in *in, uint16_t *ret_type, struct of_in *ret_value)
{
	size_t padding;
	uint16_t len;

	if (in->left < 4)
		return false;
	*ret_type = in_u16(in);
	len = in_u16(in);
	if (len < 4) {
		in->bad = true;
		return false;
	}
	*ret_value = in_part(in, len - 4u);
	padding = (8 - len % 8u) % 8;
	in_skip(in, in->left < padding ? in->left : padding);
	return !in->bad;
}

#endif /* OPENFLOW_PROPERTY_H */
