// SPDX-License-Identifier: GPL-2.0-or-later
#include "blob.h"
#include "eid.h"
#include "network.h"

#define FLAGS	(VIFSWITCH_NETWORK_ESP | VIFSWITCH_NETWORK_UNSEAL)

static const struct blob_form form = {
	.magic = VIFSWITCH_NETWORK_MAGIC,
	.magic_text = "0x7669666e",
	.version = VIFSWITCH_NETWORK_VERSION,
	.version_text = "1",
	.first = VIFSWITCH_NETWORK_FIRST_LEN,
	.known = sizeof(struct vifswitch_network),
	.max = VIFSWITCH_NETWORK_MAX,
	.len_text = "48 to 16472 octets",
	.header_text = "a multiple of 8 from 48 to total_len",
	.known_text = "0 to 87",
};

_Static_assert(sizeof(struct vifswitch_network) == 88, "known_text says otherwise");
_Static_assert(sizeof(struct vifswitch_network) +
	       VIFSWITCH_NETWORK_REMOTES_MAX * VIFSWITCH_ADDRESS_LEN +
	       VIFSWITCH_NETWORK_EIDS_MAX * sizeof(struct vifswitch_eid) == VIFSWITCH_NETWORK_MAX,
	       "len_text says otherwise");
_Static_assert(sizeof(struct vifswitch_eid) == 24, "sections are multiples of 8");

bool vs_network_is_end(const u8 *a)
{
	static const u8 none[VIFSWITCH_ADDRESS_LEN - 1];

	if (vs_network_is_ip4(a))
		return a[12] && a[12] != 127 && a[12] < 224;
	if (!memcmp(a, none, sizeof(none)))
		return false;	/* unspecified, loopback */
	return a[0] != 0xff && !(a[0] == 0xfe && (a[1] & 0xc0) == 0x80);
}

static bool is_given(const u8 *address)
{
	static const u8 none[VIFSWITCH_ADDRESS_LEN];

	return memcmp(address, none, sizeof(none));
}

static int read_head(struct reader *r, const struct vifswitch_network *h, struct vs_network *ret)
{
	if (h->flags & ~FLAGS)
		return vs_blob_flags(r, "unknown bit of flags", h->flags & ~FLAGS, "ESP or UNSEAL");
	if (h->flags == FLAGS)
		return refuse(r, -EINVAL, "flags", h->flags, "ESP or UNSEAL, not both");
	if (h->udp_port > 0xffff)
		return refuse(r, -ERANGE, "udp_port", h->udp_port, "0 to 65535");
	if (!h->key)
		return refuse(r, -ERANGE, "key", h->key, "1 to 16777215, for GRE to 4294967295");
	if (h->remote_count > VIFSWITCH_NETWORK_REMOTES_MAX)
		return refuse(r, -ERANGE, "remote_count", h->remote_count, "0 to 256");
	if (is_given(h->own) && !vs_network_is_end(h->own))
		return refuse(r, -EINVAL, "own", vs_get_be32(h->own),
			      "a unicast address that is neither loopback nor link-local");
	memcpy(ret->silent, h->silent, sizeof(ret->silent));
	ret->key = h->key;
	ret->flags = h->flags;
	ret->udp_port = (u16)h->udp_port;
	memcpy(ret->own, h->own, sizeof(ret->own));
	return 0;
}

static int read_remotes(struct reader *r, const struct vifswitch_network *h,
			struct vs_network *ret)
{
	const u8 *at, *last = NULL;
	u32 i;

	ret->remote_count = h->remote_count;
	if (!h->remote_count)
		return h->remote_offset ? refuse(r, -EINVAL, "remote_offset", h->remote_offset,
						 "0 without remotes") : 0;
	at = section(r, "remote_offset", h->remote_offset,
		     (u64)h->remote_count * VIFSWITCH_ADDRESS_LEN);
	if (!at)
		return r->err->code;
	ret->remote_offset = h->remote_offset;
	for (i = 0; i < h->remote_count; i++, last = at, at += VIFSWITCH_ADDRESS_LEN) {
		if (!vs_network_is_end(at))
			return refuse(r, -EINVAL, "remote", i,
				      "unicast addresses, neither loopback nor link-local");
		if (last && memcmp(last, at, VIFSWITCH_ADDRESS_LEN) >= 0)
			return refuse(r, -EINVAL, "remote", i, "ascending addresses");
	}
	return 0;
}

/* Is nothing beyond its length, and is it all of one family? */
static bool is_prefix(const struct vifswitch_eid *row)
{
	u64 half[2], cut[2];

	if (row->len > VS_EID_BITS)
		return false;
	vs_eid_load(half, row->prefix);
	vs_eid_load(cut, row->prefix);
	vs_eid_cut(cut, row->len);
	return cut[0] == half[0] && cut[1] == half[1] && !row->reserved[0] && !row->reserved[1] &&
	       !row->reserved[2];
}

static int check_silent(struct reader *r, const struct vs_network *n)
{
	u32 i;

	for (i = n->remote_count; i < VIFSWITCH_NETWORK_REMOTES_MAX; i++)
		if (vs_network_is_silent(n, i))
			return refuse(r, -EINVAL, "silent", i, "places among the remotes");
	return 0;
}

static int read_eids(struct reader *r, const struct vifswitch_network *h, struct vs_network *ret)
{
	struct vifswitch_eid row, last = { .len = 0 };
	const u8 *at;
	u32 i;
	int order;

	if (h->eid_count > VIFSWITCH_NETWORK_EIDS_MAX)
		return refuse(r, -ERANGE, "eid_count", h->eid_count, "0 to 512");
	ret->eid_count = h->eid_count;
	if (!h->eid_count)
		return h->eid_offset ? refuse(r, -EINVAL, "eid_offset", h->eid_offset,
					      "0 without rows") : 0;
	at = section(r, "eid_offset", h->eid_offset, (u64)h->eid_count * sizeof(row));
	if (!at)
		return r->err->code;
	ret->eid_offset = h->eid_offset;
	for (i = 0; i < h->eid_count; i++, last = row, at += sizeof(row)) {
		memcpy(&row, at, sizeof(row));
		if (!is_prefix(&row))
			return refuse(r, -EINVAL, "eid", i, "prefixes that are zero beyond their length");
		if (row.remote >= h->remote_count && row.remote != VIFSWITCH_EID_HERE)
			return refuse(r, -EINVAL, "eid", i, "places among the remotes");
		order = i ? memcmp(last.prefix, row.prefix, sizeof(row.prefix)) : -1;
		if (order > 0 || (!order && last.len >= row.len))
			return refuse(r, -EINVAL, "eid", i, "ascending prefixes");
	}
	return 0;
}

int vs_network_parse(const void *blob, size_t len, struct vs_network *ret,
		     struct vs_program_error *err)
{
	struct reader r = { .err = err };
	struct vifswitch_network hdr;
	int rc = vs_blob_header(&r, &form, blob, len, &hdr);

	memset(ret, 0, sizeof(*ret));
	if (!rc)
		rc = read_head(&r, &hdr, ret);
	if (!rc)
		rc = read_remotes(&r, &hdr, ret);
	if (!rc)
		rc = check_silent(&r, ret);
	if (!rc)
		rc = read_eids(&r, &hdr, ret);
	return rc ? rc : vs_blob_tail(&r);
}
