// SPDX-License-Identifier: GPL-2.0-or-later
/* What somebody asks for stays within messages of 65,535 octets and within bounded memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "openflow/of-message.h"
#include "openflow/of-peer.h"

struct world {
	struct of_switch sw;
	struct of_session *s;
	struct of_out request;
};

static enum of_error commit(void *dp, const struct of_journal *journal)
{
	return OFE_OK;
}

static const struct of_datapath_ops ops = { .commit = commit };

static struct of_session *join(struct world *w, uint8_t version)
{
	struct of_session *s = session_new(&w->sw, SESSION_CONTROLLER, "one", 1u << version);
	uint8_t hello[8] = { version, 0, 0, 8 };

	session_input(s, hello, sizeof(hello));
	assert_int_equal(s->state, SESSION_UP);
	session_sent(s, s->out.len);
	return s;
}

static void begin(struct world *w, uint8_t version)
{
	switch_init(&w->sw, "br0", 1, &ops, w);
	w->s = join(w, version);
}

static void end(struct world *w)
{
	while (!TAILQ_EMPTY(&w->sw.sessions))
		session_free(TAILQ_FIRST(&w->sw.sessions));
	switch_deinit(&w->sw);
	out_deinit(&w->request);
}

static struct of_out *request(struct world *w, uint8_t type)
{
	w->request.len = 0;
	out_u8(&w->request, w->s->version);
	out_u8(&w->request, type);
	out_zero(&w->request, 6);
	return &w->request;
}

/* Errors among what came back, and -1 if that is not whole messages. */
static int answers(struct of_session *s, size_t *ret_count)
{
	struct of_message m;
	size_t count = 0;
	int errors = 0;

	for (size_t at = 0; at < s->out.len; at += m.len, count++) {
		if (!message_parse(s->out.data + at, s->out.len - at, &m))
			return -1;
		errors += m.type == OFPT_ERROR;
	}
	if (ret_count)
		*ret_count = count;
	session_sent(s, s->out.len);
	return errors;
}

static int say(struct world *w)
{
	out_length(&w->request, 0, 2);
	session_input(w->s, w->request.data, w->request.len);
	return answers(w->s, NULL);
}

static void flow_mod10(struct world *w, uint16_t command)
{
	struct of_out *out = request(w, OFPT_FLOW_MOD);

	out_u32(out, 0x3fffff);
	out_zero(out, 36 + 8);
	out_u16(out, command);
	out_zero(out, 6);
	out_u32(out, OF_NO_BUFFER);
	out_u16(out, OFPP_ANY);
	out_u16(out, 0);
}

static void flow_mod13(struct world *w, uint8_t command)
{
	struct of_out *out = request(w, OFPT_FLOW_MOD);

	out_zero(out, 17);
	out_u8(out, command);
	out_zero(out, 6);
	out_u32(out, OF_NO_BUFFER);
	out_u32(out, OFPP_ANY);
	out_u32(out, OFPG_ANY);
	out_zero(out, 4);
	out_u32(out, 1u << 16 | 4);
	out_u32(out, 0);
}

static void note(struct of_out *out, size_t len)
{
	out_u16(out, 0xffff);
	out_u16(out, len);
	out_u32(out, NX_VENDOR);
	out_u16(out, 8);
	out_zero(out, len - 10);
}

static int dump(struct world *w)
{
	struct of_out *out = request(w, w->s->version == OF10 ? 16 : 18);

	out_u16(out, 1);
	out_u16(out, 0);
	if (w->s->version == OF10) {
		out_u32(out, 0x3fffff);
		out_zero(out, 36);
		out_u8(out, OF_TABLE_ALL);
		out_u8(out, 0);
		out_u16(out, OFPP_ANY);
	} else {
		out_u32(out, 0);
		out_u32(out, 0xffu << 24);
		out_u32(out, OFPP_ANY);
		out_u32(out, OFPG_ANY);
		out_zero(out, 4 + 16);
		out_u32(out, 1u << 16 | 4);
		out_u32(out, 0);
	}
	return say(w);
}

