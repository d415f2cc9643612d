// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * raw IFACE COUNT INTERVAL_MS HEX...
 *   sends each frame COUNT times, as it stands. Answers sent, refused.
 * flood IFACE FIRST COUNT INTERVAL_US HEX AT:LEN...
 *   sends COUNT variants of a frame. The LEN octets (1 to 4) at each AT become a
 *   number that looks random and depends on the variant's number alone, which
 *   counts from FIRST; with 2 octets 65,536 variants differ. Checksums of IPv4,
 *   TCP and UDP are made right. Answers sent, refused.
 * sniff IFACE SECONDS
 *   what came in on IFACE until then or until stopped, by source MAC, VLAN
 *   (-1: none) and type: rows [mac, vlan, type, frames]; more: frames for which
 *   there was no row left; missed: frames it was too slow for.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "guest.h"

#define ROWS_MAX	40
#define QUEUE_MAX	1000

int open_packet(const char *iface, int *index)
{
	struct sockaddr_ll self = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int one = 1, room = 4 << 20, fd;	/* netfront's frames count as a page each */

	*index = self.sll_ifindex = if_nametoindex(iface);
	if (!self.sll_ifindex)
		return -1;
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof(self)))
		return -1;
	setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	return fd;
}

static size_t unhex(const char *text, uint8_t *out, size_t max)
{
	size_t len = 0;
	unsigned int octet;

	while (len < max && sscanf(text + 2 * len, "%2x", &octet) == 1)
		out[len++] = octet;
	return len;
}

struct tally {
	long sent, refused;
};

static void transmit(int fd, const uint8_t *frame, size_t len, struct tally *t)
{
	if (send(fd, frame, len, 0) == (ssize_t)len)
		t->sent++;
	else
		t->refused++;
}

static int report(const struct tally *t)
{
	say("\"sent\":%ld,\"refused\":%ld", t->sent, t->refused);
	return 0;
}

int verb_raw(int argc, char **argv)
{
	int index, fd = argc > 4 ? open_packet(argv[1], &index) : -1;
	long count = number(argc > 2 ? argv[2] : NULL, 1);
	uint64_t interval = number(argc > 3 ? argv[3] : NULL, 10) * 1000, next = now_us();
	struct tally tally = { 0 };
	uint8_t frame[2048];

	if (fd < 0)
		return fail("raw: IFACE COUNT INTERVAL_MS HEX...: %m");
	for (long i = 0; i < count && !stopping; i++) {
		for (int a = 4; a < argc; a++) {
			size_t len = unhex(argv[a], frame, sizeof(frame));

			transmit(fd, frame, len, &tally);
		}
		next += interval;
		sleep_until_us(next);
	}
	return report(&tally);
}

static uint32_t sum_words(const uint8_t *data, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? data[i] : data[i] << 8;
	return sum;
}

static void put_checksum(uint8_t *at, uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	at[0] = ~sum >> 8;
	at[1] = ~sum;
}

/* Of an untagged IPv4 packet that is no fragment. */
static void make_checksums(uint8_t *frame, size_t len)
{
	uint8_t *ip = frame + 14, *at;
	size_t head, total;
	uint32_t sum;

	if (len < 34 || frame[12] != 8 || frame[13])
		return;
	head = (ip[0] & 15) * 4;
	total = ip[2] << 8 | ip[3];
	if (head < 20 || total < head || 14 + total > len)
		return;
	memset(ip + 10, 0, 2);
	put_checksum(ip + 10, sum_words(ip, head, 0));
	if (ip[9] == IPPROTO_TCP && total >= head + 20)
		at = ip + head + 16;
	else if (ip[9] == IPPROTO_UDP && total >= head + 8)
		at = ip + head + 6;
	else
		return;
	memset(at, 0, 2);
	sum = sum_words(ip + 12, 8, ip[9] + total - head);
	put_checksum(at, sum_words(ip + head, total - head, sum));
}

/* An odd factor makes all values of the lower octets differ. */
static int vary(uint8_t *frame, size_t len, const char *where, uint32_t variant)
{
	unsigned int at, octets;
	uint32_t value;

	if (sscanf(where, "%u:%u", &at, &octets) != 2 || !octets || octets > 4 ||
	    at + octets > len)
		return -1;
	value = (variant + at) * (2654435761U + 2 * at);
	for (; octets; octets--, value >>= 8)
		frame[at + octets - 1] = value;
	return 0;
}

