// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kmod/core/program.h"
#include "vifswitchd/compile.h"

#define UNGUARDED_FDB_MAX	1024	/* addresses learned behind a VM */
#define ALIGN8(n)	(((n) + 7) & ~7U)

struct source {
	const struct vlans *vlans;
	uint32_t flags;
	const uint8_t (*macs)[6];
	unsigned int mac_count;
	uint32_t fdb_max;
	uint64_t rate_bps;
	uint64_t rate_burst;
	uint64_t packet_rate;
	uint64_t packet_burst;
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

static int build(const struct source *src, struct program *ret, struct problem *problem)
{
	const struct vlans *v = src->vlans;
	bool access = vlans_is_access(v), untagged = !access && !untagged_is_implied(v);
	struct vifswitch_program header = {
		.magic = VIFSWITCH_PROGRAM_MAGIC,
		.version = VIFSWITCH_PROGRAM_VERSION,
		.header_len = sizeof(header),
		.flags = src->flags,
		.pvid = v->pvid,
		.fdb_max = src->fdb_max,
		.rate_bps = src->rate_bps,
		.rate_burst = src->rate_burst,
		.packet_rate = src->packet_rate,
		.packet_burst = src->packet_burst,
		.dscp = VIFSWITCH_MARK_KEEP,
		.pcp = VIFSWITCH_MARK_KEEP,
	};
	uint32_t at = ALIGN8(sizeof(header)), len = sizeof(header);
	struct program p;
	int r;

	if (src->mac_count) {
		header.mac_count = src->mac_count;
		header.mac_offset = at;
		len = at + 6 * src->mac_count;
		at = ALIGN8(len);
	}
	if (!access) {
		header.vlan_allowed_offset = at;
		len = at = at + VIFSWITCH_VLAN_BITMAP_LEN;
	}
	if (untagged) {
		header.vlan_untagged_offset = at;
		len = at + VIFSWITCH_VLAN_BITMAP_LEN;
	}
	header.total_len = len;
	p = (struct program){ .blob = calloc(1, len), .len = len };
	if (!p.blob) {
		problem_set(problem, "out of memory");
		return -ENOMEM;
	}
	memcpy(p.blob, &header, sizeof(header));
	if (src->mac_count)
		memcpy((char *)p.blob + header.mac_offset, src->macs, 6 * src->mac_count);
	if (!access)
		memcpy((char *)p.blob + header.vlan_allowed_offset, v->allowed,
		       sizeof(v->allowed));
	if (untagged)
		memcpy((char *)p.blob + header.vlan_untagged_offset, v->untagged,
		       sizeof(v->untagged));
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
		.rate_bps = policy->rate_bps,
		.rate_burst = policy->rate_burst,
		.packet_rate = policy->packet_rate,
		.packet_burst = policy->packet_burst,
	};

	if (policy->unguarded) {
		src.flags |= VIFSWITCH_PF_LEARN | VIFSWITCH_PF_FLOOD;
		src.fdb_max = UNGUARDED_FDB_MAX;
	} else {
		src.flags |= VIFSWITCH_PF_GUARD;
	}
	return build(&src, ret, problem);
}

int compile_uplink(const struct vlans *vlans, struct program *ret, struct problem *problem)
{
	struct source src = {
		.vlans = vlans,
		.flags = VIFSWITCH_PF_LEARN | VIFSWITCH_PF_FLOOD | VIFSWITCH_PF_UPLINK,
		.fdb_max = VIFSWITCH_FDB_PORT_MAX,
	};

	return build(&src, ret, problem);
}

int compile_local(const struct vlans *vlans, struct program *ret, struct problem *problem)
{
	struct source src = { .vlans = vlans };

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

bool program_guards(const void *blob, uint32_t len)
{
	struct vifswitch_program header;

	if (len < sizeof(header))
		return false;
	memcpy(&header, blob, sizeof(header));
	return header.flags & VIFSWITCH_PF_GUARD;
}

bool program_read(const void *blob, uint32_t len, struct program_view *ret)
{
	struct vs_program_error err;
	struct vs_program parsed;
	struct vifswitch_program header;

	if (!len || vs_program_parse(blob, len, &parsed, &err) < 0)
		return false;
	memcpy(&header, blob, sizeof(header));
	memset(ret, 0, sizeof(*ret));
	ret->flags = parsed.flags;
	ret->vlans.pvid = parsed.pvid;
	memcpy(ret->vlans.allowed, parsed.allowed, sizeof(ret->vlans.allowed));
	memcpy(ret->vlans.untagged, parsed.untagged, sizeof(ret->vlans.untagged));
	ret->mac_count = parsed.mac_count;
	for (unsigned int i = 0; i < ret->mac_count; i++)
		vs_mac_store(ret->macs[i], parsed.macs[i]);
	ret->rate_bps = header.rate_bps;
	ret->rate_burst = header.rate_burst;
	ret->packet_rate = header.packet_rate;
	return true;
}
