// SPDX-License-Identifier: GPL-2.0-or-later
/* Framing and message forms of the control socket; the datapath's words. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/json-rpc.h"
#include "datapath/ko/decode.h"

static void test_framing(void **state)
{
	static const char stream[] = "one\n\ntwo\nthree";
	static const char *const lines[] = { "one", "", "two" };

	/* The same stream in pieces of every size. */
	for (size_t piece = 1; piece <= sizeof(stream); piece++) {
		struct json_rpc_input in;
		const char *line;
		size_t len, n = 0;

		json_rpc_input_init(&in, 16);
		for (size_t at = 0; at < strlen(stream); at += piece) {
			size_t left = strlen(stream) - at;

			assert_int_equal(json_rpc_input_feed(&in, stream + at,
							     left < piece ? left : piece), 0);
			while (json_rpc_input_line(&in, &line, &len) == 1) {
				assert_true(n < ARRAY_SIZE(lines));
				assert_int_equal(len, strlen(lines[n]));
				assert_memory_equal(line, lines[n], len);
				n++;
			}
		}
		assert_int_equal(n, ARRAY_SIZE(lines));
		json_rpc_input_deinit(&in);
	}
}

static void test_limits(void **state)
{
	struct json_rpc_input in;
	const char *line;
	size_t len;

	json_rpc_input_init(&in, 8);
	assert_int_equal(json_rpc_input_feed(&in, "12345678", 8), 0);
	assert_int_equal(json_rpc_input_line(&in, &line, &len), 0);
	assert_int_equal(json_rpc_input_feed(&in, "\n", 1), 0);
	assert_int_equal(json_rpc_input_line(&in, &line, &len), 1);
	assert_int_equal(len, 8);
	assert_int_equal(json_rpc_input_feed(&in, "123456789", 9), -EMSGSIZE);
	json_rpc_input_deinit(&in);
	/* Too long even though its end came along. */
	json_rpc_input_init(&in, 8);
	assert_int_equal(json_rpc_input_feed(&in, "123456789\n", 10), 0);
	assert_int_equal(json_rpc_input_line(&in, &line, &len), -EMSGSIZE);
	json_rpc_input_deinit(&in);
	json_rpc_input_init(&in, 8);
	assert_int_equal(json_rpc_input_feed(&in, "a\n123456789", 11), 0);
	assert_int_equal(json_rpc_input_line(&in, &line, &len), 1);
	assert_int_equal(json_rpc_input_line(&in, &line, &len), -EMSGSIZE);
	json_rpc_input_deinit(&in);
}

static void test_requests(void **state)
{
	static const char *const bad[] = {
		"", "{", "[]", "1", "{\"id\":1}", "{\"method\":\"x\"}", "{\"id\":null,\"method\":\"x\"}",
		"{\"id\":1,\"method\":2}", "{\"id\":1,\"method\":\"x\",\"params\":{}}",
		"{\"id\":1,\"method\":\"x\",\"params\":[1]}",
		"{\"id\":1,\"method\":\"x\",\"params\":[{},{}]}", "{\"id\":1,\"id\":2,\"method\":\"x\"}",
		"{\"id\":1,\"method\":\"x\"} trailing", "{\"id\":1,\"method\":\"\xff\"}",
	};
	static const char good[] = "{\"id\":7,\"method\":\"show\",\"params\":[{\"a\":1}]}";
	struct json_rpc_request request;
	const char *problem;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		problem = NULL;
		assert_int_equal(json_rpc_request_parse(bad[i], strlen(bad[i]), &request, &problem),
				 -EINVAL);
		assert_non_null(problem);
	}
	assert_int_equal(json_rpc_request_parse(good, strlen(good), &request, &problem), 0);
	assert_string_equal(request.method, "show");
	assert_int_equal(json_integer_value(json_object_get(request.param, "a")), 1);
	json_decref(request.root);
}

static void test_messages(void **state)
{
	_cleanup_free_ char *request = json_rpc_request(1, "show", NULL);
	_cleanup_free_ char *error = json_rpc_error(NULL, "invalid", "no");
	_cleanup_free_ char *event = json_rpc_notification("event", json_pack("{si}", "a", 1));
	json_t *id = json_integer(3);
	_cleanup_free_ char *result = json_rpc_result(id, json_object());

	json_decref(id);
	assert_string_equal(request, "{\"id\":1,\"method\":\"show\",\"params\":[]}\n");
	assert_string_equal(error, "{\"id\":null,\"result\":null,"
			    "\"error\":{\"code\":\"invalid\",\"message\":\"no\"}}\n");
	assert_string_equal(event, "{\"id\":null,\"method\":\"event\",\"params\":[{\"a\":1}]}\n");
	assert_string_equal(result, "{\"id\":3,\"result\":{},\"error\":null}\n");
}

static void test_words(void **state)
{
	assert_string_equal(datapath_event_word(VIFSWITCH_EV_DROP), "drop");
	assert_null(datapath_event_word(__VIFSWITCH_EV_MAX));
	for (int event = 1; event < __VIFSWITCH_EV_MAX; event++)
		assert_non_null(datapath_event_word(event));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_framing), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_requests), cmocka_unit_test(test_messages),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
