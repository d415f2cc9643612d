// SPDX-License-Identifier: GPL-2.0-or-later
/* What a request changes, and that nothing is changed where the datapath refuses it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "openflow/of-session.h"
#include "openflow/of-txn.h"

struct world {
	struct of_switch sw;
	bool refuses;
	size_t changes;
};

static enum of_error commit(void *dp, const struct of_journal *journal)
{
	struct world *w = dp;

	w->changes = journal->count;
	return w->refuses ? OFE_FLOW_FULL : OFE_OK;
}

static const struct of_datapath_ops ops = { .commit = commit };

static void set(struct of_match *m, const char *name, uint64_t value)
{
	const struct of_field *f = field_by_name(name, strlen(name));

	match_set(m, f, (struct of_value){ 0, value }, field_all(f));
}

static enum of_error mod(struct world *w, enum of_flow_mod_command command, uint16_t priority,
			 uint16_t type, uint32_t port)
{
	struct of_flow_mod fm = {
		.version = OF13, .command = command, .priority = priority, .table = 0,
		.out_port = OFPP_ANY, .out_group = OFPG_ANY,
	};
	struct of_txn txn = { .sw = &w->sw };
	enum of_error e;

	if (type)
		set(&fm.match, "dl_type", type);
	actions_add(&fm.actions, ACT_OUTPUT)->a[0] = port;
	e = txn_end(&txn, txn_flow_mod(&txn, &fm));
	flow_mod_deinit(&fm);
	return e;
}

static uint64_t port_of(struct world *w, uint16_t priority, uint16_t type)
{
	struct of_match m = {};
	struct of_words *words;
	struct of_flow *flow;

	set(&m, "dl_type", type);
	words = words_of(&m);
	flow = table_find(&w->sw.tables[0], words, priority);
	free(words);
	return flow ? flow->actions.v[0].a[0] : 0;
}

static void test_refused(void **state)
{
	struct world w = {};

	switch_init(&w.sw, "br0", 1, &ops, &w);
	assert_int_equal(mod(&w, FLOW_ADD, 5, 0x800, 1), OFE_OK);
	w.refuses = true;
	assert_int_equal(mod(&w, FLOW_ADD, 5, 0x806, 1), OFE_FLOW_FULL);
	assert_int_equal(mod(&w, FLOW_ADD, 5, 0x800, 2), OFE_FLOW_FULL);
	assert_int_equal(mod(&w, FLOW_MODIFY, 0, 0, 3), OFE_FLOW_FULL);
	assert_int_equal(mod(&w, FLOW_DELETE, 0, 0, 3), OFE_FLOW_FULL);
	assert_int_equal(w.sw.flow_count, 1);
	assert_int_equal(port_of(&w, 5, 0x800), 1);
	assert_int_equal(port_of(&w, 5, 0x806), 0);
	w.refuses = false;
	assert_int_equal(mod(&w, FLOW_MODIFY, 0, 0, 3), OFE_OK);
	assert_int_equal(port_of(&w, 5, 0x800), 3);
	assert_int_equal(mod(&w, FLOW_DELETE, 0, 0, 3), OFE_OK);
	assert_int_equal(w.sw.flow_count, 0);
	switch_deinit(&w.sw);
}

/* An addition in another's place begins its time anew, so that it does not end at once. */
static void test_used(void **state)
{
	struct world w = {};

	switch_init(&w.sw, "br0", 1, &ops, &w);
	for (int i = 0; i < 2; i++) {
		w.sw.now += 100000;
		assert_int_equal(mod(&w, FLOW_ADD, 5, 0x800, 1), OFE_OK);
		assert_int_equal(TAILQ_FIRST(&w.sw.tables[0].flows)->used, w.sw.now);
	}
	w.sw.now += 100000;
	assert_int_equal(mod(&w, FLOW_MODIFY, 5, 0x800, 1), OFE_OK);
	assert_int_equal(TAILQ_FIRST(&w.sw.tables[0].flows)->used, w.sw.now - 100000);
	switch_deinit(&w.sw);
}

