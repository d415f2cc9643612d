// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A switch with two sessions, whose messages are the input: the first octet is the version, then
 * come two octets and a message, of which type and rest are as given. The low 11 bits of the two
 * are its length; by the others the message's last eight octets are repeated, up to 63 KiB.
 */
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

	if (!size) {
		free(trial);
		free(sw);
		return 0;
	}
	trial->sw = sw;
	switch_init(sw, "br0", 1, &trial_ops, trial);
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
