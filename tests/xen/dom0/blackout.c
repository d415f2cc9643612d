// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * When what happens while a VM arrives, in microseconds of this host's one clock.
 *
 *   blackout watch NETDEV MAC DOMID
 *       until killed: {"unpaused": T, "last": T, "first": T}: when the first domain from
 *       that DOMID on ran, and the frames of MAC before and after that in what NETDEV,
 *       another VM's, is sent.
 *   under another name, in the place of a hotplug script: runs NAME.real with the same
 *       arguments, and adds a line "ARGUMENT START END" to LOG.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libgen.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xenctrl.h>

#define LOG "/run/vif-timed"

static volatile sig_atomic_t over;

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int run_script(char **argv)
{
	uint64_t begin = now_us();
	char real[256];
	int status = 0;
	pid_t pid;
	FILE *f;

	snprintf(real, sizeof(real), "%s.real", argv[0]);
	pid = fork();
	if (!pid) {
		argv[0] = real;
		execv(real, argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return 1;
	f = fopen(LOG, "a");
	if (f) {
		fprintf(f, "%s %llu %llu\n", argv[1] ? argv[1] : "?", (unsigned long long)begin,
			(unsigned long long)now_us());
		fclose(f);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void on_signal(int number)
{
	(void)number;
	over = 1;
}

static bool runs(xc_interface *xc, uint32_t from)
{
	xc_dominfo_t info;

	return xc_domain_getinfo(xc, from, 1, &info) == 1 && info.domid >= from && !info.paused;
}

static int watch(const char *netdev, const char *mac, uint32_t from)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = (int)if_nametoindex(netdev) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL));
	uint64_t before = 0, last = 0, first = 0, unpaused = 0;
	xc_interface *xc = xc_interface_open(NULL, NULL, 0);
	uint8_t want[6], frame[64];

	if (!xc || fd < 0 || !at.sll_ifindex || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    sscanf(mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", want, want + 1, want + 2, want + 3, want + 4,
		   want + 5) != 6)
		return 1;
	while (!over) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t len;

		poll(&p, 1, unpaused ? 100 : 1);
		if (!unpaused && runs(xc, from)) {
			unpaused = now_us();
			last = before;
		}
		while ((len = recv(fd, frame, sizeof(frame), 0)) > 12) {
			if (memcmp(frame + 6, want, 6))
				continue;
			before = now_us();
			if (unpaused && !first)
				first = before;
		}
	}
	printf("{\"last\": %llu, \"first\": %llu, \"unpaused\": %llu}\n", (unsigned long long)last,
	       (unsigned long long)first, (unsigned long long)unpaused);
	return 0;
}

int main(int argc, char **argv)
{
	char *path = strdup(argv[0]);
	struct sigaction end = { .sa_handler = on_signal };

	if (strcmp(basename(path), "blackout"))
		return run_script(argv);
	sigaction(SIGTERM, &end, NULL);
	if (argc != 5 || strcmp(argv[1], "watch"))
		return 2;
	return watch(argv[2], argv[3], (uint32_t)atoi(argv[4]));
}
