// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * openvswitch.ko as a datapath, over a module that is played here: what is put in force is told
 * as it was, also by one that comes after another was killed, and what cannot be is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "datapath/ovs/ovs-dump.h"
#include "datapath/ovs/ovs-port.h"
#include "datapath/ovs/ovs-meter.h"
#include "datapath/ovs/ovs-state.h"
#include "datapath/ovs/ovs.h"
#include "datapath/ovs/own-netdev.h"
#include "policy/policy-row.h"

#define SWITCH		7	/* its ifindex */
#define PORTS_MAX	8

/* The module and its netdevs; a port's ifindex is 10 more than its number. */
static struct {
	bool there, marked, strayed;	/* its misses go elsewhere */
	char name[IFNAMSIZ];
	bool ports[PORTS_MAX];
	uint32_t upcalls[PORTS_MAX], sockets, meters;
	uint64_t meter_rate;
	unsigned int down;
} kernel;

bool ovs_client_is_loaded(void)
{
	return true;
}

int ovs_client_open(struct ovs_client *c)
{
	*c = (struct ovs_client){ .nl.fd = -1 };
	return 0;
}

void ovs_client_close(struct ovs_client *c)
{
}

const char *ovs_client_error(const struct ovs_client *c)
{
	return "the module says no";
}

int ovs_datapath_find(struct ovs_client *c, const char *name, int *ret)
{
	*ret = SWITCH;
	return kernel.there && !strcmp(kernel.name, name) ? 0 : -ENODEV;
}

int ovs_datapath_new(struct ovs_client *c, const char *name, int *ret)
{
	assert_false(kernel.there);
	kernel.there = kernel.ports[0] = true;
	snprintf(kernel.name, sizeof(kernel.name), "%s", name);
	*ret = SWITCH;
	return 0;
}

int ovs_datapath_del(struct ovs_client *c, int dp)
{
	memset(&kernel, 0, sizeof(kernel));
	return 0;
}

int ovs_datapath_mend(struct ovs_client *c, int dp)
{
	assert_int_equal(dp, SWITCH);
	kernel.strayed = false;
	return 0;
}

bool ovs_datapath_strayed(const struct ovs_client *c, const struct nlmsghdr *h, int *ret_dp)
{
	return false;
}

int ovs_datapath_dump(struct ovs_client *c, ovs_datapath_fn fn, void *arg)
{
	return kernel.there ? fn(SWITCH, kernel.name, arg) : 0;
}

int ovs_upcall_socket(uint32_t *ret_port)
{
	*ret_port = ++kernel.sockets;
	return eventfd(0, EFD_CLOEXEC);
}

int ovs_upcall_receive(const struct ovs_client *c, int fd, uint8_t *buf, struct ovs_upcall *ret)
{
	return 0;
}

static struct ovs_vport vport_of(uint32_t number)
{
	struct ovs_vport vport = { .number = number, .ifindex = number ? 10 + number : SWITCH,
				   .stats = { .rx_packets = 3, .tx_packets = 4 } };

	if (number)
		snprintf(vport.name, sizeof(vport.name), "vif%u", number);
	else
		snprintf(vport.name, sizeof(vport.name), "%s", kernel.name);
	return vport;
}

int ovs_vport_new(struct ovs_client *c, int dp, const char *netdev, uint32_t upcalls,
		  uint32_t *ret_number)
{
	uint32_t number = (uint32_t)atoi(netdev + 3);

	assert_int_equal(upcalls, 0);		/* closed */
	assert_false(kernel.ports[number]);
	kernel.ports[number] = true;
	kernel.upcalls[number] = 0;
	*ret_number = number;
	return 0;
}

int ovs_vport_set(struct ovs_client *c, int dp, uint32_t number, uint32_t upcalls)
{
	assert_true(kernel.ports[number]);
	kernel.upcalls[number] = upcalls;
	return 0;
}

int ovs_vport_del(struct ovs_client *c, int dp, uint32_t number)
{
	kernel.ports[number] = false;
	return 0;
}

int ovs_vport_dump(struct ovs_client *c, int dp, ovs_vport_fn fn, void *arg)
{
	for (uint32_t i = 0; i < PORTS_MAX; i++) {
		const struct ovs_vport vport = vport_of(i);

		if (kernel.ports[i])
			assert_int_equal(fn(dp, &vport, arg), 0);
	}
	return 0;
}

int ovs_vport_get(struct ovs_client *c, int dp, uint32_t number, ovs_vport_fn fn, void *arg)
{
	const struct ovs_vport vport = vport_of(number);

	return kernel.ports[number] ? fn(dp, &vport, arg) : -ENODEV;
}

bool ovs_vport_left(const struct ovs_client *c, const struct nlmsghdr *h, int *ret_dp,
		    struct ovs_vport *ret)
{
	return false;
}

int ovs_flow_new(struct ovs_client *c, int dp, const struct ovs_flow *flow)
{
	return -EINVAL;
}

