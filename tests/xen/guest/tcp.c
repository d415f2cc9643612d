// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sink PORT SECONDS [SETTLE]
 *   takes one TCP connection, checks the sender's pattern; ends when the sender
 *   does, or when stopped. Answers bytes, bad (octets out of pattern), seconds
 *   from the first octet to the last, max_stall_ms, closed (by the sender), and
 *   steady_bytes in steady_seconds: without the first SETTLE seconds, in which
 *   a full token bucket lets a burst through.
 * send DST PORT SECONDS [BITS_PER_SECOND]
 *   connects and sends the pattern for SECONDS. Answers bytes, seconds,
 *   max_stall_ms (longest time nothing could be written).
 * The pattern is the number of each 8 octets, so a hole or a repeat shows.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "guest.h"

#define BLOCK	16384

static bool wait_for(int fd, short events, uint64_t until)
{
	while (!stopping && now_us() < until) {
		struct pollfd p = { .fd = fd, .events = events };

		if (poll(&p, 1, 100) > 0)
			return true;
	}
	return false;
}

static void fill(uint8_t *block, uint64_t offset, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint64_t word = (offset + i) / 8;

		block[i] = word >> (offset + i) % 8 * 8;
	}
}

static int accept_one(long port, uint64_t until)
{
	struct sockaddr_in self = { .sin_family = AF_INET, .sin_port = htons(port) };
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), conn;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof(self)) || listen(fd, 1))
		return -1;
	conn = wait_for(fd, POLLIN, until) ? accept(fd, NULL, NULL) : -1;
	close(fd);
	return conn;
}

int verb_sink(int argc, char **argv)
{
	long port = number(argc > 1 ? argv[1] : NULL, 0);
	uint64_t until = now_us() + number(argc > 2 ? argv[2] : NULL, 60) * 1000000ULL;
	uint64_t settle = number(argc > 3 ? argv[3] : NULL, 0) * 1000000ULL;
	uint64_t bytes = 0, bad = 0, first = 0, last = 0, stall = 0;
	uint64_t settled = 0, settled_bytes = 0;
	static uint8_t block[BLOCK], want[BLOCK];
	bool closed = false;
	int conn = accept_one(port, until);

	if (conn < 0)
		return fail("sink: nobody connected: %m");
	while (wait_for(conn, POLLIN, until)) {
		ssize_t n = recv(conn, block, sizeof(block), 0);
		uint64_t now = now_us();

		if (n <= 0) {
			closed = !n;
			break;
		}
		fill(want, bytes, n);
		for (ssize_t i = 0; i < n; i++)
			bad += block[i] != want[i];
		if (last && now - last > stall)
			stall = now - last;
		if (!first)
			first = now;
		last = now;
		bytes += n;
		if (!settled && now - first >= settle) {
			settled = now;
			settled_bytes = bytes;
		}
	}
	close(conn);
	if (!settled)
		settled = last;
	say("\"bytes\":%llu,\"bad\":%llu,\"seconds\":%.3f,\"max_stall_ms\":%.3f,\"closed\":%s,"
	    "\"steady_bytes\":%llu,\"steady_seconds\":%.3f",
	    (unsigned long long)bytes, (unsigned long long)bad, (last - first) / 1e6,
	    stall / 1e3, closed ? "true" : "false",
	    (unsigned long long)(settled_bytes ? bytes - settled_bytes : 0),
	    (last - settled) / 1e6);
	return 0;
}

static int connect_to(const char *host, long port, uint64_t until)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = -1;

	if (!inet_aton(host, &to.sin_addr))
		return -1;
	while (!stopping && now_us() < until) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (!connect(fd, (struct sockaddr *)&to, sizeof(to)))
			return fd;
		close(fd);
		usleep(100000);
	}
	return -1;
}

int verb_send(int argc, char **argv)
{
	uint64_t limit = number(argc > 3 ? argv[3] : NULL, 10) * 1000000ULL;
	uint64_t rate = number(argc > 4 ? argv[4] : NULL, 0);
	uint64_t start, last, bytes = 0, stall = 0;
	static uint8_t block[BLOCK];
	int error = 0, fd;

	if (argc < 3)
		return fail("send: DST PORT SECONDS [BITS_PER_SECOND]");
	fd = connect_to(argv[1], number(argv[2], 0), now_us() + 15000000);
	if (fd < 0)
		return fail("send: cannot connect to %s port %s: %m", argv[1], argv[2]);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	start = last = now_us();
	while (!stopping && now_us() - start < limit) {
		size_t len = rate ? 1024 : sizeof(block);
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		ssize_t n;

		if (rate)
			sleep_until_us(start + bytes * 8 * 1000000 / rate);
		if (poll(&p, 1, 200) <= 0)
			continue;
		fill(block, bytes, len);
		n = send(fd, block, len, 0);
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			error = errno;
			break;
		}
		if (n <= 0)
			continue;
		if (now_us() - last > stall)
			stall = now_us() - last;
		last = now_us();
		bytes += n;
	}
	say("\"bytes\":%llu,\"seconds\":%.3f,\"max_stall_ms\":%.3f,\"broken\":%d",
	    (unsigned long long)bytes, (now_us() - start) / 1e6, stall / 1e3, error);
	close(fd);
	return 0;
}
