// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Adoption against the kernel's own netlink, in a network namespace of this test: two
 * netdevs, one of which plays the switch. A datapath that only counts.
 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "uplink/adoption.h"

#define ROUTES	"default via 192.0.2.1 dev %s; 192.0.2.0/24 dev %s proto kernel scope link src 192.0.2.2; " \
		"198.51.100.0/24 dev %s scope link; "
#define ROUTES6	"2001:db8::/64 dev %s proto kernel metric 256 pref medium; " \
		"default via 2001:db8::1 dev %s metric 1024 pref medium; "

struct world {
	struct links links;
	struct rtnl rtnl;
	struct adoption adoption;
	char path[64];
	uint32_t left;		/* the port that left its switch last */
	char went_back[IFNAMSIZ];
};

static bool isolated;		/* in a namespace of our own */

static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("%s", command);
}

/* What a command prints, with "; " for each end of line. */
static void output(const char *command, char *ret, size_t size)
{
	FILE *in = popen(command, "r");
	size_t len;

	assert_non_null(in);
	*ret = '\0';
	while (fgets(ret + strlen(ret), size - strlen(ret), in)) {
		len = strlen(ret);
		while (len && (ret[len - 1] == '\n' || ret[len - 1] == ' '))
			ret[--len] = '\0';
		strcpy(ret + len, "; ");
	}
	pclose(in);
}

static int port_del(struct datapath *dp, uint32_t port)
{
	((struct world *)dp)->left = port;
	return 0;
}

static const struct datapath_ops fake_ops = { .port_del = port_del };

static void on_went_back(const char *uplink, void *arg)
{
	strcpy(((struct world *)arg)->went_back, uplink);
}

static void begin_process(struct world *w)
{
	w->left = 0;
	w->went_back[0] = '\0';
	w->adoption = (struct adoption){
		.rtnl = &w->rtnl, .ops = &fake_ops, .dp = (struct datapath *)w,
		.path = xprintf("%s", w->path), .went_back = on_went_back, .arg = w,
	};
	assert_true(sd_event_new(&w->adoption.event) >= 0);
	adoption_resume(&w->adoption);
}

static void end_process(struct world *w)
{
	sd_event *event = w->adoption.event;

	adoption_close(&w->adoption);
	w->adoption.event = sd_event_unref(event);
}

static void mark_switch(struct world *w)
{
	struct link *sw = links_by_name(&w->links, "sw0");

	assert_non_null(sw);
	sw->is_switch = true;
}

static int setup(void **state)
{
	struct world *w = xzalloc(sizeof(*w));

	*state = w;
	if (!isolated)
		return 0;
	snprintf(w->path, sizeof(w->path), "/tmp/vifswitch-adoption-%d", getpid());
	unlink(w->path);
	assert_int_equal(rtnl_open(&w->rtnl, &w->links), 0);
	run("ip link add up0 type veth peer name up0p && ip link add sw0 type veth peer name sw0p");
	run("for n in up0 up0p sw0 sw0p; do ip link set dev $n up; done");
	run("ip addr add 192.0.2.2/24 dev up0 && ip addr add 192.0.2.3/32 dev up0 label up0:1");
	run("ip route add default via 192.0.2.1 && ip route add 198.51.100.0/24 dev up0");
	run("ip addr add 2001:db8::2/64 dev up0 nodad && ip -6 route add default via 2001:db8::1");
	assert_int_equal(rtnl_dump(&w->rtnl), 0);
	mark_switch(w);
	begin_process(w);
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	if (isolated) {
		end_process(w);
		rtnl_close(&w->rtnl);
		links_deinit(&w->links);
		unlink(w->path);
		run("ip link del up0 && ip link del sw0");
	}
	free(w);
	return 0;
}

static void routes_lead_out_of(const char *netdev)
{
	char got[2048], want[512];

	output("ip -4 route show", got, sizeof(got));
	snprintf(want, sizeof(want), ROUTES, netdev, netdev, netdev);
	assert_string_equal(got, want);
	output("ip -6 route show | grep -v fe80", got, sizeof(got));
	snprintf(want, sizeof(want), ROUTES6, netdev, netdev);
	assert_string_equal(got, want);
}

static void addresses_are_on(const char *netdev, const char *label, const char *other)
{
	char command[128], got[1024], want[256];

	snprintf(command, sizeof(command), "ip -o addr show dev %s scope global | grep -o 'inet[^\\]*'",
		 netdev);
	output(command, got, sizeof(got));
	snprintf(want, sizeof(want), "inet 192.0.2.2/24 scope global %s; "
		 "inet 192.0.2.3/32 scope global %s; inet6 2001:db8::2/64 scope global nodad; ", netdev, label);
	assert_string_equal(got, want);
	snprintf(command, sizeof(command), "ip -o addr show dev %s scope global", other);
	output(command, got, sizeof(got));
	assert_string_equal(got, "");
}

static void it_is_on_the_uplink(void)
{
	addresses_are_on("up0", "up0:1", "sw0");
	routes_lead_out_of("up0");
}

static void it_is_on_the_switch(void)
{
	addresses_are_on("sw0", "sw0", "up0");
	routes_lead_out_of("sw0");
}

static void mac_of(const char *netdev, char ret[32])
{
	char command[64];

	snprintf(command, sizeof(command), "ip -o link show dev %s | grep -o 'ether [^ ]*'", netdev);
	output(command, ret, 32);
}

