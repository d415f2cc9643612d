// SPDX-License-Identifier: GPL-2.0-or-later
/* A flow that learns: what it makes of frames, and of how many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "openflow/of-peer.h"
#include "openflow/of-txn.h"
#include "openflow/text/flow-text.h"
#include "vifofd/of-learn.h"

struct world {
	struct kernel k;
	struct of_switch sw;
};

static enum of_error commit(void *dp, const struct of_journal *j)
{
	struct kernel *k = dp;

	for (size_t i = 0; i < j->count; i++)
		learn_count(k, &j->v[i]);
	return OFE_OK;
}

static const struct of_datapath_ops ops = { .commit = commit };

static void add(struct world *w, const char *text)
{
	const struct port_names names = {};
	struct of_txn txn = { .sw = &w->sw };
	struct flow_problem problem;
	struct of_flow_mod fm;
	bool priority;

	assert_int_equal(flow_text_parse(text, strlen(text), FLOW_TEXT_ADD, &names, &fm, &priority,
					 &problem), 0);
	assert_int_equal(txn_end(&txn, txn_flow_mod(&txn, &fm)), OFE_OK);
	flow_mod_deinit(&fm);
}

static void begin_with(struct world *w, const struct of_datapath_ops *with, const char *text)
{
	*w = (struct world){ .k.sw = &w->sw, .k.nl.fd = -1 };
	switch_init(&w->sw, "br", 1, with, &w->k);
	add(w, text);
	map_put(&w->k.flows, 1, TAILQ_FIRST(&w->sw.tables[0].flows));
}

static void begin(struct world *w, const char *text)
{
	begin_with(w, &ops, text);
}

static void end(struct world *w)
{
	map_deinit(&w->k.flows);
	switch_deinit(&w->sw);
	map_deinit(&w->k.learners);
}

/* A tagged frame from that address. */
static void teach(struct world *w, unsigned int n)
{
	const struct vifswitch_of_packet_in in = {
		.flow = 1, .data = 1, .in_port = 7, .frame_len = 64,
	};
	const uint8_t frame[64] = {
		255, 255, 255, 255, 255, 255, 2, 0, 0, 0, n >> 8, n & 255,
		0x81, 0, 0, 9, 0x99, 0x99,
	};

	learn_from(&w->k, &in, frame, sizeof(frame));
}

#define LEARN "actions=learn(table=1,hard_timeout=60,vlan_tci[0..11],dl_dst[]=dl_src[]," \
	"load:0x5->reg1[0..15],output:in_port[0..15])"

static void test_made(void **state)
{
	struct of_match m;
	struct world w;
	const struct of_flow *f;

	begin(&w, LEARN);
	teach(&w, 0x1234);
	teach(&w, 0x1234);
	assert_int_equal(w.sw.tables[1].count, 1);
	f = TAILQ_FIRST(&w.sw.tables[1].flows);
	match_of(f->match, &m);
	assert_int_equal(m.value[VIFSWITCH_OF_VLAN_TCI], 9);
	assert_int_equal(m.mask[VIFSWITCH_OF_VLAN_TCI], 0xfff);
	assert_int_equal(m.value[VIFSWITCH_OF_ETH_DST + 2], 0x1234);
	assert_int_equal(f->hard, 60);
	assert_int_equal(f->priority, 32768);
	assert_int_equal(f->actions.count, 2);
	assert_int_equal(f->actions.v[0].value.lo, 5);
	assert_int_equal(f->actions.v[1].a[0], 7);
	assert_int_equal(w.k.learned, 1);
	end(&w);
}

/* What frames of the match need not have is not learned. */
static void test_not_made(void **state)
{
	struct world w;

	begin(&w, "ip,actions=learn(table=1,nw_dst[]=nw_src[],output:in_port[0..15])");
	teach(&w, 1);
	assert_int_equal(w.sw.tables[1].count, 0);
	end(&w);
}

static void test_bound(void **state)
{
	struct world w;

	begin(&w, LEARN);
	for (unsigned int n = 0; n < LEARNED_MAX + 100; n++)
		teach(&w, n);
	assert_int_equal(w.sw.tables[1].count, LEARNED_MAX);
	teach(&w, 0);
	assert_int_equal(w.sw.tables[1].count, LEARNED_MAX);
	switch_flush(&w.sw);
	assert_int_equal(w.k.learned, 0);
	end(&w);
	begin(&w, LEARN);
	w.k.learned = LEARNED_ALL_MAX;
	teach(&w, 1);
	assert_int_equal(w.sw.tables[1].count, 0);
	end(&w);
}

/* Flows that come and go while the kernel is not heard are counted, too. */
static void test_counted_alone(void **state)
{
	struct world w;

	begin_with(&w, &kernel_ops, LEARN);
	teach(&w, 1);
	teach(&w, 2);
	assert_int_equal(w.k.learned, 2);
	switch_flush(&w.sw);
	assert_int_equal(w.k.learned, 0);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made),
		cmocka_unit_test(test_not_made),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_counted_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
