// SPDX-License-Identifier: GPL-2.0-or-later
/* What is made for the module of flows, groups and meters: the kernel's own check takes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "of/of-check.h"
#include "openflow/ko/of-compile.h"
#include "openflow/action-rows.h"
#include "vifofd/of-fair.h"

#define K(name)	VIFSWITCH_OF_ ## name

static const struct of_field *field(const char *name)
{
	return field_by_name(name, strlen(name));
}

/* One action of each kind that the module has, as a flow may have it. */
static void add(struct of_actions *list, enum of_action_kind kind)
{
	struct of_action *a = actions_add(list, kind);
	struct of_learn_part part = { .what = LEARN_MATCH };
	struct of_out out = {};

	a->a[0] = 1;
	switch (kind) {
	case ACT_PUSH_VLAN:
		a->a[0] = 0x8100;
		break;
	case ACT_PUSH_MPLS:
	case ACT_POP_MPLS:
		a->a[0] = 0x8847;
		break;
	case ACT_RESUBMIT:
		a->a[0] = OFPP_IN_PORT;
		a->a[1] = 5;
		break;
	case ACT_GOTO:
		a->a[0] = 9;
		break;
	case ACT_OUTPUT_REG:
		a->src = (struct of_bits){ field("xreg0"), 32, 32 };
		break;
	case ACT_SET_FIELD:
		a->dst.field = field("ipv6_dst");
		a->value = (struct of_value){ 1, 2 };
		a->mask = field_all(a->dst.field);
		break;
	case ACT_MOVE:
		a->src = (struct of_bits){ field("ipv6_src"), 0, 128 };
		a->dst = (struct of_bits){ field("xxreg0"), 0, 128 };
		break;
	case ACT_TRUNCATE:
		a->a[0] = OFPP_CONTROLLER;
		a->a[1] = 99;
		break;
	case ACT_METADATA:
		a->a[1] = 0xff;
		break;
	case ACT_CONJUNCTION:
		a->a[1] = 2;
		a->a[2] = 9;
		break;
	case ACT_LEARN:
		a->a[2] = 1;
		part.src = part.dst = (struct of_bits){ field("ipv6_src"), 0, 128 };
		part.bits = 128;
		learn_put(&out, &part);
		a->data = out.data;
		a->len = (uint16_t)out.len;
		break;
	case ACT_CT:
		a->src = (struct of_bits){ field("xreg0"), 16, 16 };
		a->a[0] = CT_COMMIT;
		a->a[2] = 9;
		break;
	case ACT_CLONE:
		a->inner = xzalloc(sizeof(*a->inner));
		add(a->inner, ACT_SET_FIELD);
		add(a->inner, ACT_OUTPUT);
		break;
	case ACT_WRITE:
		a->inner = xzalloc(sizeof(*a->inner));
		for (int i = 0; i < 300; i++)
			add(a->inner, i % 2 ? ACT_SET_FIELD : ACT_OUTPUT);
		break;
	default:
		break;
	}
}

static enum of_error make(enum of_action_kind kind, struct of_out *out)
{
	struct of_flow flow = { .id = 7, .priority = 65535, .table = 3, .hard = 5 };
	struct of_match m = {};
	enum of_error e;

	match_set(&m, field("tcp_dst"), (struct of_value){ 0, 80 }, field_all(field("tcp_dst")));
	flow.match = words_of(&m);
	add(&flow.actions, kind);
	e = compile_flow(&flow, 0, out);
	free(flow.match);
	actions_deinit(&flow.actions);
	return e;
}

static bool is_refused(unsigned int kind)
{
	return kind == ACT_FIN_TIMEOUT;
}

static void test_flows(void **state)
{
	struct vs_program_error err;

	for (unsigned int kind = 0; kind < ACT_KINDS; kind++) {
		struct of_out out = {};
		enum of_error e = make(kind, &out);
		const struct vifswitch_of_flow *f = (const void *)out.data;

		assert_int_equal(e, is_refused(kind) ? OFE_ACTION_VENDOR_TYPE :
				    kind == ACT_WRITE ? OFE_ACTION_TOO_MANY : OFE_OK);
		assert_true(!e == !!out.len);
		if (!e) {
			assert_int_equal(vs_of_check(out.data, out.len, &err), out.len);
			assert_int_equal(f->priority, 65536);
			assert_int_equal(f->flags, K(FLOW_TELL));
		}
		out_deinit(&out);
	}
}

/* A clone has what a bucket has. */
static void test_clones(void **state)
{
	for (unsigned int kind = 0; kind < ACT_KINDS; kind++) {
		struct of_actions list = {};
		struct of_actions *inner;
		bool refused = kind == ACT_GROUP || kind >= ACT_METER || kind == ACT_RESUBMIT ||
			       kind == ACT_EXIT || kind == ACT_CLONE || kind == ACT_CONJUNCTION ||
			       kind == ACT_CT || kind == ACT_CT_CLEAR || kind == ACT_LEARN ||
			       is_refused(kind);

		if (kind == ACT_WRITE)
			continue;
		actions_add(&list, ACT_CLONE)->inner = inner = xzalloc(sizeof(*inner));
		add(inner, kind);
		assert_int_equal(compile_check(&list), refused ? OFE_ACTION_VENDOR_TYPE : OFE_OK);
		for (int i = 0; i < 300; i++)
			add(inner, ACT_SET_FIELD);
		if (!refused)
			assert_int_equal(compile_check(&list), OFE_ACTION_TOO_MANY);
		actions_deinit(&list);
	}
}

