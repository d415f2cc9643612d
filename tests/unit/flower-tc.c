// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules of a netdev as tc has them: what is put in and taken out, in which order, and refused. */
#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <stdio.h>

#include "core-helpers.h"
#include "datapath/flower/flower-tc.h"

#define FILTERS	64

/* A kernel that is played: this file has netlink_request(). */
static struct {
	struct nl_msg *filters[FILTERS];
	size_t count, room;		/* filters that it takes */
	bool foreign;			/* and one of somebody else's */
	bool hooked;
	char log[1024];
	size_t gone;
} tc;

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
	if (has(FLOWER_FORWARD))
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

static int take_out(const struct flower_filter *f, struct netlink *nl)
{
	for (size_t i = 0; i < tc.count; i++) {
		struct flower_filter has;

		flower_decode(nlmsg_hdr(tc.filters[i]), &has);
		if (has.prio != f->prio || has.handle != f->handle)
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

static int dump(netlink_fn fn, void *arg)
{
	const struct flower_filter theirs = { .prio = 9, .handle = 1, .type = VS_TYPE_IP4 };
	struct nl_msg *msg = flower_message(RTM_NEWTFILTER, 0, 7, &theirs);
	int r = 0;

	nla_put_string(msg, TCA_KIND, "u32");
	for (size_t i = 0; r == 0 && i < tc.count; i++)
		r = fn(nlmsg_hdr(tc.filters[i]), arg);
	if (r == 0 && tc.foreign)
		r = fn(nlmsg_hdr(msg), arg);
	nlmsg_free(msg);
	return r;
}

int netlink_request(struct netlink *nl, struct nl_msg *msg, netlink_fn fn, void *arg)
{
	const struct nlmsghdr *h = nlmsg_hdr(msg);
	const struct tcmsg *t = NLMSG_DATA(h);
	struct flower_filter f = {
		.prio = (uint16_t)(t->tcm_info >> 16), .handle = t->tcm_handle,
	};
	int r = 0;

	switch (h->nlmsg_type) {
	case RTM_NEWQDISC:
		r = tc.hooked ? -EEXIST : 0;
		tc.hooked = true;
		break;
	case RTM_GETTFILTER:
		r = dump(fn, arg);
		break;
	case RTM_NEWTFILTER:
		assert_true(tc.hooked);
		r = put_in(msg, &f, nl);
		break;
	case RTM_DELTFILTER:
		r = take_out(&f, nl);
		break;
	default:
		fail();
	}
	nlmsg_free(msg);
	return r;
}

static void on_gone(const struct flower_filter *filter, void *arg)
{
	tc.gone++;
}

/* A rate, one thing that is refused, and one that is forwarded for each digit of @to. */
static int set(uint64_t rate, const char *to, struct netlink *nl)
{
	struct flower_rule rules[16] = {};
	struct flower_rules all = { .rules = rules };

	if (rate) {
		rules[0] = (struct flower_rule){
			.stage = FLOWER_POLICE, .rate_bps = rate, .rate_burst = 10000,
		};
		rules[1] = (struct flower_rule){
			.stage = FLOWER_REFUSE, .type = VS_TYPE_IP4, .proto = VS_PROTO_UDP,
			.l4_src = 67, .src = vs_mac_load((const u8 *)OWN),
		};
		all.count = 2;
	}
	for (; *to; to++)
		rules[all.count++] = (struct flower_rule){
			.stage = FLOWER_FORWARD, .type = VS_TYPE_IP6,
			.src = vs_mac_load((const u8 *)OWN), .dst = (uint64_t)*to, .to = *to - '0',
		};
	tc.log[0] = '\0';
	return flower_tc_set(nl, 7, &all, FLOWER_IN_HARDWARE, on_gone, NULL);
}

static int begin(void **state)
{
	for (size_t i = 0; i < tc.count; i++)
		nlmsg_free(tc.filters[i]);
	memset(&tc, 0, sizeof(tc));
	tc.room = FILTERS;
	return 0;
}

static void orders(void **state)
{
	struct netlink nl = {};

	assert_int_equal(set(8000, "12", &nl), 0);
	assert_string_equal(tc.log, "+1 +3 +7 +7");
	assert_int_equal(set(8000, "12", &nl), 0);
	assert_string_equal(tc.log, "");
	assert_int_equal(set(8000, "123", &nl), 0);
	assert_string_equal(tc.log, "+7");
	assert_int_equal(set(8000, "3", &nl), 0);
	assert_string_equal(tc.log, "-7 -7");
	/* another rate: first nothing is forwarded any more */
	assert_int_equal(set(16000, "3", &nl), 0);
	assert_string_equal(tc.log, "-7 -1 +1 +7");
	assert_int_equal(tc.gone, 4);
	assert_int_equal(set(0, "", &nl), 0);
	assert_string_equal(tc.log, "-7 -3 -1");
	assert_int_equal(tc.count, 0);
}

/* Whichever is refused: none is left, and the words are those of the refusal. */
static void refused(void **state)
{
	struct netlink nl = {};

	for (size_t room = 0; room < 5; room++) {
		begin(NULL);
		assert_int_equal(set(8000, "4", &nl), 0);
		tc.room = room;
		memset(nl.error, 0, sizeof(nl.error));
		assert_int_equal(set(16000, "123", &nl), -ENOSPC);
		assert_string_equal(nl.error, "the table is full");
		assert_int_equal(tc.count, 0);
	}
	tc.room = 5;
	assert_int_equal(set(16000, "123", &nl), 0);
}

static void others(void **state)
{
	struct netlink nl = {};
	size_t foreign = 0;

	assert_int_equal(set(8000, "1", &nl), 0);
	tc.foreign = true;
	assert_int_equal(set(8000, "12", &nl), -EEXIST);
	assert_int_equal(tc.count, 0);
	assert_int_equal(flower_tc_dump(&nl, 7, on_gone, NULL, &foreign), 0);
	assert_int_equal(foreign, 1);
	assert_int_equal(set(0, "", &nl), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(orders, begin), cmocka_unit_test_setup(refused, begin),
		cmocka_unit_test_setup_teardown(others, begin, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
