// SPDX-License-Identifier: GPL-2.0-or-later
/* The map against a plain array, and that what cannot fail asks for no memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/map.h"

#define KEYS	500

struct item {
	struct item *next;
};

static void test_random(void **state)
{
	static struct item items[KEYS];
	struct item *want[KEYS] = {};
	struct map m = {};
	size_t count = 0;

	srand(1);
	for (int i = 0; i < 100000; i++) {
		/* The middle of the walk fills it, the ends empty it. */
		size_t key = rand() % KEYS, fill = i > 30000 && i < 60000 ? 9 : 3;

		assert_ptr_equal(map_get(&m, key), want[key]);
		if ((size_t)rand() % 10 < fill) {
			assert_int_equal(map_put(&m, key, &items[key]), 0);
			count += !want[key];
			want[key] = &items[key];
		} else {
			assert_ptr_equal(map_remove(&m, key), want[key]);
			count -= !!want[key];
			want[key] = NULL;
		}
		assert_int_equal(m.count, count);
	}
	map_deinit(&m);
}

/* Removal from a chain puts the next item in the same place: it must not need a new one. */
static void test_full(void **state)
{
	struct item items[64] = {}, second = {};
	struct map m = {};
	size_t n = 0;

	do
		assert_int_equal(map_chain_add(&m, n, &items[n]), 0);
	while ((++n + 1) * 4 <= m.size * 3);
	assert_int_equal(m.size, 64);
	assert_int_equal(map_chain_add(&m, 5, &second), 0);
	assert_int_equal(m.size, 64);
	map_chain_remove(&m, 5, &second);
	assert_int_equal(m.size, 64);
	assert_ptr_equal(map_get(&m, 5), &items[5]);
	map_deinit(&m);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
