/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the validators of programs and of ACLs share: sections, and the head by which
 * a reader and a writer of different releases understand each other (abi.h).
 */
#ifndef VS_BLOB_H
#define VS_BLOB_H

#include "blob-error.h"

/* What every header begins with. */
struct blob_head {
	u32 magic;
	u16 version;
	u16 header_len;
	u32 total_len;
};

/* A kind of blob. Texts say what is accepted. */
struct blob_form {
	u32 magic;
	const char *magic_text;
	u16 version;
	const char *version_text;
	u32 first, known, max;	/* octets: the first release's header, ours, a whole blob */
	const char *len_text;
	const char *header_text;
	const char *known_text;	/* last octet of ours */
};

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

/*
 * Reads the header, as far as @form knows it, into @ret of form->known octets: what a
 * shorter one lacks is zero. Sets up @r for the sections. 0 or a negative errno.
 */
int vs_blob_known(struct reader *r, const struct blob_form *form, const void *blob, size_t len,
		  void *ret);

/* The same for who must understand all of it: the rest of a longer one has to be zero. */
int vs_blob_header(struct reader *r, const struct blob_form *form, const void *blob, size_t len,
		   void *ret);

/* Nothing may hide behind the last section but zeros up to the next multiple of 8. */
int vs_blob_tail(const struct reader *r);

/* For writers: as much of a header of @known octets as says something. */
static inline u32 vs_blob_header_len(const void *header, u32 first, u32 known)
{
	const u8 *octets = header;

	while (known > first && !octets[known - 1])
		known--;
	return (known + 7) / 8 * 8;
}

/* Refuses the lowest bit of @unknown, which is not 0, by its number. */
int vs_blob_flags(const struct reader *r, const char *field, u64 unknown, const char *accepted);

#endif /* VS_BLOB_H */
