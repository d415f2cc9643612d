// SPDX-License-Identifier: GPL-2.0-or-later
#include "program.h"

#define HEADER_LEN	sizeof(struct vifswitch_program)
#define PACKETS_MAX	VIFSWITCH_PPS_MAX
#define SMALLEST_FRAME	60

struct reader {
	const u8 *blob;
	const struct vifswitch_program *hdr;
	size_t end;		/* of the last section seen */
	struct vs_program_error *err;
};

static int refuse(struct reader *r, int code, const char *field, u64 value, const char *accepted)
{
	*r->err = (struct vs_program_error){ code, field, value, accepted };
	return code;
}

/* The section at @offset of @size octets; NULL with the error set if it does not fit. */
static const u8 *section(struct reader *r, const char *field, u32 offset, size_t size)
{
	if (offset < HEADER_LEN || offset % 8) {
		refuse(r, -EINVAL, field, offset, "a multiple of 8 behind the header");
		return NULL;
	}
	if (offset > r->hdr->total_len || size > r->hdr->total_len - offset) {
		refuse(r, -EINVAL, field, offset, "a section that ends inside total_len");
		return NULL;
	}
	if (offset + size > r->end)
		r->end = offset + size;
	return r->blob + offset;
}

static int check_header(struct reader *r, size_t len)
{
	const struct vifswitch_program *h = r->hdr;

	if (h->magic != VIFSWITCH_PROGRAM_MAGIC)
		return refuse(r, -EINVAL, "magic", h->magic, "0x76696670");
	if (h->version != VIFSWITCH_PROGRAM_VERSION)
		return refuse(r, -EINVAL, "version", h->version, "1");
	if (h->header_len != HEADER_LEN)
		return refuse(r, -EINVAL, "header_len", h->header_len, "72");
	if (h->total_len != len)
		return refuse(r, -EINVAL, "total_len", h->total_len, "the attribute's length");
	if (h->flags & ~VIFSWITCH_PF_ALL)
		return refuse(r, -EINVAL, "flags", h->flags, "the bits 0 to 6");
	if ((h->flags & VIFSWITCH_PF_GUARD) && (h->flags & VIFSWITCH_PF_LEARN))
		return refuse(r, -EINVAL, "flags", h->flags, "GUARD or LEARN, not both");
	if (h->reserved)
		return refuse(r, -EINVAL, "reserved", h->reserved, "0");
	if (h->fdb_max > VIFSWITCH_FDB_PORT_MAX)
		return refuse(r, -ERANGE, "fdb_max", h->fdb_max, "0 to 65536");
	return 0;
}

static int read_macs(struct reader *r, struct vs_program *prog)
{
	const struct vifswitch_program *h = r->hdr;
	const u8 *macs;
	unsigned int i, j;

	if (h->mac_count > VIFSWITCH_PROGRAM_MACS_MAX)
		return refuse(r, -ERANGE, "mac_count", h->mac_count, "0 to 16");
	if (!h->mac_count) {
		if (h->flags & VIFSWITCH_PF_GUARD)
			return refuse(r, -EINVAL, "mac_count", 0, "1 to 16 with GUARD");
		if (h->mac_offset)
			return refuse(r, -EINVAL, "mac_offset", h->mac_offset,
				      "0 without addresses");
		return 0;
	}
	macs = section(r, "mac_offset", h->mac_offset, (size_t)h->mac_count * VS_MAC_LEN);
	if (!macs)
		return r->err->code;
	for (i = 0; i < h->mac_count; i++) {
		prog->macs[i] = vs_mac_load(macs + (size_t)i * VS_MAC_LEN);
		if (!prog->macs[i] || (macs[(size_t)i * VS_MAC_LEN] & 1))
			return refuse(r, -EINVAL, "address number", i,
				      "a unicast address that is not zero");
		for (j = 0; j < i; j++)
			if (prog->macs[j] == prog->macs[i])
				return refuse(r, -EINVAL, "address number", i,
					      "each address once");
	}
	prog->mac_count = (u8)h->mac_count;
	return 0;
}

static int check_vlan_sets(struct reader *r, struct vs_program *prog)
{
	unsigned int i, count = 0;

	for (i = 0; i < VIFSWITCH_VLAN_BITMAP_LEN; i++) {
		u8 stray = prog->untagged[i] & (u8)~prog->allowed[i];
		u8 rest;

		if (stray)
			return refuse(r, -EINVAL, "vlan_untagged VLAN",
				      i * 8 + (unsigned int)__builtin_ctz(stray),
				      "VLANs of the allowed set");
		for (rest = prog->allowed[i]; rest; rest &= rest - 1)
			count++;
	}
	if (vs_bit(prog->allowed, VIFSWITCH_VID_MAX + 1))
		return refuse(r, -EINVAL, "vlan_allowed VLAN", VIFSWITCH_VID_MAX + 1, "0 to 4094");
	if (!count)
		return refuse(r, -EINVAL, "vlan_allowed count", 0,
			      "a PVID or an allowed set with a VLAN in it");
	if (prog->pvid != VIFSWITCH_VID_NONE && !vs_bit(prog->allowed, prog->pvid))
		return refuse(r, -EINVAL, "pvid", prog->pvid, "a VLAN of the allowed set");
	if (vs_bit(prog->allowed, 0) && !vs_bit(prog->untagged, 0))
		return refuse(r, -EINVAL, "vlan_untagged VLAN", 0,
			      "VLAN 0 in the untagged set when it is allowed");
	prog->access = count == 1 && prog->pvid != VIFSWITCH_VID_NONE &&
		       vs_bit(prog->untagged, prog->pvid);
	return 0;
}

