// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/acl/acl-blob.h"
#include "vifswitch/acl.h"

int blob_reserve(struct blob *blob, size_t size, uint32_t *ret_offset)
{
	size_t padded, room = blob->room ? blob->room : 4096;
	uint8_t *data;

	if (size > VIFSWITCH_ACL_MAX || (size + 7) / 8 * 8 > VIFSWITCH_ACL_MAX - blob->len)
		return -E2BIG;
	padded = (size + 7) / 8 * 8;
	while (room < blob->len + padded)
		room *= 2;
	if (room != blob->room) {
		data = realloc(blob->data, room);
		if (!data)
			return -ENOMEM;
		blob->data = data;
		blob->room = room;
	}
	memset(blob->data + blob->len, 0, padded);
	*ret_offset = (uint32_t)blob->len;
	blob->len += padded;
	return 0;
}

int blob_add(struct blob *blob, const void *data, size_t size, uint32_t *ret_offset)
{
	int r = blob_reserve(blob, size, ret_offset);

	if (r < 0)
		return r;
	memcpy(blob->data + *ret_offset, data, size);
	return 0;
}
