// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * flow-switch NAME: a switch of flows in openvswitch.ko (datapath/ovs/flow-switch.h) that does
 * what lines on stdin say, and answers each with one on stdout: "ok ..." or "error ...".
 *   acl ID FILE            a blob, to be named by programs that are loaded later
 *   add NETDEV COOKIE      COOKIE "-": none; the answer is the port's number
 *   program NUMBER HEX     HEX "-": closed
 *   remove NUMBER
 *   run                    until no more misses wait; the answer is what is counted
 *   serve                  likewise from now on, as vifswitchd does, until the next line comes
 *   age                    all learned addresses are forgotten
 * At the end of its input the datapath goes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "datapath/ovs/flow-hold.h"
#include "datapath/ovs/flow-miss.h"
#include "datapath/ovs/flow-switch.h"
#include "kmod/core/reason.h"

#define ACLS	64

static struct {
	void *blob;
	struct vs_acl view;
} acls[ACLS];

static void answer_error(int r, const char *why)
{
	printf("error %d %s\n", r, why);
}

static int load_acl(unsigned int id, const char *path)
{
	FILE *f = fopen(path, "re");
	struct vs_program_error err;
	size_t len;
	int r;

	if (!f || id >= ACLS || acls[id].blob)
		return -EINVAL;
	acls[id].blob = xmalloc(VIFSWITCH_ACL_MAX);
	len = fread(acls[id].blob, 1, VIFSWITCH_ACL_MAX, f);
	fclose(f);
	r = vs_acl_parse(acls[id].blob, len, &acls[id].view, &err);
	return r;
}

static void set_program(struct flow_switch *s, unsigned int number, const char *hex)
{
	struct vifswitch_program header;
	struct problem problem = {};
	const struct vs_acl *acl = NULL;
	uint8_t blob[8192];
	size_t len = 0;
	unsigned int octet;
	int r;

	for (; sscanf(hex, "%2x", &octet) == 1 && len < sizeof(blob); hex += 2)
		blob[len++] = (uint8_t)octet;
	if (len && vs_program_header(blob, len, &header) && header.acl && header.acl < ACLS &&
	    acls[header.acl].blob)
		acl = &acls[header.acl].view;
	r = flow_switch_program(s, number, len ? blob : NULL, len, acl, &problem);
	if (r < 0)
		answer_error(r, problem.text);
	else
		puts("ok");
}

static void run(struct flow_switch *s)
{
	const struct flow_switch_counts *c = flow_switch_counts(s);

	while (flow_switch_run(s, (uint64_t)clock_ms()) > 0)
		;
	c = flow_switch_counts(s);
	printf("ok misses=%llu installed=%llu by_hand=%llu evicted=%llu revoked=%llu lost=%llu "
	       "flows=%zu masks=%zu last=%s\n", (unsigned long long)c->misses,
	       (unsigned long long)c->installed, (unsigned long long)c->by_hand,
	       (unsigned long long)c->evicted, (unsigned long long)c->revoked,
	       (unsigned long long)c->lost, c->flows, c->masks, vs_reason_word(c->last));
}

/* Nothing of stdin is in its buffer: who writes there waits for each answer. */
static int serve(struct flow_switch *s)
{
	struct epoll_event ready[4], line = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC), n = 0;
	int64_t released = clock_ms();
	bool asked = false;

	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &line) < 0)
		return -errno;
	flow_switch_watch(s, epoll);
	puts("ok");
	fflush(stdout);
	while (!asked && (n >= 0 || errno == EINTR)) {
		n = epoll_wait(epoll, ready, 4, flow_switch_holds(s) ? FLOW_HOLD_MS : -1);
		if (clock_ms() >= released + FLOW_HOLD_MS) {
			flow_switch_release(s);
			released = clock_ms();
		}
		for (int i = 0; i < n; i++) {
			if (ready[i].data.ptr)
				flow_port_run(ready[i].data.ptr, (uint64_t)clock_ms());
			else
				asked = true;
		}
	}
	flow_switch_watch(s, -1);
	close(epoll);
	return 0;
}

static void obey(struct flow_switch *s, struct ovs_client *client, char *line)
{
	char verb[16] = "", a[64] = "", *rest = line + strlen(line);
	uint32_t number;
	int at = 0, r;

	if (sscanf(line, "%15s %63s %n", verb, a, &at) == 2 && at)
		rest = line + at;
	if (!strcmp(verb, "add")) {
		r = flow_switch_add(s, a, (const uint8_t *)rest,
				    strcmp(rest, "-") ? strlen(rest) : 0, &number);
		if (r < 0)
			answer_error(r, ovs_client_error(client));
		else
			printf("ok %u\n", number);
	} else if (!strcmp(verb, "program")) {
		set_program(s, (unsigned int)atoi(a), rest);
	} else if (!strcmp(verb, "run")) {
		run(s);
	} else if (!strcmp(verb, "serve")) {
		if (serve(s) < 0)
			answer_error(-errno, "epoll");
	} else {
		r = !strcmp(verb, "acl") ? load_acl((unsigned int)atoi(a), rest) :
		    !strcmp(verb, "remove") ? flow_switch_remove(s, (uint32_t)atoi(a)) : -EINVAL;
		if (!strcmp(verb, "age")) {
			flow_switch_age(s, UINT64_MAX);
			r = 0;
		}
		if (r < 0)
			answer_error(r, ovs_client_error(client));
		else
			puts("ok");
	}
}

int main(int argc, char **argv)
{
	struct ovs_client client;
	struct flow_switch *s;
	char *line = NULL;
	size_t size = 0;

	if (argc != 2)
		return 2;
	if (ovs_client_open(&client) < 0 || flow_switch_new(&client, argv[1], &s) < 0) {
		fprintf(stderr, "flow-switch: %s\n", ovs_client_error(&client));
		return 1;
	}
	puts("ok");
	fflush(stdout);
	while (getline(&line, &size, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		obey(s, &client, line);
		fflush(stdout);
	}
	flow_switch_close(s, false);
	ovs_client_close(&client);
	free(line);
	return 0;
}
