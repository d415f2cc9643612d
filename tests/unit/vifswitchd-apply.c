// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plans carried out by a datapath that is not vifswitch.ko: it notes what it is asked
 * for, and refuses what it is told to. And what is in place is known by its meaning.
 */
#include <errno.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "datapath/ko/program-compile.h"
#include "datapath/ko/program-view.h"
#include "tests/unit/vifswitchd-world.h"
#include "vifswitchd/apply.h"

struct fake {
	char trace[256];
	const char *refuses;
	int with;
};

static int asked(struct datapath *dp, const char *what, uint32_t port,
		 const struct dp_port_change *change)
{
	struct fake *f = (struct fake *)dp;
	size_t len = strlen(f->trace);

	snprintf(f->trace + len, sizeof(f->trace) - len, "%s%u:%s%s", len ? " " : "", port, what,
		 change && change->set_policy ? port_policy_guards(change->policy) ? " guarded" :
						change->policy ? " open" : " closed" : "");
	return f->refuses && strcmp(f->refuses, what) == 0 ? f->with : 0;
}

static int port_new(struct datapath *dp, uint32_t sw, uint32_t port,
		    const struct dp_port_change *change)
{
	assert_int_equal(sw, 1);
	return asked(dp, "new", port, change);
}

static int port_set(struct datapath *dp, uint32_t port, const struct dp_port_change *change)
{
	return asked(dp, "set", port, change);
}

static int port_del(struct datapath *dp, uint32_t port)
{
	return asked(dp, "del", port, NULL);
}

static const char *error_of(const struct datapath *dp)
{
	return "no room for it";
}

static const struct datapath_ops fake_ops = {
	.port_new = port_new, .port_set = port_set, .port_del = port_del, .error = error_of,
};

static void up(struct world *w, uint32_t ifindex)
{
	links_get(&w->facts.links, ifindex)->flags = IFF_UP;
}

static struct apply world_of_two(struct world *w, struct fake *f)
{
	world_configure(w);
	world_add_link(w, 1, "xenbr0", true);
	world_add_link(w, 2, "eth0", false);
	up(w, 1);
	up(w, 2);
	return (struct apply){
		.facts = &w->facts, .ops = &fake_ops, .dp = (struct datapath *)f,
	};
}

static const char *run(struct world *w, struct apply *apply)
{
	struct fake *f = (struct fake *)apply->dp;

	f->trace[0] = '\0';
	world_plan(w);
	apply_plan(apply, &w->plan, w->now);
	return f->trace;
}

/* What was done is known at once, so nothing is done twice. */
static void test_done(void **state)
{
	struct world *w = *state;
	struct fake fake = {};
	struct apply apply = world_of_two(w, &fake);

	assert_string_equal(run(w, &apply), "1:set open 2:new open");
	assert_string_equal(run(w, &apply), "");
	assert_int_equal(apply.operations, 2);
	assert_false(apply.ports_stale);
}

/* What fails is told in the datapath's words, waits, and hinders nobody else. */
static void test_refused(void **state)
{
	struct world *w = *state;
	struct fake fake = { .refuses = "new", .with = -ENOSPC };
	struct apply apply = world_of_two(w, &fake);
	const struct progress *uplink;

	assert_string_equal(run(w, &apply), "1:set open 2:new open");
	assert_true(apply.ports_stale);
	uplink = &named_progress_get(&w->facts.progress, "eth0")->progress;
	assert_int_equal(uplink->retry.code, -ENOSPC);
	assert_non_null(strstr(uplink->retry.error, "no room for it"));
	assert_string_equal(run(w, &apply), "");
	fake.refuses = NULL;
	w->now = w->plan.retry_at;
	assert_string_equal(run(w, &apply), "2:new open");
	assert_null(uplink->retry.error);
}

