// SPDX-License-Identifier: GPL-2.0-or-later
#include <vifswitch/flow-abi.h>

#include "blob.h"
#include "frame.h"
#include "program.h"

#define MAP_LEN		VIFSWITCH_VLAN_BITMAP_LEN
#define SMALLEST_FRAME	60
#define STORM_BURST_MIN	10
#define TO_BURST_MIN	128

static const struct blob_form form = {
	.magic = VIFSWITCH_PROGRAM_MAGIC,
	.magic_text = "0x76696670",
	.version = VIFSWITCH_PROGRAM_VERSION,
	.version_text = "2",
	.first = VIFSWITCH_PROGRAM_FIRST_LEN,
	.known = sizeof(struct vifswitch_program),
	.max = VIFSWITCH_PROGRAM_MAX,
	.len_text = "104 to 4096 octets",
	.header_text = "a multiple of 8 from 104 to total_len",
	.known_text = "0 to 167",
};

_Static_assert(sizeof(struct vifswitch_program) == 168, "known_text says otherwise");

static int check_flags(struct reader *r, const struct vifswitch_program *h,
		       struct vs_program *prog)
{
	u32 unknown = h->flags & ~VIFSWITCH_PF_ALL;

	if (h->reserved)
		return refuse(r, -EINVAL, "reserved", h->reserved, "0");
	if (unknown)
		return vs_blob_flags(r, "unknown bit of flags", unknown, "0 to 16");
	if ((h->flags & VIFSWITCH_PF_GUARD) && (h->flags & VIFSWITCH_PF_LEARN))
		return refuse(r, -EINVAL, "flags", h->flags, "GUARD or LEARN, not both");
	if ((h->flags & VIFSWITCH_PF_IP_GUARD) && !(h->flags & VIFSWITCH_PF_GUARD))
		return refuse(r, -EINVAL, "flags", h->flags, "IP_GUARD only with GUARD");
	if ((h->flags & VIFSWITCH_PF_SLB) &&
	    (h->flags & (VIFSWITCH_PF_UPLINK | VIFSWITCH_PF_GUARD)) != VIFSWITCH_PF_UPLINK)
		return refuse(r, -EINVAL, "flags", h->flags, "SLB only with UPLINK, not with GUARD");
	if ((h->flags & VIFSWITCH_PF_TUNNEL) && (h->flags & VIFSWITCH_PF_GUARD))
		return refuse(r, -EINVAL, "flags", h->flags, "TUNNEL or GUARD, not both");
	if ((h->flags & VIFSWITCH_PF_GROUP_ROUTER) && (h->flags & VIFSWITCH_PF_GROUP_HOSTS))
		return refuse(r, -EINVAL, "flags", h->flags, "GROUP_ROUTER or GROUP_HOSTS, not both");
	if (h->fdb_max > VIFSWITCH_FDB_PORT_MAX)
		return refuse(r, -ERANGE, "fdb_max", h->fdb_max, "0 to 65536");
	prog->flags = h->flags;
	prog->fdb_max = h->fdb_max;
	prog->floods = (h->flags & VIFSWITCH_PF_FLOOD) && !(h->flags & VIFSWITCH_PF_GUARD);
	if (h->acl || (h->flags & VIFSWITCH_PF_IP_GUARD))
		prog->look = VS_LOOK_PACKET;
	else if (h->flags & VIFSWITCH_PF_GUARD)
		prog->look = VS_LOOK_GLANCE;
	return 0;
}

static int read_macs(struct reader *r, const struct vifswitch_program *h, struct vs_program *prog)
{
	const u8 *macs;
	unsigned int i, j;

	if (h->mac_count > VIFSWITCH_PROGRAM_MACS_MAX)
		return refuse(r, -ERANGE, "mac_count", h->mac_count, "0 to 16");
	if (h->mac_listed > h->mac_count)
		return refuse(r, -ERANGE, "mac_listed", h->mac_listed, "0 to mac_count");
	if (h->mac_listed && !(h->flags & VIFSWITCH_PF_GUARD))
		return refuse(r, -EINVAL, "mac_listed", h->mac_listed, "0 without GUARD");
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
		if (!prog->macs[i] || vs_mac_is_group(prog->macs[i]))
			return refuse(r, -EINVAL, "address number", i,
				      "a unicast address that is not zero");
		for (j = 0; j < i; j++)
			if (prog->macs[j] == prog->macs[i])
				return refuse(r, -EINVAL, "address number", i,
					      "each address once");
	}
	prog->mac_count = (u8)h->mac_count;
	prog->mac_own = (u8)(h->mac_count - h->mac_listed);
	prog->exclusive = (h->flags & VIFSWITCH_PF_GUARD) && !h->mac_listed;
	return 0;
}

