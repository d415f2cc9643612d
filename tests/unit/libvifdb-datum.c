// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "libvifdb/client-datum.h"
#include "libvifdb/client-schema.h"

static const struct vdb_type integer = { VIFDB_INTEGER, VIFDB_NONE, 1, 1 };
static const struct vdb_type integers = { VIFDB_INTEGER, VIFDB_NONE, 0, 4 };
static const struct vdb_type optional = { VIFDB_STRING, VIFDB_NONE, 0, 1 };
static const struct vdb_type strings = { VIFDB_STRING, VIFDB_NONE, 1, SIZE_MAX };
static const struct vdb_type map = { VIFDB_STRING, VIFDB_INTEGER, 0, SIZE_MAX };
static const struct vdb_type real = { VIFDB_REAL, VIFDB_NONE, 1, 1 };
static const struct vdb_type boolean = { VIFDB_BOOLEAN, VIFDB_NONE, 1, 1 };
static const struct vdb_type uuid = { VIFDB_UUID, VIFDB_NONE, 1, 1 };

/* @text has ' for ". */
static json_t *load(const char *text)
{
	char *copy = strdup(text);
	json_t *json;

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	json = json_loads(copy, JSON_DECODE_ANY, NULL);
	free(copy);
	assert_non_null(json);
	return json;
}

static struct vdb_datum *parse(const struct vdb_type *type, const char *text, bool is_diff)
{
	json_t *json = load(text);
	struct vdb_datum *d;
	const char *problem;

	assert_int_equal(vdb_datum_parse(json, type, is_diff, &d, &problem), 0);
	json_decref(json);
	return d;
}

static void assert_datum(struct vdb_datum *d, const struct vdb_type *type, const char *text)
{
	json_t *got = vdb_datum_json(d, type), *want = load(text);

	assert_non_null(got);
	assert_true(json_equal(got, want));
	json_decref(got);
	json_decref(want);
	free(d);
}

static void test_forms(void **state)
{
	assert_datum(parse(&integer, "-9223372036854775808", false), &integer, "-9223372036854775808");
	assert_datum(parse(&integer, "['set',[7]]", false), &integer, "7");
	assert_datum(parse(&integers, "3", false), &integers, "3");
	assert_datum(parse(&integers, "['set',[3,-1,2]]", false), &integers, "['set',[-1,2,3]]");
	assert_datum(parse(&optional, "['set',[]]", false), &optional, "['set',[]]");
	assert_datum(parse(&strings, "['set',['b','','\\u00e4']]", false), &strings,
		     "['set',['','b','\\u00e4']]");
	assert_datum(parse(&map, "['map',[['b',1],['a',2]]]", false), &map,
		     "['map',[['a',2],['b',1]]]");
	assert_datum(parse(&real, "2", false), &real, "2.0");
	assert_datum(parse(&boolean, "true", false), &boolean, "true");
	assert_datum(parse(&uuid, "['uuid','00112233-4455-6677-8899-AABBCCDDEEFF']", false), &uuid,
		     "['uuid','00112233-4455-6677-8899-aabbccddeeff']");
}

