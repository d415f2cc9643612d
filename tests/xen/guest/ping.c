// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ping DST COUNT INTERVAL_MS [TAIL_MS]
 *   COUNT echo requests on a fixed schedule (0: until stopped); then waits
 *   TAIL_MS for late replies. Answers sent, received, duplicates, lost (first
 *   sequence numbers), max_gap_ms (longest silence between two replies, and
 *   gap_at_ms, gap_from_seq, gap_to_seq), rtt_ms (mean), rtt_max_ms.
 * reach COUNT INTERVAL_MS DST[@SOURCE]...
 *   COUNT requests to each at once; answers how many came back from each.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "guest.h"

#define SEQ_MAX		65536
#define LOST_SHOWN	20
#define PAYLOAD		32
#define CATCH_UP_US	100000	/* further behind, the schedule starts anew: no bursts */

struct echo {
	struct icmphdr icmp;
	uint64_t sent_us;
	uint8_t pad[PAYLOAD - 8];
} __attribute__((packed, aligned(4)));

static uint16_t checksum(const void *data, size_t len)
{
	const uint16_t *word = data;
	uint32_t sum = 0;

	for (; len > 1; len -= 2)
		sum += *word++;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static int send_echo(int fd, const struct in_addr *dst, uint16_t ident, uint16_t seq)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr = *dst };
	struct echo echo = { .icmp.type = ICMP_ECHO };

	echo.icmp.un.echo.id = ident;
	echo.icmp.un.echo.sequence = htons(seq);
	echo.sent_us = now_us();
	echo.icmp.checksum = checksum(&echo, sizeof(echo));
	return sendto(fd, &echo, sizeof(echo), 0, (struct sockaddr *)&to, sizeof(to));
}

/* One reply to ident within timeout_us: 1, else 0. */
static int receive_echo(int fd, uint16_t ident, int64_t timeout_us, struct in_addr *from,
			uint16_t *seq, uint64_t *sent_us)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct timespec t = { .tv_sec = 0, .tv_nsec = 0 };
	struct {
		struct iphdr ip;
		struct echo echo;
		uint8_t more[512];
	} packet;
	ssize_t n;

	if (timeout_us > 0) {
		t.tv_sec = timeout_us / 1000000;
		t.tv_nsec = timeout_us % 1000000 * 1000;
	}
	if (ppoll(&p, 1, &t, NULL) <= 0)
		return 0;
	n = recv(fd, &packet, sizeof(packet), 0);
	if (n < (ssize_t)(sizeof(packet.ip) + sizeof(packet.echo)) || packet.ip.ihl != 5 ||
	    packet.echo.icmp.type != ICMP_ECHOREPLY || packet.echo.icmp.un.echo.id != ident)
		return 0;
	from->s_addr = packet.ip.saddr;
	*seq = ntohs(packet.echo.icmp.un.echo.sequence);
	*sent_us = packet.echo.sent_us;
	return 1;
}

/* With room for long: what netfront receives counts as a page each. */
static int open_icmp(void)
{
	int size = 4 << 20, fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return fd;
}

struct run {
	uint8_t *seen;
	long sent, received, duplicates, refused;
	uint64_t start, last_reply, max_gap, gap_at, rtt_sum, rtt_max;
	int last_seq, gap_from, gap_to;
};

static void note_reply(struct run *run, uint16_t seq, uint64_t sent_us)
{
	uint64_t now = now_us(), rtt = now - sent_us;

	if (run->seen[seq]) {
		run->duplicates++;
		return;
	}
	run->seen[seq] = 1;
	run->received++;
	run->rtt_sum += rtt;
	if (rtt > run->rtt_max)
		run->rtt_max = rtt;
	if (run->last_reply && now - run->last_reply > run->max_gap) {
		run->max_gap = now - run->last_reply;
		run->gap_at = run->last_reply - run->start;
		run->gap_from = run->last_seq;
		run->gap_to = seq;
	}
	run->last_reply = now;
	run->last_seq = seq;
}