/* Nothing but copies of other hosts comes by such a port: no VLAN is its own. */
static bool all_copies(const struct vifswitch_program *h)
{
	return h->copy_vlan[0] == VIFSWITCH_VID_NONE;
}

static int check_vlan_sets(struct reader *r, const struct vifswitch_program *h,
			   struct vs_program *prog)
{
	unsigned int i, count = 0;

	for (i = 0; i < MAP_LEN; i++) {
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
	if (count && all_copies(h))
		return refuse(r, -EINVAL, "vlan_allowed count", count,
			      "no VLAN where copy_vlan means all");
	if (!count && !all_copies(h))
		return refuse(r, -EINVAL, "vlan_allowed count", 0,
			      "a PVID or an allowed set with a VLAN in it");
	if (prog->pvid != VIFSWITCH_VID_NONE && !vs_bit(prog->allowed, prog->pvid))
		return refuse(r, -EINVAL, "pvid", prog->pvid, "a VLAN of the allowed set");
	if (vs_bit(prog->allowed, 0) && !vs_bit(prog->untagged, 0))
		return refuse(r, -EINVAL, "vlan_untagged VLAN", 0,
			      "VLAN 0 in the untagged set when it is allowed");
	prog->access = count == 1 && prog->pvid != VIFSWITCH_VID_NONE &&
		       vs_bit(prog->untagged, prog->pvid);
	if (!(h->flags & VIFSWITCH_PF_OWN_TAG))
		return 0;
	/* Any other port's sets say it, and in VLAN 0 there is no tag. */
	if (!prog->access || !prog->pvid)
		return refuse(r, -EINVAL, "flags", h->flags,
			      "OWN_TAG only with a PVID of 1 to 4094, alone and untagged");
	prog->access = false;
	return 0;
}

static int read_vlans(struct reader *r, const struct vifswitch_program *h, struct vs_program *prog)
{
	const u8 *map;

	if (h->pvid > VIFSWITCH_VID_MAX && h->pvid != VIFSWITCH_VID_NONE)
		return refuse(r, -ERANGE, "pvid", h->pvid, "0 to 4094, or 65535 for none");
	prog->pvid = h->pvid;
	if (h->vlan_allowed_offset) {
		map = section(r, "vlan_allowed_offset", h->vlan_allowed_offset, MAP_LEN);
		if (!map)
			return r->err->code;
		memcpy(prog->allowed, map, MAP_LEN);
	} else if (h->pvid != VIFSWITCH_VID_NONE) {
		vs_bit_set(prog->allowed, h->pvid);
	}
	if (h->vlan_untagged_offset) {
		map = section(r, "vlan_untagged_offset", h->vlan_untagged_offset, MAP_LEN);
		if (!map)
			return r->err->code;
		memcpy(prog->untagged, map, MAP_LEN);
	} else if (!h->vlan_allowed_offset) {
		memcpy(prog->untagged, prog->allowed, MAP_LEN);
	} else if (vs_bit(prog->allowed, 0)) {
		vs_bit_set(prog->untagged, 0);
	}
	return check_vlan_sets(r, h, prog);
}

static int read_rates(struct reader *r, const struct vifswitch_program *h, struct vs_program *prog)
{
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
	if (h->packet_rate && (!h->packet_burst || h->packet_burst > VIFSWITCH_PPS_MAX))
		return refuse(r, -ERANGE, "packet_burst", h->packet_burst, "1 to 1000000000");
	if (!h->packet_rate && h->packet_burst)
		return refuse(r, -EINVAL, "packet_burst", h->packet_burst,
			      "0 when packet_rate is 0");
	vs_rate_init(&prog->limit[VS_LIMIT_OCTETS], 8000000000ULL, h->rate_bps, h->rate_burst,
		     SMALLEST_FRAME);
	vs_rate_init(&prog->limit[VS_LIMIT_PACKETS], 1000000000ULL, h->packet_rate,
		     h->packet_burst, 1);
	prog->policed = h->rate_bps || h->packet_rate;
	return 0;
}

/* The prefixes of one family. */
struct prefixes {
	const char *count_field, *offset_field, *number, *length, *lengths;
	u32 count, offset;
	unsigned int octets;	/* of an address */
	size_t size;		/* of a prefix: an address, its length, zeros */
};

/* The bits of a 64-bit half behind a prefix of @len bits; len may be beyond it. */
static u64 host_bits(unsigned int len)
{
	return len >= 64 ? 0 : ~0ULL >> len;
}

/* An IPv4 address is the beginning of an IPv6 address here. False: a stray bit is set. */
static bool read_prefix(const struct prefixes *p, const u8 *at, struct vs_range6 *ret)
{
	unsigned int i, len = at[p->octets];
	u8 addr[16] = { 0 };
	u64 stray = 0;

	for (i = p->octets + 1; i < p->size; i++)
		stray |= at[i];
	memcpy(addr, at, p->octets);
	for (i = 0; i < 2; i++) {
		u64 rest = host_bits(i && len > 64 ? len - 64 : i ? 0 : len);

		ret->first[i] = vs_get_be64(addr + i * 8);
		ret->last[i] = ret->first[i] | rest;
		stray |= ret->first[i] & rest;
	}
	return !stray;
}

static int read_prefixes(struct reader *r, const struct prefixes *p, struct vs_program *prog)
{
	struct vs_range6 range, before = { .last = { 0 } };
	const u8 *at;
	u32 i;

	if (p->count > VIFSWITCH_PROGRAM_PREFIXES_MAX)
		return refuse(r, -ERANGE, p->count_field, p->count, "0 to 64");
	if (!p->count)
		return p->offset ? refuse(r, -EINVAL, p->offset_field, p->offset,
					  "0 without prefixes") : 0;
	if (!(prog->flags & VIFSWITCH_PF_IP_GUARD))
		return refuse(r, -EINVAL, p->count_field, p->count, "0 without IP_GUARD");
	at = section(r, p->offset_field, p->offset, p->count * p->size);
	if (!at)
		return r->err->code;
	for (i = 0; i < p->count; i++, at += p->size) {
		if (at[p->octets] > p->octets * 8)
			return refuse(r, -ERANGE, p->length, at[p->octets], p->lengths);
		if (!read_prefix(p, at, &range))
			return refuse(r, -EINVAL, p->number, i,
				      "zeros beyond its length and in reserved octets");
		if (i && !vs_above6(range.first, before.last))
			return refuse(r, -EINVAL, p->number, i,
				      "prefixes in ascending order, none inside another");
		if (p->octets == 4)
			prog->range4[i] = (struct vs_range4){ (u32)(range.first[0] >> 32),
							      (u32)(range.last[0] >> 32) };
		else
			prog->range6[i] = range;
		before = range;
	}
	return 0;
}

static int read_locks(struct reader *r, const struct vifswitch_program *h, struct vs_program *prog)
{
	const struct prefixes ip4 = {
		"prefix4_count", "prefix4_offset", "prefix4 number", "prefix4 length", "0 to 32",
		h->prefix4_count, h->prefix4_offset, 4, sizeof(struct vifswitch_prefix4),
	};
	const struct prefixes ip6 = {
		"prefix6_count", "prefix6_offset", "prefix6 number", "prefix6 length", "0 to 128",
		h->prefix6_count, h->prefix6_offset, 16, sizeof(struct vifswitch_prefix6),
	};
	int rc;

	prog->range4_count = h->prefix4_count;
	prog->range6_count = h->prefix6_count;
	rc = read_prefixes(r, &ip4, prog);
	return rc ? rc : read_prefixes(r, &ip6, prog);
}

static u32 storm_burst(const struct vifswitch_program *h, u32 rate)
{
	if (h->storm_burst)
		return h->storm_burst;
	return rate / 10 < STORM_BURST_MIN ? STORM_BURST_MIN : rate / 10;
}

static int read_storms(struct reader *r, const struct vifswitch_program *h, struct vs_program *prog)
{
	const struct {
		enum vs_limit limit;
		const char *field;
		u32 rate;
	} storms[] = {
		{ VS_LIMIT_BROADCAST, "storm_broadcast", h->storm_broadcast },
		{ VS_LIMIT_MULTICAST, "storm_multicast", h->storm_multicast },
		{ VS_LIMIT_UNKNOWN, "storm_unknown", h->storm_unknown },
	};
	unsigned int i;

	if (h->storm_burst > VIFSWITCH_PPS_MAX)
		return refuse(r, -ERANGE, "storm_burst", h->storm_burst, "0 to 1000000000");
	for (i = 0; i < sizeof(storms) / sizeof(*storms); i++) {
		u32 rate = storms[i].rate;

		if (rate > VIFSWITCH_PPS_MAX)
			return refuse(r, -ERANGE, storms[i].field, rate, "0 to 1000000000");
		vs_rate_init(&prog->limit[storms[i].limit], 1000000000ULL, rate,
			     storm_burst(h, rate), 1);
		if (rate)
			prog->stormy = true;
	}
	if (h->storm_burst && !prog->stormy)
		return refuse(r, -EINVAL, "storm_burst", h->storm_burst, "0 without a storm rate");
	return 0;
}

static int read_limit_to(struct reader *r, const struct vifswitch_program *h,
			 struct vs_program *prog)
{
	u32 rate = h->packet_rate_to;

