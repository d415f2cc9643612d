// SPDX-License-Identifier: GPL-2.0-or-later
#include "blob.h"
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
	.len_text = "48 to 4144 octets",
	.header_text = "a multiple of 8 from 48 to total_len",
	.known_text = "0 to 47",
};

_Static_assert(sizeof(struct vifswitch_network) == 48, "known_text says otherwise");
_Static_assert(sizeof(struct vifswitch_network) +
	       VIFSWITCH_NETWORK_REMOTES_MAX * VIFSWITCH_ADDRESS_LEN == VIFSWITCH_NETWORK_MAX,
	       "len_text says otherwise");

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
	return rc ? rc : vs_blob_tail(&r);
}
