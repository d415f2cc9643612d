// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hear IFACE SECONDS
 *   the echo requests and replies that came in on IFACE until then or until stopped, by source
 *   MAC and type, each known by its sequence number: rows [mac, type, frames, repeated,
 *   disordered, first, last, vlan (-1: none, -2: not always the same), [missing between first
 *   and last: the first of them], how many are missing]; late: frames it was too slow for.
 */
#include <linux/if_packet.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include "guest.h"

#define ROWS_MAX	8
#define MISSING_SHOWN	40
#define QUEUE_MAX	4000

struct row {
	uint8_t mac[6];
	int type, vlan;
	int first, last;
	long frames, repeated, disordered;
	uint8_t seen[65536];
};

static struct row rows[ROWS_MAX];
static int row_count;

static struct row *row_of(const uint8_t *mac, int type, int vlan, int seq)
{
	struct row *r;

	for (r = rows; r < rows + row_count; r++)
		if (r->type == type && !memcmp(r->mac, mac, 6))
			return r;
	if (row_count == ROWS_MAX)
		return NULL;
	row_count++;
	memcpy(r->mac, mac, 6);
	r->type = type;
	r->vlan = vlan;
	r->first = seq;
	r->last = -1;
	return r;
}

static void note(const uint8_t *mac, int type, int vlan, int seq)
{
	struct row *r = row_of(mac, type, vlan, seq);

	if (!r)
		return;
	r->frames++;
	r->repeated += r->seen[seq];
	r->disordered += seq < r->last;
	r->seen[seq] = 1;
	r->last = seq > r->last ? seq : r->last;
	r->first = seq < r->first ? seq : r->first;
	if (r->vlan != vlan)
		r->vlan = -2;
}

static void take_echo(int fd)
{
	uint8_t frame[128];
	int vlan;
	ssize_t n = take_packet(fd, frame, sizeof(frame), &vlan);
	const uint8_t *ip = frame + 14;

	if (n < 14 + 20 + 8)
		return;
	if (vlan < 0 && frame[12] == 0x81 && !frame[13]) {
		vlan = (frame[14] << 8 | frame[15]) & 0xfff;
		ip += 4;
	}
	if (ip[-2] != 8 || ip[-1] || ip[0] != 0x45 || ip[9] != 1 || ip + 28 > frame + n ||
	    (ip[20] != 0 && ip[20] != 8))
		return;
	note(frame + 6, ip[20], vlan, ip[26] << 8 | ip[27]);
}

static void say_row(const struct row *r, const char *comma)
{
	const uint8_t *m = r->mac;
	long missing = 0;

	say("%s[\"%02x:%02x:%02x:%02x:%02x:%02x\",%d,%ld,%ld,%ld,%d,%d,%d,[", comma, m[0], m[1],
	    m[2], m[3], m[4], m[5], r->type, r->frames, r->repeated, r->disordered, r->first,
	    r->last, r->vlan);
	for (int seq = r->first; seq <= r->last; seq++)
		if (!r->seen[seq] && missing++ < MISSING_SHOWN)
			say("%s%d", missing > 1 ? "," : "", seq);
	say("],%ld]", missing);
}

int verb_hear(int argc, char **argv)
{
	struct tpacket_stats stats = { 0 };
	socklen_t size = sizeof(stats);
	int index, fd = argc > 2 ? open_packet(argv[1], &index) : -1;
	uint64_t end = now_us() + number(argc > 2 ? argv[2] : NULL, 5) * 1000000ULL;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (fd < 0)
		return fail("hear: IFACE SECONDS: %m");
	while (!stopping && now_us() < end)
		if (poll(&p, 1, 100) > 0)
			take_echo(fd);
	/* A slow guest may have some left that came before the end. */
	for (int left = QUEUE_MAX; left && poll(&p, 1, 0) > 0; left--)
		take_echo(fd);
	say("\"rows\":[");
	for (int i = 0; i < row_count; i++)
		say_row(&rows[i], i ? "," : "");
	getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size);
	say("],\"late\":%u", stats.tp_drops);
	return 0;
}
