// SPDX-License-Identifier: GPL-2.0-or-later
/* When vifswitchd reads NICs' virtual functions again. */
#include <errno.h>

#include "core-helpers.h"
#include "vifswitchd/vfs-here.h"

#define NIC	5
#define SECOND	1000000ULL

int __wrap_vf_link_read(struct rtnl *rtnl, uint32_t ifindex, struct vf_setting *ret,
			size_t *ret_count);
int __wrap_vf_link_read(struct rtnl *rtnl, uint32_t ifindex, struct vf_setting *ret,
			size_t *ret_count)
{
	return -ENODEV;
}

/* A NIC that went while it was read is waited for no more; one that is there is tried again. */
static void gone(void **state)
{
	char listed[1][IFNAMSIZ] = { "nic0" };
	const struct link nic = { .ifindex = NIC, .name = "nic0" };
	struct daemon d = { .file = { .vfs = listed, .vf_count = 1 } };
	uint64_t next;

	d.store.xs = (void *)&d;
	d.policy.state = POLICY_OFF;
	d.facts.vifs.complete = d.facts.links.complete = true;
	assert_int_equal(links_update(&d.facts.links, &nic), 0);
	next = vfs_reconcile(&d, true, SECOND);
	assert_true(next > SECOND);
	assert_true(vfs_reconcile(&d, false, next) > next);
	links_remove(&d.facts.links, NIC);
	assert_int_equal(vfs_reconcile(&d, true, 9 * SECOND), 0);
	vfs_deinit(&d.vfs);
	links_deinit(&d.facts.links);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
