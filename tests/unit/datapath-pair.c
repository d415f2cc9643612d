// SPDX-License-Identifier: GPL-2.0-or-later
/* Both datapaths behind one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "datapath/pair/pair.h"

#define OPERATIONS	(sizeof(struct datapath_ops) / sizeof(void *))

/* An operation that the module has and the pair has not is called all the same. */
static void test_whole(void **state)
{
	void *of_pair[OPERATIONS];

	memcpy(of_pair, &datapath_pair, sizeof(of_pair));
	for (size_t i = 0; i < OPERATIONS; i++)
		if (!of_pair[i])
			fail_msg("operation %zu of struct datapath_ops is missing", i + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
