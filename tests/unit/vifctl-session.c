// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl session: what is shown of a session, and which ones a filter fits. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "datapath/ko/features.h"
#include "show/list-document.h"
#include "show/session-document.h"
#include "tests/unit/documents.h"
#include "tests/unit/show-sample.h"
#include "vifctl/view.h"
#include "vifctl/view/session-filter.h"
#include "vifctl/vifctl.h"

static const struct vifswitch_session sample_sessions[] = {
	{ .proto = 6, .begun = VIFSWITCH_ACL_TO, .state = VIFSWITCH_SESSION_TCP_ESTABLISHED,
	  .vlan = 100, .flags = VIFSWITCH_SF_CONFIRMED, .vm_addr = { 10, 0, 0, 2 },
	  .peer_addr = { 192, 0, 2, 77 }, .vm_port = 443, .peer_port = 40000, .age_ms = 7380000,
	  .idle_ms = 1000, .packets = { 1234, 7 }, .octets = { 12939428, 420 } },
	{ .proto = 1, .begun = VIFSWITCH_ACL_FROM, .state = VIFSWITCH_SESSION_ECHO, .vlan = 100,
	  .vm_addr = { 10, 0, 0, 2 }, .peer_addr = { 10, 0, 0, 1 }, .vm_port = 9,
	  .age_ms = 90000, .idle_ms = 90000, .packets = { 1, 0 }, .octets = { 98, 0 } },
	{ .family = VIFSWITCH_ACL_IP6, .proto = 17, .state = VIFSWITCH_SESSION_NEW, .vlan = 0,
	  .vm_addr = { 0x20, 1, 0xd, 0xb8, [15] = 2 },
	  .peer_addr = { 0x20, 1, 0xd, 0xb8, [15] = 1 },
	  .vm_port = 53, .peer_port = 53 },
	{ .proto = 200, .state = 99, .vlan = 100, .vm_addr = { 10, 0, 0, 2 },
	  .peer_addr = { 10, 0, 0, 9 } },
};

/* What a port with a limit of 1,000 has; @connections of them. */
static json_t *list_of(json_t *port, int connections)
{
	json_t *list = json_array();

	json_object_set_new(port, "connections", json_integer(connections));
	json_object_set_new(port, "connections_max", json_integer(1000));
	for (size_t i = 0; i < ARRAY_SIZE(sample_sessions); i++)
		json_array_append_new(list, session_json(&sample_sessions[i], port, false));
	return list;
}

static const char want[] =
"PROTO   VLAN  VM                   PEER              STATE        AGE  LEFT   FROM VM  TO VM\n"
"tcp           10.0.0.2:443      <  192.0.2.77:40000  established   2h    4d  1.2k/12M  7/420\n"
"icmp/9        10.0.0.2          >  10.0.0.1          echo         90s    0s      1/98    0/0\n"
"udp     0     [2001:db8::2]:53  >  [2001:db8::1]:53  new           0s   30s       0/0    0/0\n"
"200           10.0.0.2          >  10.0.0.9          unknown       0s             0/0    0/0\n";

static void test_list(void **state)
{
	json_t *port = sample_port(), *list = list_of(port, 4);
	json_t *doc = list_document("kernel", "sessions", list);
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	view_sessions(list, port, f);
	fclose(f);
	assert_string_equal(text, want);
	document_seen("session list", doc);
	free(text);
	json_decref(doc);
	json_decref(port);
}

static json_int_t left_of(const json_t *list, size_t i)
{
	return json_integer_value(json_object_get(json_array_get(list, i), "left_ms"));
}

/* Of flow tables the zone takes the VLAN's place. */
static void test_tracked(void **state)
{
	json_t *port = sample_port(), *one = session_json(&sample_sessions[0], port, true);
	_cleanup_free_ char *problem = NULL;
	struct session_filter filter;

	assert_string_equal(json_string_value(json_object_get(one, "of")), "flows");
	assert_true(json_is_null(json_object_get(one, "vlan")));
	assert_int_equal(json_integer_value(json_object_get(one, "zone")), sample_sessions[0].vlan);
	json_decref(one);
	json_decref(port);
	assert_true(session_filter_parse((const char *[]){ "zone=100" }, 1, &filter, &problem));
	assert_true(session_filter_fits(&filter, &sample_sessions[0], true));
	assert_true(session_filter_parse((const char *[]){ "vlan=100" }, 1, &filter, &problem));
	assert_false(session_filter_fits(&filter, &sample_sessions[0], true));
}

