// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/number.h"
#include "policy/model.h"

/*
 * netback itself holds each queue to the same rate, with up to 128 KiB and one
 * interval's octets at once (xen-netback/netback.c, tx_add_credit). A bucket
 * smaller than that would stay empty behind netback and drop what netback lets
 * through; this one drops only what several queues send together.
 */
#define NETBACK_BURST	131072ULL

int rate_parse(const char *value, size_t len, uint64_t *ret_bps, uint64_t *ret_burst,
	       struct problem *problem)
{
	const char *p = value;
	size_t left = len;
	uint64_t bytes, usecs, burst;
	unsigned __int128 bps;

	if (!take_number(&p, &left, UINT64_MAX, &bytes) || !left || *p != ',')
		goto malformed;
	p++, left--;
	if (!take_number(&p, &left, UINT32_MAX, &usecs) || left || !bytes || !usecs)
		goto malformed;
	bps = (unsigned __int128)bytes * 8 * 1000000 / usecs;
	if (bps < VIFSWITCH_RATE_MIN_BPS || bps > VIFSWITCH_RATE_MAX_BPS)
		return problem_set(problem, "rate=%s: %s than the datapath can police (%llu bit/s to %llu Gbit/s)",
				   QUOTE(value, len), bps < VIFSWITCH_RATE_MIN_BPS ? "less" : "more",
				   VIFSWITCH_RATE_MIN_BPS, VIFSWITCH_RATE_MAX_BPS / 1000000000);
	burst = (uint64_t)bps / 8 / RATE_BURSTS_PER_SECOND;
	if (bytes > VIFSWITCH_BURST_MAX_BYTES)
		bytes = VIFSWITCH_BURST_MAX_BYTES;
	if (burst < bytes + NETBACK_BURST)
		burst = bytes + NETBACK_BURST;
	if (burst > VIFSWITCH_BURST_MAX_BYTES)
		burst = VIFSWITCH_BURST_MAX_BYTES;
	*ret_bps = bps;
	*ret_burst = burst;
	return 0;
malformed:
	return problem_set(problem,
			   "rate=%s: must be BYTES,MICROSECONDS, both above 0 (in xl's config: rate=10Mb/s)",
			   QUOTE(value, len));
}
