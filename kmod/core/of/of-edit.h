/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of a frame's fields, its checksums mended (RFC 1624). */
#ifndef VS_OF_EDIT_H
#define VS_OF_EDIT_H

#include "of-key.h"

#define VS_OF_EDIT_WORDS	8

/* Words first.. of one field: bits of mask become those of value. */
struct vs_of_edit {
	u16 first;
	u16 count;
	u16 value[VS_OF_EDIT_WORDS];
	u16 mask[VS_OF_EDIT_WORDS];
};

/*
 * @p: the frame, len = min(whole, VS_PACKET_HEADERS) octets of it, which may be written;
 * @partial_at: where the transport header is whose checksum is that of the pseudo header alone,
 * the rest being for whoever sends the frame; 0: none. False: the frame does not have the field,
 * and is as it was.
 */
bool vs_of_edit_frame(const struct vs_of_edit *e, u8 *p, size_t len, size_t whole,
		      const struct vs_frame *f, size_t partial_at);

/* TTL or hop limit less one. False: no IP, or it is 0 or 1 and as it was (*ret_over). */
bool vs_of_edit_ttl(u8 *p, size_t len, size_t whole, const struct vs_frame *f, bool *ret_over);

/* The same of the outer label. */
bool vs_of_edit_label_ttl(u8 *p, size_t len, const struct vs_frame *f, bool *ret_over);

/* The entry that PUSH_MPLS puts before the frame's others. */
#define VS_OF_LABEL_BOTTOM	0x100U
u32 vs_of_label_for(const u8 *p, size_t len, size_t whole, const struct vs_frame *f);

/* Raises the drop precedence of an AF class by @levels, to 3 at most. */
void vs_of_edit_precedence(u8 *p, size_t len, size_t whole, const struct vs_frame *f, u16 levels);

#endif /* VS_OF_EDIT_H */
