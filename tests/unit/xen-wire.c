// SPDX-License-Identifier: GPL-2.0-or-later
/* XenStore's protocol, with a store that says what each test has it say. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "xen/wire.h"

static struct wire wire;
static int store = -1;

static int set_up(void **state)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	wire_init(&wire, fds[0], true);
	store = fds[1];
	return 0;
}

static int tear_down(void **state)
{
	wire_close(&wire);
	closep(&store);
	store = -1;
	return 0;
}

static size_t put(char *to, uint32_t type, uint32_t id, const void *data, size_t len)
{
	struct xsd_sockmsg head = { .type = type, .req_id = id, .len = len };

	memcpy(to, &head, sizeof(head));
	memcpy(to + sizeof(head), data, len);
	return sizeof(head) + len;
}

static void say(uint32_t type, uint32_t id, const void *data, size_t len)
{
	char message[8192];
	size_t size = put(message, type, id, data, len);

	assert_int_equal(write(store, message, size), size);
}

static void say_event(const char *path, const char *token)
{
	char data[256];
	size_t len = strlen(path) + 1;

	memcpy(data, path, len);
	memcpy(data + len, token, strlen(token) + 1);
	say(XS_WATCH_EVENT, 0, data, len + strlen(token) + 1);
}

static void assert_event(const char *path)
{
	const char *at, *token;

	assert_int_equal(wire_event(&wire, &at, &token), 1);
	assert_string_equal(at, path);
	assert_string_equal(token, "t");
}

static void assert_no_event(int r)
{
	const char *path, *token;

	assert_int_equal(wire_event(&wire, &path, &token), r);
}

static void test_asked_together(void **state)
{
	struct wire_ask asks[] = {
		{ .type = XS_READ, .path = "a/b" },
		{ .type = XS_WATCH, .path = "c", .token = "t" },
		{ .type = XS_READ, .path = "d" },
		{ .type = XS_READ, .path = "e" },
	};
	char sent[256], want[256];
	size_t len = 0;

	say(XS_READ, 1, "1", 1);
	say(XS_WATCH, 2, "OK", 3);
	say(XS_ERROR, 3, "ENOENT", 7);
	say(XS_ERROR, 4, "EODD", 5);
	assert_int_equal(wire_ask(&wire, asks, ARRAY_SIZE(asks)), 0);
	assert_string_equal(asks[0].answer, "1");
	assert_int_equal(asks[0].len, 1);
	assert_int_equal(asks[1].r, 0);
	assert_int_equal(asks[2].r, -ENOENT);
	assert_null(asks[2].answer);
	assert_int_equal(asks[3].r, -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(asks); i++)
		free(asks[i].answer);

	len = put(want, XS_READ, 1, "a/b", 4);
	len += put(want + len, XS_WATCH, 2, "c\0t", 4);
	len += put(want + len, XS_READ, 3, "d", 2);
	len += put(want + len, XS_READ, 4, "e", 2);
	assert_int_equal(read(store, sent, sizeof(sent)), len);
	assert_memory_equal(sent, want, len);
}

/* Such as the kernel's device is: what is written is one message, and no recv(). */
static void test_device(void **state)
{
	struct wire_ask asks[] = {
		{ .type = XS_READ, .path = "a" }, { .type = XS_READ, .path = "b" },
	};

	wire.is_socket = false;
	assert_no_event(0);
	say_event("x", "t");
	say(XS_READ, 1, "1", 1);
	say(XS_READ, 2, "2", 1);
	assert_int_equal(wire_ask(&wire, asks, ARRAY_SIZE(asks)), 0);
	assert_string_equal(asks[0].answer, "1");
	assert_string_equal(asks[1].answer, "2");
	free(asks[0].answer);
	free(asks[1].answer);
	assert_event("x");
	assert_no_event(0);
}

/* They wait where no poll() sees them, those after the last answer as well. */
static void test_events_between(void **state)
{
	struct wire_ask ask = { .type = XS_READ, .path = "a" };

	assert_false(wire_pending(&wire));
	say_event("x/1", "t");
	say_event("x/2", "t");
	say(XS_READ, 1, "", 0);
	say_event("x/3", "t");
	assert_int_equal(wire_ask(&wire, &ask, 1), 0);
	assert_string_equal(ask.answer, "");
	free(ask.answer);
	assert_true(wire_pending(&wire));
	say_event("x/4", "t");
	for (char path[] = "x/1"; path[2] <= '4'; path[2]++)
		assert_event(path);
	assert_no_event(0);
	assert_false(wire_pending(&wire));
}

