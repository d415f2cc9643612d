// SPDX-License-Identifier: GPL-2.0-or-later
/* What is asked for of a large database, whichever allocation fails. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "libvifdb/protocol.h"
#include "policydb/needs.h"

static const char *const tables[] = {
	"Port", "VM", "Interface", "Handover", "Location", "Host", "ACL", "Rule", "Group", "Mirror",
	NULL,
};

/* Clauses of two VMs at a database that has no row yet. */
static const size_t clauses[] = { 3, 3, 3, 5, 4, 1, 1, 1, 1 };

static size_t left;

/* The one allocation of jansson's that fails. */
static void *fails_once(size_t size)
{
	return left && --left == 0 ? NULL : malloc(size);
}

static struct vifdb *session(void)
{
	struct vifdb *db;

	assert_int_equal(vifdb_new("unix:/nowhere", NULL, &db), 0);
	for (const char *const *t = tables; *t; t++)
		assert_int_equal(vifdb_follow(db, *t, NULL), 0);
	return db;
}

static bool is_whole(struct vifdb *db)
{
	for (size_t i = 0; i < sizeof(clauses) / sizeof(clauses[0]); i++)
		if (json_array_size(vdb_find_table(db, tables[i])->where) != clauses[i])
			return false;
	return true;
}

/* Asked for as a whole, or the VMs are not known when an answer comes. */
static bool is_good(size_t nth)
{
	static const uint8_t vms[2][16] = { { 1 }, { 2 } };
	struct policy_needs needs = {};
	struct uuid_set here = {};
	struct vifdb *db = session();
	bool good;
	int r;

	assert_int_equal(uuid_set_add(&here, vms[0]), 0);
	assert_int_equal(uuid_set_add(&here, vms[1]), 0);
	assert_int_equal(needs_here(&needs, &here), 1);
	left = nth;
	r = needs_ask(&needs, db, "host");
	left = 0;
	needs_came(&needs);
	good = r == 0 ? is_whole(db) && needs_knows(&needs, vms[0]) :
	       r == -ENOMEM && !needs_knows(&needs, vms[0]) && !needs_knows(&needs, vms[1]);
	uuid_set_deinit(&here);
	needs_deinit(&needs);
	vifdb_free(db);
	return good;
}

static void test_memory(void **state)
{
	json_set_alloc_funcs(fails_once, free);
	assert_true(is_good(0));
	for (size_t nth = 1; nth < 200; nth++)
		assert_true(is_good(nth));
	json_set_alloc_funcs(malloc, free);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_memory) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