static int read_vlans(struct reader *r, struct vs_program *prog)
{
	const struct vifswitch_program *h = r->hdr;
	const u8 *map;

	if (h->pvid > VIFSWITCH_VID_MAX && h->pvid != VIFSWITCH_VID_NONE)
		return refuse(r, -ERANGE, "pvid", h->pvid, "0 to 4094, or 65535 for none");
	prog->pvid = h->pvid;
	if (h->vlan_allowed_offset) {
		map = section(r, "vlan_allowed_offset", h->vlan_allowed_offset,
			      VIFSWITCH_VLAN_BITMAP_LEN);
		if (!map)
			return r->err->code;
		memcpy(prog->allowed, map, VIFSWITCH_VLAN_BITMAP_LEN);
	} else if (h->pvid != VIFSWITCH_VID_NONE) {
		vs_bit_set(prog->allowed, h->pvid);
	}
	if (h->vlan_untagged_offset) {
		map = section(r, "vlan_untagged_offset", h->vlan_untagged_offset,
			      VIFSWITCH_VLAN_BITMAP_LEN);
		if (!map)
			return r->err->code;
		memcpy(prog->untagged, map, VIFSWITCH_VLAN_BITMAP_LEN);
	} else if (!h->vlan_allowed_offset) {
		memcpy(prog->untagged, prog->allowed, VIFSWITCH_VLAN_BITMAP_LEN);
	} else if (vs_bit(prog->allowed, 0)) {
		vs_bit_set(prog->untagged, 0);
	}
	return check_vlan_sets(r, prog);
}

static int read_rates(struct reader *r, struct vs_program *prog)
{
	const struct vifswitch_program *h = r->hdr;

	if (h->rate_bps && (h->rate_bps < VIFSWITCH_RATE_MIN_BPS ||
			    h->rate_bps > VIFSWITCH_RATE_MAX_BPS))
		return refuse(r, -ERANGE, "rate_bps", h->rate_bps, "0, or 8000 to 1000000000000");
	if (h->rate_bps && (h->rate_burst < VIFSWITCH_BURST_MIN_BYTES ||
			    h->rate_burst > VIFSWITCH_BURST_MAX_BYTES))
		return refuse(r, -ERANGE, "rate_burst", h->rate_burst, "1514 to 4294967295");
	if (!h->rate_bps && h->rate_burst)
		return refuse(r, -EINVAL, "rate_burst", h->rate_burst, "0 when rate_bps is 0");
	if (h->packet_rate > VIFSWITCH_PPS_MAX)
		return refuse(r, -ERANGE, "packet_rate", h->packet_rate, "0 to 1000000000");
	if (h->packet_rate && (!h->packet_burst || h->packet_burst > PACKETS_MAX))
		return refuse(r, -ERANGE, "packet_burst", h->packet_burst, "1 to 1000000000");
	if (!h->packet_rate && h->packet_burst)
		return refuse(r, -EINVAL, "packet_burst", h->packet_burst,
			      "0 when packet_rate is 0");
	vs_rate_init(&prog->rate, 8000000000ULL, h->rate_bps, h->rate_burst, SMALLEST_FRAME);
	vs_rate_init(&prog->packet_rate, 1000000000ULL, h->packet_rate, h->packet_burst, 1);
	prog->policed = h->rate_bps || h->packet_rate;
	return 0;
}

/* Nothing may hide behind the last section but zeros up to the next multiple of 8. */
static int check_tail(struct reader *r)
{
	size_t i, end = r->end, len = r->hdr->total_len;

	if (len > (end + 7) / 8 * 8)
		return refuse(r, -EINVAL, "total_len", len, "the end of the last section");
	for (i = end; i < len; i++)
		if (r->blob[i])
			return refuse(r, -EINVAL, "padding octet", i, "0");
	return 0;
}

int vs_program_parse(const void *blob, size_t len, struct vs_program *ret,
		     struct vs_program_error *err)
{
	struct vifswitch_program hdr;
	struct reader r = { blob, &hdr, HEADER_LEN, err };
	int rc;

	if (len < HEADER_LEN || len > VIFSWITCH_PROGRAM_MAX)
		return refuse(&r, -EINVAL, "length", len, "72 to 4096 octets");
	memcpy(&hdr, blob, sizeof(hdr));
	memset(ret, 0, sizeof(*ret));

	rc = check_header(&r, len);
	if (!rc)
		rc = read_macs(&r, ret);
	if (!rc)
		rc = read_vlans(&r, ret);
	if (!rc)
		rc = read_rates(&r, ret);
	if (!rc)
		rc = check_tail(&r);
	if (rc)
		return rc;
	ret->flags = hdr.flags;
	ret->fdb_max = hdr.fdb_max;
	ret->floods = (hdr.flags & VIFSWITCH_PF_FLOOD) && !(hdr.flags & VIFSWITCH_PF_GUARD);
	return 0;
}