	if (rate > VIFSWITCH_PPS_MAX)
		return refuse(r, -ERANGE, "packet_rate_to", rate, "0 to 1000000000");
	vs_rate_init(&prog->limit[VS_LIMIT_TO_PACKETS], 1000000000ULL, rate,
		     rate / 20 < TO_BURST_MIN ? TO_BURST_MIN : rate / 20, 1);
	return 0;
}

static int read_marks(struct reader *r, const struct vifswitch_program *h, struct vs_program *prog)
{
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
	prog->conditioned = prog->policed || prog->stormy || prog->queue ||
			    prog->dscp != VIFSWITCH_MARK_KEEP || h->mirror_from;
	return 0;
}

static int read_all_copies(struct reader *r, const struct vifswitch_program *h,
			   struct vs_program *prog)
{
	unsigned int i;

	if (h->flags || h->acl)
		return refuse(r, -EINVAL, "copy_vlan", VIFSWITCH_VID_NONE,
			      "0 with a flag or an ACL");
	for (i = 1; i < VIFSWITCH_COPY_VLANS_MAX; i++)
		if (h->copy_vlan[i])
			return refuse(r, -EINVAL, "copy_vlan", h->copy_vlan[i],
				      "0 behind the one that means all");
	prog->copy_vlan[0] = VIFSWITCH_VID_NONE;
	prog->look = VS_LOOK_COPIES;
	return 0;
}

static int read_mirrors(struct reader *r, const struct vifswitch_program *h,
			struct vs_program *prog)
{
	unsigned int i;

