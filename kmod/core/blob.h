/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the validators of programs and of ACLs share. For those two files alone. */
#ifndef VS_BLOB_H
#define VS_BLOB_H

#include "program.h"

/* A blob of @len octets that begins with a header of @header octets. */
struct reader {
	const u8 *blob;
	size_t header;
	size_t len;
	size_t end;		/* of the last section seen */
	struct vs_program_error *err;
};

static inline int refuse(const struct reader *r, int code, const char *field, u64 value,
			 const char *accepted)
{
	*r->err = (struct vs_program_error){ code, field, value, accepted };
	return code;
}

/* The section at @offset of @size octets; NULL with the error set if it does not fit. */
static inline const void *section(struct reader *r, const char *field, u32 offset, u64 size)
{
	if (offset < r->header || offset % 8) {
		refuse(r, -EINVAL, field, offset, "a multiple of 8 behind the header");
		return NULL;
	}
	if (offset > r->len || size > r->len - offset) {
		refuse(r, -EINVAL, field, offset, "a section that ends inside total_len");
		return NULL;
	}
	if (offset + size > r->end)
		r->end = offset + size;
	return r->blob + offset;
}

#endif /* VS_BLOB_H */