int verb_flood(int argc, char **argv)
{
	int index, fd = argc > 5 ? open_packet(argv[1], &index) : -1;
	long first = number(argc > 2 ? argv[2] : NULL, 0);
	long count = number(argc > 3 ? argv[3] : NULL, 0);
	uint64_t interval = number(argc > 4 ? argv[4] : NULL, 0), next = now_us();
	struct tally tally = { 0 };
	uint8_t frame[2048];
	size_t len;

	if (fd < 0)
		return fail("flood: IFACE FIRST COUNT INTERVAL_US HEX AT:LEN...: %m");
	len = unhex(argv[5], frame, sizeof(frame));
	for (long i = 0; i < count && !stopping; i++) {
		for (int a = 6; a < argc; a++)
			if (vary(frame, len, argv[a], first + i))
				return fail("flood: %s is not in the frame", argv[a]);
		make_checksums(frame, len);
		transmit(fd, frame, len, &tally);
		next += interval;
		sleep_until_us(next);
	}
	return report(&tally);
}

struct row {
	uint8_t mac[6];
	int vlan, type;
	long frames;
};

static struct row rows[ROWS_MAX];
static int row_count;
static long more;

static void count_frame(const uint8_t *frame, int vlan)
{
	int type = frame[12] << 8 | frame[13];

	if (vlan < 0 && type == ETH_P_8021Q) {
		vlan = (frame[14] << 8 | frame[15]) & 0xfff;
		type = frame[16] << 8 | frame[17];
	}
	for (int i = 0; i < row_count; i++) {
		if (!memcmp(rows[i].mac, frame + 6, 6) && rows[i].vlan == vlan &&
		    rows[i].type == type) {
			rows[i].frames++;
			return;
		}
	}
	if (row_count == ROWS_MAX) {
		more++;
		return;
	}
	memcpy(rows[row_count].mac, frame + 6, 6);
	rows[row_count].vlan = vlan;
	rows[row_count].type = type;
	rows[row_count++].frames = 1;
}

ssize_t take_packet(int fd, uint8_t *frame, size_t size, int *vlan)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control;
	struct sockaddr_ll from;
	struct iovec io = { .iov_base = frame, .iov_len = size };
	struct msghdr msg = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &io,
			      .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &msg, 0);

	*vlan = -1;
	if (n < 14 || from.sll_pkttype == PACKET_OUTGOING)
		return 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		struct tpacket_auxdata aux;

		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		if (aux.tp_status & TP_STATUS_VLAN_VALID)
			*vlan = aux.tp_vlan_tci & 0xfff;
	}
	return n;
}

static void take_frame(int fd)
{
	uint8_t frame[128] = { 0 };
	int vlan;

	if (take_packet(fd, frame, sizeof(frame), &vlan))
		count_frame(frame, vlan);
}

int verb_sniff(int argc, char **argv)
{
	struct tpacket_stats stats = { 0 };
	socklen_t size = sizeof(stats);
	int index, fd = argc > 2 ? open_packet(argv[1], &index) : -1;
	uint64_t end = now_us() + number(argc > 2 ? argv[2] : NULL, 5) * 1000000ULL;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (fd < 0)
		return fail("sniff: IFACE SECONDS: %m");
	while (!stopping && now_us() < end) {
		if (poll(&p, 1, 100) > 0)
			take_frame(fd);
	}
	/* A slow guest may have some left that came before the end. */
	for (int left = QUEUE_MAX; left && poll(&p, 1, 0) > 0; left--)
		take_frame(fd);
	say("\"rows\":[");
	for (int i = 0; i < row_count; i++) {
		const uint8_t *m = rows[i].mac;

		say("%s[\"%02x:%02x:%02x:%02x:%02x:%02x\",%d,%d,%ld]", i ? "," : "", m[0], m[1],
		    m[2], m[3], m[4], m[5], rows[i].vlan, rows[i].type, rows[i].frames);
	}
	getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size);
	say("],\"more\":%ld,\"missed\":%u", more, stats.tp_drops);
	return 0;
}
