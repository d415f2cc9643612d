// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * CFM, BFD, LLDP and echoes take whatever comes by the wire: frames one after the other, each with
 * an octet for the protocol, one for the time before it and one for its length. Whatever
 * came, the next call is later than now once all that was due is done, and what could be
 * kept over a restart may be. An input that begins with '{' is JSON instead: what vifswitchd
 * wants of a link, and what vifoamd tells of one.
 */
#include <stdlib.h>
#include <string.h>

#include "oam/bfd.h"
#include "oam/cfm.h"
#include "oam/echo.h"
#include "oam/lldp.h"
#include "oam/oam-status.h"
#include "oam/path-mtu.h"
#include "vifoamd/oam-wanted.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEADER	3
#define DUE_MAX	4

static struct cfm cfm;
static struct bfd bfd;
static struct lldp lldp;
static struct path_mtu path;
static struct echo echo[2];

static void start(uint64_t now)
{
	static const uint8_t mac[ETHER_ADDR_LEN] = { 2, 0, 0, 0, 0, 1 };
	struct cfm_config c = { .mpid = 1, .interval = 3, .expected = { 2 }, .expected_count = 1 };
	struct bfd_config b = { .min_tx = 100000, .min_rx = 100000, .mult = 3,
				.src = { 10, 0, 0, 1 }, .dst = { 10, 0, 0, 2 } };
	struct lldp_config l = { .sends = true };

	memcpy(c.mac, mac, sizeof(mac));
	memcpy(b.mac, mac, sizeof(mac));
	memcpy(l.self.mac, mac, sizeof(mac));
	ccm_maid("ovs", "ovs", c.maid);
	strcpy(l.self.port, "eth0");
	cfm_init(&cfm, &c, now);
	bfd_init(&bfd, &b, 7, now);
	lldp_init(&lldp, &l, now);
	path = (struct path_mtu){};
	path_mtu_set(&path, 9000, now);
	for (int ip6 = 0; ip6 < 2; ip6++)
		echo_init(&echo[ip6], ip6, 0, 200);
}

/* What is found lies within what was tried; a probe is a packet of BFD of that size. */
static void probe(uint64_t now)
{
	static uint8_t frame[ETHER_HEADER_LEN + IP_PACKET_MAX];
	struct bfd_frame packet, again;
	uint32_t size;

	if (!bfd_may_probe(&bfd)) {
		path_mtu_forget(&path, now);
	} else if (path_mtu_tick(&path, now, &size)) {
		bfd_probe(&bfd, (uint16_t)size, &packet);
		bfd_frame_format(&packet, frame);
		if (size < PATH_MTU_LEAST || size > path.most ||
		    bfd_frame_len(&packet) != ETHER_HEADER_LEN + size ||
		    bfd_frame_parse(frame, ETHER_HEADER_LEN + size, &again) < 0)
			abort();
	}
	if (path_mtu_next(&path) <= now || path.known > path.most)
		abort();
}

static void run(uint64_t now)
{
	uint8_t frame[LLDP_FRAME_MAX];
	struct bfd_frame packet;
	struct ccm ccm;
	int due = 0;

	while (cfm_tick(&cfm, now, &ccm) || bfd_tick(&bfd, now, &packet) ||
	       lldp_tick(&lldp, now, frame))
		if (++due > DUE_MAX)
			abort();
	if (cfm_next(&cfm) <= now || bfd_next(&bfd) <= now || lldp_next(&lldp) <= now)
		abort();
	if (!cfm_check(&cfm) || !bfd_check(&bfd) || !lldp_check(&lldp))
		abort();
	(void)cfm_health(&cfm);
	probe(now);
}

static void read_json(const uint8_t *data, size_t size)
{
	json_t *json = json_loadb((const char *)data, size, 0, NULL);
	json_t *status = oam_status_read(json), *again = oam_status_read(status);
	struct oam_wanted wanted;

	/* What was read once is whole. */
	if (status && (!again || !json_equal(status, again)))
		abort();
	(void)oam_status_failed(status);
	if (oam_wanted_read(json, &wanted)) {
		if (wanted.cfm_on)
			cfm_init(&cfm, &wanted.cfm, 1);
		if (wanted.bfd_on)
			bfd_init(&bfd, &wanted.bfd, 7, 1);
		if ((wanted.cfm_on && !cfm_check(&cfm)) || (wanted.bfd_on && !bfd_check(&bfd)))
			abort();
	}
	json_decref(again);
	json_decref(status);
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t now = 1000000;

	if (size && data[0] == '{') {
		read_json(data, size);
		return 0;
	}
	start(now);
	while (size > HEADER) {
		size_t len = data[2] < size - HEADER ? data[2] : size - HEADER;
		uint8_t *frame = malloc(len ?: 1);

		memcpy(frame, data + HEADER, len);
		now += (uint64_t)data[1] * 10000;
		run(now);
		switch (data[0] % 4) {
		case 0:
			cfm_input(&cfm, frame, len, now);
			break;
		case 1:
			if (bfd_input(&bfd, frame, len, now))
				path_mtu_answered(&path, now);
			break;
		case 2:
			lldp_input(&lldp, frame, len, now);
			break;
		default:
			for (int ip6 = 0; ip6 < 2; ip6++)
				echo_input(&echo[ip6], frame, len);
		}
		free(frame);
		run(now);
		data += HEADER + len;
		size -= HEADER + len;
	}
	return 0;
}
