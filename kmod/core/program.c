// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame.h"
#include "program.h"

#define HEADER_LEN	sizeof(struct vifswitch_program)
#define PACKETS_MAX	VIFSWITCH_PPS_MAX
#define SMALLEST_FRAME	60
#define STORM_BURST_MIN	10

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
		return refuse(r, -EINVAL, "version", h->version, "2");
	if (h->header_len != HEADER_LEN)
		return refuse(r, -EINVAL, "header_len", h->header_len, "104");
	if (h->total_len != len)
		return refuse(r, -EINVAL, "total_len", h->total_len, "the attribute's length");
	if (h->flags & ~VIFSWITCH_PF_ALL)
		return refuse(r, -EINVAL, "flags", h->flags, "the bits 0 to 9");
	if ((h->flags & VIFSWITCH_PF_GUARD) && (h->flags & VIFSWITCH_PF_LEARN))
		return refuse(r, -EINVAL, "flags", h->flags, "GUARD or LEARN, not both");
	if ((h->flags & VIFSWITCH_PF_IP_GUARD) && !(h->flags & VIFSWITCH_PF_GUARD))
		return refuse(r, -EINVAL, "flags", h->flags, "IP_GUARD only with GUARD");
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

/* The prefixes' section; NULL with rc 0 if there are none. */
static const u8 *prefixes(struct reader *r, const char *const names[2], u32 count, u32 offset,
			  size_t size)
{
	r->err->code = 0;
	if (count > VIFSWITCH_PROGRAM_PREFIXES_MAX)
		refuse(r, -ERANGE, names[0], count, "0 to 64");
	else if (count && !(r->hdr->flags & VIFSWITCH_PF_IP_GUARD))
		refuse(r, -EINVAL, names[0], count, "0 without IP_GUARD");
	else if (!count && offset)
		refuse(r, -EINVAL, names[1], offset, "0 without prefixes");
	else if (count)
		return section(r, names[1], offset, count * size);
	return NULL;
}

/*
 * Two prefixes are disjoint or one is inside the other. So sorted by their first
 * address, a prefix that is inside another is inside the last one that was kept.
 */
static void sort4(struct vs_program *prog)
{
	struct vs_range4 *a = prog->range4;
	unsigned int i, j, kept = 0;

	for (i = 1; i < prog->range4_count; i++) {
		struct vs_range4 x = a[i];

		for (j = i; j && (x.first < a[j - 1].first ||
				  (x.first == a[j - 1].first && x.last > a[j - 1].last)); j--)
			a[j] = a[j - 1];
		a[j] = x;
	}
	for (i = 0; i < prog->range4_count; i++)
		if (!kept || a[i].first > a[kept - 1].last)
			a[kept++] = a[i];
	prog->range4_count = (u16)kept;
}

static int read_prefixes4(struct reader *r, struct vs_program *prog)
{
	static const char *const names[] = { "prefix4_count", "prefix4_offset" };
	const struct vifswitch_program *h = r->hdr;
	struct vifswitch_prefix4 prefix;
	unsigned int i;
	const u8 *at;

	at = prefixes(r, names, h->prefix4_count, h->prefix4_offset, sizeof(prefix));
	if (!at)
		return r->err->code;
	for (i = 0; i < h->prefix4_count; i++) {
		u32 first, rest;

		memcpy(&prefix, at + i * sizeof(prefix), sizeof(prefix));
		if (prefix.len > 32)
			return refuse(r, -ERANGE, "prefix4 length", prefix.len, "0 to 32");
		first = vs_get_be32(prefix.addr);
		rest = prefix.len ? (u32)((1ULL << (32 - prefix.len)) - 1) : ~0U;
		if (first & rest)
			return refuse(r, -EINVAL, "prefix4 number", i, "zeros beyond its length");
		if (prefix.reserved[0] | prefix.reserved[1] | prefix.reserved[2])
			return refuse(r, -EINVAL, "prefix4 number", i, "zeros in reserved octets");
		prog->range4[i] = (struct vs_range4){ first, first | rest };
	}
	prog->range4_count = h->prefix4_count;
	sort4(prog);
	return 0;
}

static bool less6(const u64 a[2], const u64 b[2])
{
	return a[0] != b[0] ? a[0] < b[0] : a[1] < b[1];
}

static bool before6(const struct vs_range6 *x, const struct vs_range6 *y)
{
	if (less6(x->first, y->first))
		return true;
	return !less6(y->first, x->first) && less6(y->last, x->last);
}

static void sort6(struct vs_program *prog)
{
	struct vs_range6 *a = prog->range6;
	unsigned int i, j, kept = 0;

	for (i = 1; i < prog->range6_count; i++) {
		struct vs_range6 x = a[i];

		for (j = i; j && before6(&x, &a[j - 1]); j--)
			a[j] = a[j - 1];
		a[j] = x;
	}
	for (i = 0; i < prog->range6_count; i++)
		if (!kept || less6(a[kept - 1].last, a[i].first))
			a[kept++] = a[i];
	prog->range6_count = (u16)kept;
}

/* The bits of a 64-bit half behind a prefix of @len bits; len may be beyond it. */
static u64 host_bits(unsigned int len)
{
	return len >= 64 ? 0 : ~0ULL >> len;
}

