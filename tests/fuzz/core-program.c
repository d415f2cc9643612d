// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The validator on any blob; what it accepts must be safe and sound to use:
 * frames from every source in every VLAN, and charging of both buckets.
 */
#include <stdlib.h>

#include "pipeline.h"

#define CHECK(what)	do { if (!(what)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void try_rate(const struct vs_rate *r)
{
	static const u64 times[] = { 0, 1, 1000000000, 1ULL << 40, 1ULL << 55, ~0ULL };
	static const u32 units[] = { 1, 60, 1514, 65549, VS_CHARGE_MAX, ~0U };
	u64 state = 0;
	size_t i, j;

	if (!r->mult)
		return;
	CHECK(r->burst && r->debt_max > r->burst && r->debt_max < 1ULL << 63);
	for (i = 0; i < sizeof(times) / sizeof(*times); i++) {
		for (j = 0; j < sizeof(units) / sizeof(*units); j++) {
			u64 now = vs_rate_now(r, times[i]), next;

			if (vs_rate_in_cell(r, state, units[j], &next)) {
				CHECK(next - state < r->cell && r->cell < r->burst);
				state = next;
			} else if (vs_rate_passes(r, state, now)) {
				state = vs_rate_charge(r, state, now, units[j]);
				CHECK(state - now <= r->debt_max);
			}
		}
	}
}

static void try_frames(const struct vs_program *prog)
{
	static const u32 tags[] = { VS_NO_TAG, 0x81000000, 0x81000fff, 0x81000001, 0x88a80001 };
	u8 frame[64] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0x16, 0x3e, 0, 0, 1, 8, 0 };
	struct vs_verdict v;
	unsigned int vid;
	u32 tag;
	size_t i;

	if (prog->mac_count)
		vs_mac_store(frame + 6, prog->macs[prog->mac_count - 1]);
	for (i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		vs_ingress(&v, prog, NULL, frame, sizeof(frame), sizeof(frame), tags[i]);
		if (prog->copy_vlan[0] == VIFSWITCH_VID_NONE)
			CHECK(!v.reason && v.target == VS_TO_MIRRORS &&
			      v.vid == VIFSWITCH_VID_NONE);
		else if (!v.reason)
			CHECK(vs_bit(prog->allowed, v.vid));
	}
	for (vid = 0; vid <= VIFSWITCH_VID_MAX; vid++) {
		v = (struct vs_verdict){ .vid = (u16)vid };
		CHECK(!vs_egress(&v, prog, &tag) == vs_bit(prog->allowed, (u16)vid));
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct vs_program_error err = { 0 };
	struct vs_program prog;
	u8 *blob = malloc(size ? size : 1);
	int rc;

	if (size)
		memcpy(blob, data, size);
	rc = vs_program_parse(blob, size, &prog, &err);
	free(blob);	/* nothing of it may be used afterwards */
	if (rc) {
		CHECK(rc < 0 && err.code == rc && err.field && err.accepted);
		return 0;
	}
	CHECK(prog.mac_count <= VIFSWITCH_PROGRAM_MACS_MAX);
	CHECK(prog.pvid == VIFSWITCH_VID_NONE || vs_bit(prog.allowed, prog.pvid));
	CHECK(!vs_bit(prog.allowed, 4095));
	try_frames(&prog);
	try_rate(&prog.limit[VS_LIMIT_OCTETS]);
	try_rate(&prog.limit[VS_LIMIT_PACKETS]);
	return 0;
}
