/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A growing run of octets made of sections, each 8-octet aligned, zeros between them. */
#ifndef POLICY_ACL_BLOB_H
#define POLICY_ACL_BLOB_H

#include <stddef.h>
#include <stdint.h>

struct blob {
	uint8_t *data;		/* malloc'd, 16-octet aligned; moves when the blob grows */
	size_t len;
	size_t room;
};

/* A section of @size zeros. -ENOMEM; -E2BIG beyond VIFSWITCH_ACL_MAX. */
int blob_reserve(struct blob *blob, size_t size, uint32_t *ret_offset);
int blob_add(struct blob *blob, const void *data, size_t size, uint32_t *ret_offset);

#endif /* POLICY_ACL_BLOB_H */
