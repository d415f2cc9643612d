// SPDX-License-Identifier: GPL-2.0-or-later
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
#include "uplink-world.h"

#define ROUTES	"default via 192.0.2.1 dev %s; 192.0.2.0/24 dev %s proto kernel scope link src 192.0.2.2; " \
		"198.51.100.0/24 dev %s scope link; "
#define ROUTES6	"2001:db8::/64 dev %s proto kernel metric 256 pref medium; " \
		"default via 2001:db8::1 dev %s metric 1024 pref medium; "

bool isolated;

void world_isolate(void)
{
	isolated = unshare(CLONE_NEWNET) == 0;
}

void world_run(const char *command)
{
	if (system(command) != 0)
		fail_msg("%s", command);
}

void world_edit_state(struct world *w, const char *script)
{
	char command[160];

	snprintf(command, sizeof(command), "sed -i '%s' %s", script, w->path);
	world_run(command);
}

/* What a command prints, with "; " for each end of line. */
void world_output(const char *command, char *ret, size_t size)
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
	return ((struct world *)dp)->port_error;
}

static int switch_del(struct datapath *dp, uint32_t sw)
{
	struct world *w = (struct world *)dp;

	w->deleted = sw;
	return rtnl_link_del(&w->rtnl, sw);
}

static const char *no_error(const struct datapath *dp)
{
	return "";
}

static const struct datapath_ops fake_ops = {
	.port_del = port_del, .switch_del = switch_del, .error = no_error,
};

static void on_went_back(const char *uplink, void *arg)
{
	strcpy(((struct world *)arg)->went_back, uplink);
}

static void mark_switch(struct world *w)
{
	struct link *sw = links_by_name(&w->links, "sw0");

	assert_non_null(sw);
	sw->is_switch = true;
}

/* Of a kind that every kernel has. */
static int make_switch(const char *name, uint32_t *ret_ifindex, struct problem *problem, void *arg)
{
	struct world *w = arg;
	int r = w->no_switch ? -EOPNOTSUPP :
		rtnl_link_new(&w->rtnl, &(struct link_spec){ .name = name, .kind = "veth" });

	if (r < 0) {
		problem_set(problem, "switch %s: none today", name);
		return r;
	}
	assert_true(rtnl_events(&w->rtnl) >= 0);
	mark_switch(w);
	*ret_ifindex = links_by_name(&w->links, name)->ifindex;
	return 0;
}

static int takes(const struct link *port, const char *sw, struct problem *problem, void *arg)
{
	return port->is_half || strcmp(port->name, "up0") == 0 ? 0 :
	       problem_set(problem, "nobody's");
}

static bool returns(const struct link *port, const char *sw, void *arg)
{
	const struct world *w = arg;

	return !w->knows_nothing && (port->is_half || strcmp(port->name, "up0") == 0);
}

void world_begin_process(struct world *w)
{
	w->left = 0;
	w->went_back[0] = '\0';
	w->adoption = (struct adoption){
		.rtnl = &w->rtnl, .ops = &fake_ops, .dp = (struct datapath *)w,
		.path = xprintf("%s", w->path), .went_back = on_went_back,
		.make_switch = make_switch, .takes = takes, .returns = returns, .arg = w,
	};
	assert_true(sd_event_new(&w->adoption.event) >= 0);
	adoption_resume(&w->adoption);
}

void world_end_process(struct world *w)
{
	sd_event *event = w->adoption.event;

	adoption_close(&w->adoption);
	w->adoption.event = sd_event_unref(event);
}