static void test_refused(void **state)
{
	static const struct {
		const struct vdb_type *type;
		const char *text;
	} cases[] = {
		{ &integer, "1.5" }, { &integer, "'1'" }, { &integer, "null" }, { &integer, "{}" },
		{ &integer, "[]" }, { &integer, "['set',[]]" }, { &integer, "['set',[1,2]]" },
		{ &integer, "['set',1]" }, { &integer, "['set',[['set',[1]]]]" },
		{ &integers, "['set',[1,2,3,4,5]]" }, { &integers, "['set',[1,2,1]]" },
		{ &integers, "['set',[1,'2']]" }, { &integers, "['map',[[1,1]]]" },
		{ &optional, "['set',['a','b']]" }, { &strings, "['set',[]]" },
		{ &map, "['set',[]]" }, { &map, "['map',['a']]" }, { &map, "['map',[['a']]]" },
		{ &map, "['map',[['a',1],['a',2]]]" }, { &map, "['map',[['a','b']]]" },
		{ &map, "['map',{'a':1}]" }, { &map, "1" }, { &boolean, "1" }, { &real, "'1'" },
		{ &uuid, "['uuid','x']" }, { &uuid, "['named-uuid','a']" }, { &uuid, "['uuid',1]" },
		{ &uuid, "'00112233-4455-6677-8899-aabbccddeeff'" }, { &uuid, "['uuid']" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *json = load(cases[i].text);
		const char *problem = NULL;
		struct vdb_datum *d;

		assert_int_equal(vdb_datum_parse(json, cases[i].type, false, &d, &problem),
				 -EINVAL);
		assert_non_null(problem);
		json_decref(json);
	}
}

static void test_defaults(void **state)
{
	static const struct {
		const struct vdb_type *type;
		const char *text;
	} cases[] = {
		{ &integer, "0" }, { &integers, "['set',[]]" }, { &optional, "['set',[]]" },
		{ &strings, "''" }, { &map, "['map',[]]" }, { &real, "0.0" }, { &boolean, "false" },
		{ &uuid, "['uuid','00000000-0000-0000-0000-000000000000']" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vdb_datum *d;

		assert_int_equal(vdb_datum_default(cases[i].type, &d), 0);
		assert_datum(d, cases[i].type, cases[i].text);
	}
}

static int apply(const struct vdb_type *type, const char *old, const char *diff, const char *want)
{
	struct vdb_datum *a = parse(type, old, false), *b = parse(type, diff, true), *c;
	const char *problem;
	int r = vdb_datum_apply(a, b, type, &c, &problem);

	if (!r)
		assert_datum(c, type, want);
	free(a);
	free(b);
	return r;
}

static void test_differences(void **state)
{
	assert_int_equal(apply(&integer, "1", "2", "2"), 0);
	assert_int_equal(apply(&optional, "'a'", "['set',[]]", "['set',[]]"), 0);
	assert_int_equal(apply(&optional, "'a'", "'b'", "'b'"), 0);
	assert_int_equal(apply(&integers, "['set',[1,2,3]]", "['set',[2,4]]", "['set',[1,3,4]]"), 0);
	assert_int_equal(apply(&integers, "['set',[1,2]]", "['set',[1,2,3]]", "3"), 0);
	assert_int_equal(apply(&integers, "['set',[1,2]]", "['set',[1,2]]", "['set',[]]"), 0);
	assert_int_equal(apply(&map, "['map',[['a',1],['b',2]]]", "['map',[['a',1],['b',3],['c',4]]]",
			       "['map',[['b',3],['c',4]]]"), 0);
	assert_int_equal(apply(&integers, "['set',[1,2,3]]", "['set',[4,5]]", ""), -EINVAL);
	assert_int_equal(apply(&strings, "'a'", "'a'", ""), -EINVAL);
}

static void test_equal(void **state)
{
	struct vdb_datum *a = parse(&map, "['map',[['a',1],['b',2]]]", false),
			 *b = parse(&map, "['map',[['b',2],['a',1]]]", false),
			 *c = parse(&map, "['map',[['b',3],['a',1]]]", false);

	assert_true(vdb_datum_equal(a, b, &map));
	assert_false(vdb_datum_equal(a, c, &map));
	assert_false(vdb_datum_equal(a, NULL, &map));
	assert_true(vdb_datum_equal(NULL, NULL, &map));
	free(a);
	free(b);
	free(c);
}

static void test_types(void **state)
{
	static const char *const bad[] = {
		"1", "'int'", "{}", "{'key':'x'}", "{'key':'integer','value':'x'}",
		"{'key':'integer','min':2}", "{'key':'integer','min':-1}", "{'key':'integer','max':0}",
		"{'key':'integer','max':'many'}", "{'key':{'type':1}}", "{'key':{'key':'integer'}}",
	};
	struct vdb_type type;
	json_t *json;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json = load(bad[i]);
		assert_int_equal(vdb_type_parse(json, &type), -EINVAL);
		json_decref(json);
	}
	json = load("{'key':{'type':'integer','minInteger':0},'value':'uuid','min':0,'max':'unlimited'}");
	assert_int_equal(vdb_type_parse(json, &type), 0);
	json_decref(json);
	assert_int_equal(type.key, VIFDB_INTEGER);
	assert_int_equal(type.value, VIFDB_UUID);
	assert_int_equal(type.min, 0);
	assert_true(type.max == SIZE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_differences),
		cmocka_unit_test(test_equal), cmocka_unit_test(test_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
