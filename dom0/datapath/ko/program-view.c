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

static void section(const void *blob, uint32_t offset, void *ret, size_t size)
{
	if (size)
		memcpy(ret, (const char *)blob + offset, size);
}

bool program_read(const void *blob, uint32_t len, struct program_parts *ret)
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
	section(blob, h->mac_offset, ret->macs, h->mac_count * sizeof(*ret->macs));
	section(blob, h->prefix4_offset, ret->ip4, h->prefix4_count * sizeof(*ret->ip4));
	section(blob, h->prefix6_offset, ret->ip6, h->prefix6_count * sizeof(*ret->ip6));
	return true;
}