	prog->mirror_from = h->mirror_from;
	prog->mirror_to = h->mirror_to;
	if (all_copies(h))
		return read_all_copies(r, h, prog);
	for (i = 0; i < VIFSWITCH_COPY_VLANS_MAX; i++) {
		u16 vid = h->copy_vlan[i];

		prog->copy_vlan[i] = vid;
		if (!vid)
			continue;
		if (vid > VIFSWITCH_VID_MAX || !vs_bit(prog->allowed, vid))
			return refuse(r, -ERANGE, "copy_vlan", vid,
				      "0, or a VLAN of the allowed set");
		if (h->acl || (h->flags & VIFSWITCH_PF_GUARD))
			return refuse(r, -EINVAL, "copy_vlan", vid, "0 with GUARD or an ACL");
		prog->look = VS_LOOK_COPIES;
	}
	return 0;
}

static int read_flows(struct reader *r, const struct vifswitch_program *h,
		      struct vs_program *prog)
{
	u32 entries = h->flow_entries, seconds_min = entries ? 1 : 0;
	u32 seconds_max = entries ? VIFSWITCH_FLOW_SECONDS_MAX : 0;

	if (entries && (entries < VIFSWITCH_FLOW_ENTRIES_MIN ||
			entries > VIFSWITCH_FLOW_ENTRIES_MAX || (entries & (entries - 1))))
		return refuse(r, -ERANGE, "flow_entries", entries,
			      "0, or a power of two from 64 to 65536");
	if (h->flow_active < seconds_min || h->flow_active > seconds_max)
		return refuse(r, -ERANGE, "flow_active", h->flow_active,
			      "1 to 86400 with flow_entries, else 0");
	if (h->flow_idle < seconds_min || h->flow_idle > seconds_max)
		return refuse(r, -ERANGE, "flow_idle", h->flow_idle,
			      "1 to 86400 with flow_entries, else 0");
	if (h->flow_rate > (entries ? VIFSWITCH_FLOW_RATE_MAX : 0))
		return refuse(r, -ERANGE, "flow_rate", h->flow_rate,
			      "0 to 65536 with flow_entries, else 0");
	prog->flow_entries = entries;
	prog->flow_active = h->flow_active;
	prog->flow_idle = h->flow_idle;
	prog->flow_rate = h->flow_rate;
	return 0;
}

static int read_samples(struct reader *r, const struct vifswitch_program *h,
			struct vs_program *prog)
{
	bool some = h->sample_every || h->sample_drops;