static void test_long_note(void **state)
{
	struct world w = {};

	begin(&w, OF10);
	flow_mod10(&w, FLOW_ADD);
	note(&w.request, 65456);
	assert_int_equal(say(&w), 1);
	assert_int_equal(w.sw.flow_count, 0);
	flow_mod10(&w, FLOW_ADD);
	note(&w.request, 60000);
	assert_int_equal(say(&w), 0);
	assert_int_equal(dump(&w), 0);
	assert_int_equal(w.sw.flow_count, 1);
	end(&w);
}

/* A field that is set by a mask is one action of 56 octets, and 64 loads of 24 in 1.0. */
static void masked_sets(struct of_out *out, unsigned int n)
{
	while (n--) {
		out_u16(out, 0xffff);
		out_u16(out, 56);
		out_u32(out, NX_VENDOR);
		out_u16(out, 33);
		out_zero(out, 6);
		out_u32(out, 0x8000u << 16 | 26u << 9 | 0x100 | 32);	/* ipv6_src */
		for (int i = 0; i < 4; i++)
			out_u64(out, 0x5555555555555555);
		out_zero(out, 4);
	}
}

static void sets(struct world *w, unsigned int n, uint8_t command)
{
	flow_mod13(w, command);
	/* Of IPv6. */
	w->request.len -= 8;
	out_u32(&w->request, 1u << 16 | 10);
	out_u32(&w->request, 0x8000u << 16 | 5u << 9 | 2);
	out_u16(&w->request, 0x86dd);
	out_zero(&w->request, 6);
	out_u16(&w->request, 4);
	out_u16(&w->request, 8 + n * 56);
	out_u32(&w->request, 0);
	masked_sets(&w->request, n);
}

static void test_masked_sets(void **state)
{
	struct world w = {};

	begin(&w, OF13);
	sets(&w, 100, FLOW_ADD);
	assert_int_equal(say(&w), 1);
	assert_int_equal(w.sw.flow_count, 0);
	sets(&w, 40, FLOW_ADD);
	assert_int_equal(say(&w), 0);
	assert_int_equal(w.sw.flow_count, 1);
	assert_int_equal(dump(&w), 0);
	w.s = join(&w, OF10);
	assert_int_equal(dump(&w), 0);
	end(&w);
}

static void group_mod13(struct world *w, uint32_t id, unsigned int buckets, size_t octets)
{
	struct of_out *out = request(w, 15);

	out_zero(out, 4);
	out_u32(out, id);
	while (buckets--) {
		out_u16(out, 16 + octets);
		out_zero(out, 2);
		out_u32(out, OFPP_ANY);
		out_u32(out, OFPG_ANY);
		out_zero(out, 4);
		if (octets)
			note(out, octets);
	}
}

static void test_groups(void **state)
{
	struct world w = {};
	struct of_out *out;

	begin(&w, OF13);
	group_mod13(&w, 1, 4, 16000);
	assert_int_equal(say(&w), 1);
	group_mod13(&w, 1, 256, 200);
	assert_int_equal(say(&w), 0);
	assert_int_equal(w.sw.groups.count, 1);
	out = request(&w, 18);
	out_u16(out, 7);
	out_zero(out, 6);
	assert_int_equal(say(&w), 0);
	end(&w);
}

/* A bucket of a group may not lead to a group, however deep the action is. */
static void test_groups_in_groups(void **state)
{
	struct world w = {};

	begin(&w, OF13);
	group_mod13(&w, 1, 1, 0);
	assert_int_equal(say(&w), 0);
	for (uint16_t command = 0; command < 2; command++) {
		group_mod13(&w, 2 - command, 0, 0);
		wire_put(w.request.data + 8, 2, command);
		out_u16(&w.request, 16 + 24);
		out_zero(&w.request, 2);
		out_u32(&w.request, OFPP_ANY);
		out_u32(&w.request, OFPG_ANY);
		out_zero(&w.request, 4);
		out_u16(&w.request, 0xffff);
		out_u16(&w.request, 24);
		out_u32(&w.request, NX_VENDOR);
		out_u16(&w.request, 42);
		out_zero(&w.request, 6);
		out_u16(&w.request, 22);
		out_u16(&w.request, 8);
		out_u32(&w.request, 1);
		assert_int_equal(say(&w), 1);
	}
	end(&w);
}