static void test_in_pieces(void **state)
{
	struct wire_ask asks[] = {
		{ .type = XS_READ, .path = "a" }, { .type = XS_READ, .path = "b" },
	};
	char text[256];
	size_t len = put(text, XS_WATCH_EVENT, 0, "x\0t", 4);
	int status;

	len += put(text + len, XS_READ, 1, "one", 3);
	len += put(text + len, XS_ERROR, 2, "EACCES", 7);
	if (!fork()) {
		for (size_t i = 0; i < len; i++) {
			if (write(store, text + i, 1) != 1)
				_exit(1);
			usleep(200);
		}
		_exit(0);
	}
	assert_int_equal(wire_ask(&wire, asks, ARRAY_SIZE(asks)), 0);
	assert_string_equal(asks[0].answer, "one");
	assert_int_equal(asks[1].r, -EACCES);
	free(asks[0].answer);
	assert_event("x");
	wait(&status);
	assert_int_equal(status, 0);
}

/* Whatever ends the connection: no answer is left, and nothing goes on. */
static void assert_lost(int why)
{
	struct wire_ask asks[] = {
		{ .type = XS_READ, .path = "a" }, { .type = XS_READ, .path = "b" },
	};

	for (int i = 0; i < 2; i++) {
		assert_int_equal(wire_ask(&wire, asks, ARRAY_SIZE(asks)), why);
		for (size_t k = 0; k < ARRAY_SIZE(asks); k++) {
			assert_null(asks[k].answer);
			assert_int_equal(asks[k].r, why);
		}
	}
	assert_no_event(why);
}

static void test_gone(void **state)
{
	say(XS_READ, 1, "1", 1);
	shutdown(store, SHUT_WR);
	assert_lost(-EPIPE);
}

static void test_gone_while_idle(void **state)
{
	closep(&store);
	store = -1;
	assert_no_event(-EPIPE);
}

static void test_wrong_id(void **state)
{
	say(XS_READ, 1, "1", 1);
	say(XS_READ, 3, "2", 1);
	assert_lost(-EPROTO);
}

static void test_wrong_type(void **state)
{
	say(XS_DIRECTORY, 1, "1", 1);
	assert_lost(-EPROTO);
}

static void test_too_long(void **state)
{
	char data[XENSTORE_PAYLOAD_MAX + 1] = "";

	say(XS_READ, 1, data, sizeof(data));
	assert_lost(-EPROTO);
}

static void test_event_without_token(void **state)
{
	say(XS_WATCH_EVENT, 0, "path", 5);
	assert_lost(-EPROTO);
}

static void test_answer_to_nothing(void **state)
{
	say(XS_READ, 1, "1", 1);
	assert_no_event(-EPROTO);
}

/* They are dropped, which is told once, and the connection goes on. */
static void test_too_many_events(void **state)
{
	struct wire_ask ask = { .type = XS_READ, .path = "a" };
	const char *at, *token;
	char path[3001];
	int status;

	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	if (!fork()) {
		char data[sizeof(path) + 2];

		memcpy(data, path, sizeof(path));
		memcpy(data + sizeof(path), "t", 2);
		for (size_t sent = 0; sent <= WIRE_EVENTS_MAX; sent += sizeof(data))
			say(XS_WATCH_EVENT, 0, data, sizeof(data));
		say(XS_READ, 1, "1", 1);
		_exit(0);
	}
	assert_int_equal(wire_ask(&wire, &ask, 1), 0);
	assert_string_equal(ask.answer, "1");
	free(ask.answer);
	assert_true(wire.events_room <= 2 * WIRE_EVENTS_MAX);
	assert_true(wire_pending(&wire));
	assert_int_equal(wire_event(&wire, &at, &token), -ENOBUFS);
	assert_event(path);
	assert_no_event(0);
	wait(&status);
	assert_int_equal(status, 0);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_asked_together),
		WITH_STORE(test_device),
		WITH_STORE(test_events_between),
		WITH_STORE(test_in_pieces),
		WITH_STORE(test_gone),
		WITH_STORE(test_gone_while_idle),
		WITH_STORE(test_wrong_id),
		WITH_STORE(test_wrong_type),
		WITH_STORE(test_too_long),
		WITH_STORE(test_event_without_token),
		WITH_STORE(test_answer_to_nothing),
		WITH_STORE(test_too_many_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
