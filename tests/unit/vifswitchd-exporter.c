// SPDX-License-Identifier: GPL-2.0-or-later
/* Exporters of the database against the ports that are here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/uuid.h"
#include "show/exporter-document.h"
#include "vifswitchd/documents.h"

#define ROW(n)	"5ca1ab1e-0000-0000-0000-00000000000" #n
#define VM(n)	"aa000000-0000-0000-0000-01000000000" #n

struct bed {
	struct policies policies;
	struct exporters all;
};

static void put(struct bed *b, enum object_kind kind, const char *uuid, const char *columns)
{
	char text[512];
	json_t *json;

	snprintf(text, sizeof(text), "{\"_uuid\": [\"uuid\", \"%s\"], %s}", uuid, columns);
	json = json_loads(text, 0, NULL);
	assert_non_null(json);
	assert_int_equal(policies_put(&b->policies, kind, json), 0);
	json_decref(json);
	exporters_read(&b->all, &b->policies);
}

static void exporter(struct bed *b, const char *uuid, const char *name, const char *columns)
{
	char text[400];

	snprintf(text, sizeof(text), "\"name\": \"%s\", \"collectors\": \"192.0.2.9\", %s", name,
		 columns);
	put(b, OBJECT_EXPORTER, uuid, text);
}

static int setup(void **state)
{
	static struct bed bed;

	bed = (struct bed){};
	*state = &bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *b = *state;

	exporters_deinit(&b->all);
	policies_deinit(&b->policies);
	return 0;
}

/* Of a VM's first interface on xenbr0, or of a netdev there. */
static struct export_wish wish_of(const struct bed *b, const char *vm, const char *netdev)
{
	struct chosen_port port = { .sw = "xenbr0", .netdev = netdev };
	struct export_wish wish;
	uint8_t uuid[16];

	if (vm) {
		assert_true(uuid_parse(vm, UUID_TEXT_LEN, uuid));
		port.vm = uuid;
	}
	exporters_wish(&b->all, &port, &wish);
	return wish;
}

static void test_everything(void **state)
{
	struct bed *b = *state;
	struct export_wish wish;

	assert_false(wish_of(b, VM(3), NULL).flows);
	exporter(b, ROW(1), "a", "\"format\": \"ipfix\"");
	wish = wish_of(b, VM(3), NULL);
	assert_true(wish.flows && wish.active_s == 60 && wish.idle_s == 15 && !wish.every);
	assert_true(wish_of(b, NULL, "eth0").flows);
	exporter(b, ROW(1), "a", "\"format\": \"ipfix\", \"admin_state\": \"down\"");
	assert_false(wish_of(b, VM(3), NULL).flows);
}

static void test_choice(void **state)
{
	struct bed *b = *state;

	exporter(b, ROW(1), "a", "\"format\": \"netflow9\", \"vms\": \"" VM(3) "\"");
	assert_true(wish_of(b, VM(3), NULL).flows);
	assert_false(wish_of(b, VM(4), NULL).flows);
	assert_false(wish_of(b, NULL, "eth0").flows);
	exporter(b, ROW(1), "a", "\"format\": \"netflow9\", \"netdevs\": \"eth0\"");
	assert_false(wish_of(b, VM(3), NULL).flows);
	assert_true(wish_of(b, NULL, "eth0").flows);
	exporter(b, ROW(1), "a", "\"format\": \"netflow9\", \"switches\": \"xenbr1\"");
	assert_false(wish_of(b, NULL, "eth0").flows);
}

