// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "libvifdb/connection.h"
#include "libvifdb/stream.h"

static void feed(struct vdb_stream *s, const char *text)
{
	char *room = vdb_stream_room(s, strlen(text));

	assert_non_null(room);
	memcpy(room, text, strlen(text));
	vdb_stream_added(s, strlen(text));
}

static void expect(struct vdb_stream *s, const char *text)
{
	const char *got;
	size_t len;

	assert_int_equal(vdb_stream_next(s, &got, &len), 1);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(got, text, len);
}

static int next(struct vdb_stream *s)
{
	const char *text;
	size_t len;

	return vdb_stream_next(s, &text, &len);
}

static void test_objects(void **state)
{
	struct vdb_stream s;

	vdb_stream_init(&s, 1000);
	assert_int_equal(next(&s), 0);
	feed(&s, " \n{\"a\":[1,{}]}{}\t{\"b\"");
	expect(&s, "{\"a\":[1,{}]}");
	expect(&s, "{}");
	assert_int_equal(next(&s), 0);
	feed(&s, ":2}");
	expect(&s, "{\"b\":2}");
	assert_int_equal(next(&s), 0);
	vdb_stream_deinit(&s);
}

static void test_strings(void **state)
{
	static const char text[] = "{\"}\":\"\\\"}\\\\\",\"[\":\"{\"}";
	struct vdb_stream s;
	char one[2] = "";

	vdb_stream_init(&s, 1000);
	for (size_t i = 0; i + 1 < sizeof(text); i++) {
		assert_int_equal(next(&s), 0);
		one[0] = text[i];
		feed(&s, one);
	}
	expect(&s, text);
	vdb_stream_deinit(&s);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		int error;
	} cases[] = {
		{ "x", -EBADMSG }, { "[]", -EBADMSG }, { "{} 1", -EBADMSG }, { "}", -EBADMSG },
		{ "\"a\"", -EBADMSG },
		{ "{\"12345678901234567890\"}", -EMSGSIZE },
		{ "{\"1234567890123456789012345678901234567890", -EMSGSIZE },
	};
	struct vdb_stream s;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int r;

		vdb_stream_init(&s, 20);
		feed(&s, cases[i].text);
		while ((r = next(&s)) > 0)
			;
		assert_int_equal(r, cases[i].error);
		vdb_stream_deinit(&s);
	}
}

static void test_depth(void **state)
{
	char text[2 * VDB_DEPTH_MAX + 3] = "{";
	struct vdb_stream s;

	memset(text + 1, '[', VDB_DEPTH_MAX - 1);
	memset(text + VDB_DEPTH_MAX, ']', VDB_DEPTH_MAX - 1);
	strcat(text, "}");
	vdb_stream_init(&s, 1000);
	feed(&s, text);
	assert_int_equal(next(&s), 1);
	vdb_stream_deinit(&s);
	memset(text + 1, '[', VDB_DEPTH_MAX);
	text[VDB_DEPTH_MAX + 1] = '\0';
	vdb_stream_init(&s, 1000);
	feed(&s, text);
	assert_int_equal(next(&s), -ELOOP);
	vdb_stream_deinit(&s);
}

static void test_values(void **state)
{
	struct vdb_stream s;
	int r = 0;

	vdb_stream_init(&s, 1U << 30);
	feed(&s, "{\"a\":[0");
	for (unsigned int i = 0; i < VDB_VALUES_MAX / 8 && !r; i++) {
		feed(&s, ",0,0,0,0,0,0,0,0");
		r = next(&s);
		assert_true(i == VDB_VALUES_MAX / 8 - 1 || !r);
	}
	assert_int_equal(r, -E2BIG);
	vdb_stream_deinit(&s);
}

static void test_remotes(void **state)
{
	static const char *const bad[] = {
		"", "unix:", "tcp:host", "tcp::1", "tcp:host:", "tcp:host:0", "tcp:host:65536",
		"tcp:host:1x", "tcp:::1:6640", "tcp:[]:6640", "ptcp:1", "host:1", "ssl:host:999999",
	};
	struct vdb_remote remote;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(vdb_remote_parse(bad[i], &remote), -EINVAL);
	assert_int_equal(vdb_remote_parse("ssl:[fe80::1]:6640", &remote), 0);
	assert_int_equal(remote.kind, VDB_SSL);
	assert_string_equal(remote.host, "fe80::1");
	assert_string_equal(remote.port, "6640");
	vdb_remote_free(&remote);
	assert_int_equal(vdb_remote_parse("unix:/a:b", &remote), 0);
	assert_string_equal(remote.host, "/a:b");
	vdb_remote_free(&remote);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_objects), cmocka_unit_test(test_strings),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_depth),
		cmocka_unit_test(test_values), cmocka_unit_test(test_remotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