/* A long set is several WRITEs, none of which is longer than may be. */
static void test_long_set(void **state)
{
	struct of_actions list = {};
	struct of_action *write = actions_add(&list, ACT_WRITE);
	struct of_match none = {};
	struct of_flow flow = { .id = 1, .match = words_of(&none) };
	struct vs_program_error err;
	struct of_out out = {};

	write->inner = xzalloc(sizeof(*write->inner));
	for (int i = 0; i < 80; i++)
		add(write->inner, ACT_SET_FIELD);
	flow.actions = list;
	assert_int_equal(compile_flow(&flow, 0, &out), OFE_OK);
	assert_int_equal(vs_of_check(out.data, out.len, &err), out.len);
	out_deinit(&out);
	actions_deinit(&flow.actions);
	free(flow.match);
}

static void test_own(void **state)
{
	const uint64_t ids[] = { COMPILE_MISS_ID, COMPILE_REST_ID };
	struct vs_program_error err;

	for (int i = 0; i < 2; i++) {
		struct of_out out = {};

		compile_own(ids[i], &out);
		assert_int_equal(vs_of_check(out.data, out.len, &err), out.len);
		assert_int_equal(((struct vifswitch_of_flow *)out.data)->priority,
				 i ? K(PRIORITY_MAX) : 0);
		out_deinit(&out);
	}
}

static void test_objects(void **state)
{
	struct of_bucket buckets[2] = {
		{ .weight = 1, .watch_port = 1, .watch_group = OFPG_ANY },
		{ .weight = 2, .watch_port = OFPP_ANY, .watch_group = OFPG_ANY },
	};
	struct of_group g = { .id = 0, .type = GROUP_SELECT, .buckets = buckets, .count = 2 };
	struct of_band bands[2] = {
		{ .type = BAND_DROP, .rate = UINT32_MAX },
		{ .type = BAND_REMARK, .rate = 5, .level = 1 },
	};
	struct of_meter m = { .id = 3, .flags = METER_KBPS, .bands = bands, .count = 2 };
	struct vs_program_error err;
	struct of_out out = {};

	add(&buckets[0].actions, ACT_OUTPUT);
	for (unsigned int type = 0; type < GROUP_TYPES; type++) {
		g.type = (uint8_t)type;
		g.count = type == GROUP_INDIRECT ? 1 : 2;
		out.len = 0;
		assert_int_equal(compile_group(&g, &out), OFE_OK);
		assert_int_equal(vs_of_check(out.data, out.len, &err), out.len);
	}
	buckets[0].watch_group = 5;
	assert_int_equal(compile_group(&g, &out), OFE_GROUP_WATCH);
	out.len = 0;
	assert_int_equal(compile_meter(&m, &out), OFE_OK);
	assert_int_equal(vs_of_check(out.data, out.len, &err), out.len);
	bands[1].level = 4;
	assert_int_equal(compile_meter(&m, &out), OFE_METER_BAND);
	out.len = 0;
	compile_delete(K(FLOW_DEL), 5, &out);
	assert_int_equal(vs_of_check(out.data, out.len, &err), out.len);
	out_deinit(&out);
	actions_deinit(&buckets[0].actions);
}

/* Where the flow says what a controller gets back, it is found again. */
static void test_told(void **state)
{
	struct of_actions list = {};
	struct of_action *a;

	add(&list, ACT_CONTROLLER);
	a = actions_add(&list, ACT_CONTROLLER);
	a->data = xmalloc(1);
	a->data[0] = 9;
	a->len = 1;
	assert_null(compile_told(&list, 0));
	assert_int_equal(compile_told(&list, 1)->data[0], 9);
	assert_null(compile_told(&list, 2));
	actions_deinit(&list);
}

/* ---- frames that wait ---- */

static uint32_t next(struct fair *f)
{
	struct fair_item *item = fair_take(f);
	uint32_t port = 0;

	if (item)
		memcpy(&port, item->data, sizeof(port));
	free(item);
	return port;
}

static void test_fair(void **state)
{
	static const uint8_t frame[1000];
	struct fair f;
	uint32_t flood = 1, quiet = 2;
	int put = 0;

	fair_init(&f);
	for (int i = 0; i < 1000; i++)
		put += fair_put(&f, flood, &flood, sizeof(flood), frame, sizeof(frame));
	assert_int_equal(put, FAIR_FRAMES);
	assert_int_equal(f.dropped, 1000 - FAIR_FRAMES);
	assert_true(fair_put(&f, quiet, &quiet, sizeof(quiet), frame, 10));
	assert_int_equal(next(&f), flood);
	assert_int_equal(next(&f), quiet);
	assert_int_equal(next(&f), flood);
	/* with the room of all used up each still has one */
	for (uint32_t port = 10; f.octets + 1004 <= FAIR_ALL_OCTETS; port++)
		for (int i = 0; i < FAIR_FRAMES; i++)
			fair_put(&f, port, &port, sizeof(port), frame, sizeof(frame));
	quiet = 9;
	assert_true(fair_put(&f, quiet, &quiet, sizeof(quiet), frame, sizeof(frame)));
	assert_false(fair_put(&f, quiet, &quiet, sizeof(quiet), frame, sizeof(frame)));
	fair_deinit(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clones),
		cmocka_unit_test(test_flows), cmocka_unit_test(test_long_set),
		cmocka_unit_test(test_own), cmocka_unit_test(test_objects),
		cmocka_unit_test(test_told), cmocka_unit_test(test_fair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