/* A flow added, replaced and deleted in one transaction, undone and done. */
static void test_undone(void **state)
{
	for (int turn = 0; turn < 2; turn++) {
		struct world w = { .refuses = turn };
		struct of_txn txn = { .sw = &w.sw };
		struct of_flow_mod fm = {
			.version = OF13, .command = FLOW_ADD, .out_port = OFPP_ANY, .out_group =
				OFPG_ANY,
		};

		switch_init(&w.sw, "br0", 1, &ops, &w);
		assert_int_equal(txn_flow_mod(&txn, &fm), OFE_OK);
		assert_int_equal(txn_flow_mod(&txn, &fm), OFE_OK);
		fm.command = FLOW_DELETE;
		assert_int_equal(txn_flow_mod(&txn, &fm), OFE_OK);
		fm.command = FLOW_ADD;
		assert_int_equal(txn_flow_mod(&txn, &fm), OFE_OK);
		assert_int_equal(txn_commit(&txn), turn ? OFE_FLOW_FULL : OFE_OK);
		assert_int_equal(w.changes, 4);
		assert_int_equal(w.sw.flow_count, !turn);
		switch_deinit(&w.sw);
	}
}

static struct of_words *words(const char *field, uint64_t value, uint64_t mask)
{
	const struct of_field *f = field_by_name(field, strlen(field));
	struct of_match m = {};

	match_set(&m, f, (struct of_value){ 0, value }, (struct of_value){ 0, mask });
	return words_of(&m);
}

static void test_words(void **state)
{
	static const struct {
		uint64_t a, a_mask, b, b_mask;
		bool covers, overlaps;
	} rows[] = {
		{ 0x0a000000, 0xff000000, 0x0a010000, 0xffff0000, true, true },
		{ 0x0a010000, 0xffff0000, 0x0a000000, 0xff000000, false, true },
		{ 0x0a000000, 0xff000000, 0x0b000000, 0xff000000, false, false },
		{ 0, 0, 0x0b000000, 0xff000000, true, true },
		{ 0x1, 0x1, 0x100, 0x100, false, true },
		{ 0x0a000001, 0xffffffff, 0x0a000001, 0xffffffff, true, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct of_words *a = words("nw_src", rows[i].a, rows[i].a_mask);
		struct of_words *b = words("nw_src", rows[i].b, rows[i].b_mask);

		assert_int_equal(words_cover(a, b), rows[i].covers);
		assert_int_equal(words_overlap(a, b), rows[i].overlaps);
		assert_int_equal(words_overlap(b, a), rows[i].overlaps);
		free(a);
		free(b);
	}
}

/* Each field by itself, through NXM and OXM, with the mask that it may have. */
static void test_fields(void **state)
{
	static const uint8_t versions[] = { OF10, OF13, OF14, OF15 };

	for (unsigned int i = 0; i < of_field_count * 4; i++) {
		const struct of_field *f = &of_fields[i / 4];
		struct of_value value = { f->bits > 64 ? 5 : 0, 5 }, all = field_all(f);
		struct of_out out = {};
		struct of_in in;
		uint8_t version = versions[i % 4];

		if (!field_valid(f, value))
			value.lo = 1;
		out_u32(&out, field_header(f, version));
		field_write(f, &out, value);
		in = (struct of_in){ .p = out.data + 4, .left = out.len - 4 };
		assert_ptr_equal(field_by_header((uint32_t)wire_get(out.data, 4)), f);
		value.lo <<= f->wire_shift;
		assert_true(value_equal(field_read(f, &in), value));
		assert_int_equal(in.left, 0);
		assert_true(f->bits <= f->words * 16);
		assert_true(all.lo != 0);
		out_deinit(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused), cmocka_unit_test(test_undone),
		cmocka_unit_test(test_used),
		cmocka_unit_test(test_words), cmocka_unit_test(test_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
