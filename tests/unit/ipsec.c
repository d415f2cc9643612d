// SPDX-License-Identifier: GPL-2.0-or-later
/* IPsec with remotes: ipsec.conf, what charon is told, what becomes of it, and MTUs. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ipsec/ipsec.h"

#define SECOND	1000000ULL
#define NOW	(100 * SECOND)
#define NAME	"vifswitch-192.0.2.2"

static struct prefix address(const char *text)
{
	struct prefix p = {};

	assert_true(!*text || prefix_parse_host(text, &p));
	return p;
}

static int parse(const char *text, struct ipsec_file *ret, struct problem *problem)
{
	size_t len = strlen(text);
	char *exact = malloc(len + !len);
	int r;

	memcpy(exact, text, len);
	r = ipsec_file_parse(exact, len, ret, problem);
	free(exact);
	return r;
}

static void test_file(void **state)
{
	static const struct {
		const char *text, *problem;
	} wrong[] = {
		{ "peer\n", "line 1: peer: accepted" },
		{ "# none\n\npeer 192.0.2.2 psk\n", "line 3: peer: accepted" },
		{ "peer 224.0.0.1 psk x\n", "line 1: peer: must be an address" },
		{ "peer any id a b\n", "line 1: peer: accepted: psk SECRET, id NAME" },
		{ "certificate a.pem\n", "line 1: certificate: must be a path" },
		{ "certificate /a.pem\n", "certificate, key and ca belong together" },
		{ "identity a b\n", "line 1: identity: one word" },
		{ "secret x\n", "line 1: accepted: identity" },
	};
	struct prefix two = address("192.0.2.2"), three = address("192.0.2.3");
	struct problem problem;
	struct ipsec_file f;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_int_equal(parse(wrong[i].text, &f, &problem), -EINVAL);
		assert_non_null(strstr(problem.text, wrong[i].problem));
	}
	assert_int_equal(parse("", &f, &problem), 0);
	assert_null(ipsec_file_psk(&f, &two));
	ipsec_file_deinit(&f);
	assert_int_equal(parse("identity me\n\tpeer any psk  for all \npeer 192.0.2.2 psk a # b\r\n"
			       "peer 192.0.2.3 id host3", &f, &problem), 0);
	assert_string_equal(f.identity, "me");
	assert_string_equal(ipsec_file_psk(&f, &two), "a # b");
	assert_string_equal(ipsec_file_psk(&f, &three), "for all");
	assert_string_equal(ipsec_file_id(&f, &three), "host3");
	assert_null(ipsec_file_id(&f, &two));
	ipsec_file_deinit(&f);
}

static struct ipsec_remote *begin(struct ipsec *all, const char *own, const char *to,
				  const char *conf)
{
	struct prefix from = address(own), there = address(to);
	struct problem problem;

	assert_int_equal(parse(conf, &all->file, &problem), 0);
	ipsec_want_begin(all);
	ipsec_want(all, &from, &there, 4789);
	assert_true(ipsec_want_end(all));
	return ipsec_remote(all, &there);
}

static void same_json(json_t *got, const char *wanted)
{
	json_t *w = json_loads(wanted, 0, NULL);

	assert_non_null(w);
	if (!json_equal(got, w)) {
		char *text = json_dumps(got, JSON_COMPACT);

		fail_msg("%s", text);
	}
	json_decref(w);
	json_decref(got);
}

static void test_told(void **state)
{
	struct ipsec all = {};
	struct ipsec_remote *r = begin(&all, "192.0.2.1", "192.0.2.2",
				       "peer 192.0.2.2 psk secret\npeer 192.0.2.2 id two\n");

	same_json(ipsec_shared(&all, r), "{\"id\": \"" NAME "\", \"type\": \"IKE\", \"data\": \"secret\", "
		  "\"owners\": [\"192.0.2.1\", \"two\"]}");
	same_json(ipsec_connection(&all, r, NULL, NULL), "{\"" NAME "\": {\"version\": \"2\", "
		  "\"local_addrs\": [\"192.0.2.1\"], \"remote_addrs\": [\"192.0.2.2\"], \"proposals\": "
		  "[\"aes256gcm16-prfsha256-ecp256\", \"aes256gcm16-prfsha256-modp2048\"], "
		  "\"keyingtries\": \"1\", \"unique\": \"replace\", \"dpd_delay\": \"10s\", "
		  "\"mobike\": \"no\", \"send_cert\": \"always\", "
		  "\"local\": {\"auth\": \"psk\", \"id\": \"192.0.2.1\"}, "
		  "\"remote\": {\"auth\": \"psk\", \"id\": \"two\"}, \"children\": {"
		  "\"udp4789-out\": {\"local_ts\": [\"dynamic[udp]\"], \"remote_ts\": [\"dynamic[udp/4789]\"], "
		  "\"mode\": \"transport\", \"esp_proposals\": [\"aes256gcm16-ecp256\", \"aes256gcm16\"], "
		  "\"start_action\": \"trap\", \"dpd_action\": \"trap\", \"close_action\": \"trap\"}, "
		  "\"udp4789-in\": {\"local_ts\": [\"dynamic[udp/4789]\"], \"remote_ts\": [\"dynamic[udp]\"], "
		  "\"mode\": \"transport\", \"esp_proposals\": [\"aes256gcm16-ecp256\", \"aes256gcm16\"], "
		  "\"start_action\": \"trap\", \"dpd_action\": \"trap\", \"close_action\": \"trap\"}}}}");
	ipsec_deinit(&all);
	r = begin(&all, "192.0.2.1", "192.0.2.2", "");
	assert_null(ipsec_connection(&all, r, NULL, NULL));
	assert_non_null(strstr(r->problem, "neither a psk for 192.0.2.2 nor a certificate"));
	json_decref(ipsec_connection(&all, r, "PEM", "CA"));
	assert_null(r->problem);
	ipsec_deinit(&all);
}

static void sas(struct ipsec *all, const char *text, uint64_t now)
{
	json_t *event = json_loads(text, 0, NULL);

	assert_non_null(event);
	ipsec_list_begin(all);
	ipsec_list_sa(all, event);
	ipsec_list_end(all, now);
	json_decref(event);
}

static void line(struct ipsec *all, const char *name, const char *id, const char *msg)
{
	json_t *event = json_pack("{s:s, s:s}", "ikesa-uniqueid", id, "msg", msg);

	if (name)
		json_object_set_new(event, "ikesa-name", json_string(name));
	ipsec_log(all, event, NOW);
	json_decref(event);
}

#define UP	"{\"" NAME "\": {\"state\": \"ESTABLISHED\", \"child-sas\": {\"x-1\": {\"name\": " \
	"\"udp4789-out\", \"state\": \"INSTALLED\", \"encr-alg\": \"AES_GCM_16\", " \
	"\"encr-keysize\": \"256\", \"rekey-time\": \"3000\"}, \"x-2\": {\"name\": \"udp4789-in\", " \
	"\"state\": \"INSTALLED\", \"rekey-time\": \"2000\"}}}}"
#define HALF	"{\"" NAME "\": {\"state\": \"ESTABLISHED\", \"child-sas\": {}}}"
#define BEGUN	"{\"" NAME "\": {\"state\": \"CONNECTING\", \"child-sas\": {}}}"

static void test_states(void **state)
{
	struct ipsec all = {};
	struct ipsec_remote *r = begin(&all, "192.0.2.1", "192.0.2.2", "peer any psk x\n");

	assert_int_equal(r->state, IPSEC_OFF);
	ipsec_there(&all, "charon is away", NOW);
	assert_int_equal(r->state, IPSEC_BLOCKED);
	assert_string_equal(r->reason, "charon is away");
	ipsec_there(&all, NULL, NOW);
	ipsec_told(r, NULL, NOW);
	sas(&all, "{}", NOW);
	assert_int_equal(r->state, IPSEC_CONNECTING);
	/* The lower address asks at once, and not while something is under way. */
	same_json(ipsec_initiate(&all, r, NOW), "{\"child\": \"udp4789-out\", \"ike\": \"" NAME
		  "\", \"timeout\": \"-1\"}");
	assert_null(ipsec_initiate(&all, r, NOW + SECOND));
	sas(&all, BEGUN, NOW + 60 * SECOND);
	assert_null(ipsec_initiate(&all, r, NOW + 60 * SECOND));
	/* What says more exactly stays, until the next try. */
	line(&all, NAME, "7", "tried 1 shared key for 'a' - 'b', but MAC mismatched");
	line(&all, NAME, "7", "received AUTHENTICATION_FAILED notify error");
	assert_int_equal(r->state, IPSEC_FAILED);
	assert_non_null(strstr(r->reason, "wrong PSK"));
	sas(&all, "{}", NOW + 70 * SECOND);
	assert_int_equal(r->state, IPSEC_FAILED);
	json_decref(ipsec_initiate(&all, r, NOW + 70 * SECOND));
	line(&all, NAME, "8", "retransmit 2 of request with message ID 0");
	assert_non_null(strstr(r->reason, "does not answer"));
	/* One that the remote begins, before it is known whose it is. */
	line(&all, NULL, "9", "192.0.2.2 is initiating an IKE_SA");
	line(&all, NULL, "9", "no matching peer config found");
	assert_non_null(strstr(r->reason, "another identity"));
	line(&all, NULL, "10", "192.0.2.9 is initiating an IKE_SA");
	line(&all, NULL, "10", "no shared key found");
	assert_non_null(strstr(r->reason, "another identity"));
	sas(&all, HALF, NOW + 80 * SECOND);
	assert_int_equal(r->state, IPSEC_FAILED);
	sas(&all, UP, NOW + 90 * SECOND);
	assert_int_equal(r->state, IPSEC_UP);
	assert_null(r->reason);
	assert_int_equal(r->rekey, 2000);
	assert_int_equal(ipsec_due(&all), 0);
	line(&all, NAME, "7", "received NO_PROPOSAL_CHOSEN notify error");
	assert_int_equal(r->state, IPSEC_UP);
	sas(&all, HALF, NOW + 91 * SECOND);
	assert_int_equal(r->state, IPSEC_CONNECTING);
	assert_true(ipsec_due(&all) > 0);
	ipsec_there(&all, "gone", NOW);
	assert_int_equal(r->state, IPSEC_BLOCKED);
	ipsec_want_begin(&all);
	assert_true(ipsec_want_end(&all));
	assert_int_equal(all.count, 0);
	ipsec_deinit(&all);
	/* The higher one gives the other time. */
	r = begin(&all, "192.0.2.3", "192.0.2.2", "peer any psk x\n");
	ipsec_there(&all, NULL, NOW);
	ipsec_told(r, NULL, NOW);
	assert_null(ipsec_initiate(&all, r, NOW + SECOND));
	assert_int_equal(ipsec_due(&all), NOW + IPSEC_GRACE_US);
	ipsec_deinit(&all);
}

/* Behind ../shared's table: the largest packet of a VM at an underlay of 1500. */
static void test_room(void **state)
{
	static const struct {
		uint32_t ip, around, inside, wanted;
	} cases[] = {
		{ 20, 32, 30, 1416 }, { 20, 40, 30, 1408 }, { 40, 32, 30, 1396 },
		{ 20, 32, 22, 1424 },
		{ 40, 32, 22, 1404 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(ipsec_room(1500, cases[i].ip, cases[i].around) - cases[i].inside,
				 cases[i].wanted);
	assert_int_equal(ipsec_room(50, 20, 32), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file), cmocka_unit_test(test_told),
		cmocka_unit_test(test_states), cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
