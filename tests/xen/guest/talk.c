// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * serve PORT
 *   until stopped, sends back each UDP datagram and the first octets of each TCP
 *   connection. Answers datagrams, connections.
 * talk DST PORT ROUNDS INTERVAL_MS [WAIT_MS [FROM]]
 *   ROUNDS (0: until stopped) times three exchanges with such a server, each a
 *   request and its answer: a datagram on one lasting socket (udp), a datagram
 *   on a socket of its own (udp_new), a connection (tcp_new). What is not
 *   answered within WAIT_MS is lost. With FROM the first and the last have that
 *   for their own port, each time; connections then end with a reset, after which
 *   it is free at once. Answers rounds, how many of each were
 *   answered, and segments that TCP had to send again (resent).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "guest.h"

#define WAIT_MS	10000

static bool wait_for(int fd, short events, uint64_t until)
{
	do {
		struct pollfd p = { .fd = fd, .events = events };

		if (poll(&p, 1, 100) > 0)
			return true;
	} while (now_us() < until);
	return false;
}

static int listen_on(int type, long port)
{
	struct sockaddr_in self = { .sin_family = AF_INET, .sin_port = htons(port) };
	int one = 1, fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof(self)) ||
	    (type == SOCK_STREAM && listen(fd, 32)))
		return -1;
	return fd;
}

static void serve_connection(int listener)
{
	int conn = accept(listener, NULL, NULL);
	uint64_t until = now_us() + WAIT_MS * 1000;
	char data[64];
	ssize_t n;

	if (conn < 0)
		return;
	n = wait_for(conn, POLLIN, until) ? recv(conn, data, sizeof(data), 0) : 0;
	if (n > 0 && send(conn, data, n, MSG_NOSIGNAL) == n && wait_for(conn, POLLIN, until))
		recv(conn, data, sizeof(data), 0);
	close(conn);
}

int verb_serve(int argc, char **argv)
{
	long port = number(argc > 1 ? argv[1] : NULL, 0), datagrams = 0, connections = 0;
	struct pollfd p[2] = { { .fd = listen_on(SOCK_DGRAM, port), .events = POLLIN },
			       { .fd = listen_on(SOCK_STREAM, port), .events = POLLIN } };

	if (!port || p[0].fd < 0 || p[1].fd < 0)
		return fail("serve: PORT: %m");
	while (!stopping) {
		struct sockaddr_in from;
		socklen_t size = sizeof(from);
		char data[64];
		ssize_t n;

		if (poll(p, 2, 100) <= 0)
			continue;
		n = recvfrom(p[0].fd, data, sizeof(data), MSG_DONTWAIT, (struct sockaddr *)&from,
			     &size);
		if (n >= 0) {
			sendto(p[0].fd, data, n, 0, (struct sockaddr *)&from, size);
			datagrams++;
		}
		if (p[1].revents) {
			serve_connection(p[1].fd);
			connections++;
		}
	}
	say("\"datagrams\":%ld,\"connections\":%ld", datagrams, connections);
	return 0;
}

struct peer {
	struct sockaddr_in address;
	uint64_t wait_us;
	long from;		/* port of its own; 0: any */
	uint32_t last;		/* number of the last request: answers to older ones do not count */
	long resent;
};

static bool ask(struct peer *peer, int fd)
{
	uint64_t until = now_us() + peer->wait_us;
	uint32_t number = ++peer->last, answer = 0;

	if (send(fd, &number, sizeof(number), MSG_NOSIGNAL) != sizeof(number))
		return false;
	while (answer != number && wait_for(fd, POLLIN, until)) {
		if (recv(fd, &answer, sizeof(answer), 0) <= 0)
			return false;
	}
	return answer == number;
}

/* A reset leaves nothing that would keep the port for a while. */
static bool bind_to(int fd, long port)
{
	struct sockaddr_in self = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct linger at_once = { .l_onoff = 1 };
	int one = 1;

	return !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) &&
	       !setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) &&
	       !bind(fd, (struct sockaddr *)&self, sizeof(self));
}

static int open_to(struct peer *peer, int type, long from)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t size = sizeof(int);
	int error = 0;

	if (from && !bind_to(fd, from)) {
		close(fd);
		return -1;
	}
	if (!connect(fd, (struct sockaddr *)&peer->address, sizeof(peer->address)))
		return fd;
	if (errno == EINPROGRESS && wait_for(fd, POLLOUT, now_us() + peer->wait_us) &&
	    !getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) && !error)
		return fd;
	close(fd);
	return -1;
}

static bool ask_anew(struct peer *peer, int type)
{
	int fd = open_to(peer, type, type == SOCK_STREAM ? peer->from : 0);
	struct tcp_info info;
	socklen_t size = sizeof(info);
	bool answered = fd >= 0 && ask(peer, fd);

	if (fd < 0)
		return false;
	if (type == SOCK_STREAM && !getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size))
		peer->resent += info.tcpi_total_retrans;
	close(fd);
	return answered;
}

int verb_talk(int argc, char **argv)
{
	struct peer peer = { .address = { .sin_family = AF_INET } };
	long rounds = number(argc > 3 ? argv[3] : NULL, 1), done = 0;
	long udp = 0, udp_new = 0, tcp_new = 0;
	uint64_t interval = number(argc > 4 ? argv[4] : NULL, 0) * 1000;
	int fd;

	if (argc < 3 || !inet_aton(argv[1], &peer.address.sin_addr))
		return fail("talk: DST PORT ROUNDS INTERVAL_MS [WAIT_MS [FROM]]");
	peer.address.sin_port = htons(number(argv[2], 0));
	peer.wait_us = number(argc > 5 ? argv[5] : NULL, WAIT_MS) * 1000;
	peer.from = number(argc > 6 ? argv[6] : NULL, 0);
	fd = open_to(&peer, SOCK_DGRAM, peer.from);
	if (fd < 0)
		return fail("talk: %s: %m", argv[1]);
	while (!stopping && (!rounds || done < rounds)) {
		uint64_t next = now_us() + interval;

		done++;
		udp += ask(&peer, fd);
		udp_new += ask_anew(&peer, SOCK_DGRAM);
		tcp_new += ask_anew(&peer, SOCK_STREAM);
		sleep_until_us(next);
	}
	say("\"rounds\":%ld,\"udp\":%ld,\"udp_new\":%ld,\"tcp_new\":%ld,\"resent\":%ld", done, udp,
	    udp_new, tcp_new, peer.resent);
	return 0;
}
