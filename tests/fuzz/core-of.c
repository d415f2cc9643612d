// SPDX-License-Identifier: GPL-2.0-or-later
/* Records of flow tables as userspace sends them; what is accepted runs, whatever the frame. */
#include <stdlib.h>

#include "of/of-run.h"
#include "of/of-set.h"

#define FRAME	80		/* the last octets are the frame, the rest are records */

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static bool up(const void *world, u32 port)
{
	return port & 1;
}

static bool passed(u64 state)
{
	return true;
}

static u64 grace(void)
{
	return 0;
}

static void carry_out(struct vs_of_run *run, u8 *p, size_t len, const struct vs_frame *f)
{
	enum vs_of_what what;
	bool over;

	while ((what = vs_of_step(run)) != VS_OF_DONE) {
		if (what == VS_OF_EDIT)
			vs_of_run_edit(run, p, len, len, f, 0);
		else if (what == VS_OF_TTL)
			vs_of_run_ttl(run, p, len, len, f, &over);
		else if (what == VS_OF_TRACK)
			vs_of_tracked(run, run->track.zone & 0x3f, run->track.zone & 0x40 ?
				      VIFSWITCH_DROP_CONNECTION_LIMIT : VIFSWITCH_DROP_NONE);
		else if (what == VS_OF_METER)
			vs_of_metered(run, run->meter->band_count != 1);
	}
}

static void run_frame(const struct vs_of *of, const u8 *data, size_t len)
{
	static struct vs_of_run run;
	struct vs_frame f;
	u8 *p = malloc(len);

	memcpy(p, data, len);
	if (vs_frame_parse(&f, p, len, VS_NO_TAG)) {
		memset(&run, 0, sizeof(run));
		run.up = up;
		run.packets = 1;
		run.bytes = (u32)len;
		run.tag = VS_NO_TAG;
		vs_of_open(&run, of, false);
		vs_of_key_read(&run.key, run.needs, p, len, len, &f, VS_NO_TAG, 1);
		vs_of_begin(&run);
		carry_out(&run, p, len, &f);
	}
	free(p);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct vs_program_error err = { 0 };
	struct vs_of *of;
	size_t len, at = 0;
	u8 *records;
	int rc = 0;

	if (size <= FRAME)
		return 0;
	len = size - FRAME;
	records = malloc(len);
	memcpy(records, data, len);
	of = vs_of_new(1);
	while (at < len) {
		rc = vs_of_check(records + at, len - at, &err);
		if (rc < 0)
			break;
		/* a refusal is of the transaction as a whole; here the rest of it may go on */
		if (vs_of_change(of, records + at, 0, &err) && !err.field)
			abort();
		at += (size_t)rc;
	}
	if (rc < 0 && (!err.field || !err.accepted))
		abort();
	if (!vs_of_commit(of, grace, &err))
		run_frame(of, data + len, FRAME);
	vs_of_abort(of);
	vs_of_bury(of, passed);
	vs_of_destroy(of);
	free(records);
	return 0;
}
