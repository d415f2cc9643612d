// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/json-frame.h"

static const struct json_frame_limits wide = { .octets = 1000, .values = 100, .depth = 10 };

static void feed(struct json_frame *f, const char *text)
{
	char *room = json_frame_room(f, strlen(text));

	assert_non_null(room);
	memcpy(room, text, strlen(text));
	json_frame_added(f, strlen(text));
}

static void expect(struct json_frame *f, const char *text)
{
	const char *got;
	size_t len;

	assert_int_equal(json_frame_next(f, &got, &len), 1);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(got, text, len);
}

static int next(struct json_frame *f)
{
	const char *text;
	size_t len;

	return json_frame_next(f, &text, &len);
}

static void test_objects(void **state)
{
	struct json_frame f;

	json_frame_init(&f, &wide);
	assert_int_equal(next(&f), 0);
	feed(&f, " \n{\"a\":[1,{}]}{}\t{\"b\"");
	expect(&f, "{\"a\":[1,{}]}");
	expect(&f, "{}");
	assert_int_equal(next(&f), 0);
	json_frame_trim(&f);
	feed(&f, ":2}\r\n");
	expect(&f, "{\"b\":2}");
	assert_int_equal(next(&f), 0);
	json_frame_trim(&f);
	assert_null(f.data);
	feed(&f, "{}");
	expect(&f, "{}");
	json_frame_deinit(&f);
}

static void test_strings(void **state)
{
	static const char text[] = "{\"}\":\"\\\"}\\\\\",\"[\":\"{\"}";
	struct json_frame f;
	char one[2] = "";

	json_frame_init(&f, &wide);
	for (size_t i = 0; i + 1 < sizeof(text); i++) {
		assert_int_equal(next(&f), 0);
		one[0] = text[i];
		feed(&f, one);
	}
	expect(&f, text);
	json_frame_deinit(&f);
}

/* A large message leaves no large buffer behind. */
static void test_memory(void **state)
{
	const struct json_frame_limits max = { .octets = 2 << 20, .values = 100, .depth = 10 };
	static char pad[1 << 20];
	struct json_frame f;

	json_frame_init(&f, &max);
	memset(pad, 'x', sizeof(pad) - 1);
	feed(&f, "{\"");
	feed(&f, pad);
	assert_int_equal(next(&f), 0);
	feed(&f, "\":1}");
	assert_int_equal(next(&f), 1);
	assert_true(f.size >= sizeof(pad));
	feed(&f, "{}");
	assert_true(f.size < 1024);
	expect(&f, "{}");
	json_frame_deinit(&f);
}

static void test_refused(void **state)
{
	static const struct json_frame_limits narrow = { .octets = 20, .values = 6, .depth = 3 };
	static const struct {
		const char *text;
		int error;
	} cases[] = {
		{ "x", -EBADMSG }, { "[]", -EBADMSG }, { "{} 1", -EBADMSG }, { "}", -EBADMSG },
		{ "\"a\"", -EBADMSG }, { " 5", -EBADMSG }, { "]", -EBADMSG }, { "{}]", -EBADMSG },
		{ "{\"12345678901234567\"", 0 },
		{ "{\"1234567890123456\"}", 0 },
		{ "{\"12345678901234567\"}", -EMSGSIZE },
		{ "{\"1234567890123456789", -EMSGSIZE },
		{ "{[[]]}{[[", 0 },
		{ "{[[[", -ELOOP },
		{ "{[1,1,1,1,1", 0 },
		{ "{[1,1,1,1]} {[1,1,1,1]}", 0 },
		{ "{[1,1,1,1,1,1", -E2BIG },
		{ "{\"a\":{\"\":1,\"\":", 0 },
		{ "{\"a\":{\"\":1,\"\":1,", -E2BIG },
		{ "{[][][][][", 0 },
		{ "{[][][][][][", -E2BIG },
	};
	struct json_frame f;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int r;

		json_frame_init(&f, &narrow);
		feed(&f, cases[i].text);
		while ((r = next(&f)) > 0)
			;
		assert_int_equal(r, cases[i].error);
		json_frame_deinit(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_objects), cmocka_unit_test(test_strings),
		cmocka_unit_test(test_memory), cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
