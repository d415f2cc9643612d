// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *   root qdisc 7666: (HTB, default class 7666:1)
 *     class 7666:ffff   the netdev's rate
 *       class 7666:1    the rest          fq_codel
 *       class 7666:2    a VM's            fq_codel
 *       ...
 *
 * Guarantees are the classes' rates; what is left is shared by their quanta, in
 * proportion to the weights. Messages are libnl's, sent through our own socket
 * for the kernel's words when it refuses one.
 */
#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netlink/route/class.h>
#include <netlink/route/qdisc.h>
#include <netlink/route/qdisc/htb.h>
#include <netlink/route/tc.h>
#include <string.h>

#include "datapath/tc/shaping.h"

#define WHOLE		0xffffU			/* minor of the class of the whole netdev */
#define HANDLE(minor)	TC_HANDLE(SHAPING_MAJOR, minor)
#define MTU_ASSUMED	1600
#define QUANTUM_UNIT	256			/* octets in a round, for each weight */
#define BURST_MIN	16384
#define RATE_MIN	1000			/* octets per second HTB can tell from nothing */

static inline void qdisc_putp(struct rtnl_qdisc **q)
{
	if (*q)
		rtnl_qdisc_put(*q);
}

static inline void class_putp(struct rtnl_class **c)
{
	if (*c)
		rtnl_class_put(*c);
}

/* Minors of our classes that a netdev has. */
struct present {
	uint8_t bits[65536 / 8];
	bool ours;			/* the root qdisc is */
	uint32_t ifindex;
};

static bool present_has(const struct present *p, unsigned int minor)
{
	return p->bits[minor / 8] & (1U << minor % 8);
}

static int on_root(const struct nlmsghdr *h, void *arg)
{
	struct present *present = arg;
	const struct tcmsg *tc = NLMSG_DATA(h);

	if (h->nlmsg_type == RTM_NEWQDISC && h->nlmsg_len >= NLMSG_LENGTH(sizeof(*tc)))
		present->ours = tc->tcm_handle == HANDLE(0);
	return 0;
}

static int on_class(const struct nlmsghdr *h, void *arg)
{
	struct present *present = arg;
	const struct tcmsg *tc = NLMSG_DATA(h);

	if (h->nlmsg_type == RTM_NEWTCLASS && h->nlmsg_len >= NLMSG_LENGTH(sizeof(*tc)) &&
	    (uint32_t)tc->tcm_ifindex == present->ifindex &&
	    TC_H_MAJ(tc->tcm_handle) == HANDLE(0)) {
		unsigned int minor = TC_H_MIN(tc->tcm_handle);

		present->bits[minor / 8] |= 1U << minor % 8;
	}
	return 0;
}

static struct nl_msg *tc_message(int type, int flags, uint32_t ifindex, uint32_t parent,
				 uint32_t handle)
{
	struct tcmsg tc = {
		.tcm_family = AF_UNSPEC, .tcm_ifindex = ifindex, .tcm_parent = parent,
		.tcm_handle = handle,
	};

	return netlink_message(type, flags, &tc, sizeof(tc));
}

static int look(struct netlink *nl, uint32_t ifindex, struct present *present)
{
	int r;

	memset(present, 0, sizeof(*present));
	present->ifindex = ifindex;
	/* One that is not a dump is answered to the asker only with ECHO. */
	r = netlink_request(nl, tc_message(RTM_GETQDISC, NLM_F_ECHO, ifindex, TC_H_ROOT, 0),
			    on_root, present);
	/* A netdev with the kernel's own root (noqueue) has none to show. */
	if (r == -EINVAL || r == -ENOENT)
		return 0;
	if (r < 0 || !present->ours)
		return r;
	return netlink_request(nl, tc_message(RTM_GETTCLASS, NLM_F_DUMP, ifindex, 0, 0), on_class,
			       present);
}

static int add_root(struct netlink *nl, uint32_t ifindex)
{
	_cleanup_(qdisc_putp) struct rtnl_qdisc *q = rtnl_qdisc_alloc();
	struct nl_msg *msg;

	if (!q)
		return -ENOMEM;
	rtnl_tc_set_ifindex(TC_CAST(q), ifindex);
	rtnl_tc_set_parent(TC_CAST(q), TC_H_ROOT);
	rtnl_tc_set_handle(TC_CAST(q), HANDLE(0));
	if (rtnl_tc_set_kind(TC_CAST(q), "htb") < 0 || rtnl_htb_set_defcls(q, SHAPING_REST) < 0 ||
	    rtnl_qdisc_build_add_request(q, NLM_F_CREATE | NLM_F_REPLACE, &msg) < 0)
		return -ENOMEM;
	return netlink_request(nl, msg, NULL, NULL);
}

static int add_leaf(struct netlink *nl, uint32_t ifindex, unsigned int minor)
{
	_cleanup_(qdisc_putp) struct rtnl_qdisc *q = rtnl_qdisc_alloc();
	struct nl_msg *msg;

	if (!q)
		return -ENOMEM;
	rtnl_tc_set_ifindex(TC_CAST(q), ifindex);
	rtnl_tc_set_parent(TC_CAST(q), HANDLE(minor));
	if (rtnl_tc_set_kind(TC_CAST(q), "fq_codel") < 0 ||
	    rtnl_qdisc_build_add_request(q, NLM_F_CREATE, &msg) < 0)
		return -ENOMEM;
	return netlink_request(nl, msg, NULL, NULL);
}