int ovs_flow_del(struct ovs_client *c, int dp, const uint8_t *ufid, uint64_t *ret_packets)
{
	return -ENOENT;
}

int ovs_flow_dump(struct ovs_client *c, int dp, bool whole, ovs_flow_fn fn, void *arg)
{
	return 0;
}

int ovs_packet_execute(struct ovs_client *c, int dp, const struct ovs_upcall *upcall,
		       const uint8_t *actions, size_t len)
{
	return 0;
}

int ovs_meter_set(struct ovs_client *c, int dp, uint32_t number, const struct vs_program *prog,
		  enum vs_limit limit)
{
	kernel.meters |= 1U << number;
	return 0;
}

int ovs_meter_del(struct ovs_client *c, int dp, uint32_t number)
{
	kernel.meters &= ~(1U << number);
	return 0;
}

int ovs_meter_drops(struct ovs_client *c, int dp, uint32_t number, uint64_t *ret)
{
	*ret = 5;
	return 0;
}

bool own_netdev_is(const char *name)
{
	return kernel.marked;
}

int own_netdev_finish(const char *unfinished, const char *name)
{
	snprintf(kernel.name, sizeof(kernel.name), "%s", name);
	kernel.marked = true;
	return 0;
}

int own_netdev_mac(const char *name, uint8_t ret[6])
{
	memcpy(ret, (const uint8_t[]){ 2, 0, 0, 0, 0, 9 }, 6);
	return 0;
}

int own_netdev_down(const char *name)
{
	kernel.down++;
	return 0;
}

unsigned int if_nametoindex(const char *name)
{
	return kernel.there && !strcmp(name, kernel.name) ? SWITCH : 0;
}

char *if_indextoname(unsigned int ifindex, char name[IFNAMSIZ])
{
	snprintf(name, IFNAMSIZ, "vif%u", ifindex - 10);
	return name;
}

static char dir[64];

static struct ovs_datapath *open_datapath(void)
{
	struct ovs_datapath *dp = NULL;

	assert_int_equal(ovs_dp_open(dir, &dp), 0);
	return dp;
}

static struct port_policy *policy_of(uint8_t mac, uint64_t rate, uint32_t entries)
{
	struct program_parts parts;
	struct vlans vlans;

	vlans_init(&vlans);
	vlans_set_native(&vlans, 5);
	program_parts_init(&parts, &vlans, 0);
	parts.header.flags = VIFSWITCH_PF_GUARD | VIFSWITCH_PF_GUEST;
	parts.header.mac_count = 1;
	memcpy(parts.macs[0], (const uint8_t[]){ 0, 0x16, 0x3e, 0, 0, mac }, 6);
	parts.header.rate_bps = rate;
	parts.header.rate_burst = rate ? 100000 : 0;
	parts.header.flow_entries = entries;
	if (entries) {
		parts.header.flow_active = parts.header.flow_idle = 10;
		parts.header.flow_rate = 10;
	}
	return port_policy_new(&parts);
}

struct told {
	unsigned int count;
	struct dp_port port;
	char cookie[VIFSWITCH_COOKIE_MAX + 1];
	bool same;
	const struct port_policy *wanted;
};

static int see(const struct dp_port *port, void *arg)
{
	struct told *told = arg;

	told->count++;
	told->port = *port;
	memcpy(told->cookie, port->cookie, port->cookie_len);
	told->cookie[port->cookie_len] = '\0';
	told->same = port_policy_equal(port->policy, told->wanted);
	return 0;
}

static void join(struct ovs_datapath *dp, uint32_t port, const struct port_policy *policy, int r)
{
	const struct dp_port_change change = {
		.set_policy = true, .policy = policy, .cookie = "vm/0", .cookie_len = 4,
		.claim = VIFSWITCH_CLAIM_DORMANT,
	};

	assert_int_equal(ovs_dp_port_new(dp, SWITCH, port, &change), r);
}

static void expect(struct ovs_datapath *dp, uint32_t port, const struct port_policy *policy,
		   uint8_t claim)
{
	struct told told = { .wanted = policy };

	assert_int_equal(ovs_dp_port_get(dp, port, see, &told), 0);
	assert_true(told.same);
	assert_string_equal(told.cookie, "vm/0");
	assert_int_equal(told.port.claim, claim);
	assert_int_equal(!!(told.port.flags & VIFSWITCH_PORT_CLOSED), !policy);
	assert_int_equal(!!kernel.upcalls[port - 10], !!policy);
	assert_int_equal(told.port.counters[VIFSWITCH_CTR_FROM_PACKETS], 3);
}

