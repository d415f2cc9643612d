// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/ask/ask-echo.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "oam/echo.h"
#include "vifctl/view/text.h"

#define ROUNDS	3		/* in which what was not answered is sent again */

struct asked {
	const char *address;
	struct echo echo;
};

struct all {
	struct asked remotes[ECHO_REMOTES_MAX];
	struct pollfd fds[ECHO_REMOTES_MAX];	/* raw sockets, to that address alone */
	nfds_t count;
	uint8_t packet[IP_PACKET_MAX];
};

static int connect_to(const char *address, bool *ret_ip6)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };
	bool ip6 = inet_pton(AF_INET6, address, &to6.sin6_addr) == 1;
	int fd, r;

	if (!ip6 && inet_pton(AF_INET, address, &to.sin_addr) != 1)
		return -1;
	fd = socket(ip6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    ip6 ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP);
	if (fd < 0)
		return -1;
	r = ip6 ? connect(fd, (struct sockaddr *)&to6, sizeof(to6)) :
		  connect(fd, (struct sockaddr *)&to, sizeof(to));
	*ret_ip6 = ip6;
	if (r == 0)
		return fd;
	close(fd);
	return -1;
}

/* Nothing is cut here; and how large the kernel takes the way to be. 0: not known. */
static uint32_t path_of(int fd, bool ip6)
{
	int probe = ip6 ? (int)IPV6_PMTUDISC_PROBE : (int)IP_PMTUDISC_PROBE, mtu = 0;
	int level = ip6 ? IPPROTO_IPV6 : IPPROTO_IP;
	int name = ip6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER;
	socklen_t len = sizeof(mtu);

	if (setsockopt(fd, level, name, &probe, sizeof(probe)) < 0 ||
	    getsockopt(fd, level, ip6 ? IPV6_MTU : IP_MTU, &mtu, &len) < 0 || mtu < 0)
		return 0;
	return (uint32_t)mtu;
}

static void add(struct all *all, const char *address)
{
	uint16_t id;
	bool ip6;
	int fd;

	for (nfds_t i = 0; i < all->count; i++)
		if (strcmp(all->remotes[i].address, address) == 0)
			return;
	fd = all->count < ECHO_REMOTES_MAX ? connect_to(address, &ip6) : -1;
	if (fd < 0)
		return;
	random_bytes(&id, sizeof(id));
	all->remotes[all->count].address = address;
	echo_init(&all->remotes[all->count].echo, ip6, id, path_of(fd, ip6));
	all->fds[all->count++] = (struct pollfd){ .fd = fd, .events = POLLIN };
}

static void add_remotes(struct all *all, const json_t *networks)
{
	const json_t *network, *remote;
	size_t i, k;

	json_array_foreach(networks, i, network)
		json_array_foreach(json_object_get(network, "remotes"), k, remote)
			/* Encrypted ones are not to be sent anything in clear, not even that. */
			if (!*get_text(network, "encrypt") && !*get_text(remote, "error") &&
			    !json_is_integer(json_object_get(json_object_get(remote, "bfd"), "path_mtu")))
				add(all, get_text(remote, "address"));
}

/* One that is too large for the netdev itself is not answered, like one that is lost. */
static void send_all(struct all *all)
{
	for (nfds_t i = 0; i < all->count; i++) {
		const struct echo *e = &all->remotes[i].echo;

		for (uint32_t n = 0; echo_wants(e, n); n++) {
			size_t len = echo_format(e, n, all->packet);

			(void)!send(all->fds[i].fd, all->packet, len, 0);
		}
	}
}

static void hear_until(struct all *all, uint64_t end)
{
	uint64_t now = clock_us();
	ssize_t n;

	for (; now < end; now = clock_us()) {
		if (poll(all->fds, all->count, (int)((end - now) / 1000) + 1) <= 0)
			continue;
		for (nfds_t i = 0; i < all->count; i++)
			while ((n = recv(all->fds[i].fd, all->packet, sizeof(all->packet), 0)) >= 0)
				echo_input(&all->remotes[i].echo, all->packet, (size_t)n);
	}
}

json_t *ask_echo(const json_t *networks, int ms)
{
	static struct all memory;
	struct all *all = &memory;
	uint64_t begin = clock_us();
	json_t *ret = json_object();

	all->count = 0;
	add_remotes(all, networks);
	for (unsigned int round = 1; round <= ROUNDS; round++) {
		send_all(all);
		hear_until(all, begin + (uint64_t)ms * 1000 * round / ROUNDS);
	}
	for (nfds_t i = 0; i < all->count; i++) {
		const struct asked *a = &all->remotes[i];

		if (a->echo.passes)
			json_object_set_new(ret, a->address, json_pack(
				"{s:I, s:I}", "mtu", (json_int_t)a->echo.sizes[0], "passes",
				(json_int_t)a->echo.passes));
		close(all->fds[i].fd);
	}
	return ret;
}