struct htb_class {
	unsigned int parent, minor;
	uint64_t rate, ceil;	/* octets per second */
	uint64_t burst;		/* octets */
	uint32_t weight;
};

static uint32_t burst_of(uint64_t rate, uint64_t burst)
{
	if (!burst)
		burst = rate / 100;
	if (burst < BURST_MIN)
		burst = BURST_MIN;
	return burst > INT32_MAX ? INT32_MAX : (uint32_t)burst;
}

/* In proportion to the weight, but never less than a packet. */
static uint32_t quantum_of(uint32_t weight)
{
	uint32_t quantum = weight * QUANTUM_UNIT;

	return quantum < MTU_ASSUMED ? MTU_ASSUMED : quantum;
}

static int set_class(struct netlink *nl, uint32_t ifindex, const struct htb_class *want)
{
	_cleanup_(class_putp) struct rtnl_class *c = rtnl_class_alloc();
	uint64_t rate = want->rate < RATE_MIN ? RATE_MIN : want->rate;
	uint64_t ceil = want->ceil < rate ? rate : want->ceil;
	struct nl_msg *msg;

	if (!c)
		return -ENOMEM;
	rtnl_tc_set_ifindex(TC_CAST(c), ifindex);
	rtnl_tc_set_mtu(TC_CAST(c), MTU_ASSUMED);
	rtnl_tc_set_parent(TC_CAST(c), want->parent ? HANDLE(want->parent) : HANDLE(0));
	rtnl_tc_set_handle(TC_CAST(c), HANDLE(want->minor));
	if (rtnl_tc_set_kind(TC_CAST(c), "htb") < 0 ||
	    rtnl_htb_set_rate64(c, rate) < 0 || rtnl_htb_set_ceil64(c, ceil) < 0 ||
	    rtnl_htb_set_rbuffer(c, burst_of(rate, want->burst)) < 0 ||
	    rtnl_htb_set_cbuffer(c, burst_of(ceil, want->burst)) < 0 ||
	    rtnl_htb_set_quantum(c, quantum_of(want->weight)) < 0 ||
	    rtnl_class_build_add_request(c, NLM_F_CREATE | NLM_F_REPLACE, &msg) < 0)
		return -ENOMEM;
	return netlink_request(nl, msg, NULL, NULL);
}

/* A class below the whole, with its queue if it is new. */
static int set_leaf_class(struct netlink *nl, struct present *present,
			  const struct htb_class *want)
{
	bool is_new = !present_has(present, want->minor);
	int r = set_class(nl, present->ifindex, want);

	if (r == 0 && is_new)
		r = add_leaf(nl, present->ifindex, want->minor);
	present->bits[want->minor / 8] &= ~(1U << want->minor % 8);
	return r;
}

static int set_classes(struct netlink *nl, struct present *present, const struct shaping *wanted)
{
	uint64_t whole = wanted->rate_bps / 8, promised = 0;
	struct htb_class c = {
		.minor = WHOLE, .rate = whole, .ceil = whole, .burst = wanted->burst,
		.weight = SHAPING_WEIGHT_DEFAULT,
	};
	int r = set_class(nl, present->ifindex, &c);

	present->bits[WHOLE / 8] &= ~(1U << WHOLE % 8);
	for (size_t i = 0; r == 0 && i < wanted->count; i++) {
		const struct shaped_class *class = &wanted->classes[i];
		uint64_t max = class->max_bps / 8;

		promised += class->min_bps / 8;
		if (class->keep && present_has(present, class->minor)) {
			present->bits[class->minor / 8] &= ~(1U << class->minor % 8);
			continue;
		}
		c = (struct htb_class){
			.parent = WHOLE, .minor = class->minor, .rate = class->min_bps / 8,
			.ceil = max && max < whole ? max : whole,
			.weight = class->weight ? class->weight : SHAPING_WEIGHT_DEFAULT,
		};
		r = set_leaf_class(nl, present, &c);
	}
	if (r < 0)
		return r;
	c = (struct htb_class){
		.parent = WHOLE, .minor = SHAPING_REST, .ceil = whole, .burst = wanted->burst,
		.rate = wanted->count ? (promised < whole ? whole - promised : 0) : whole,
		.weight = SHAPING_WEIGHT_DEFAULT,
	};
	return set_leaf_class(nl, present, &c);
}

static int remove_stale(struct netlink *nl, const struct present *present)
{
	int r = 0;

	for (unsigned int minor = SHAPING_FIRST; r == 0 && minor <= SHAPING_LAST; minor++) {
		if (!present_has(present, minor))
			continue;
		r = netlink_request(nl, tc_message(RTM_DELTCLASS, 0, present->ifindex, 0,
						   HANDLE(minor)), NULL, NULL);
		if (r == -ENOENT)
			r = 0;
	}
	return r;
}

int shaping_apply(struct netlink *nl, uint32_t ifindex, const struct shaping *wanted)
{
	struct present present;
	int r = look(nl, ifindex, &present);

	if (r < 0)
		return r;
	if (!wanted->rate_bps) {
		if (!present.ours)
			return 0;
		return netlink_request(nl, tc_message(RTM_DELQDISC, 0, ifindex, TC_H_ROOT,
						      HANDLE(0)), NULL, NULL);
	}
	if (!present.ours)
		r = add_root(nl, ifindex);
	if (r == 0)
		r = set_classes(nl, &present, wanted);
	if (r == 0)
		r = remove_stale(nl, &present);
	return r;
}