/* Whoever comes after one that was killed finds ports, policies, claims and limits. */
static void kept(void **state)
{
	_cleanup_free_ struct port_policy *policy = policy_of(1, 1000000, 0);
	_cleanup_free_ struct port_policy *other = policy_of(2, 0, 0);
	const struct dp_port_change awake = { .claim = VIFSWITCH_CLAIM_ACTIVE };
	struct ovs_datapath *dp = open_datapath();
	struct told told = {};

	assert_int_equal(ovs_dp_switch_new(dp, "sw0"), 0);
	assert_true(ovs_dp_has_switch(dp, SWITCH));
	join(dp, 11, policy, 0);
	join(dp, 12, other, 0);
	join(dp, 13, NULL, 0);
	assert_int_equal(ovs_dp_port_set(dp, 12, &awake), 0);
	assert_int_equal(kernel.meters, 1U << 1);
	dp = ovs_dp_close(dp);
	/* a netdev went meanwhile */
	kernel.ports[3] = false;
	/* and somebody told the datapath to ask elsewhere */
	kernel.strayed = true;
	dp = open_datapath();
	assert_false(kernel.strayed);
	expect(dp, 11, policy, VIFSWITCH_CLAIM_DORMANT);
	expect(dp, 12, other, VIFSWITCH_CLAIM_ACTIVE);
	assert_int_equal(ovs_dp_port_get(dp, 13, see, &told), -ENOENT);
	assert_int_equal(ovs_dp_port_dump(dp, 0, see, &told), 0);
	assert_int_equal(told.count, 3);	/* and dom0's own */
	/* without a limit there is no meter; who leaves goes down, and is not found again */
	assert_int_equal(ovs_dp_port_set(dp, 11, &(struct dp_port_change){
		.set_policy = true, .policy = other, .claim = -1 }), 0);
	assert_int_equal(kernel.meters, 0);
	assert_int_equal(ovs_dp_port_del(dp, 11), 0);
	assert_int_equal(kernel.down, 1);
	ovs_dp_close(dp);
	dp = open_datapath();
	assert_false(ovs_dp_has_port(dp, 11));
	assert_true(ovs_dp_has_port(dp, 12));
	assert_int_equal(ovs_dp_switch_del(dp, SWITCH), 0);
	assert_int_equal(ovs_dp_switches(dp), 0);
	ovs_dp_close(dp);
}

static bool is_woken(const struct ovs_datapath *dp)
{
	struct itimerspec timer;

	assert_int_equal(timerfd_gettime(dp->timer, &timer), 0);
	return timer.it_interval.tv_sec;
}

/* Only who has a switch of flows pays for them. */
static void quiet(void **state)
{
	struct ovs_datapath *dp = open_datapath();

	assert_false(is_woken(dp));
	assert_int_equal(ovs_dp_switch_new(dp, "sw0"), 0);
	assert_true(is_woken(dp));
	ovs_dp_close(dp);
	dp = open_datapath();
	assert_true(is_woken(dp));
	assert_int_equal(ovs_dp_switch_del(dp, SWITCH), 0);
	assert_false(is_woken(dp));
	ovs_dp_close(dp);
}

/* Without the mark it is somebody else's datapath. */
static void not_ours(void **state)
{
	struct ovs_datapath *dp;

	memset(&kernel, 0, sizeof(kernel));
	kernel.there = kernel.ports[0] = true;
	strcpy(kernel.name, "ovs-system");
	dp = open_datapath();
	assert_int_equal(ovs_dp_switches(dp), 0);
	assert_int_equal(ovs_dp_switch_new(dp, "ovs-system"), -EEXIST);
	assert_non_null(strstr(ovs_dp_error(dp), "exists"));
	ovs_dp_close(dp);
	memset(&kernel, 0, sizeof(kernel));
}

/* What flows cannot do is told by field and value, and no port is made of it. */
static void refused(void **state)
{
	_cleanup_free_ struct port_policy *metered = policy_of(1, 0, 1024);
	_cleanup_free_ struct port_policy *plain = policy_of(1, 0, 0);
	struct ovs_datapath *dp = open_datapath();

	assert_int_equal(ovs_dp_switch_new(dp, "sw0"), 0);
	join(dp, 11, metered, -EOPNOTSUPP);
	assert_non_null(strstr(ovs_dp_error(dp), "flow_entries 1024"));
	assert_non_null(strstr(ovs_dp_error(dp), "sw0"));
	assert_false(ovs_dp_has_port(dp, 11) || kernel.ports[1]);
	join(dp, 11, plain, 0);
	assert_int_equal(ovs_dp_port_set(dp, 11, &(struct dp_port_change){
		.set_policy = true, .policy = metered, .claim = -1 }), -EOPNOTSUPP);
	expect(dp, 11, plain, VIFSWITCH_CLAIM_DORMANT);
	assert_int_equal(ovs_dp_switch_set(dp, SWITCH, 0, 1), -EOPNOTSUPP);
	ovs_dp_switch_del(dp, SWITCH);
	ovs_dp_close(dp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept), cmocka_unit_test(not_ours), cmocka_unit_test(refused),
		cmocka_unit_test(quiet),
	};

	snprintf(dir, sizeof(dir), "/tmp/ovs-datapath-XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
