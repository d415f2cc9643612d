// SPDX-License-Identifier: GPL-2.0-or-later
#include "blob.h"
#include "mirror.h"

#define SMALLEST_FRAME		60
#define OCTETS_BURST_MIN	(256U * 1024)	/* four of the largest GSO frames */
#define PACKETS_BURST_MIN	256

static const struct blob_form form = {
	.magic = VIFSWITCH_MIRROR_MAGIC,
	.magic_text = "0x7669666d",
	.version = VIFSWITCH_MIRROR_VERSION,
	.version_text = "1",
	.first = VIFSWITCH_MIRROR_FIRST_LEN,
	.known = sizeof(struct vifswitch_mirror),
	.max = VIFSWITCH_MIRROR_MAX,
	.len_text = "48 to 1024 octets",
	.header_text = "a multiple of 8 from 48 to total_len",
	.known_text = "0 to 47",
};

_Static_assert(sizeof(struct vifswitch_mirror) == 48, "known_text says otherwise");

static int check_output(struct reader *r, const struct vifswitch_mirror *h, struct vs_mirror *m)
{
	u32 unknown = h->flags & ~VIFSWITCH_MF_ALL;

	if (unknown)
		return vs_blob_flags(r, "unknown bit of flags", unknown, "0");
	if (h->reserved)
		return refuse(r, -EINVAL, "reserved", h->reserved, "0");
	if (h->output_port && h->output_vlan)
		return refuse(r, -EINVAL, "output_vlan", h->output_vlan, "0 with output_port");
	if (!h->output_port && (!h->output_vlan || h->output_vlan > VIFSWITCH_VID_MAX))
		return refuse(r, -ERANGE, "output_vlan", h->output_vlan,
			      "1 to 4094 without output_port");
	m->output_port = h->output_port;
	m->output_vlan = h->output_vlan;
	m->dropped = h->flags & VIFSWITCH_MF_DROPPED;
	m->acl = h->acl;
	return 0;
}

static u64 at_least(u64 value, u64 least)
{
	return value < least ? least : value;
}

/* Bursts are a tenth of a second's. */
static int read_limits(struct reader *r, const struct vifswitch_mirror *h, struct vs_mirror *m)
{
	if (h->snaplen && (h->snaplen < VIFSWITCH_SNAPLEN_MIN ||
			   h->snaplen > VIFSWITCH_SNAPLEN_MAX))
		return refuse(r, -ERANGE, "snaplen", h->snaplen, "0, or 64 to 65535");
	if (h->snaplen && !h->output_port)
		return refuse(r, -EINVAL, "snaplen", h->snaplen, "0 without output_port");
	if (h->rate_bps && (h->rate_bps < VIFSWITCH_RATE_MIN_BPS ||
			    h->rate_bps > VIFSWITCH_RATE_MAX_BPS))
		return refuse(r, -ERANGE, "rate_bps", h->rate_bps, "0, or 8000 to 1000000000000");
	if (h->packet_rate > VIFSWITCH_PPS_MAX)
		return refuse(r, -ERANGE, "packet_rate", h->packet_rate, "0 to 1000000000");
	m->snaplen = h->snaplen ? h->snaplen : ~0U;
	vs_rate_init(&m->limit[VS_MIRROR_OCTETS], 8000000000ULL, h->rate_bps,
		     at_least(h->rate_bps / 80, OCTETS_BURST_MIN), SMALLEST_FRAME);
	vs_rate_init(&m->limit[VS_MIRROR_PACKETS], 1000000000ULL, h->packet_rate,
		     at_least(h->packet_rate / 10, PACKETS_BURST_MIN), 1);
	return 0;
}

static int read_vlans(struct reader *r, const struct vifswitch_mirror *h, struct vs_mirror *m)
{
	const u8 *map;

	if (!h->vlan_offset)
		return 0;
	map = section(r, "vlan_offset", h->vlan_offset, sizeof(m->vlans));
	if (!map)
		return r->err->code;
	memcpy(m->vlans, map, sizeof(m->vlans));
	if (vs_bit(m->vlans, VIFSWITCH_VID_MAX + 1))
		return refuse(r, -EINVAL, "vlan", VIFSWITCH_VID_MAX + 1, "0 to 4094");
	m->some_vlans = true;
	return 0;
}

int vs_mirror_parse(const void *blob, size_t len, struct vs_mirror *ret,
		    struct vs_program_error *err)
{
	struct reader r = { .err = err };
	struct vifswitch_mirror hdr;
	int rc = vs_blob_header(&r, &form, blob, len, &hdr);

	memset(ret, 0, sizeof(*ret));
	if (!rc)
		rc = check_output(&r, &hdr, ret);
	if (!rc)
		rc = read_limits(&r, &hdr, ret);
	if (!rc)
		rc = read_vlans(&r, &hdr, ret);
	return rc ? rc : vs_blob_tail(&r);
}