	if (h->sample_every > VIFSWITCH_SAMPLE_EVERY_MAX)
		return refuse(r, -ERANGE, "sample_every", h->sample_every, "0 to 1073741823");
	if (!h->sample_rate != !h->sample_every || h->sample_rate > VIFSWITCH_SAMPLE_RATE_MAX)
		return refuse(r, -ERANGE, "sample_rate", h->sample_rate,
			      "1 to 65536 with sample_every, else 0");
	if (h->sample_drops > VIFSWITCH_SAMPLE_RATE_MAX)
		return refuse(r, -ERANGE, "sample_drops", h->sample_drops, "0 to 65536");
	if (some ? h->sample_octets < VIFSWITCH_SAMPLE_OCTETS_MIN ||
		   h->sample_octets > VIFSWITCH_SAMPLE_OCTETS_MAX : h->sample_octets != 0)
		return refuse(r, -ERANGE, "sample_octets", h->sample_octets,
			      "18 to 256 with samples, else 0");
	prog->sample_every = h->sample_every;
	prog->sample_rate = h->sample_rate;
	prog->sample_drops = h->sample_drops;
	prog->sample_octets = h->sample_octets;
	return 0;
}

static int read_acl(struct reader *r, const struct vifswitch_program *h, struct vs_program *prog)
{
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

bool vs_program_header(const void *blob, size_t len, struct vifswitch_program *ret)
{
	struct vs_program_error err;
	struct reader r = { .err = &err };

	return !vs_blob_known(&r, &form, blob, len, ret);
}

static enum vs_way way_of(const struct vs_program *prog)
{
	bool watched = prog->flow_entries || prog->sample_every || prog->sample_drops;

	if (prog->access && prog->mac_own &&
	    (prog->flags & (VIFSWITCH_PF_GUARD | VIFSWITCH_PF_ISOLATED)) == VIFSWITCH_PF_GUARD &&
	    !prog->queue && !prog->mirror_from && prog->dscp == VIFSWITCH_MARK_KEEP)
		return !watched ? VS_WAY_EXPRESS :
		       prog->flow_entries && !prog->sample_every ? VS_WAY_METERED :
		       VS_WAY_WATCHED_EXPRESS;
	return watched ? VS_WAY_WATCHED : VS_WAY_LONG;
}

int vs_program_parse(const void *blob, size_t len, struct vs_program *ret,
		     struct vs_program_error *err)
{
	static int (*const parts[])(struct reader *r, const struct vifswitch_program *h,
				    struct vs_program *prog) = {
		check_flags, read_macs, read_vlans, read_rates, read_storms,
		read_limit_to, read_marks, read_acl, read_mirrors, read_locks, read_flows,
		read_samples,
	};
	struct reader r = { .err = err };
	struct vifswitch_program hdr;
	unsigned int i;
	int rc = vs_blob_header(&r, &form, blob, len, &hdr);

	memset(ret, 0, sizeof(*ret));
	for (i = 0; i < sizeof(parts) / sizeof(*parts) && !rc; i++)
		rc = parts[i](&r, &hdr, ret);
	ret->way = way_of(ret);
	ret->admits = vs_program_admits(ret);
	return rc ? rc : vs_blob_tail(&r);
}
