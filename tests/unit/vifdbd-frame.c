// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "vifdbd/frame.h"
#include "vifdbd/mem.h"

static int feed(struct frame *f, const char *s, const char **text, size_t *len)
{
	memcpy(frame_room(f, strlen(s)), s, strlen(s));
	frame_add(f, strlen(s));
	return frame_next(f, text, len);
}

static void test_messages(void **state)
{
	struct frame f;
	const char *text;
	size_t len;

	frame_init(&f, 1000);
	assert_int_equal(feed(&f, " {\"a\":\"}\\\"", &text, &len), 0);
	assert_int_equal(feed(&f, "{\"}[1]{}", &text, &len), 1);
	assert_int_equal(len, 12);
	assert_memory_equal(text, "{\"a\":\"}\\\"{\"}", 12);
	assert_int_equal(frame_next(&f, &text, &len), 1);
	assert_memory_equal(text, "[1]", 3);
	assert_int_equal(frame_next(&f, &text, &len), 1);
	assert_memory_equal(text, "{}", 2);
	assert_int_equal(frame_next(&f, &text, &len), 0);
	frame_free(&f);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		int error;
	} cases[] = {
		{ "x", -EBADMSG },
		{ "]", -EBADMSG },
		{ " 5", -EBADMSG },
		{ "\"a\"", -EBADMSG },
		{ "[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		  -EMSGSIZE },
		{ "[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]",
		  -EMSGSIZE },
		{ "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
		  "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
		  -E2BIG },
		{ "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
		  "1,"
		  "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
		  "1",
		  -E2BIG },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct frame f;
		const char *text;
		size_t len;

		frame_init(&f, 64);
		assert_int_equal(feed(&f, cases[i].text, &text, &len), cases[i].error);
		frame_free(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