/* What is passed on has a header of its own. */
static void test_request_forward(void **state)
{
	struct world w = {};
	struct of_session *other;
	size_t count = 0;

	begin(&w, OF14);
	other = join(&w, OF14);
	other->async[1][ASYNC_REQUESTFORWARD] = 3;
	/* A group so long is refused, but of one that is deleted nobody looks at the buckets. */
	group_mod13(&w, 1, 1, 65464);
	out_u16(&w.request, 16);
	out_zero(&w.request, 2);
	out_u32(&w.request, OFPP_ANY);
	out_u32(&w.request, OFPG_ANY);
	out_zero(&w.request, 4);
	wire_put(w.request.data + 8, 2, GROUP_DELETE);
	out_zero(&w.request, 16);
	wire_put(w.request.data + w.request.len - 16, 2, 16);
	assert_int_equal(w.request.len, 65528);
	assert_int_equal(say(&w), 0);
	assert_int_equal(answers(other, &count), 0);
	assert_int_equal(count, 0);
	group_mod13(&w, 1, 0, 0);
	assert_int_equal(say(&w), 0);
	assert_int_equal(answers(other, &count), 0);
	assert_int_equal(count, 1);
	end(&w);
}

static void test_packet_in(void **state)
{
	static uint8_t frame[60000], data[60000];
	struct of_packet_in in = {
		.frame = frame, .len = sizeof(frame), .userdata = data, .userdata_len = 60000,
		.reason = REASON_ACTION,
	};
	struct world w = {};
	size_t count = 0;

	begin(&w, OF13);
	w.s->packet_in_format = PACKET_IN_NX2;
	switch_packet_in(&w.sw, &in);
	assert_int_equal(answers(w.s, &count), 0);
	assert_int_equal(count, 0);
	assert_int_equal(w.s->packet_ins_dropped, 1);
	in.userdata_len = 1000;
	switch_packet_in(&w.sw, &in);
	assert_int_equal(answers(w.s, &count), 0);
	assert_int_equal(count, 1);
	end(&w);
}

static void test_many_ports(void **state)
{
	struct world w = {};

	begin(&w, OF10);
	for (uint32_t i = 1; i <= 1400; i++) {
		struct of_port port = { .number = i, .name = "p" };

		switch_set_port(&w.sw, &port);
		session_sent(w.s, w.s->out.len);
	}
	request(&w, 5);
	assert_int_equal(say(&w), 0);
	end(&w);
}

/* OF_HEADS_MAX is enough for a match of every field with a mask. */
static void test_heads(void **state)
{
	for_each_version(version) {
		struct of_match m = {};
		struct of_out out = {};

		memset(m.value, 0x55, sizeof(m.value));
		memset(m.mask, 0x55, sizeof(m.mask));
		if (version == OF10)
			nxm_encode(&m, version, &out);
		else
			oxm_encode(&m, version, &out);
		assert_in_range(out.len, 1, OF_HEADS_MAX - 128);
		out_deinit(&out);
	}
}

static void outputs(struct of_out *out, unsigned int n)
{
	while (n--) {
		out_u16(out, 0);
		out_u16(out, 8);
		out_u32(out, 1u << 16);
	}
}

static int add_flow(struct world *w, uint16_t priority, unsigned int n)
{
	flow_mod10(w, FLOW_ADD);
	wire_put(w->request.data + 62, 2, priority);
	outputs(&w->request, n);
	return say(w);
}