static void test_labels(void **state)
{
	struct bed *b = *state;

	exporter(b, ROW(1), "a", "\"format\": \"ipfix\", \"labels\": "
		 "[\"map\", [[\"env\", \"prod\"], [\"tier\", \"web\"]]]");
	assert_false(wish_of(b, VM(3), NULL).flows);
	put(b, OBJECT_VM, ROW(2), "\"uuid\": [\"uuid\", \"" VM(3) "\"], \"name\": \"web\", "
	    "\"labels\": [\"map\", [[\"env\", \"prod\"]]]");
	assert_false(wish_of(b, VM(3), NULL).flows);
	put(b, OBJECT_VM, ROW(2), "\"uuid\": [\"uuid\", \"" VM(3) "\"], \"name\": \"web\", "
	    "\"labels\": [\"map\", [[\"a\", \"b\"], [\"env\", \"prod\"], [\"tier\", \"web\"]]]");
	assert_true(wish_of(b, VM(3), NULL).flows);
	assert_false(wish_of(b, VM(4), NULL).flows);
	assert_false(wish_of(b, NULL, "eth0").flows);
}

/* Several want the finest of what each wants. */
static void test_together(void **state)
{
	struct bed *b = *state;
	struct export_wish wish;

	exporter(b, ROW(1), "a", "\"format\": \"sflow\", \"sampling\": 400, \"header\": 200");
	exporter(b, ROW(2), "b", "\"format\": \"ipfix\", \"sampling\": 100");
	wish = wish_of(b, VM(3), NULL);
	assert_true(wish.drops && !wish.flows);
	assert_int_equal(wish.every, 100);
	assert_int_equal(wish.octets, 200);
	exporter(b, ROW(3), "c", "\"format\": \"ipfix\", \"active_timeout_s\": 300");
	exporter(b, ROW(4), "d", "\"format\": \"ipfix\", \"idle_timeout_s\": 20");
	wish = wish_of(b, VM(3), NULL);
	assert_true(wish.flows);
	assert_int_equal(wish.active_s, 60);
	assert_int_equal(wish.idle_s, 15);
}

static void test_impossible(void **state)
{
	struct bed *b = *state;

	exporter(b, ROW(1), "a", "\"format\": \"sflow\", \"agent\": \"192.0.2.0/24\"");
	assert_false(wish_of(b, VM(3), NULL).every);
	assert_string_equal(b->all.list[0]->problem,
			    "agent=192.0.2.0/24: must be the address of one host");
	exporter(b, ROW(2), "b", "\"format\": \"netflow9\", \"transport\": \"tcp\"");
	assert_non_null(b->all.list[1]->problem);
	exporter(b, ROW(3), "c", "\"format\": \"ipfix\"");
	assert_int_equal(b->all.list[2]->collectors[0].port, 4739);
}

/* A collector is told once, with its port or by default. */
static void test_twice(void **state)
{
	struct bed *b = *state;

	put(b, OBJECT_EXPORTER, ROW(1), "\"name\": \"a\", \"format\": \"netflow9\", \"collectors\": "
	    "[\"set\", [\"192.0.2.9\", \"192.0.2.9:2055\", \"192.0.2.9:4739\", \"192.0.2.10\"]]");
	assert_null(b->all.list[0]->problem);
	assert_int_equal(b->all.list[0]->collector_count, 3);
	assert_int_equal(b->all.list[0]->collectors[0].port, 2055);
	assert_int_equal(b->all.list[0]->collectors[1].port, 4739);
}

static void test_numbers(void **state)
{
	struct bed *b = *state;
	uint8_t uuid[16];

	assert_true(uuid_parse(VM(3), UUID_TEXT_LEN, uuid));
	assert_int_equal(exporters_number(&b->all, uuid, 0), 0);
	put(b, OBJECT_INTERFACE, ROW(1),
	    "\"vm\": [\"uuid\", \"" VM(3) "\"], \"devid\": 0, \"number\": 1048600");
	assert_int_equal(exporters_number(&b->all, uuid, 0), 1048600);
	assert_int_equal(exporters_number(&b->all, uuid, 1), 0);
}

