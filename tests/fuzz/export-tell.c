// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whatever records the kernel tells, datagrams are of the form that they say: sizes,
 * counts and sequences agree, and none is too large. What values they have,
 * tests/vifexportd/judges.py reads.
 */
#include <stdlib.h>
#include <string.h>

#include "export/tell.h"

#define CHECK(what)	do { if (!(what)) abort(); } while (0)

struct reader {
	const uint8_t *at;
	size_t left;
};

/* What the last header foretold of the next one. */
struct seen {
	enum export_format format;
	uint32_t next;
	bool any;
};

static uint32_t take(struct reader *r, size_t octets)
{
	uint32_t n = 0;

	CHECK(octets <= r->left);
	r->left -= octets;
	while (octets--)
		n = n << 8 | *r->at++;
	return n;
}

static void skip(struct reader *r, size_t octets)
{
	CHECK(octets <= r->left);
	r->at += octets;
	r->left -= octets;
}

static void follows(struct seen *s, uint32_t sequence, uint32_t step)
{
	CHECK(!s->any || sequence == s->next);
	s->any = true;
	s->next = sequence + step;
}

static void read_netflow5(struct reader *r, uint32_t records, struct seen *s)
{
	uint32_t count;

	CHECK(take(r, 2) == 5);
	count = take(r, 2);
	CHECK(count && count <= 30 && count == records && r->left == 20 + 48 * count);
	skip(r, 12);
	follows(s, take(r, 4), count);
}

static void read_sets(struct reader *r)
{
	while (r->left) {
		uint32_t id = take(r, 2), len = take(r, 2);

		CHECK((id < 4 || id >= 256) && len >= 4 && (id == 2 || id == 3 || len % 4 == 0));
		skip(r, len - 4);
	}
}

static void read_templates(struct reader *r, uint32_t records, struct seen *s)
{
	bool ipfix = s->format == EXPORT_IPFIX;
	size_t len = r->left;

	CHECK(take(r, 2) == (ipfix ? 10 : 9));
	CHECK(ipfix ? take(r, 2) == len : take(r, 2) >= records);
	skip(r, ipfix ? 4 : 8);
	if (ipfix)
		skip(r, 4);
	else
		follows(s, take(r, 4), 1);
	skip(r, 4);
	read_sets(r);
}

/* As many of that, each behind its kind and its length, and nothing else. */
static void read_list(struct reader *r, uint32_t count, bool of_samples);

static void read_sample(struct reader *r, uint32_t kind)
{
	CHECK(kind == 1 || kind == 2 || kind == 5);
	skip(r, kind == 1 ? 28 : kind == 2 ? 8 : 28);
	read_list(r, take(r, 4), false);
}

static void read_list(struct reader *r, uint32_t count, bool of_samples)
{
	while (count--) {
		uint32_t kind = take(r, 4), len = take(r, 4);
		struct reader inner = { r->at, len };

		skip(r, len);
		CHECK(len % 4 == 0);
		if (of_samples)
			read_sample(&inner, kind);
	}
	CHECK(!r->left);
}

static void read_sflow(struct reader *r, uint32_t records, struct seen *s)
{
	uint32_t count;

	CHECK(take(r, 4) == 5 && take(r, 4) == 1);
	skip(r, 8);
	follows(s, take(r, 4), 1);
	skip(r, 4);
	count = take(r, 4);
	CHECK(count == records);
	read_list(r, count, true);
}

static void on_datagram(const uint8_t *octets, size_t len, uint32_t records, void *arg)
{
	struct seen *s = arg;
	struct reader r = { octets, len };

	CHECK(len && len <= DATAGRAM_MAX);
	if (s->format == EXPORT_SFLOW)
		read_sflow(&r, records, s);
	else if (s->format == EXPORT_NETFLOW5)
		read_netflow5(&r, records, s);
	else
		read_templates(&r, records, s);
}

static void copy(void *to, size_t size, const uint8_t **data, size_t *left)
{
	size_t n = size < *left ? size : *left;

	memset(to, 0, size);
	if (n)
		memcpy(to, *data, n);
	*data += n;
	*left -= n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct encoder_settings set = { .header = 128, .send = on_datagram };
	uint64_t now = 1700000000000ULL;
	struct told_port port = {};
	struct seen seen = {};
	struct encoder e;
	uint8_t head[8];

	copy(head, sizeof(head), &data, &size);
	seen.format = set.format = head[0] % 4;
	set.sampling = 1 + head[1];
	set.point = head[2];
	set.arg = &seen;
	set.boot_ms = now;
	encoder_init(&e, &set);
	while (size) {
		struct vifswitch_flow flow;
		struct vifswitch_sample sample;
		struct told_counters counters = { .port = &port };
		uint8_t step[4];

		copy(step, sizeof(step), &data, &size);
		copy(&flow, sizeof(flow), &data, &size);
		copy(&sample, sizeof(sample), &data, &size);
		copy(&port, sizeof(port), &data, &size);
		port.is_vif = step[0] & 1;
		port.number &= 0xffffff;
		now += step[1] * 1000U;
		encoder_flow(&e, &(struct told_flow){ .flow = &flow, .port = &port }, now);
		encoder_sample(&e, &(struct told_sample){
			.sample = &sample, .port = &port, .packet = (const uint8_t *)&flow,
			.packet_len = step[2] % (sizeof(flow) + 1) }, now);
		encoder_counters(&e, &counters, now);
		if (step[3] & 1)
			encoder_flush(&e, now);
	}
	encoder_flush(&e, now);
	encoder_deinit(&e);
	return 0;
}
