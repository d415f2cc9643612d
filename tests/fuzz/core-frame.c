// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A random program and a random frame through both halves of the pipeline. The
 * input is: 1 octet of choices, 4 of tag beside the frame, 2 of PVID, 2 of the
 * other allowed VLAN, then the frame. What must hold is checked with abort().
 */
#include <stdlib.h>

#include "express.h"

#define CHECK(what)	do { if (!(what)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

struct blob {
	struct vifswitch_program hdr;
	u8 macs[8];
	u8 allowed[VIFSWITCH_VLAN_BITMAP_LEN];
	u8 untagged[VIFSWITCH_VLAN_BITMAP_LEN];
} __attribute__((packed));

static bool make_program(struct vs_program *prog, u8 choices, u16 pvid, u16 other)
{
	struct vs_program_error err;
	struct blob b = {
		.hdr = {
			.magic = VIFSWITCH_PROGRAM_MAGIC,
			.version = VIFSWITCH_PROGRAM_VERSION,
			.header_len = sizeof(struct vifswitch_program),
			.total_len = sizeof(b),
			.flags = choices & 0x7f,
			.pvid = pvid == 4095 ? VIFSWITCH_VID_NONE : pvid,
			.mac_count = 1,
			.mac_offset = offsetof(struct blob, macs),
			.vlan_allowed_offset = offsetof(struct blob, allowed),
			.vlan_untagged_offset = offsetof(struct blob, untagged),
			.dscp = VIFSWITCH_MARK_KEEP,
			.pcp = VIFSWITCH_MARK_KEEP,
		},
		.macs = { 0x00, 0x16, 0x3e, 0, 0, 1 },
	};

	if (pvid != 4095)
		vs_bit_set(b.allowed, pvid);
	vs_bit_set(b.allowed, other);
	if ((choices & 0x80) && pvid != 4095)
		vs_bit_set(b.untagged, pvid);
	if (b.allowed[0] & 1)
		vs_bit_set(b.untagged, 0);
	return !vs_program_parse(&b, sizeof(b), prog, &err);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct vs_program prog;
	struct vs_verdict v, quick;
	u32 hwtag, tag = 0;
	u8 *frame;

	if (size < 9)
		return 0;
	if (!make_program(&prog, data[0], vs_get_be16(data + 5) & 0xfff,
			  vs_get_be16(data + 7) & 0xfff))
		return 0;
	hwtag = (u32)vs_get_be16(data + 1) << 16 | vs_get_be16(data + 3);
	if (!vs_type_is_tag(VS_TAG_TYPE(hwtag)))
		hwtag = VS_NO_TAG;
	data += 9;
	size -= 9;
	frame = malloc(size ? size : 1);	/* exactly as long as it is */
	if (size)
		memcpy(frame, data, size);

	vs_ingress(&v, &prog, NULL, frame, size, size, hwtag);
	CHECK(v.reason < VIFSWITCH_DROP_COUNT);
	CHECK(size >= VS_ETH_LEN || v.reason == VIFSWITCH_DROP_TRUNCATED);
	if (!v.reason && v.target != VS_TO_HOST) {
		CHECK(v.vid <= VIFSWITCH_VID_MAX);
		CHECK(vs_bit(prog.allowed, v.vid));
		CHECK(!(prog.flags & VIFSWITCH_PF_GUARD) || v.frame.src == prog.macs[0]);
		CHECK(!v.frame.inner || (prog.flags & VIFSWITCH_PF_STACKED));
		/* a control group leads to uplinks alone, a control type to whom it names */
		CHECK(!v.frame.control ||
		      (prog.flags & (VIFSWITCH_PF_CONTROL | VIFSWITCH_PF_UPLINK)));
		CHECK(!v.frame.control ||
		      v.target == (v.frame.control == VS_CONTROL_PROBE ? VS_TO_PROBED :
				   v.frame.dst_group ? VS_TO_UPLINKS : VS_TO_UNICAST));
		/* the frame's own VLAN tag is never believed on an access port */
		CHECK(!prog.access || v.vid == prog.pvid);
		if (!vs_egress(&v, &prog, &tag)) {
			CHECK(tag != VS_NO_TAG || !v.frame.inner);
			CHECK(tag == VS_NO_TAG || (tag & VS_TCI_VID) == v.vid);
			CHECK(tag == VS_NO_TAG || v.vid);
		} else {
			CHECK(v.frame.inner);	/* only a hidden tag keeps it from its own VLAN */
		}
	}
	if (hwtag == VS_NO_TAG && vs_express_may(&prog, NULL, VS_WAY_EXPRESS) &&
	    vs_express(&quick, &prog, NULL, frame, size, size, size & 1, size & 2))
		CHECK(!v.reason && v.target == VS_TO_UNICAST && quick.vid == v.vid &&
		      quick.prio == v.prio && quick.frame.dst == v.frame.dst && !v.frame.inner);
	free(frame);
	return 0;
}
