// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/played-tc.h"

#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <stdio.h>

#include "core-helpers.h"

struct played_tc tc;

static void note(char what, const struct flower_filter *f)
{
	size_t len = strlen(tc.log);

	snprintf(tc.log + len, sizeof(tc.log) - len, "%s%c%u", len ? " " : "", what, f->prio);
}

static bool has(enum flower_stage stage)
{
	for (size_t i = 0; i < tc.count; i++) {
		struct flower_filter f;

		assert_true(flower_decode(nlmsg_hdr(tc.filters[i]), &f));
		if (flower_filter_stage(&f) == stage)
			return true;
	}
	return false;
}

/* In no moment is anything forwarded that is neither charged nor looked at. */
static void check_moment(void)
{
	if (tc.careful && has(FLOWER_FORWARD))
		assert_true(has(FLOWER_POLICE) && has(FLOWER_REFUSE));
}

static int put_in(struct nl_msg *msg, const struct flower_filter *f, struct netlink *nl)
{
	if (tc.count >= tc.room) {
		snprintf(nl->error, sizeof(nl->error), "the table is full");
		return -ENOSPC;
	}
	note('+', f);
	nlmsg_get(msg);
	tc.filters[tc.count++] = msg;
	check_moment();
	return 0;
}

static int netdev_of(struct nl_msg *msg)
{
	return ((const struct tcmsg *)NLMSG_DATA(nlmsg_hdr(msg)))->tcm_ifindex;
}

static int take_out(int netdev, const struct flower_filter *f, struct netlink *nl)
{
	if (tc.stuck)
		return -ETIMEDOUT;
	for (size_t i = 0; i < tc.count; i++) {
		struct flower_filter has;

		flower_decode(nlmsg_hdr(tc.filters[i]), &has);
		if (has.prio != f->prio || has.handle != f->handle ||
		    netdev_of(tc.filters[i]) != netdev)
			continue;
		note('-', f);
		nlmsg_free(tc.filters[i]);
		tc.filters[i] = tc.filters[--tc.count];
		check_moment();
		return 0;
	}
	snprintf(nl->error, sizeof(nl->error), "no such filter");
	return -ENOENT;
}

static int dump(int netdev, netlink_fn fn, void *arg)
{
	const struct flower_filter theirs = { .prio = 9, .handle = 1, .type = VS_TYPE_IP4 };
	struct nl_msg *msg = flower_message(RTM_NEWTFILTER, 0, 7, &theirs);
	int r = 0;

	nla_put_string(msg, TCA_KIND, "u32");
	for (size_t i = 0; r == 0 && i < tc.count; i++)
		r = netdev_of(tc.filters[i]) == netdev ? fn(nlmsg_hdr(tc.filters[i]), arg) : 0;
	if (r == 0 && tc.foreign)
		r = fn(nlmsg_hdr(msg), arg);
	nlmsg_free(msg);
	return r;
}

int __wrap_netlink_request(struct netlink *nl, struct nl_msg *msg, netlink_fn fn, void *arg);
int __wrap_netlink_request(struct netlink *nl, struct nl_msg *msg, netlink_fn fn, void *arg)
{
	const struct nlmsghdr *h = nlmsg_hdr(msg);
	const struct tcmsg *t = NLMSG_DATA(h);
	struct flower_filter f = {
		.prio = (uint16_t)(t->tcm_info >> 16), .handle = t->tcm_handle,
	};
	int r = 0;

	tc.requests++;
	switch (h->nlmsg_type) {
	case RTM_NEWQDISC:
		r = tc.unhooked ? -ETIMEDOUT : tc.hooked ? -EEXIST : 0;
		tc.hooked |= !tc.unhooked;
		break;
	case RTM_GETTFILTER:
		r = tc.silent ? -ETIMEDOUT : dump(t->tcm_ifindex, fn, arg);
		break;
	case RTM_NEWTFILTER:
		assert_true(tc.hooked);
		r = put_in(msg, &f, nl);
		break;
	case RTM_DELTFILTER:
		r = take_out(t->tcm_ifindex, &f, nl);
		break;
	default:
		fail();
	}
	nlmsg_free(msg);
	return r;
}

int played_tc_begin(void **state)
{
	for (size_t i = 0; i < tc.count; i++)
		nlmsg_free(tc.filters[i]);
	memset(&tc, 0, sizeof(tc));
	tc.room = PLAYED_FILTERS;
	return 0;
}
