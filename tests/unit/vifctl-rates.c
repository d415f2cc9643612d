// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "show/list-document.h"
#include "tests/unit/documents.h"
#include "vifctl/cmd/rates.h"

#define VM "{\"name\":\"web\",\"uuid\":null,\"domid\":1}"

static json_t *sample(const char *text)
{
	json_t *got = json_loads(text, 0, NULL);

	assert_non_null(got);
	return got;
}

static void test_rates(void **state)
{
	json_t *before = sample(
		"[{\"ifindex\":3,\"counters\":{\"from_vm\":{\"packets\":10,\"bytes\":1000},"
		"\"to_vm\":{\"packets\":0,\"bytes\":0},\"drops\":{\"acl\":1,\"rate\":9}}},"
		"{\"ifindex\":4,\"counters\":{\"from_vm\":{\"packets\":9,\"bytes\":9},"
		"\"to_vm\":{\"packets\":0,\"bytes\":0},\"drops\":{}}},"
		"{\"ifindex\":5,\"counters\":null}]");
	json_t *after = sample(
		"[{\"ifindex\":3,\"netdev\":\"vif3.0\",\"vm\":" VM ",\"devid\":0,"
		"\"qos\":\"gold\",\"rate_from_vm\":{\"bits_per_second\":1000000},\"rate_to_vm\":null,"
		"\"packets_from_vm\":50,\"counters\":{\"from_vm\":{\"packets\":60,\"bytes\":51000},"
		"\"to_vm\":{\"packets\":4,\"bytes\":500},\"drops\":{\"acl\":41,\"rate\":9,\"mac-guard\":6}}},"
		"{\"ifindex\":4,\"counters\":{\"from_vm\":{\"packets\":0,\"bytes\":0},"
		"\"to_vm\":{\"packets\":0,\"bytes\":0},\"drops\":{}}},"
		"{\"ifindex\":5,\"counters\":null},"
		"{\"ifindex\":6,\"counters\":{\"from_vm\":{},\"to_vm\":{},\"drops\":{}}}]");
	/* Another port by now, one that has none, one that is new: left out. */
	json_t *want = sample(
		"[{\"switch\":null,\"netdev\":\"vif3.0\",\"ifindex\":3,"
		"\"vm\":" VM ",\"devid\":0,\"qos\":\"gold\","
		"\"from_vm\":{\"bits_per_second\":200000,\"packets_per_second\":25,"
		"\"limit_bits_per_second\":1000000,\"limit_packets_per_second\":50},"
		"\"to_vm\":{\"bits_per_second\":2000,\"packets_per_second\":2,"
		"\"limit_bits_per_second\":null},"
		"\"dropped\":{\"packets_per_second\":23,\"reason\":\"acl\"}}]");
	json_t *got = rates_of(before, after, 2000000000), *document;
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	document = list_document("kernel", "rates", json_incref(got));
	document_seen("port rates", document);
	json_decref(document);
	if (!json_equal(got, want))
		fail_msg("got %s", json_dumps(got, 0));
	view_rates(got, out);
	fclose(out);
	assert_non_null(strstr(text, "vif3.0  web       0  gold"));
	assert_non_null(strstr(text, "200 kbit/s  1 Mbit/s     25/s   50/s  2 kbit/s"));
	json_decref(before);
	json_decref(after);
	json_decref(want);
	json_decref(got);
}

/* The busiest first. */
static void test_top(void **state)
{
	json_t *rates = sample(
		"[{\"netdev\":\"vif1.0\",\"from_vm\":{\"bits_per_second\":10,\"packets_per_second\":1},"
		"\"to_vm\":{\"bits_per_second\":0,\"packets_per_second\":0},"
		"\"dropped\":{\"packets_per_second\":7,\"reason\":\"rate\"}},"
		"{\"netdev\":\"vif2.0\",\"from_vm\":{\"bits_per_second\":0,\"packets_per_second\":0},"
		"\"to_vm\":{\"bits_per_second\":5000,\"packets_per_second\":2},"
		"\"dropped\":{\"packets_per_second\":0,\"reason\":null}}]");
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	view_top(rates, out);
	fclose(out);
	assert_non_null(strstr(text, "vif2.0"));
	assert_true(strstr(text, "vif2.0") < strstr(text, "vif1.0"));
	assert_non_null(strstr(text, "7/s  rate\n"));
	json_decref(rates);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates), cmocka_unit_test(test_top),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