int world_setup(void **state)
{
	struct world *w = xzalloc(sizeof(*w));

	*state = w;
	if (!isolated)
		return 0;
	snprintf(w->path, sizeof(w->path), "/tmp/vifswitch-adoption-%d", getpid());
	unlink(w->path);
	assert_int_equal(rtnl_open(&w->rtnl, &w->links), 0);
	world_run("ip link add up0 type veth peer name up0p && ip link add sw0 type veth peer name sw0p");
	world_run("for n in up0 up0p sw0 sw0p; do ip link set dev $n up; done");
	world_run(WORLD_NETWORK);
	assert_int_equal(rtnl_dump(&w->rtnl), 0);
	mark_switch(w);
	world_begin_process(w);
	return 0;
}

int world_teardown(void **state)
{
	struct world *w = *state;

	if (isolated) {
		world_end_process(w);
		rtnl_close(&w->rtnl);
		links_deinit(&w->links);
		unlink(w->path);
		world_run("ip link del up0 && { ip link del sw0 2>&1 || :; }");
	}
	free(w);
	return 0;
}

void routes_lead_out_of(const char *netdev)
{
	char got[2048], want[512];

	world_output("ip -4 route show", got, sizeof(got));
	snprintf(want, sizeof(want), ROUTES, netdev, netdev, netdev);
	assert_string_equal(got, want);
	world_output("ip -6 route show | grep -v fe80", got, sizeof(got));
	snprintf(want, sizeof(want), ROUTES6, netdev, netdev);
	assert_string_equal(got, want);
}

void addresses_are_on(const char *netdev, const char *label, const char *other)
{
	char command[128], got[1024], want[256];

	snprintf(command, sizeof(command), "ip -o addr show dev %s scope global | grep -o 'inet[^\\]*'",
		 netdev);
	world_output(command, got, sizeof(got));
	snprintf(want, sizeof(want), "inet 192.0.2.2/24 scope global %s; "
		 "inet 192.0.2.3/32 scope global %s; inet6 2001:db8::2/64 scope global nodad; ", netdev, label);
	assert_string_equal(got, want);
	snprintf(command, sizeof(command), "ip -o addr show dev %s scope global", other);
	world_output(command, got, sizeof(got));
	assert_string_equal(got, "");
}

void it_is_on_the_uplink(void)
{
	addresses_are_on("up0", "up0:1", "sw0");
	routes_lead_out_of("up0");
}

void it_is_on_the_switch(void)
{
	addresses_are_on("sw0", "sw0", "up0");
	routes_lead_out_of("sw0");
}

void mac_of(const char *netdev, char ret[32])
{
	char command[64];

	snprintf(command, sizeof(command), "ip -o link show dev %s | grep -o 'ether [^ ]*'", netdev);
	world_output(command, ret, 32);
}

void world_begin(struct world *w, unsigned int seconds)
{
	_cleanup_free_ char *moved = NULL;
	struct problem problem;

	assert_int_equal(adoption_begin(&w->adoption, "up0", "sw0", seconds, &moved, &problem), 0);
	assert_string_equal(moved, "192.0.2.2/24, more and the default route");
}

void it_went_back(struct world *w)
{
	assert_string_equal(w->went_back, "up0");
	assert_int_equal(w->left, links_by_name(&w->links, "up0")->ifindex);
	assert_int_equal(access(w->path, F_OK), -1);
	assert_false(w->adoption.waits);
	it_is_on_the_uplink();
}

/* Addresses and routes of a netdev, without its name. */
void snapshot(const char *netdev, char *ret, size_t size)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "{ ip -o addr show dev %s scope global | grep -o 'inet[^\\]*'; ip -4 route show dev %s; "
		 "ip -6 route show dev %s | grep -v fe80; } | sed 's/ linkdown//;s/ %s$//;s/ *$//'",
		 netdev, netdev, netdev, netdev);
	world_output(command, ret, size);
}

void bears(const char *netdev, const char *want)
{
	char got[2048];

	snapshot(netdev, got, sizeof(got));
	assert_string_equal(got, want);
}

void world_dump(struct world *w)
{
	assert_int_equal(rtnl_dump(&w->rtnl), 0);
	if (links_by_name(&w->links, "sw0"))
		mark_switch(w);
}
