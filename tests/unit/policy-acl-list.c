// SPDX-License-Identifier: GPL-2.0-or-later
/* Several ACLs in an order, as one. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "policy/acl/acl-list.h"
#include "policydb/cache.h"

#define UUID(n)	"[\"uuid\", \"00000000-0000-4000-8000-00000000000" n "\"]"

static const struct acl_list base_web = {
	.count = 2,
	.rows = { { [6] = 0x40, [8] = 0x80, [15] = 1 }, { [6] = 0x40, [8] = 0x80, [15] = 2 } },
};

/* Database: ACL base with a rule that denies, ACL web with one that allows, both named ssh. */
static void read_rows(struct policies *p, const char *of_base, const char *of_web)
{
	struct problem problem;
	char text[1024];

	snprintf(text, sizeof(text), "{\"format\": 1, \"Port\": [], \"Switch\": [], \"ACL\": ["
		 "{\"_uuid\": " UUID("1") ", \"name\": \"base\", %s},"
		 "{\"_uuid\": " UUID("2") ", \"name\": \"web\", %s}], \"Rule\": ["
		 "{\"_uuid\": " UUID("3") ", \"name\": \"ssh\", \"priority\": 7, "
		 "\"direction\": \"to-vm\", \"action\": \"deny\"},"
		 "{\"_uuid\": " UUID("4") ", \"name\": \"ssh\", \"priority\": 1, "
		 "\"direction\": \"to-vm\", \"action\": \"allow\"}], \"Group\": []}", of_base, of_web);
	assert_int_equal(policy_copy_parse(text, strlen(text), p, &problem), 0);
}

static const char *refused(const char *of_base, const char *of_web)
{
	static struct problem problem;
	struct policies p = {};
	struct acl acl;

	read_rows(&p, of_base, of_web);
	assert_int_equal(acl_list_build(&p.acl, &base_web, &acl, &problem), -EINVAL);
	policies_deinit(&p);
	return problem.text;
}

#define RULES(n)	"\"rules\": " UUID(n)
#define ALLOWS		", \"from_vm_default\": \"allow\", \"to_vm_default\": \"allow\""

/* The list's order counts, not that of priorities, and a name may be there once an ACL. */
static void test_order(void **state)
{
	struct policies p = {};
	struct problem problem;
	char name[ACL_LIST_NAME_MAX];
	struct acl acl;

	read_rows(&p, RULES("3"), RULES("4"));
	acl_list_name(&p.acl, &base_web, name);
	assert_string_equal(name, "base,web");
	assert_int_equal(acl_list_build(&p.acl, &base_web, &acl, &problem), 0);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(acl.rules[i].part, i);
		assert_int_equal(acl.rules[i].action, i ? VIFSWITCH_ACL_ALLOW : VIFSWITCH_ACL_DENY);
		assert_false(acl.rules[i].builtin);
	}
	assert_true(acl.rules[2].builtin);
	acl_deinit(&acl);
	policies_deinit(&p);
}

/* The first that does not allow has the default; and built-in rules, where one does not. */
static void test_defaults(void **state)
{
	static const struct {
		const char *base, *web;
		int part, action;
	} cases[] = {
		{ RULES("3") ALLOWS, RULES("4") ALLOWS, 0, VIFSWITCH_ACL_ALLOW },
		{ RULES("3") ALLOWS, RULES("4"), 1, VIFSWITCH_ACL_DENY },
		{ RULES("3"), RULES("4") ALLOWS, 0, VIFSWITCH_ACL_DENY },
		{ RULES("3"), RULES("4") ", \"to_vm_default\": \"reject\"", 0, VIFSWITCH_ACL_DENY },
		{ RULES("3") ALLOWS, RULES("4") ", \"to_vm_default\": \"reject\"", 1, VIFSWITCH_ACL_REJECT },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct policies p = {};
		struct problem problem;
		struct acl acl;

		read_rows(&p, cases[i].base, cases[i].web);
		assert_int_equal(acl_list_build(&p.acl, &base_web, &acl, &problem), 0);
		assert_int_equal(acl.default_part[VIFSWITCH_ACL_TO], cases[i].part);
		assert_int_equal(acl.default_action[VIFSWITCH_ACL_TO], cases[i].action);
		assert_int_equal(acl.rule_count == 2, cases[i].action == VIFSWITCH_ACL_ALLOW);
		acl_deinit(&acl);
		policies_deinit(&p);
	}
}

/* Of one ACL as before; changed with either, or with the order; 0 while one is missing. */
static void test_stamp(void **state)
{
	const uint8_t (*rows)[16] = base_web.rows;
	struct acl_list list = base_web, back = { .count = 2 }, one = { .count = 1 };
	struct policies p = {};

	memcpy(back.rows[0], rows[1], 16);
	memcpy(back.rows[1], rows[0], 16);
	memcpy(one.rows[0], rows[0], 16);
	read_rows(&p, RULES("3"), RULES("4"));
	assert_int_equal(acl_list_stamp(&p.acl, &one), acl_policies_stamp(&p.acl, rows[0]));
	assert_int_not_equal(acl_list_stamp(&p.acl, &list), acl_list_stamp(&p.acl, &back));
	list.rows[1][0] = 1;
	assert_int_equal(acl_list_stamp(&p.acl, &list), 0);
	policies_deinit(&p);
}

static void test_refused(void **state)
{
	assert_non_null(strstr(refused(RULES("3"), RULES("4") ", \"to_vm_default\": \"maybe\""),
			       "ACL web: to_vm_default=maybe"));
	assert_non_null(strstr(refused(RULES("3"), RULES("3")), "ACL base,web, rule ssh: its cookie"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order), cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_stamp), cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
