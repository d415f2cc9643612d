// SPDX-License-Identifier: GPL-2.0-or-later
/* What becomes bonds and members of them, against the kernel's own netlink. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "uplink-world.h"
#include "uplink/bond-link.h"

#define NOBODY	123456	/* an ifindex that no netdev has */

static int teardown(void **state)
{
	if (isolated)
		world_run("for n in new0 up0.5; do ip link del $n 2>&1; done >/dev/null; :");
	return world_teardown(state);
}

/* What a process that was killed began to make is in nobody's way. */
static void test_unfinished(void **state)
{
	const struct link_spec spec = { .name = "new0", .kind = "bridge", .alias = LINK_ALIAS };
	struct world *w = *state;
	char command[128], got[512];

	if (!isolated)
		skip();
	snprintf(command, sizeof(command), "ip link add " LINK_UNFINISHED "%08x type bridge",
		 (uint32_t)map_name_key(spec.name));
	world_run(command);
	assert_int_equal(rtnl_link_new(&w->rtnl, &spec), 0);
	assert_int_equal(rtnl_link_new(&w->rtnl, &spec), -EEXIST);
	world_output("ip -o link show type bridge | grep -c '" LINK_UNFINISHED "'", got, sizeof(got));
	assert_string_equal(got, "0; ");
	assert_int_equal(rtnl_dump(&w->rtnl), 0);
	assert_true(links_by_name(&w->links, "new0")->ours);
}

/* A netdev that the kernel does not take is as it was, and why is said. */
static void test_refused(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *why = NULL;
	struct link *link;

	if (!isolated)
		skip();
	assert_int_equal(rtnl_dump(&w->rtnl), 0);
	link = links_by_name(&w->links, "up0");
	assert_true(link->flags & IFF_UP);
	assert_true(bond_link_add(&w->rtnl, NOBODY, link->ifindex, &why) < 0);
	assert_non_null(why);
	assert_int_equal(rtnl_read(&w->rtnl, link->ifindex), 0);
	assert_true(links_by_name(&w->links, "up0")->flags & IFF_UP);
}

/* The other end of a cable is not made of this one, a VLAN device is. */
static void test_upper(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *words = NULL;
	uint32_t up0;

	if (!isolated)
		skip();
	assert_int_equal(rtnl_dump(&w->rtnl), 0);
	up0 = links_by_name(&w->links, "up0")->ifindex;
	assert_int_equal(bond_link_upper(&w->rtnl, up0, &words), 0);
	assert_null(words);
	/* A kernel without VLANs: tests/vm has it. */
	if (system("ip link add link up0 name up0.5 type vlan id 5 2>/dev/null") != 0)
		return;
	assert_int_equal(bond_link_upper(&w->rtnl, up0, &words), 0);
	assert_string_equal(words, "up0.5 is made of it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_unfinished, world_setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, world_setup, teardown),
		cmocka_unit_test_setup_teardown(test_upper, world_setup, teardown),
	};

	world_isolate();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
