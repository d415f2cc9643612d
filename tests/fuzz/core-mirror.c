// SPDX-License-Identifier: GPL-2.0-or-later
/* The validator of mirrors on any blob; what it accepts has one output and sound limits. */
#include <stdlib.h>

#include "mirror.h"

#define CHECK(what)	do { if (!(what)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct vs_program_error err = { 0 };
	struct vs_mirror m;
	u8 *blob = malloc(size ? size : 1);
	unsigned int i, vid;
	int rc;

	if (size)
		memcpy(blob, data, size);
	rc = vs_mirror_parse(blob, size, &m, &err);
	free(blob);	/* nothing of it may be used afterwards */
	if (rc) {
		CHECK(rc < 0 && err.code == rc && err.field && err.accepted);
		return 0;
	}
	CHECK(!m.output_port != !m.output_vlan && m.output_vlan <= VIFSWITCH_VID_MAX);
	CHECK(m.snaplen >= VIFSWITCH_SNAPLEN_MIN);
	for (i = 0; i < VS_MIRROR_LIMITS; i++)
		CHECK(!m.limit[i].mult || m.limit[i].burst);
	for (vid = 0; vid <= VIFSWITCH_VID_NONE; vid++)
		CHECK(!vs_mirror_takes(&m, false, false, (u16)vid) ||
		      vid <= VIFSWITCH_VID_MAX || !m.some_vlans);
	return 0;
}
