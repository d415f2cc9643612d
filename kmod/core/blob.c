// SPDX-License-Identifier: GPL-2.0-or-later
#include "blob.h"

static int check_head(const struct reader *r, const struct blob_form *form,
		      const struct blob_head *head)
{
	if (head->magic != form->magic)
		return refuse(r, -EINVAL, "magic", head->magic, form->magic_text);
	if (head->version != form->version)
		return refuse(r, -EINVAL, "version", head->version, form->version_text);
	if (head->header_len < form->first || head->header_len % 8 || head->header_len > r->len)
		return refuse(r, -EINVAL, "header_len", head->header_len, form->header_text);
	if (head->total_len != r->len)
		return refuse(r, -EINVAL, "total_len", head->total_len, "the blob's length");
	return 0;
}

int vs_blob_known(struct reader *r, const struct blob_form *form, const void *blob, size_t len,
		  void *ret)
{
	struct blob_head head;
	int rc;

	r->blob = blob;
	r->len = len;
	if (len < form->first || len > form->max)
		return refuse(r, -EINVAL, "length", len, form->len_text);
	memcpy(&head, blob, sizeof(head));
	rc = check_head(r, form, &head);
	if (rc)
		return rc;
	r->header = head.header_len;
	r->end = head.header_len;
	memset(ret, 0, form->known);
	memcpy(ret, blob, head.header_len < form->known ? head.header_len : form->known);
	return 0;
}

int vs_blob_header(struct reader *r, const struct blob_form *form, const void *blob, size_t len,
		   void *ret)
{
	int rc = vs_blob_known(r, form, blob, len, ret);
	size_t i;

	for (i = form->known; !rc && i < r->header; i++)
		if (r->blob[i])
			rc = refuse(r, -EINVAL, "header octet in use", i, form->known_text);
	return rc;
}

int vs_blob_flags(const struct reader *r, const char *field, u64 unknown, const char *accepted)
{
	return refuse(r, -EINVAL, field, (u64)__builtin_ctzll(unknown), accepted);
}

int vs_blob_tail(const struct reader *r)
{
	size_t i, end = r->end;

	if (r->len > (end + 7) / 8 * 8)
		return refuse(r, -EINVAL, "total_len", r->len, "the end of the last section");
	for (i = end; i < r->len; i++)
		if (r->blob[i])
			return refuse(r, -EINVAL, "padding octet", i, "0");
	return 0;
}
