// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "datapath/ko/program-view.h"
#include "kmod/core/program.h"

static void section(const void *blob, uint32_t offset, void *ret, size_t size)
{
	if (size)
		memcpy(ret, (const char *)blob + offset, size);
}

static bool read_parts(const void *blob, uint32_t len, struct program_parts *ret)
{
	struct vs_program_error err;
	struct vs_program parsed;
	struct vifswitch_program *h = &ret->header;

	memset(ret, 0, sizeof(*ret));
	if (!len || vs_program_parse(blob, len, &parsed, &err) < 0 ||
	    !vs_program_header(blob, len, h))
		return false;
	ret->vlans.pvid = parsed.pvid;
	memcpy(ret->vlans.allowed, parsed.allowed, sizeof(ret->vlans.allowed));
	memcpy(ret->vlans.untagged, parsed.untagged, sizeof(ret->vlans.untagged));
	vlans_set_access(&ret->vlans, parsed.access);
	h->flags &= ~VIFSWITCH_PF_OWN_TAG;	/* said by vlans */
	section(blob, h->mac_offset, ret->macs, h->mac_count * sizeof(*ret->macs));
	section(blob, h->prefix4_offset, ret->ip4, h->prefix4_count * sizeof(*ret->ip4));
	section(blob, h->prefix6_offset, ret->ip6, h->prefix6_count * sizeof(*ret->ip6));
	return true;
}

struct port_policy *program_read(const void *blob, uint32_t len)
{
	struct program_parts parts;
	struct port_policy *policy;
	struct vlans none;
	bool whole;

	if (!len)
		return NULL;
	whole = read_parts(blob, len, &parts);
	if (!whole) {
		vlans_init(&none);
		program_parts_init(&parts, &none, 0);
		vs_program_header(blob, len, &parts.header);
		/* Of its sections nothing is known but where they would be. */
		parts.header.mac_count = parts.header.mac_listed = 0;
		parts.header.prefix4_count = parts.header.prefix6_count = 0;
	}
	policy = port_policy_new(&parts);
	policy->whole = whole;
	return policy;
}
