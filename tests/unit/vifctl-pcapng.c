// SPDX-License-Identifier: GPL-2.0-or-later
/* Captures that vifctl record writes, as libpcap reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pcap/pcap.h>

#include "vifctl/view/pcapng.h"

#define TIME	1795937919217000001ULL

/* One packet of @len octets out of @whole, with a comment of @comment octets. */
static void one(FILE *f, uint32_t len, uint32_t whole, size_t comment)
{
	uint8_t *data = malloc(len + 1);
	char *text = malloc(comment + 1);

	memset(data, 0x5a, len);
	memset(text, 'c', comment);
	text[comment] = '\0';
	pcapng_packet(f, &(struct pcapng_packet){
		.interface = 1, .time_ns = TIME + len, .data = data, .len = len, .whole = whole,
		.direction = PCAPNG_INBOUND, .lost = 3, .comment = text });
	free(data);
	free(text);
}

static void is_next(pcap_t *p, uint32_t len, uint32_t whole)
{
	struct pcap_pkthdr *header;
	const u_char *data;

	assert_int_equal(pcap_next_ex(p, &header, &data), 1);
	assert_int_equal(header->caplen, len);
	assert_int_equal(header->len, whole);
	assert_int_equal(header->ts.tv_sec * 1000000000ULL + header->ts.tv_usec, TIME + len);
	for (uint32_t i = 0; i < len; i++)
		assert_int_equal(data[i], 0x5a);
}

static void test_read_by_libpcap(void **state)
{
	char error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	FILE *f = tmpfile();
	const u_char *data;
	pcap_t *p;

	pcapng_begin(f, "vifctl");
	pcapng_interface(f, "vif1.0", "web/0", 16384);
	pcapng_interface(f, "vif1.0-emu", "", 16384);
	one(f, 60, 60, 10);
	one(f, 61, 1514, 0);
	one(f, 16384, 65000, 100000);	/* more than an option holds */
	one(f, 0, 0, 3);
	pcapng_statistics(f, 0, TIME, 7, 3);
	rewind(f);
	p = pcap_fopen_offline_with_tstamp_precision(f, PCAP_TSTAMP_PRECISION_NANO, error);
	if (!p)
		fail_msg("%s", error);
	assert_int_equal(pcap_datalink(p), DLT_EN10MB);
	assert_int_equal(pcap_snapshot(p), 16384);
	is_next(p, 60, 60);
	is_next(p, 61, 1514);
	is_next(p, 16384, 65000);
	is_next(p, 0, 0);
	assert_int_equal(pcap_next_ex(p, &header, &data), PCAP_ERROR_BREAK);
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_by_libpcap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
