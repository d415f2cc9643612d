// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "datapath/ko/program-view.h"
#include "kmod/core/program.h"

static struct vifswitch_program header_of(const void *blob, uint32_t len)
{
	struct vifswitch_program header;

	return vs_program_header(blob, len, &header) ? header : (struct vifswitch_program){};
}

uint32_t program_flags(const void *blob, uint32_t len)
{
	return header_of(blob, len).flags;
}

bool program_guards(const void *blob, uint32_t len)
{
	return header_of(blob, len).flags & VIFSWITCH_PF_GUARD;
}

uint32_t program_acl(const void *blob, uint32_t len)
{
	return header_of(blob, len).acl;
}

uint16_t program_queue(const void *blob, uint32_t len)
{
	return header_of(blob, len).queue;
}

bool program_read(const void *blob, uint32_t len, struct program_view *ret)
{
	struct vs_program_error err;
	struct vs_program parsed;
	struct vifswitch_program header;

	if (!len || vs_program_parse(blob, len, &parsed, &err) < 0 ||
	    !vs_program_header(blob, len, &header))
		return false;
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
	ret->ip4_count = header.prefix4_count;
	ret->ip6_count = header.prefix6_count;
	if (ret->ip4_count)
		memcpy(ret->ip4, (const char *)blob + header.prefix4_offset,
		       ret->ip4_count * sizeof(*ret->ip4));
	if (ret->ip6_count)
		memcpy(ret->ip6, (const char *)blob + header.prefix6_offset,
		       ret->ip6_count * sizeof(*ret->ip6));
	return true;
}