static int read_prefixes6(struct reader *r, struct vs_program *prog)
{
	static const char *const names[] = { "prefix6_count", "prefix6_offset" };
	const struct vifswitch_program *h = r->hdr;
	struct vifswitch_prefix6 prefix;
	unsigned int i, j;
	const u8 *at;

	at = prefixes(r, names, h->prefix6_count, h->prefix6_offset, sizeof(prefix));
	if (!at)
		return r->err->code;
	for (i = 0; i < h->prefix6_count; i++) {
		struct vs_range6 *range = &prog->range6[i];
		u64 rest[2];

		memcpy(&prefix, at + i * sizeof(prefix), sizeof(prefix));
		if (prefix.len > 128)
			return refuse(r, -ERANGE, "prefix6 length", prefix.len, "0 to 128");
		rest[0] = host_bits(prefix.len);
		rest[1] = prefix.len > 64 ? host_bits(prefix.len - 64U) : ~0ULL;
		for (j = 0; j < 2; j++) {
			range->first[j] = vs_get_be64(prefix.addr + j * 8);
			range->last[j] = range->first[j] | rest[j];
			if (range->first[j] & rest[j])
				return refuse(r, -EINVAL, "prefix6 number", i,
					      "zeros beyond its length");
		}
		for (j = 0; j < sizeof(prefix.reserved); j++)
			if (prefix.reserved[j])
				return refuse(r, -EINVAL, "prefix6 number", i,
					      "zeros in reserved octets");
	}
	prog->range6_count = h->prefix6_count;
	sort6(prog);
	return 0;
}

static int read_storms(struct reader *r, struct vs_program *prog)
{
	const struct vifswitch_program *h = r->hdr;
	const struct {
		const char *field;
		u32 rate;
	} storms[VS_STORMS] = {
		[VS_STORM_BROADCAST] = { "storm_broadcast", h->storm_broadcast },
		[VS_STORM_MULTICAST] = { "storm_multicast", h->storm_multicast },
		[VS_STORM_UNKNOWN] = { "storm_unknown", h->storm_unknown },
	};
	unsigned int i;

	for (i = 0; i < VS_STORMS; i++) {
		u32 rate = storms[i].rate, burst = rate / 10;

		if (rate > VIFSWITCH_PPS_MAX)
			return refuse(r, -ERANGE, storms[i].field, rate, "0 to 1000000000");
		vs_rate_init(&prog->storm[i], 1000000000ULL, rate,
			     burst < STORM_BURST_MIN ? STORM_BURST_MIN : burst, 1);
		if (rate)
			prog->stormy = true;
	}
	return 0;
}

static int read_marks(struct reader *r, struct vs_program *prog)
{
	const struct vifswitch_program *h = r->hdr;

	if (h->dscp > 63 && h->dscp != VIFSWITCH_MARK_KEEP)
		return refuse(r, -ERANGE, "dscp", h->dscp, "0 to 63, or 255 to keep");
	if (h->pcp > 7 && h->pcp != VIFSWITCH_MARK_KEEP)
		return refuse(r, -ERANGE, "pcp", h->pcp, "0 to 7, or 255 to keep");
	prog->dscp = h->dscp;
	prog->queue = h->queue ? VIFSWITCH_QUEUE_MAJOR << 16 | h->queue : 0;
	if (h->pcp == VIFSWITCH_MARK_KEEP)
		prog->prio_keep = VS_TCI_PRIO;
	else
		prog->prio_set = (u16)(h->pcp << VS_TCI_PCP_SHIFT);
	return 0;
}

static int read_acl(struct reader *r, struct vs_program *prog)
{
	const struct vifswitch_program *h = r->hdr;

	if (!h->acl && h->connections_max)
		return refuse(r, -EINVAL, "connections_max", h->connections_max,
			      "0 without an ACL");
	if (h->acl && (!h->connections_max || h->connections_max > VIFSWITCH_CONNECTIONS_MAX))
		return refuse(r, -ERANGE, "connections_max", h->connections_max,
			      "1 to 1000000 with an ACL");
	prog->acl = h->acl;
	prog->connections_max = h->connections_max;
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
		return refuse(&r, -EINVAL, "length", len, "104 to 4096 octets");
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
		rc = read_storms(&r, ret);
	if (!rc)
		rc = read_marks(&r, ret);
	if (!rc)
		rc = read_acl(&r, ret);
	if (!rc)
		rc = read_prefixes4(&r, ret);
	if (!rc)
		rc = read_prefixes6(&r, ret);
	if (!rc)
		rc = check_tail(&r);
	if (rc)
		return rc;
	ret->flags = hdr.flags;
	ret->fdb_max = hdr.fdb_max;
	if (hdr.acl || (hdr.flags & VIFSWITCH_PF_IP_GUARD))
		ret->look = VS_LOOK_PACKET;
	else if (hdr.flags & VIFSWITCH_PF_GUARD)
		ret->look = VS_LOOK_GLANCE;
	ret->floods = (hdr.flags & VIFSWITCH_PF_FLOOD) && !(hdr.flags & VIFSWITCH_PF_GUARD);
	return 0;
}
