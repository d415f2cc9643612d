// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "datapath/ko/program-compile.h"
#include "kmod/core/blob.h"
#include "kmod/core/program.h"

#define ALIGN8(n)	(((n) + 7) & ~7U)

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

static void lay_out(struct layout *l, const struct program_parts *parts, uint32_t header_len)
{
	const struct vlans *v = &parts->vlans;
	struct vifswitch_program *h = &l->header;
	bool access = vlans_is_access(v), untagged = !access && !untagged_is_implied(v);

	l->count = 0;
	l->len = h->header_len = header_len;
	h->mac_offset = add(l, parts->macs, 6 * h->mac_count);
	h->vlan_allowed_offset = add(l, v->allowed, access ? 0 : VIFSWITCH_VLAN_BITMAP_LEN);
	h->vlan_untagged_offset = add(l, v->untagged, untagged ? VIFSWITCH_VLAN_BITMAP_LEN : 0);
	h->prefix4_offset = add(l, parts->ip4, h->prefix4_count * sizeof(*parts->ip4));
	h->prefix6_offset = add(l, parts->ip6, h->prefix6_count * sizeof(*parts->ip6));
	h->total_len = l->len;
}

int program_compile(const struct port_policy *policy, struct program *ret, struct problem *problem)
{
	struct layout l = {};
	struct program_parts parts;
	struct program p;
	int r;

	port_policy_parts(policy, &parts);
	l.header = parts.header;
	l.header.magic = VIFSWITCH_PROGRAM_MAGIC;
	l.header.version = VIFSWITCH_PROGRAM_VERSION;
	l.header.pvid = parts.vlans.pvid;
	if (parts.vlans.own_tag)
		l.header.flags |= VIFSWITCH_PF_OWN_TAG;
	/* Again with what is left of the header: that depends on which sections there are. */
	lay_out(&l, &parts, sizeof(l.header));
	lay_out(&l, &parts, vs_blob_header_len(&l.header, VIFSWITCH_PROGRAM_FIRST_LEN,
					    sizeof(l.header)));
	p = (struct program){ .blob = xzalloc(l.len), .len = l.len };
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

void program_deinit(struct program *p)
{
	free(p->blob);
	*p = (struct program){};
}
