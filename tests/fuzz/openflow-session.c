// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A switch with two sessions, whose messages are the input: the first octet is the version, then
 * come two octets and a message, of which type and rest are as given. The low 11 bits of the two
 * are its length; by the others the message's last eight octets are repeated, up to 63 KiB.
 *
 * What comes of it is made for the module, too: the kernel's own check takes all of that.
 */
#include "of/of-check.h"
#include "openflow/ko/of-compile.h"
#include "openflow/of-message.h"
#include "openflow/of-peer.h"
#include "vifofd/of-trial.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define GIVEN_MAX	2048
#define REPEAT		8
#define REPEATS		256

/* What is sent is whole messages, whatever was asked. */
static void look_at(struct of_session *s)
{
	struct of_message m;

	for (size_t at = 0; at < s->out.len; at += m.len)
		if (!message_parse(s->out.data + at, s->out.len - at, &m))
			abort();
	if (s->out.len)
		session_sent(s, s->out.len);
}

static enum of_error check(void *dp, const struct of_match *m, const struct of_actions *a)
{
	return compile_check(a);
}

static enum of_error compile(const struct of_change *c, struct of_out *out)
{
	return !c->new ? OFE_OK : c->object == OBJECT_FLOW ? compile_flow(c->new, 0, out) :
	       c->object == OBJECT_GROUP ? compile_group(c->new, out) : compile_meter(c->new, out);
}

static enum of_error commit(void *dp, const struct of_journal *journal)
{
	struct vs_program_error err;
	enum of_error e = OFE_OK;

	for (size_t i = 0; i < journal->count && !e; i++) {
		struct of_out out = {};

		e = compile(&journal->v[i], &out);
		if (out.len && vs_of_check(out.data, out.len, &err) != (int)out.len)
			abort();
		out_deinit(&out);
	}
	return e;
}

static enum of_error packet_out(void *dp, const struct of_packet_out *out)
{
	struct vs_program_error err;
	struct of_out ops = {};
	enum of_error e = compile_packet_out(out, &ops);

	if (!e && vs_of_check_ops(ops.data, ops.len, VS_OF_OF_FLOW, OF_TABLES - 1, &err))
		abort();
	out_deinit(&ops);
	return e ? e : trial_ops.packet_out(dp, out);
}

static void say_hello(struct of_session *s, uint8_t version)
{
	uint8_t hello[16] = { 6, 0, 0, 16, 0, 0, 0, 1, 0, 1, 0, 8 };

	wire_put(hello + 12, 4, 1u << version);
	session_input(s, hello, sizeof(hello));
}

static void feed(struct of_session *s, const uint8_t *data, size_t given, size_t times)
{
	size_t len = given + 3, whole = len + (given > REPEAT ? times * REPEAT : 0);
	uint8_t *message = xmalloc(whole);	/* of its own, so that ASan sees its end */

	message[0] = s->version;
	message[1] = data[0];
	wire_put(message + 2, 2, whole);
	memcpy(message + 4, data + 1, given - 1);
	for (; len < whole; len += REPEAT)
		memcpy(message + len, message + len - REPEAT, REPEAT);
	session_input(s, message, whole);
	free(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t versions[] = { OF10, OF13, OF14, OF15 };
	struct trial *trial = xzalloc(sizeof(*trial));
	struct of_switch *sw = xzalloc(sizeof(*sw));
	struct of_session *one, *two;
	struct of_port port = { .number = 1, .name = "p1" };
	struct of_datapath_ops ops = trial_ops;

	ops.check = check;
	ops.commit = commit;
	ops.packet_out = packet_out;
	if (!size) {
		free(trial);
		free(sw);
		return 0;
	}
	trial->sw = sw;
	switch_init(sw, "br0", 1, &ops, trial);
	switch_set_port(sw, &port);
	one = session_new(sw, SESSION_CONTROLLER, "one", 0);
	two = session_new(sw, SESSION_CONTROLLER, "two", 0);
	say_hello(one, versions[*data & 3]);
	say_hello(two, versions[*data >> 2 & 3]);
	data++;
	size--;
	while (size > 8) {
		size_t word = wire_get(data, 2), len = word % GIVEN_MAX;

		data += 2;
		size -= 2;
		if (len < 6 || len > size)
			len = size;
		feed(sw->now & 1 ? two : one, data, len < GIVEN_MAX ? len : GIVEN_MAX - 1,
		     word / GIVEN_MAX * REPEATS);
		look_at(one);
		look_at(two);
		data += len;
		size -= len;
		sw->now += 501;
		switch_tick(sw);
	}
	session_free(one);
	session_free(two);
	trial_forget_sent(trial);
	switch_deinit(sw);
	free(sw);
	free(trial);
	return 0;
}
