/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs and frames for the tests of the decision core. */
#ifndef CORE_HELPERS_H
#define CORE_HELPERS_H

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

#include "pipeline.h"
#include "reason.h"

#define OWN	"\x00\x16\x3e\x00\x00\x01"
#define OTHER	"\x00\x16\x3e\x00\x00\x02"
#define BCAST	"\xff\xff\xff\xff\xff\xff"
#define STP	"\x01\x80\xc2\x00\x00\x00"
#define PROBES	"\x03\x76\x73\x77\x6c\x70"
#define LLDP	"\x01\x80\xc2\x00\x00\x0e"
#define CDP	"\x01\x00\x0c\xcc\xcc\xcc"

#define VLANS_END 0xffff

/* A program blob: every section present, so that tests can spoil each. */
struct blob {
	struct vifswitch_program hdr;
	u8 macs[96];
	u8 allowed[VIFSWITCH_VLAN_BITMAP_LEN];
	u8 untagged[VIFSWITCH_VLAN_BITMAP_LEN];
} __attribute__((packed));

static inline void blob_init(struct blob *b, u32 flags, u16 pvid, const u16 *allowed,
			     const u16 *untagged)
{
	memset(b, 0, sizeof(*b));
	b->hdr = (struct vifswitch_program){
		.magic = VIFSWITCH_PROGRAM_MAGIC,
		.version = VIFSWITCH_PROGRAM_VERSION,
		.header_len = sizeof(struct vifswitch_program),
		.total_len = sizeof(*b),
		.flags = flags,
		.pvid = pvid,
		.mac_count = 1,
		.mac_offset = offsetof(struct blob, macs),
		.vlan_allowed_offset = offsetof(struct blob, allowed),
		.vlan_untagged_offset = offsetof(struct blob, untagged),
		.dscp = VIFSWITCH_MARK_KEEP,
		.pcp = VIFSWITCH_MARK_KEEP,
	};
	memcpy(b->macs, OWN, 6);
	for (; allowed && *allowed != VLANS_END; allowed++)
		vs_bit_set(b->allowed, *allowed);
	for (; untagged && *untagged != VLANS_END; untagged++)
		vs_bit_set(b->untagged, *untagged);
}

/* A blob of a port without addresses: their section is not there. */
static inline void blob_forget_macs(struct blob *b)
{
	memmove(b->macs, b->allowed, sizeof(b->allowed) + sizeof(b->untagged));
	b->hdr.mac_count = 0;
	b->hdr.mac_offset = 0;
	b->hdr.vlan_allowed_offset = offsetof(struct blob, macs);
	b->hdr.vlan_untagged_offset = offsetof(struct blob, macs) + sizeof(b->allowed);
	b->hdr.total_len -= sizeof(b->macs);
}

#define VLANS(...) ((const u16[]){ __VA_ARGS__ __VA_OPT__(,) VLANS_END })

static inline void program_make(struct vs_program *prog, u32 flags, u16 pvid, const u16 *allowed,
				const u16 *untagged)
{
	struct vs_program_error err;
	struct blob b;

	blob_init(&b, flags, pvid, allowed, untagged);
	if (vs_program_parse(&b, sizeof(b), prog, &err))
		fail_msg("%s is %llu; accepted: %s", err.field, (unsigned long long)err.value,
			 err.accepted);
}

#define ACCESS(prog, flags, v)	program_make(prog, flags, v, VLANS(v), VLANS(v))

/* dst, src, up to two tags (type << 16 | tci, 0: none), then an ethertype. */
static inline size_t frame_make(u8 *p, const char *dst, const char *src, u32 outer, u32 inner)
{
	const u32 tags[] = { outer, inner };
	size_t at = 12, i;

	memcpy(p, dst, 6);
	memcpy(p + 6, src, 6);
	for (i = 0; i < 2; i++) {
		if (!tags[i])
			continue;
		p[at++] = (u8)(tags[i] >> 24);
		p[at++] = (u8)(tags[i] >> 16);
		p[at++] = (u8)(tags[i] >> 8);
		p[at++] = (u8)tags[i];
	}
	p[at++] = 0x08;
	p[at++] = 0x00;
	memset(p + at, 0x5a, 60 - at);
	return 60;
}

#define Q(tci)	VS_TAG(VS_TYPE_CTAG, tci)
#define AD(tci)	VS_TAG(VS_TYPE_STAG, tci)

#endif /* CORE_HELPERS_H */