/* Who asked but was refused runs: what is wrong is said, and not that it does not run. */
static void test_denied(void **state)
{
	struct bed *b = *state;
	struct exporter_facts facts = { .all = &b->all };
	json_t *json;

	exporter(b, ROW(1), "a", "\"format\": \"ipfix\"");
	b->all.supported = true;
	facts.exporter = b->all.list[0];
	for (int i = 0; i < 2; i++) {
		facts.denied = i;
		facts.ports = json_array();
		json = exporter_json(&facts);
		assert_string_equal(json_string_value(json_object_get(json, "state")), "not-served");
		assert_non_null(strstr(json_string_value(json_object_get(json, "error")),
				       i ? "was refused" : "does not run"));
		json_decref(json);
	}
}

static bool tells_exporters(struct daemon *d, json_int_t since, size_t count)
{
	json_t *json = document_told(d, since), *list = json_object_get(json, "exporters");
	json_int_t generation = json_integer_value(json_object_get(json, "generation"));
	bool told = list;

	if (told)
		assert_int_equal(json_array_size(list), count);
	assert_int_equal(generation, told ? (json_int_t)d->passes : since);
	json_decref(json);
	return told;
}

/* A database that has said nothing yet has not said that there are no exporters. */
static void test_unheard(void **state)
{
	struct bed *b = *state;
	static struct daemon d;

	d = (struct daemon){ .passes = 1, .policy.state = POLICY_UNHEARD };
	assert_false(tells_exporters(&d, 0, 0));
	/* It has, but no pass has read it. */
	exporter(b, ROW(1), "a", "\"format\": \"ipfix\"");
	d.policy.state = POLICY_FOLLOWED;
	assert_false(tells_exporters(&d, 0, 0));
	exporters_read(&d.facts.exporters, &b->policies);
	d.passes = 2;
	assert_true(tells_exporters(&d, 0, 1));
	assert_false(tells_exporters(&d, 2, 1));
	/* There was no memory for a row: all of them are read again. */
	d.policy.state = POLICY_UNHEARD;
	d.passes = 3;
	assert_false(tells_exporters(&d, 2, 0));
	exporters_deinit(&d.facts.exporters);
	/* None is wanted, or there is none. */
	for (int i = 0; i < 2; i++) {
		struct policies none = {};

		d = (struct daemon){ .passes = 4, .policy.state = i ? POLICY_OFF : POLICY_ABSENT };
		exporters_read(&d.facts.exporters, &none);
		assert_true(tells_exporters(&d, 0, 0));
		exporters_deinit(&d.facts.exporters);
	}
}

/* What its collectors were told before it was put down is over. */
static void test_down(void **state)
{
	struct bed *b = *state;
	struct exporter_facts facts = { .all = &b->all, .served = true };
	json_t *told = json_pack("{s:s, s:[{s:s, s:s}]}", "uuid", ROW(1), "collectors",
				 "to", "192.0.2.9:4739", "state", "down");
	json_t *json;

	b->all.supported = true;
	for (int i = 0; i < 2; i++) {
		exporter(b, ROW(1), "a", i ? "\"format\": \"ipfix\", \"admin_state\": \"down\"" :
			 "\"format\": \"ipfix\"");
		assert_int_equal(exporters_note(&b->all, told), 0);
		facts.exporter = b->all.list[0];
		facts.ports = json_pack("[s]", "vif3.0");
		json = exporter_json(&facts);
		assert_string_equal(json_string_value(json_object_get(json, "state")),
				    i ? "down" : "waiting");
		assert_int_equal(json_array_size(json_object_get(json, "collectors")), !i);
		json_decref(json);
	}
	json_decref(told);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_everything), TEST(test_choice), TEST(test_labels), TEST(test_together),
		TEST(test_impossible), TEST(test_numbers), TEST(test_twice), TEST(test_denied),
		TEST(test_unheard), TEST(test_down),
	};

	return cmocka_run_group_tests_name("vifswitchd-exporter", tests, NULL, NULL);
}