/* From 7/8 of its limit on a port forgets sooner. */
static void test_left(void **state)
{
	json_t *port = sample_port(), *list = list_of(port, 875);

	assert_int_equal(left_of(list, 0), 432000000 - 1000);
	json_decref(list);
	list = list_of(port, 876);
	assert_int_equal(left_of(list, 0), 7440000 - 1000);
	assert_int_equal(left_of(list, 1), 0);
	json_decref(list);
	json_decref(port);
}

/* Which of the samples each filter fits, or what is said of it. */
static void test_filter(void **state)
{
	static const struct {
		const char *words[4];
		const char *want;
	} cases[] = {
		{ {}, "0123" },
		{ { "proto=tcp" }, "0" }, { { "proto=icmp" }, "1" }, { { "proto=200" }, "3" },
		{ { "proto=icmp6" }, "" },
		{ { "addr=10.0.0.1" }, "1" }, { { "addr=10.0.0.0/24" }, "013" },
		{ { "addr=2001:db8::/32" }, "2" }, { { "addr=::/0" }, "2" },
		{ { "port=443" }, "0" }, { { "port=1-60" }, "2" }, { { "port=40000" }, "0" },
		{ { "state=echo" }, "1" }, { { "vlan=0" }, "2" },
		{ { "vlan=100", "addr=10.0.0.2", "proto=6" }, "0" },
		{ { "proto=xyz" }, "\"proto=xyz\": accepted: icmp, igmp" },
		{ { "proto=256" }, "or 0 to 255" },
		{ { "addr=10.0.0.1/8" }, "an address or prefix" },
		{ { "port=70000" }, "0 to 65535" }, { { "port=9-1" }, "a range" },
		{ { "state=open" }, "new, echo, answered" }, { { "vlan=4095" }, "0 to 4094" },
		{ { "zone=100" }, "" }, { { "zone=65536" }, "0 to 65535" },
		{ { "host=a" }, "is not one of proto=, addr=, port=, state=, vlan=, zone=" },
		{ { "web" }, "is not one of proto=" },
		{ { "port=1", "port=2" }, "given twice" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *problem = NULL;
		struct session_filter filter;
		char got[8] = "";
		int count = 0;

		while (count < 4 && cases[i].words[count])
			count++;
		if (!session_filter_parse(cases[i].words, count, &filter, &problem)) {
			if (!strstr(problem, cases[i].want))
				fail_msg("%s: %s", cases[i].words[0], problem);
			continue;
		}
		for (size_t j = 0; j < ARRAY_SIZE(sample_sessions); j++)
			if (session_filter_fits(&filter, &sample_sessions[j], false))
				strcat(got, (char[]){ (char)('0' + j), 0 });
		if (strcmp(got, cases[i].want))
			fail_msg("%s: fits %s, not %s", cases[i].words[0], got, cases[i].want);
	}
}

static int run(char *const *words, char **ret_out)
{
	char *argv[8] = { "vifctl" };
	int argc = 1, status;
	size_t len;
	FILE *out = open_memstream(ret_out, &len);

	for (; *words; words++)
		argv[argc++] = *words;
	status = vifctl_main(argc, argv, out);
	fclose(out);
	return status;
}

/* What the command line accepts, before anybody is asked. */
static void test_words(void **state)
{
	static const struct {
		char *words[6];
		int status;
		const char *out;
	} cases[] = {
		{ { "--complete", "session" }, 0, "list\nflush\n" },
		{ { "--complete", "session", "list", "web" }, 0,
		  "proto=\naddr=\nport=\nstate=\nvlan=\nzone=\n" },
		{ { "session", "list", "host=a" }, VIFCTL_USAGE, "" },
		{ { "session", "list", "web", "db" }, VIFCTL_USAGE, "" },
		{ { "session", "flush" }, VIFCTL_USAGE, "" },
		{ { "session", "flush", "proto=tcp" }, VIFCTL_USAGE, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *out = NULL;

		assert_int_equal(run(cases[i].words, &out), cases[i].status);
		assert_string_equal(out, cases[i].out);
	}
}

/* An older module is told by what it lacks. */
static void test_older_module(void **state)
{
	struct dp_module module = { .version = "0.0.9", .features = ~VIFSWITCH_FEATURE_SESSIONS };
	struct problem problem;

	assert_int_equal(features_need(&module, VIFSWITCH_FEATURE_SESSIONS, &problem), -EOPNOTSUPP);
	assert_string_equal(problem.text, "needs sessions (a table of connections for each port), "
			    "which the kernel module that is loaded, 0.0.9, lacks; it is there after a "
			    "reboot");
	module.features = VIFSWITCH_FEATURE_SESSIONS;
	assert_int_equal(features_need(&module, VIFSWITCH_FEATURE_SESSIONS, &problem), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_left),
		cmocka_unit_test(test_tracked),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_older_module),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