static int not_free(struct apply *apply, const struct op *op, char **ret_why)
{
	assert_int_equal(op->ifindex, 2);
	*ret_why = strdup("it bears 192.0.2.1/24");
	return -EBUSY;
}

/* An uplink that the host's own network hangs on is left alone until it is free. */
static void test_not_free(void **state)
{
	struct world *w = *state;
	struct fake fake = {};
	struct apply apply = world_of_two(w, &fake);
	const struct progress *uplink;

	w->facts.config.switches[0].mtu = 1500;
	apply.uplink_free = not_free;
	links_get(&w->facts.links, 1)->mtu = 1500;
	assert_string_equal(run(w, &apply), "1:set open");
	uplink = &named_progress_get(&w->facts.progress, "eth0")->progress;
	assert_int_equal(uplink->retry.code, -EBUSY);
	assert_non_null(strstr(uplink->retry.error, "it bears 192.0.2.1/24"));
	assert_string_equal(run(w, &apply), "");
	apply.uplink_free = NULL;
	links_get(&w->facts.links, 2)->mtu = 1500;
	w->now = w->plan.retry_at;
	assert_string_equal(run(w, &apply), "2:new open");
	assert_null(uplink->retry.error);
	free(apply.why);
}

/* What copied to a port that was taken out is to be set again when the port is back. */
static void test_output_left(void **state)
{
	struct world *w = *state;
	struct fake fake = {};
	struct apply apply = world_of_two(w, &fake);
	struct rtnl rtnl = { .links = &w->facts.links, .req.fd = -1, .events.fd = -1 };
	struct op op = { .code = OP_PORT_DEL, .ifindex = 2 };
	const struct plan plan = { .ops = &op, .count = 1 };

	run(w, &apply);
	apply.rtnl = &rtnl;
	mirrors_enter(&w->facts.mirrors, &(struct dp_mirror){
		.sw = 1, .number = 1, .spec.output_port = 2 });
	apply_plan(&apply, &plan, w->now);
	assert_null(ports_get(&w->facts.ports, 2));
	assert_int_equal(mirrors_kernel(&w->facts.mirrors, 1, 1)->spec.output_port, 0);
}

/* Another release may have written the same policy in other octets: that is no change. */
static void test_meaning(void **state)
{
	struct world *w = *state;
	struct fake fake = {};
	struct apply apply = world_of_two(w, &fake);
	const struct port_policy *want = w->facts.config.switches[0].local;
	_cleanup_free_ struct port_policy *read = NULL;
	struct vifswitch_program *longer;
	const uint8_t (*macs)[6];
	struct program program;
	struct problem problem;
	struct cookie cookie;
	uint32_t more = sizeof(*longer) - VIFSWITCH_PROGRAM_FIRST_LEN;

	run(w, &apply);
	assert_int_equal(program_compile(want, &program, &problem), 0);
	assert_int_equal(program.len, VIFSWITCH_PROGRAM_FIRST_LEN);
	longer = calloc(1, program.len + more);
	memcpy(longer, program.blob, program.len);
	longer->header_len += more;
	longer->total_len += more;
	read = program_read(longer, longer->total_len);
	assert_true(port_policy_equal(read, want));
	cookie_for_local(&cookie);
	ports_update(&w->facts.ports, 1, 1, read, cookie.text, cookie.len);
	assert_string_equal(run(w, &apply), "");
	/* What cannot be read is nobody's policy, and is set anew. */
	longer->flags |= 1U << 31;
	longer->mac_listed = 1;
	free(read);
	read = program_read(longer, longer->total_len);
	assert_false(read->whole || port_policy_equal(read, read));
	assert_int_equal(port_policy_own_macs(read, &macs), 0);
	ports_update(&w->facts.ports, 1, 1, read, cookie.text, cookie.len);
	assert_string_equal(run(w, &apply), "1:set open");
	program_deinit(&program);
	free(longer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_done, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_refused, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_not_free, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_output_left, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_meaning, world_setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
