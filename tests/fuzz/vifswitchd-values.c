// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Values out of XenStore. The first octet picks the parser; the rest is the
 * value, handed on as (pointer, length) without a NUL. What a parser accepts
 * must be inside the limits, and compile into a program the datapath takes.
 */
#include <stdlib.h>
#include <string.h>

#include "datapath/ko/program-compile.h"
#include "datapath/ko/program-view.h"
#include "datapath/links/link.h"
#include "policy/model.h"
#include "xen/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char names[][IFNAMSIZ] = { "xenbr0", "xenbr0.7", "br", "a.b.c" };
static const struct switch_names known = { names, 4 };

#define CHECK(x) do { if (!(x)) abort(); } while (0)

static void compile(const struct vif_policy *policy)
{
	const struct vlans *vlans = &policy->program.vlans;
	struct port_policy *held = port_policy_of_vif(policy), *read;
	struct program_parts view;
	struct problem problem;
	struct program program;

	CHECK(program_compile(held, &program, &problem) == 0);
	read = program_read(program.blob, program.len);
	CHECK(port_policy_equal(read, held));
	port_policy_parts(read, &view);
	CHECK(view.vlans.pvid == vlans->pvid);
	CHECK(memcmp(view.vlans.allowed, vlans->allowed, sizeof(view.vlans.allowed)) == 0);
	CHECK(memcmp(view.vlans.untagged, vlans->untagged,
		     sizeof(view.vlans.untagged)) == 0);
	CHECK(view.header.rate_bps == policy->program.header.rate_bps);
	program_deinit(&program);
	free(read);
	free(held);
}

static struct vif_policy guarded(void)
{
	return (struct vif_policy){ .program = {
		.header = { .flags = VIFSWITCH_PF_GUARD, .mac_count = 1 },
		.macs = { { 0, 0x16, 0x3e } },
	} };
}

static void as_vlans(const char *text, size_t len, bool spec)
{
	struct vif_policy policy = guarded();
	struct problem problem = {};
	bool tagged;
	int r;

	r = spec ? vlan_spec_parse(text, len, &policy.program.vlans, &problem) :
	    bridge_parse(text, len, &known, policy.sw, &policy.program.vlans, &tagged, &problem);
	CHECK(r == 0 || problem.text[0]);
	if (r == 0)
		compile(&policy);
}

static void as_rate(const char *text, size_t len)
{
	struct vif_policy policy = guarded();
	struct problem problem;
	uint64_t rate, burst;

	vlans_init(&policy.program.vlans);
	vlans_set_native(&policy.program.vlans, 0);
	if (rate_parse(text, len, &rate, &burst, &problem) < 0)
		return;
	policy.program.header.rate_bps = rate;
	policy.program.header.rate_burst = burst;
	compile(&policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;
	uint32_t mtu, domid, devid;
	char name[IFNAMSIZ], *terminated;
	struct prefix_set set = {};
	struct problem problem;
	uint8_t mac[6], uuid[16];
	enum half half;

	if (!size)
		return 0;
	size--;
	switch (data[0] % 8) {
	case 0:
		as_vlans(text, size, false);
		break;
	case 1:
		as_vlans(text, size, true);
		break;
	case 2:
		as_rate(text, size);
		break;
	case 3:
		if (vif_mac_parse(text, size, mac, &problem) == 0)
			CHECK(!(mac[0] & 1));
		break;
	case 4:
		if (mtu_parse(text, size, &mtu, &problem) == 0)
			CHECK(mtu >= VIF_MTU_MIN && mtu <= VIF_MTU_MAX);
		break;
	case 5:
		if (ip_parse(text, size, &set, &problem) == 0 && !prefix_set_is_normal(&set))
			abort();
		prefix_set_deinit(&set);
		if (vifname_parse(text, size, name, &problem) == 0)
			CHECK(strlen(name) == size && !strchr(name, '/'));
		break;
	case 6:
		cookie_kind(text, size);
		break;
	default:
		terminated = strndup(text, size);
		CHECK(terminated);
		link_parse_name(terminated, &domid, &devid, &half);
		link_parse_device(terminated, &domid, &devid);
		identity_from_vm_path(terminated, uuid);
		free(terminated);
		break;
	}
	return 0;
}
