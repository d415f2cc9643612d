// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/ko/program-compile.h"
#include "kmod/core/blob.h"

#define UNGUARDED_FDB_MAX	1024	/* addresses learned behind a VM */
#define ALIGN8(n)	(((n) + 7) & ~7U)

struct source {
	const struct vlans *vlans;
	uint32_t flags;
	const uint8_t (*macs)[6];
	unsigned int mac_count;
	const struct vifswitch_prefix4 *ip4;
	const struct vifswitch_prefix6 *ip6;
	uint16_t ip4_count, ip6_count;
	uint32_t fdb_max;
	uint64_t rate_bps;
	uint64_t rate_burst;
	uint64_t packet_rate;
	uint64_t packet_burst;
	uint32_t storm_broadcast, storm_multicast, storm_unknown, storm_burst;
	uint8_t dscp, pcp;
	uint16_t queue;
	uint32_t acl, connections_max;
};

/* Does "no untagged bitmap" mean the same: only VLAN 0, where allowed? */
static bool untagged_is_implied(const struct vlans *v)
{
	uint8_t implied[VIFSWITCH_VLAN_BITMAP_LEN] = {};

	if (vlan_bit(v->allowed, 0))
		vlan_bit_set(implied, 0);
	return memcmp(v->untagged, implied, sizeof(implied)) == 0;
}

static int check(const struct program *p, struct problem *problem)
{
	struct vs_program_error err = {};
	struct vs_program parsed;
	int r = vs_program_parse(p->blob, p->len, &parsed, &err);

	if (r < 0)
		return problem_set(problem, "the datapath refuses %s %llu; it accepts %s",
				   err.field ? err.field : "the program",
				   (unsigned long long)err.value,
				   err.accepted ? err.accepted : "other values");
	return 0;
}

/* Sections behind the header, in order. */
struct layout {
	struct vifswitch_program header;
	uint32_t len;		/* octets of content so far */
	const void *parts[5];
	uint32_t offsets[5], sizes[5];
	unsigned int count;
};

static uint32_t add(struct layout *l, const void *data, uint32_t size)
{
	uint32_t at = ALIGN8(l->len);

	if (!size)
		return 0;
	l->parts[l->count] = data;
	l->offsets[l->count] = at;
	l->sizes[l->count++] = size;
	l->len = at + size;
	return at;
}

static void lay_out(struct layout *l, const struct source *src, uint32_t header_len)
{
	const struct vlans *v = src->vlans;
	struct vifswitch_program *h = &l->header;
	bool access = vlans_is_access(v), untagged = !access && !untagged_is_implied(v);

	l->count = 0;
	l->len = h->header_len = header_len;
	h->mac_count = src->mac_count;
	h->mac_offset = add(l, src->macs, 6 * src->mac_count);
	h->vlan_allowed_offset = add(l, v->allowed, access ? 0 : VIFSWITCH_VLAN_BITMAP_LEN);
	h->vlan_untagged_offset = add(l, v->untagged, untagged ? VIFSWITCH_VLAN_BITMAP_LEN : 0);
	h->prefix4_count = src->ip4_count;
	h->prefix4_offset = add(l, src->ip4, src->ip4_count * sizeof(*src->ip4));
	h->prefix6_count = src->ip6_count;
	h->prefix6_offset = add(l, src->ip6, src->ip6_count * sizeof(*src->ip6));
	h->total_len = l->len;
}

static int build(const struct source *src, struct program *ret, struct problem *problem)
{
	struct layout l = { .header = {
		.magic = VIFSWITCH_PROGRAM_MAGIC,
		.version = VIFSWITCH_PROGRAM_VERSION,
		.flags = src->flags,
		.pvid = src->vlans->pvid,
		.fdb_max = src->fdb_max,
		.rate_bps = src->rate_bps,
		.rate_burst = src->rate_burst,
		.packet_rate = src->packet_rate,
		.packet_burst = src->packet_burst,
		.acl = src->acl,
		.connections_max = src->connections_max,
		.storm_broadcast = src->storm_broadcast,
		.storm_multicast = src->storm_multicast,
		.storm_unknown = src->storm_unknown,
		.storm_burst = src->storm_burst,
		.dscp = src->dscp,
		.pcp = src->pcp,
		.queue = src->queue,
	} };
	struct program p;
	int r;

	/* Again with what is left of the header: that depends on which sections there are. */
	lay_out(&l, src, sizeof(l.header));
	lay_out(&l, src, vs_blob_header_len(&l.header, VIFSWITCH_PROGRAM_FIRST_LEN,
					    sizeof(l.header)));
	p = (struct program){ .blob = calloc(1, l.len), .len = l.len };
	if (!p.blob) {
		problem_set(problem, "out of memory");
		return -ENOMEM;
	}
	memcpy(p.blob, &l.header, l.header.header_len);
	for (unsigned int i = 0; i < l.count; i++)
		memcpy((char *)p.blob + l.offsets[i], l.parts[i], l.sizes[i]);
	r = check(&p, problem);
	if (r < 0) {
		program_deinit(&p);
		return r;
	}
	*ret = p;
	return 0;
}

int compile_vif(const struct vif_policy *policy, struct program *ret, struct problem *problem)
{
	struct source src = {
		.vlans = &policy->vlans,
		.flags = VIFSWITCH_PF_GUEST | policy->allow,
		.macs = policy->macs,
		.mac_count = policy->mac_count,
		.ip4 = policy->ip4,
		.ip6 = policy->ip6,
		.ip4_count = policy->ip4_count,
		.ip6_count = policy->ip6_count,
		.rate_bps = policy->rate_bps,
		.rate_burst = policy->rate_burst,
		.packet_rate = policy->packet_rate,
		.packet_burst = policy->packet_burst,
		.storm_broadcast = policy->storm_broadcast,
		.storm_multicast = policy->storm_multicast,
		.storm_unknown = policy->storm_unknown,
		.storm_burst = policy->storm_burst,
		.dscp = policy->dscp,
		.pcp = policy->pcp,
		.queue = policy->queue,
		.acl = policy->acl,
		.connections_max = policy->acl ? policy->connections_max : 0,
	};

	if (policy->unguarded) {
		src.flags |= VIFSWITCH_PF_LEARN | VIFSWITCH_PF_FLOOD;
		src.fdb_max = UNGUARDED_FDB_MAX;
	} else {
		src.flags |= VIFSWITCH_PF_GUARD;
		if (policy->ip_guard)
			src.flags |= VIFSWITCH_PF_IP_GUARD;
	}
	return build(&src, ret, problem);
}

int compile_uplink(const struct vlans *vlans, struct program *ret, struct problem *problem)
{
	struct source src = {
		.vlans = vlans,
		.flags = VIFSWITCH_PF_LEARN | VIFSWITCH_PF_FLOOD | VIFSWITCH_PF_UPLINK,
		.fdb_max = VIFSWITCH_FDB_PORT_MAX,
		.dscp = VIFSWITCH_MARK_KEEP,
		.pcp = VIFSWITCH_MARK_KEEP,
	};

	return build(&src, ret, problem);
}

int compile_local(const struct vlans *vlans, struct program *ret, struct problem *problem)
{
	struct source src = {
		.vlans = vlans, .dscp = VIFSWITCH_MARK_KEEP, .pcp = VIFSWITCH_MARK_KEEP,
	};

	return build(&src, ret, problem);
}

void program_deinit(struct program *p)
{
	free(p->blob);
	*p = (struct program){};
}

bool program_equal(const struct program *p, const void *blob, uint32_t len)
{
	return p->len == len && (!len || memcmp(p->blob, blob, len) == 0);
}
