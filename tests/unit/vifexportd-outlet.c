// SPDX-License-Identifier: GPL-2.0-or-later
/* Collectors that are away, slow or refuse: what they lose is counted, and is theirs alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "vifexportd/target.h"

static const struct told_port port = { .number = 1 << 20, .name = "vif3.0", .is_vif = true };
static const struct vifswitch_flow flow = { .packets = 1, .octets = 64, .octets_l3 = 50, .to = 4 };

struct bed {
	sd_event *event;
	size_t queued;
	uint64_t now;
};

static int setup(void **state)
{
	static struct bed bed;

	bed = (struct bed){ .now = 1700000000000 };
	assert_true(sd_event_new(&bed.event) >= 0);
	*state = &bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *b = *state;

	assert_int_equal(b->queued, 0);
	sd_event_unref(b->event);
	return 0;
}

/* A socket at a port of this host that nobody else has; *ret_port is that. */
static int at_loopback(int type, uint16_t *ret_port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), octets = 4096;

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof(octets));
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

static struct target *target_at(struct bed *b, const char *format, const char *transport,
				uint16_t at)
{
	static const uint8_t host[16];
	json_t *json = json_pack("{s:s, s:s, s:s, s:[o], s:i, s:i, s:i}", "uuid", "u", "format",
				 format, "transport", transport, "to",
				 json_sprintf("127.0.0.1:%u", at), "sampling",
				 strcmp(format, "sflow") ? 1 : 10, "header", 128, "polling_s", 30);
	struct target *t = target_new(json, b->event, host, &b->queued);

	json_decref(json);
	assert_non_null(t);
	target_tick(t, b->now);
	return t;
}

static void tell(struct bed *b, struct target *t, int count)
{
	const struct told_flow told = { .flow = &flow, .port = &port, .output = 4 };

	for (int i = 0; i < count; i++)
		target_flow(t, &told, b->now);
}

/* The loop runs until @o is in that state. */
static void until(struct bed *b, struct target *t, enum outlet_state state)
{
	for (int i = 0; i < 1000 && t->outlets[0].state != state; i++)
		assert_true(sd_event_run(b->event, 100000) >= 0);
	assert_int_equal(t->outlets[0].state, state);
}

static void test_slow(void **state)
{
	struct bed *b = *state;
	uint16_t slow_port, other_port;
	int slow = at_loopback(SOCK_STREAM, &slow_port);
	int other = at_loopback(SOCK_DGRAM, &other_port);
	struct target *t, *u;

	assert_int_equal(listen(slow, 1), 0);
	t = target_at(b, "ipfix", "tcp", slow_port);
	u = target_at(b, "netflow9", "udp", other_port);
	until(b, t, OUTLET_UP);
	for (int i = 0; i < 1000 && !t->outlets[0].lost; i++) {
		tell(b, t, 1000);
		assert_true(t->outlets[0].queued <= OUTLET_QUEUE_MAX);
	}
	assert_true(t->outlets[0].lost > 0);
	tell(b, u, 1000);
	target_tick(u, b->now);
	assert_int_equal(u->outlets[0].records, 1000);
	assert_int_equal(u->outlets[0].lost, 0);
	target_free(t);
	target_free(u);
	close(slow);
	close(other);
}

/* Each record was sent, or is counted as lost, when its collector hangs up. */
static void test_hangs_up(void **state)
{
	struct bed *b = *state;
	struct linger at_once = { .l_onoff = 1 };
	struct target *t;
	uint16_t at;
	int listener = at_loopback(SOCK_STREAM, &at), fd;

	assert_int_equal(listen(listener, 1), 0);
	t = target_at(b, "ipfix", "tcp", at);
	until(b, t, OUTLET_UP);
	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	tell(b, t, 5);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
	until(b, t, OUTLET_DOWN);
	tell(b, t, 7);
	assert_int_equal(t->outlets[0].lost, 12);
	assert_true(t->outlets[0].error != 0);
	target_free(t);
	close(listener);
}

/* A datagram that makes room for a record breaks the connection: the record, too, is counted. */
static void test_breaks(void **state)
{
	struct bed *b = *state;
	struct linger at_once = { .l_onoff = 1 };
	struct target *t;
	struct pollfd reset;
	struct outlet *o;
	uint16_t at;
	int listener = at_loopback(SOCK_STREAM, &at), fd;

	assert_int_equal(listen(listener, 1), 0);
	t = target_at(b, "ipfix", "tcp", at);
	o = &t->outlets[0];
	until(b, t, OUTLET_UP);
	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
	reset = (struct pollfd){ .fd = o->fd };
	assert_int_equal(poll(&reset, 1, 60000), 1);
	tell(b, t, 1000);
	assert_int_equal(o->state, OUTLET_DOWN);
	o->retry_us = 0;
	target_tick(t, b->now);
	until(b, t, OUTLET_UP);
	tell(b, t, 7);
	target_tick(t, b->now);
	assert_int_equal(o->records, 7);
	assert_int_equal(o->lost, 1000);
	target_free(t);
	close(listener);
}

static void test_nobody_there(void **state)
{
	struct bed *b = *state;
	struct target *t;
	uint16_t at;

	close(at_loopback(SOCK_DGRAM, &at));
	t = target_at(b, "netflow9", "udp", at);
	for (int i = 0; i < 1000 && !t->outlets[0].lost; i++) {
		tell(b, t, 3);
		target_tick(t, b->now);
		assert_true(sd_event_run(b->event, 10000) >= 0);
	}
	assert_true(t->outlets[0].lost > 0);
	assert_int_equal(t->outlets[0].state, OUTLET_UP);
	target_free(t);
}

/* Of a GSO frame each chosen segment is a sample; what was only dropped is none. */
static void test_samples(void **state)
{
	struct bed *b = *state;
	static const uint8_t packet[64] = { 2 };
	struct vifswitch_sample sample = {
		.flags = VIFSWITCH_SAMPLE_CHOSEN, .every = 10, .count = 3, .frame_len = 1500,
		.pool = 30, .sequence = 3, .to = 4,
	};
	struct told_sample told = {
		.sample = &sample, .port = &port, .packet = packet, .packet_len = 64,
	};
	struct target *t;
	uint16_t at;
	int fd = at_loopback(SOCK_DGRAM, &at);

	t = target_at(b, "sflow", "udp", at);
	target_sample(t, &told, b->now);
	target_tick(t, b->now);
	assert_int_equal(t->outlets[0].records, 3);
	sample.flags = VIFSWITCH_SAMPLE_DROPPED;
	target_sample(t, &told, b->now);
	target_tick(t, b->now);
	assert_int_equal(t->outlets[0].records, 4);
	target_free(t);
	close(fd);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_slow), TEST(test_hangs_up), TEST(test_breaks), TEST(test_nobody_there),
		TEST(test_samples),
	};

	return cmocka_run_group_tests_name("vifexportd-outlet", tests, NULL, NULL);
}