static void begin(struct world *w, unsigned int seconds)
{
	_cleanup_free_ char *moved = NULL;
	struct problem problem;

	assert_int_equal(adoption_begin(&w->adoption, "up0", "sw0", seconds, &moved, &problem), 0);
	assert_string_equal(moved, "192.0.2.2/24, more and the default route");
}

static void it_went_back(struct world *w)
{
	assert_string_equal(w->went_back, "up0");
	assert_int_equal(w->left, links_by_name(&w->links, "up0")->ifindex);
	assert_int_equal(access(w->path, F_OK), -1);
	assert_false(w->adoption.waits);
	it_is_on_the_uplink();
}

/* There, confirmed, and back at any time; the switch never keeps the uplink's address. */
static void test_confirmed(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *moved = NULL;
	struct problem problem;
	char uplink[32], sw[32], now[32];

	if (!isolated)
		skip();
	mac_of("up0", uplink);
	mac_of("sw0", sw);
	it_is_on_the_uplink();
	begin(w, 3600);
	it_is_on_the_switch();
	assert_int_equal(access(w->path, F_OK), 0);
	assert_true(adoption_begin(&w->adoption, "up0", "sw0", 60, &moved, &problem) < 0);
	/* The next process goes on waiting. */
	end_process(w);
	begin_process(w);
	assert_true(w->adoption.waits);
	it_is_on_the_switch();
	assert_true(adoption_confirm(&w->adoption, "other0", &problem) < 0);
	assert_int_equal(adoption_confirm(&w->adoption, "up0", &problem), 0);
	assert_int_equal(access(w->path, F_OK), -1);
	assert_true(adoption_confirm(&w->adoption, "up0", &problem) < 0);
	end_process(w);
	begin_process(w);
	it_is_on_the_switch();
	assert_int_equal(adoption_release(&w->adoption, "up0", "sw0", &moved, &problem), 0);
	assert_string_equal(w->went_back, "up0");
	addresses_are_on("up0", "up0", "sw0");
	routes_lead_out_of("up0");
	mac_of("sw0", now);
	assert_string_not_equal(now, uplink);
	assert_true(adoption_release(&w->adoption, "up0", "sw0", &moved, &problem) < 0);
	assert_non_null(strstr(problem.text, "nothing to move"));
}

/* Nobody confirms. */
static void test_deadline(void **state)
{
	struct world *w = *state;
	char before[32], after[32];

	if (!isolated)
		skip();
	mac_of("sw0", before);
	begin(w, 1);
	it_is_on_the_switch();
	while (w->adoption.waits)
		assert_true(sd_event_run(w->adoption.event, 10000000) >= 0);
	it_went_back(w);
	mac_of("sw0", after);
	assert_string_equal(after, before);
}

/* Nobody is there when the time is up; and a process that died halfway. */
static void test_death(void **state)
{
	struct world *w = *state;

	if (!isolated)
		skip();
	begin(w, 1);
	end_process(w);
	it_is_on_the_switch();
	sleep(2);
	begin_process(w);
	it_went_back(w);
	begin(w, 3600);
	end_process(w);
	run("sed -i 's/\"moved\":true/\"moved\":false/' /tmp/vifswitch-adoption-*");
	run("ip -4 addr del 192.0.2.2/24 dev sw0 && ip addr add 192.0.2.2/24 dev up0");
	begin_process(w);
	it_went_back(w);
	/* Another boot has nothing to take back, and a file that cannot be read stops nobody. */
	begin(w, 3600);
	end_process(w);
	run("sed -i 's/\"boot\":\"./\"boot\":\"x/' /tmp/vifswitch-adoption-*");
	begin_process(w);
	assert_false(w->adoption.waits);
	assert_int_equal(access(w->path, F_OK), -1);
	it_is_on_the_switch();
	run("echo '{\"uplink\": 1}' > /tmp/vifswitch-adoption-$PPID");
	end_process(w);
	begin_process(w);
	assert_false(w->adoption.waits);
	it_is_on_the_switch();
}

/* What cannot be moved stays where it is. */
static void test_refused(void **state)
{
	static const struct {
		const char *prepare, *uplink, *sw, *said, *undo;
	} cases[] = {
		{ ":", "no0", "sw0", "there is no such device here", ":" },
		{ ":", "up0", "no0", "its switch does not exist", ":" },
		{ ":", "up0p", "sw0", "there is nothing to move", ":" },
		{ "ip route add 203.0.113.0/24 nexthop via 192.0.2.1 nexthop dev sw0p", "up0", "sw0",
		  "a route leads out of it and of other netdevs", "ip route del 203.0.113.0/24" },
		/* Halfway: IPv6 is off on the switch. */
		{ "echo 1 > /proc/sys/net/ipv6/conf/sw0/disable_ipv6", "up0", "sw0", "up0: ",
		  "echo 0 > /proc/sys/net/ipv6/conf/sw0/disable_ipv6" },
	};
	struct world *w = *state;

	if (!isolated)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *moved = NULL;
		struct problem problem;

		run(cases[i].prepare);
		assert_true(adoption_begin(&w->adoption, cases[i].uplink, cases[i].sw, 60, &moved,
					   &problem) < 0);
		assert_null(moved);
		assert_non_null(strstr(problem.text, cases[i].said));
		run(cases[i].undo);
		assert_false(w->adoption.waits);
		assert_int_equal(access(w->path, F_OK), -1);
		it_is_on_the_uplink();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_confirmed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deadline, setup, teardown),
		cmocka_unit_test_setup_teardown(test_death, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	};

	isolated = unshare(CLONE_NEWNET) == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