static void report(const struct run *run)
{
	int shown = 0;

	say("\"sent\":%ld,\"received\":%ld,\"duplicates\":%ld,\"refused\":%ld,", run->sent,
	    run->received, run->duplicates, run->refused);
	say("\"max_gap_ms\":%.3f,\"gap_at_ms\":%.3f,\"gap_from_seq\":%d,\"gap_to_seq\":%d,",
	    run->max_gap / 1e3, run->gap_at / 1e3, run->gap_from, run->gap_to);
	say("\"rtt_ms\":%.3f,\"rtt_max_ms\":%.3f,\"lost\":[",
	    run->received ? run->rtt_sum / 1e3 / run->received : 0.0, run->rtt_max / 1e3);
	for (long seq = 0; seq < run->sent && shown < LOST_SHOWN; seq++)
		if (!run->seen[seq])
			say("%s%ld", shown++ ? "," : "", seq);
	say("]");
}

int verb_ping(int argc, char **argv)
{
	long count = number(argc > 2 ? argv[2] : NULL, 10);
	uint64_t interval = number(argc > 3 ? argv[3] : NULL, 1000) * 1000;
	uint64_t tail = number(argc > 4 ? argv[4] : NULL, 2000) * 1000, next, end = 0;
	uint16_t ident = getpid(), seq;
	struct run run = { .last_seq = -1 };
	struct in_addr dst, from;
	int fd = open_icmp();
	int64_t next_wait;
	uint64_t sent_us;

	if (argc < 2 || !inet_aton(argv[1], &dst))
		return fail("ping: no address");
	if (fd < 0)
		return fail("ping: socket: %m");
	if (count <= 0 || count > SEQ_MAX)
		count = SEQ_MAX;
	run.seen = calloc(SEQ_MAX, 1);
	run.start = next = now_us();
	for (;;) {
		uint64_t now = now_us();

		if (run.sent < count && !stopping && now >= next) {
			if (send_echo(fd, &dst, ident, run.sent) < 0)
				run.refused++;
			run.sent++;
			next += interval;
			if (now > next + CATCH_UP_US)
				next = now + interval;
			if (run.sent == count)
				end = now + tail;
			next_wait = 0;
		} else {
			next_wait = (int64_t)((end ? end : next) - now);
		}
		if (stopping && !end)
			end = now + tail;
		if (end && (now >= end || run.received == run.sent))
			break;
		while (receive_echo(fd, ident, next_wait, &from, &seq, &sent_us)) {
			if (from.s_addr == dst.s_addr)
				note_reply(&run, seq, sent_us);
			next_wait = 0;
		}
	}
	report(&run);
	return 0;
}

int verb_reach(int argc, char **argv)
{
	long count = number(argc > 1 ? argv[1] : NULL, 3);
	uint64_t interval = number(argc > 2 ? argv[2] : NULL, 1000) * 1000;
	uint64_t start = now_us(), end = start + (count + 1) * interval, sent_us;
	int fd = open_icmp(), targets = argc - 3, got[64] = { 0 };
	struct in_addr dst[64], from;
	uint16_t ident = getpid(), seq;
	long round = 0;

	if (targets < 1 || targets > 64 || fd < 0)
		return fail("reach: COUNT INTERVAL_MS DST...: %m");
	for (int i = 0; i < targets; i++)
		if (!inet_aton(argv[3 + i], &dst[i]))
			return fail("reach: %s is no address", argv[3 + i]);
	while (!stopping && now_us() < end) {
		if (round < count && now_us() >= start + round * interval) {
			for (int i = 0; i < targets; i++)
				send_echo(fd, &dst[i], ident, round);
			round++;
		}
		if (!receive_echo(fd, ident, 50000, &from, &seq, &sent_us))
			continue;
		for (int i = 0; i < targets; i++)
			got[i] += from.s_addr == dst[i].s_addr;
	}
	for (int i = 0; i < targets; i++)
		say("%s\"%s\":%d", i ? "," : "", argv[3 + i], got[i]);
	return 0;
}
