// SPDX-License-Identifier: GPL-2.0-or-later
/* What others wrote on the operator's terminal. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "vifctl/view/safe.h"

static void text_is(char *text, const char *want)
{
	assert_string_equal(text, want);
	free(text);
}

static void test_safe_text(void **state)
{
	text_is(safe_text("plain \xc3\xa9"), "plain \xc3\xa9");
	text_is(safe_text("a\033[2Jb\nc\x7f"), "a?[2Jb?c?");
	text_is(safe_text("bad \xff\xc3"), "bad ??");
	text_is(safe_text("\xc2\x9b" "31m"), "??31m");	/* CSI in one character */
}

/* Through a safe stream, and written in pieces of @step octets. */
static char *streamed(const char *text, size_t step)
{
	char *all = NULL;
	size_t size, len = strlen(text);
	FILE *out = open_memstream(&all, &size), *safe = safe_stream(out);

	for (size_t i = 0; i < len; i += step) {
		fwrite(text + i, 1, step < len - i ? step : len - i, safe);
		assert_int_equal(fflush(safe), 0);
	}
	assert_int_equal(fclose(safe), 0);
	fclose(out);
	return all;
}

static void test_safe_stream(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "a\tb\n\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "a\tb\n\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "\033[2J\r\x7f", "\\u001b[2J\\u000d\\u007f" },
		{ "\xc2\x9b" "1m", "\\u009b1m" },
		{ "\xe2\x80\xae|\xe2\x81\xa6|\xd8\x9c|\xe2\x80\xa8", "\\u202e|\\u2066|\\u061c|\\u2028" },
		/* No UTF-8: a control of eight bits, what is cut, too long, half of a pair. */
		{ "\x9b|\xc3|\xe2\x82", "\\u009b|\\u00c3|\\u00e2\\u0082" },
		{ "\xc0\x9b|\xe0\x82\x9b|\xed\xa0\x80", "\\u00c0\\u009b|\\u00e0\\u0082\\u009b|\\u00ed\\u00a0\\u0080" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (size_t step = 1; step < 8; step++)
			text_is(streamed(cases[i].text, step), cases[i].want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_safe_text),
		cmocka_unit_test(test_safe_stream),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
