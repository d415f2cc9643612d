// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A switch with two sessions, whose messages are the input: the first octet is the version, then
 * come two octets of length and a message, of which type and rest are as given.
 */
#include "openflow/of-peer.h"
#include "vifofd/of-trial.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void say_hello(struct of_session *s, uint8_t version)
{
	uint8_t hello[16] = { 6, 0, 0, 16, 0, 0, 0, 1, 0, 1, 0, 8 };

	wire_put(hello + 12, 4, 1u << version);
	session_input(s, hello, sizeof(hello));
}

static void feed(struct of_session *s, const uint8_t *data, size_t len)
{
	uint8_t *message = xmalloc(len + 4);	/* of its own, so that ASan sees its end */

	message[0] = s->version;
	message[1] = data[0];
	wire_put(message + 2, 2, len + 4);
	memcpy(message + 4, data + 1, len - 1);
	message = xrealloc(message, len + 3);
	wire_put(message + 2, 2, len + 3);
	session_input(s, message, len + 3);
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
		size_t len = wire_get(data, 2) % 2048;

		data += 2;
		size -= 2;
		if (len < 6 || len > size)
			len = size;
		feed(sw->now & 1 ? two : one, data, len);
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