/* What a change makes of many flows is kept once; what additions make is bounded. */
static void test_actions_are_shared(void **state)
{
	struct world w = {};
	uint16_t i = 0;

	begin(&w, OF10);
	for (i = 0; i < 200; i++)
		assert_int_equal(add_flow(&w, i, 1), 0);
	flow_mod10(&w, FLOW_MODIFY);
	outputs(&w.request, 1000);
	assert_int_equal(say(&w), 0);
	assert_int_equal(TAILQ_FIRST(&w.sw.tables[0].flows)->actions.count, 1000);
	assert_in_range(w.sw.octets, 1, 1 << 20);
	w.sw.octets_max = 1 << 20;
	while (!add_flow(&w, i, 1000))
		assert_in_range(++i, 0, 220);
	w.sw.octets_max = 1000;
	flow_mod10(&w, FLOW_MODIFY);
	assert_int_equal(say(&w), 1);
	flow_mod10(&w, FLOW_DELETE);
	assert_int_equal(say(&w), 0);
	assert_int_equal(w.sw.octets, 0);
	w.s = join(&w, OF13);
	group_mod13(&w, 1, 200, 200);
	assert_int_equal(say(&w), 0);
	group_mod13(&w, 2, 0, 0);
	assert_int_equal(say(&w), 1);
	end(&w);
}

/* Who takes nothing is doomed, and nothing more is made for him. */
static void test_out_is_bounded(void **state)
{
	struct world w = {};
	struct of_session *one;

	begin(&w, OF10);
	for (uint16_t i = 0; i < 60; i++) {
		flow_mod10(&w, FLOW_ADD);
		wire_put(w.request.data + 62, 2, i);
		note(&w.request, 60000);
		assert_int_equal(say(&w), 0);
	}
	w.sw.out_max = 5 << 20;
	one = w.s;
	dump(&w);
	assert_int_equal(one->state, SESSION_UP);
	out_zero(&one->out, 3 << 20);
	w.s = join(&w, OF10);
	dump(&w);
	assert_int_equal(w.s->state, SESSION_DOOMED);
	assert_in_range(w.s->out.size, 0, 5 << 20);
	assert_int_equal(one->state, SESSION_UP);
	end(&w);
}

/* What is sent in parts comes whole and in order. */
static void test_sent(void **state)
{
	struct world w = {};
	uint32_t next = 0;

	begin(&w, OF10);
	for (uint32_t i = 0; i < 1000; i++)
		out_u32(&w.s->out, i);
	while (session_waiting(w.s)) {
		assert_int_equal(wire_get(w.s->out.data + w.s->sent, 4), next++);
		session_sent(w.s, 4);
	}
	assert_int_equal(next, 1000);
	end(&w);
}

/* Messages that are not in a version, or too short, change nothing. */
static void test_not_in_this_version(void **state)
{
	struct of_packet_in in = { .frame = (const uint8_t *)"", .len = 1, .reason = 200 };
	uint32_t async[2][ASYNC_KINDS];
	struct world w = {};
	struct of_out *out;

	begin(&w, OF10);
	out = request(&w, 255);
	out_zero(out, 16);
	assert_int_equal(say(&w), 1);
	assert_int_equal(w.sw.groups.count, 0);
	out = request(&w, OFPT_VENDOR);
	out_u32(out, ONF_VENDOR);
	out_u32(out, 2301);
	out_zero(out, 8);
	out_u32(out, 1u << 24 | 14u << 16 | 72);
	out_u32(out, 0);
	out_zero(out, 48);
	out_u32(out, OF_NO_BUFFER);
	out_zero(out, 12);
	assert_int_equal(say(&w), 1);
	assert_int_equal(w.s->bundle_count, 0);
	w.s = join(&w, OF13);
	memcpy(async, w.s->async, sizeof(async));
	out = request(&w, 28);
	out_u32(out, 0);
	assert_int_equal(say(&w), 1);
	assert_memory_equal(async, w.s->async, sizeof(async));
	switch_packet_in(&w.sw, &in);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_long_note), cmocka_unit_test(test_masked_sets),
		cmocka_unit_test(test_groups), cmocka_unit_test(test_groups_in_groups),
		cmocka_unit_test(test_request_forward), cmocka_unit_test(test_packet_in),
		cmocka_unit_test(test_many_ports), cmocka_unit_test(test_heads),
		cmocka_unit_test(test_actions_are_shared), cmocka_unit_test(test_out_is_bounded),
		cmocka_unit_test(test_sent), cmocka_unit_test(test_not_in_this_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
