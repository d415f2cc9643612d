// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "vifdbd/ovsdb/datum.h"

static struct type parse_type(const char *text)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
	struct dberr *err;
	struct type type;

	err = type_parse(json, &type);
	assert_null(err);
	json_decref(json);
	return type;
}

/* Parse, pack, unpack and print; NULL for the error's tag if there is one. */
static const char *round_trip(const char *type_text, const char *value, char *out, size_t size)
{
	struct type type = parse_type(type_text);
	json_t *json = json_loads(value, JSON_DECODE_ANY, NULL);
	struct arena arena = { 0 };
	struct buf bytes = { 0 }, text = { 0 };
	struct datum d, again;
	const char *tag = NULL;
	struct dberr *err = datum_parse(json, &type, NULL, &arena, &d);

	if (err) {
		tag = err->tag;
		err_free(err);
	} else {
		datum_pack(&d, &type, &bytes);
		assert_true(datum_unpack((uint8_t *)bytes.data, bytes.len, &type, &arena, &again));
		datum_json(&again, &type, &text);
		assert_true(text.len < size);
		memcpy(out, text.data, text.len);
		out[text.len] = '\0';
		/* Nothing shorter is a datum of the same length. */
		if (bytes.len > 1 && type.key.type == ATOM_UUID)
			assert_false(datum_unpack((uint8_t *)bytes.data, bytes.len - 1, &type,
						  &arena, &again));
	}
	buf_free(&bytes);
	buf_free(&text);
	arena_free(&arena);
	json_decref(json);
	type_free(&type);
	return tag;
}

#define INT_SET "{\"key\":\"integer\",\"min\":0,\"max\":\"unlimited\"}"

static void test_values(void **state)
{
	static const struct {
		const char *type, *value, *want, *tag;
	} cases[] = {
		{ "\"integer\"", "5", "5", NULL },
		{ "\"integer\"", "5.0", "5", NULL },
		{ "\"integer\"", "5.5", NULL, ERR_SYNTAX },
		{ "\"integer\"", "1e30", NULL, ERR_SYNTAX },
		{ "\"integer\"", "-9223372036854775808", "-9223372036854775808", NULL },
		{ "\"integer\"", "true", NULL, ERR_SYNTAX },
		{ "\"integer\"", "[\"set\",[7]]", "7", NULL },
		{ "\"integer\"", "[\"set\",[]]", NULL, ERR_SYNTAX },
		{ "\"real\"", "0.1", "0.1", NULL },
		{ "\"real\"", "-0.0", "0.0", NULL },
		{ "\"real\"", "3", "3.0", NULL },
		{ "\"string\"", "\"a\\u0001\\\"\\\\\\n\\u00e9\"", "\"a\\u0001\\\"\\\\\\n\xc3\xa9\"",
		  NULL },
		{ INT_SET, "[\"set\",[3,-1,2]]", "[\"set\",[-1,2,3]]", NULL },
		{ INT_SET, "[\"set\",[3,3]]", NULL, ERR_CONSTRAINT },
		{ INT_SET, "[\"map\",[]]", NULL, ERR_SYNTAX },
		{ "{\"key\":\"string\",\"value\":\"real\",\"min\":0,\"max\":2}",
		  "[\"map\",[[\"b\",1],[\"a\",2]]]", "[\"map\",[[\"a\",2.0],[\"b\",1.0]]]", NULL },
		{ "{\"key\":\"string\",\"value\":\"real\",\"min\":0,\"max\":2}",
		  "[\"map\",[[\"b\",1],[\"b\",2]]]", NULL, ERR_CONSTRAINT },
		{ "{\"key\":{\"type\":\"string\",\"maxLength\":2}}", "\"\xc3\xa9\xc3\xa9\"",
		  "\"\xc3\xa9\xc3\xa9\"", NULL },
		{ "{\"key\":{\"type\":\"string\",\"maxLength\":2}}", "\"abc\"", NULL,
		  ERR_CONSTRAINT },
		{ "{\"key\":{\"type\":\"integer\",\"enum\":[\"set\",[1,5]]}}", "2", NULL,
		  ERR_CONSTRAINT },
		{ "\"uuid\"", "[\"uuid\",\"550E8400-e29b-41d4-a716-446655440000\"]",
		  "[\"uuid\",\"550e8400-e29b-41d4-a716-446655440000\"]", NULL },
		{ "\"uuid\"", "[\"uuid\",\"550e8400-e29b-41d4-a716-44665544000\"]", NULL,
		  ERR_SYNTAX },
		{ "\"uuid\"", "[\"named-uuid\",\"x\"]", NULL, ERR_SYNTAX },
	};
	unsigned int i;
	char out[200];

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *tag = round_trip(cases[i].type, cases[i].value, out, sizeof(out));

		if (cases[i].tag) {
			assert_non_null(tag);
			assert_string_equal(tag, cases[i].tag);
		} else {
			assert_null(tag);
			assert_string_equal(out, cases[i].want);
		}
	}
}

static void test_unpack_refuses(void **state)
{
	struct type ints = parse_type(INT_SET), flag = parse_type("\"boolean\"");
	struct type text = parse_type("\"string\"");
	struct arena arena = { 0 };
	struct datum d;

	/* Out of order, twice the same, a varint without end, no boolean, a string that is cut. */
	assert_false(datum_unpack((const uint8_t *)"\x04\x02", 2, &ints, &arena, &d));
	assert_false(datum_unpack((const uint8_t *)"\x02\x02", 2, &ints, &arena, &d));
	assert_false(datum_unpack((const uint8_t *)"\x80", 1, &ints, &arena, &d));
	assert_false(datum_unpack((const uint8_t *)"\x02", 1, &flag, &arena, &d));
	assert_false(datum_unpack((const uint8_t *)"\x05"
						   "ab",
				  3, &text, &arena, &d));
	assert_false(datum_unpack((const uint8_t *)"\x01"
						   "ab",
				  3, &text, &arena, &d));
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_unpack_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
