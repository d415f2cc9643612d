// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/megaflow-pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/ovs/flow-frame.h"
#include "datapath/ovs/flow-set.h"
#include "kmod/core/reason.h"

#define CHECK(what)	do { if (!(what)) abort(); } while (0)

struct decided {
	struct decision d;
	struct decided_output outputs[WORLD_PORTS];
	struct flow_key kernel;
};

static void make(const struct world *w, const struct world_frame *f, struct decided *ret)
{
	uint8_t *exact = malloc(f->len);	/* so that ASan sees a read beyond */
	uint8_t told[512];
	struct attrs attrs = { .p = told, .room = sizeof(told) };
	struct flow_key again;

	memcpy(exact, f->octets, f->len);
	ret->d.outputs = ret->outputs;
	decide(&w->dp, &w->ports[0], exact, f->len, f->len, &ret->d);
	ovs_kernel_key(exact, f->len, w->ports[0].number, &ret->kernel);
	free(exact);
	ovs_kernel_tell(&ret->kernel, &attrs);
	CHECK(!attrs.full && !flow_key_decode(told, attrs.len, &again));
	CHECK(!memcmp(&again, &ret->kernel, sizeof(again)));
	CHECK(ret->d.output_count <= WORLD_PORTS);
	CHECK(!ret->d.reason == !!ret->d.output_count);
}

/* A tag that is none for the kernel: always dropped, be it for that or for what is in it. */
static bool is_odd_tag(const struct decision *d)
{
	return VS_TAG_TYPE(d->v.frame.tag) == VS_TYPE_QINQ && d->reason;
}

static bool is_same(const struct decision *a, const struct decision *b)
{
	if (is_odd_tag(a) && is_odd_tag(b))
		return true;
	if (a->reason != b->reason || a->output_count != b->output_count ||
	    a->limits != b->limits || a->dropped_at != b->dropped_at)
		return false;
	for (size_t i = 0; i < a->output_count; i++)
		if (a->outputs[i].port != b->outputs[i].port ||
		    (a->outputs[i].tag ^ b->outputs[i].tag) & ~(uint32_t)FLOW_TAG_PRESENT)
			return false;
	return true;
}

static void tell(const struct world_frame *f, const struct decided *d)
{
	fprintf(stderr, "%s, %zu outputs, %s: ", vs_reason_word(d->d.reason), d->d.output_count,
		seen_hand_word(d->d.seen.hand));
	for (size_t i = 0; i < f->len; i++)
		fprintf(stderr, "%02x", f->octets[i]);
	fprintf(stderr, "\n");
}

/* Has what was encoded all that was looked at of the tags that there are, and the rest? */
static bool covers_all(const struct flow_key *mask, const struct decided *d)
{
	struct flow_key wanted = d->d.seen.mask;

	if (!flow_has(&d->kernel, FLOW_TAG))
		wanted.tag = (struct flow_tag){};
	if (!flow_has(&d->kernel, FLOW_INNER_TAG))
		wanted.inner_tag = (struct flow_tag){};
	return flow_mask_covers(mask, &wanted);
}

/* The flow takes a frame that is made of its key, which is decided like the one that made it. */
static void check_made(const struct world *w, const struct decided *d)
{
	struct world_frame made = {};
	struct decided again;

	made.len = flow_frame_of(&d->kernel, made.octets);
	make(w, &made, &again);
	if (!flow_key_matches(&again.kernel, &d->kernel, &d->d.seen.mask) ||
	    !is_same(&d->d, &again.d)) {
		tell(&made, &again);
		abort();
	}
}

void pair_check(const struct world *w, const struct world_frame *first,
		const struct world_frame *second, struct pair_counts *counts)
{
	struct decided a, b;
	uint8_t octets[512];
	struct attrs attrs = { .p = octets, .room = sizeof(octets) };
	struct flow_key mask;

	make(w, first, &a);
	counts->frames++;
	decision_bears_flow(&a.d, &a.kernel);
	counts->hands[a.d.seen.hand]++;
	if (a.d.seen.hand != SEEN_FLOW)
		return;
	counts->flows++;
	CHECK(flow_key_matches(&a.kernel, &a.kernel, &a.d.seen.mask));
	flow_mask_encode(&a.kernel, &a.d.seen.mask, &attrs);
	CHECK(!attrs.full && !flow_mask_decode(octets, attrs.len, &mask));
	CHECK(covers_all(&mask, &a));
	flow_mask_whole(&a.kernel, &mask);
	CHECK(flow_mask_covers(&mask, &a.d.seen.mask));
	check_made(w, &a);
	make(w, second, &b);
	if (!flow_key_matches(&b.kernel, &a.kernel, &a.d.seen.mask))
		return;
	if (ovs_kernel_hides(&b.kernel, &b.d)) {
		counts->hidden++;
		return;
	}
	counts->same++;
	if (is_same(&a.d, &b.d))
		return;
	tell(first, &a);
	tell(second, &b);
	abort();
}
