// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The copy of the database on disk, and with it whatever rows may hold: what is
 * read is merged with a VM's config and compiled, and the datapath's own check
 * must take what comes out; so it must of every ACL that is found good. The first
 * octet chooses the config.
 */
#include <stdlib.h>
#include <string.h>

#include "datapath/ko/features.h"
#include "kmod/core/acl-tables.h"
#include "policy/acl/compile.h"
#include "policy/merge.h"
#include "policydb/cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) do { if (!(x)) abort(); } while (0)

static const char names[][IFNAMSIZ] = { "xenbr0", "db0" };
static const struct switch_names known = { names, 2 };
static const uint8_t vm[16] = { 0x11, 0x11, 0x11, 0x11, 0x22, 0x22, 0x33, 0x33,
				0x44, 0x44, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55 };

static void merge(const struct policy_row *port, const struct policy_row *qos, uint8_t choice)
{
	char full[] = "xenbr0.7:8:9", bare[] = "xenbr0", gone[] = "gone.5";
	char mac[] = "00:16:3e:00:00:01", rate[] = "125000,50000";
	struct vif_keys keys = {
		.bridge = choice & 1 ? full : choice & 2 ? bare : choice & 4 ? gone : NULL,
		.mac = choice & 8 ? mac : NULL, .rate = choice & 16 ? rate : NULL,
	};
	struct vif_policy policy;
	struct problem problem = {};
	struct port_policy *held;
	bool guarded;

	if (vif_policy_merge(&keys, port, qos, &known, &policy, &problem) < 0) {
		CHECK(problem.text[0]);
		return;
	}
	CHECK(!port->problem && row_given(port, "qos") == !!qos && !(qos && qos->problem));
	CHECK(policy_row_equal(port, port));
	guarded = policy.program.header.flags & VIFSWITCH_PF_GUARD;
	CHECK(guarded == !!policy.program.header.mac_count);
	CHECK(policy.sw[0]);
	held = port_policy_of_vif(&policy);
	CHECK(program_check(NULL, NULL, held, &problem) == 0);
	CHECK(port_policy_guards(held) == guarded);
	free(held);
}

static void compile_acl(struct acl_policies *p, const uint8_t uuid[16])
{
	struct problem problem = {};
	struct vs_program_error err;
	struct vs_acl parsed;
	struct acl acl;
	void *blob;
	size_t len;

	CHECK(acl_policies_stamp(p, uuid));
	if (acl_policies_build(p, uuid, &acl, &problem) < 0) {
		CHECK(problem.text[0]);
		return;
	}
	CHECK(acl_compile(&acl, &blob, &len, &problem) == 0);
	CHECK(vs_acl_parse(blob, len, &parsed, &err) == 0);
	free(blob);
	acl_deinit(&acl);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policies policies = {};
	struct problem problem = {};
	const struct row *row;
	uint64_t generation;

	if (!size)
		return 0;
	if (policy_copy_parse((const char *)data + 1, size - 1, &policies, &problem) < 0) {
		CHECK(problem.text[0]);
		CHECK(!policies.ports.count && !policies.switches.count);
		return 0;
	}
	for (uint32_t devid = 0; devid < 3; devid++) {
		const struct policy_row *qos;
		const struct policy_row *port = policies_find(&policies, vm, devid, &qos,
							       &generation);

		CHECK(!port == !generation);
		if (port)
			merge(port, qos, data[0]);
	}
	map_for_each(&policies.acl.acls.by_key, i, row) {
		for (; row; row = row->next)
			compile_acl(&policies.acl, row->uuid);
	}
	policies_deinit(&policies);
	return 0;
}
