// SPDX-License-Identifier: GPL-2.0-or-later
/* Dropped frames in words. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "vifctl/view.h"
#include "show/packet-summary.h"
#include "vifctl/why/packet-text.h"

#define MACS	"00:16:3e:00:00:01 > 00:16:3e:00:00:02"

static void make(const char *text, struct packet_text *ret)
{
	char copy[256], *save = NULL, *problem = NULL;
	const char *words[16];
	int count = 0;

	snprintf(copy, sizeof(copy), "%s from=00:16:3e:00:00:01 to=00:16:3e:00:00:02", text);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		words[count++] = w;
	if (!packet_text_parse(words, count, ret, &problem))
		fail_msg("%s: %s", text, problem);
}

static void frames_in_words(void **state)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{ "tcp 10.0.0.1:4000 10.0.0.2:80", " tcp 10.0.0.1:4000 > 10.0.0.2:80 syn, 60 octets" },
		{ "tcp 10.0.0.1:1 10.0.0.2:2 flags=fin,ack vlan=5",
		  " vlan 5 tcp 10.0.0.1:1 > 10.0.0.2:2 fin,ack, 60 octets" },
		{ "udp [2001:db8::1]:53 [2001:db8::2]:54 len=900",
		  " udp [2001:db8::1]:53 > [2001:db8::2]:54, 900 octets" },
		{ "icmp 10.0.0.1 10.0.0.2", " icmp 10.0.0.1 > 10.0.0.2 type 8 code 0, 60 octets" },
		{ "ra fe80::1 ff02::1", " icmp6 fe80::1 > ff02::1 router advertisement, 70 octets" },
		{ "ns fe80::1 ff02::1", " icmp6 fe80::1 > ff02::1 neighbour solicitation, 78 octets" },
		{ "arp 10.0.0.1 10.0.0.2", " arp 10.0.0.1 asks for 10.0.0.2, 60 octets" },
		{ "arp-reply 10.0.0.1 10.0.0.2", " arp 10.0.0.1 is at 00:16:3e:00:00:01, 60 octets" },
		{ "ip:47 10.0.0.1 10.0.0.2", " gre 10.0.0.1 > 10.0.0.2, 60 octets" },
		{ "ip:200 10.0.0.1 10.0.0.2", " ip:200 10.0.0.1 > 10.0.0.2, 60 octets" },
		{ "udp 10.0.0.1 10.0.0.2 fragment=later",
		  " udp 10.0.0.1 > 10.0.0.2 later fragment, 60 octets" },
		{ "udp 10.0.0.1:7 10.0.0.2:8 fragment=first",
		  " udp 10.0.0.1:7 > 10.0.0.2:8 first fragment, 60 octets" },
		{ "eth:0x88cc", " type 0x88cc, 60 octets" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *wanted = NULL, *got = NULL;
		struct packet_text pkt;

		assert_true(asprintf(&wanted, MACS "%s", cases[i].wanted) > 0);
		make(cases[i].text, &pkt);
		packet_text_set_source(&pkt, pkt.frame + 6);
		got = packet_summary(pkt.frame, pkt.len, pkt.len);
		assert_string_equal(got, wanted);
	}
}

static void frames_cut_short(void **state)
{
	struct packet_text pkt;

	make("tcp 10.0.0.1:4000 10.0.0.2:80", &pkt);
	for (size_t len = 0; len <= pkt.len; len++) {
		_cleanup_free_ uint8_t *exact = malloc(len ? len : 1);
		_cleanup_free_ char *got = NULL;

		memcpy(exact, pkt.frame, len);
		got = packet_summary(exact, len, 1500);
		if (len < 14)
			assert_string_equal(got, "a frame cut short, 1500 octets");
		else if (len < 34)
			assert_string_equal(got, MACS " type 0x0800, 1500 octets");
		else if (len < 54)
			assert_string_equal(got, MACS " tcp 10.0.0.1 > 10.0.0.2, 1500 octets");
		else
			assert_non_null(strstr(got, "10.0.0.1:4000 > 10.0.0.2:80 syn, 1500"));
	}
}

static void check_line(const char *event, const char *wanted)
{
	json_t *doc = json_loads(event, 0, NULL);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(doc);
	view_drop_event(doc, out);
	fclose(out);
	assert_string_equal(text, wanted);
	free(text);
	json_decref(doc);
}

static void events_in_words(void **state)
{
	check_line("{\"time\":\"T\",\"netdev\":\"vif3.0\",\"devid\":0,\"vm\":{\"name\":\"web\"},"
		   "\"reason\":\"mac-guard\",\"length\":60,"
		   "\"packet\":\"00163e00000200163e00000188cc0000\"}",
		   "T  web/0 (vif3.0)  mac-guard: the source MAC is not one this port may use  "
		   MACS " type 0x88cc, 60 octets\n");
	check_line("{\"time\":\"T\",\"netdev\":\"eth0\",\"vm\":null,\"devid\":null,"
		   "\"reason\":\"acl\",\"rule\":\"ssh\",\"acl\":\"web\",\"length\":4,"
		   "\"packet\":\"0016zz\"}",
		   "T  eth0  acl: a rule of the port's ACL, or its default, denies it  "
		   "(rule ssh of ACL web)  a frame cut short, 4 octets\n");
	check_line("{\"time\":\"T\",\"netdev\":\"e\\u001bth\",\"reason\":\"newer\"}",
		   "T  e?th  newer: a reason this version of vifctl does not know\n");
	setenv("TZ", "CET-1", 1);
	tzset();
	check_line("{\"time\":\"2026-01-31T23:05:58.120Z\",\"netdev\":\"eth0\",\"reason\":\"newer\"}",
		   "2026-02-01 00:05:58.120  eth0  newer: a reason this version of vifctl does not "
		   "know\n");
	unsetenv("TZ");
	tzset();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_in_words),
		cmocka_unit_test(frames_cut_short),
		cmocka_unit_test(events_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
