// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules and packets made of octets: the rules compile, the kernel's validator
 * takes what comes out, its lookup finds the rule that a linear scan finds, and
 * what is told of each rule is that it fits where the scan says so.
 * Octet 0: rules; octet 1: whether the choices are the octets behind, or are
 * drawn from a seed they make.
 */
#include <stdlib.h>
#include <string.h>

#include "acl-tables.h"
#include "policy/acl/compile.h"
#include "policy/acl/explain.h"
#include "tests/unit/policy-frame.h"
#include "tests/unit/policy-oracle.h"
#include "tests/unit/policy-random.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) do { if (!(x)) abort(); } while (0)
#define RULES_MAX	72	/* two words of a set */
#define PACKETS	4

static void look_up(const struct acl *acl, const struct vs_acl *core,
		    const struct acl_packet *packet, const struct vs_packet *fields)
{
	for (int d = 0; d < VIFSWITCH_ACL_DIRECTIONS; d++) {
		size_t wanted = oracle_lookup(acl, d, packet);
		int found = vs_acl_lookup(core, d, fields, packet->vlan);

		CHECK(found == (wanted == ACL_NO_RULE ? -1 : (int)wanted));
	}
}

static void explain(const struct acl *acl, const struct vs_acl *core,
		    const struct acl_packet *packet, const struct vs_packet *fields)
{
	for (u32 i = 0; i < acl->rule_count; i++)
		CHECK(!acl_rule_misses(core, VIFSWITCH_ACL_FROM, fields, packet->vlan, i) ==
		      oracle_fits(&acl->rules[i], VIFSWITCH_ACL_FROM, packet));
}

static void as_frame(const struct acl *acl, const struct vs_acl *core, struct acl_packet *packet,
		     struct dice *dice)
{
	struct acl_packet seen;
	struct vs_packet fields;
	struct vs_frame frame;
	uint8_t *octets;
	uint32_t hwtag;
	size_t len;

	packet_sane(packet);
	len = frame_make(packet, dice, &octets, &hwtag);
	CHECK(vs_frame_parse(&frame, octets, len, hwtag));
	CHECK(vs_packet_parse(&fields, octets, len, len, &frame));
	CHECK(fields.reason == VIFSWITCH_DROP_NONE);
	packet_from_fields(&seen, &fields, packet->vlan);
	look_up(acl, core, &seen, &fields);
	look_up(acl, core, packet, &fields);
	free(octets);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dice dice = { .data = data + 2, .left = size - 2 };
	struct vs_program_error error;
	struct acl_packet packet;
	struct vs_packet fields;
	struct problem problem;
	struct vs_acl core;
	struct pool pool;
	struct acl acl;
	void *blob;
	size_t len;

	if (size < 2)
		return 0;
	if (data[1] & 1) {
		dice.state = size;
		for (size_t i = 2; i < size; i++)
			dice.state = (dice.state ^ data[i]) * 0x100000001b3ULL;
		dice.state |= 1;
	}
	pool_make(&pool, &dice);
	random_acl(&acl, &pool, &dice, data[0] % RULES_MAX);
	CHECK(acl_seal(&acl, &problem) == 0);
	CHECK(acl_compile(&acl, &blob, &len, &problem) == 0);
	CHECK(vs_acl_parse(blob, len, &core, &error) == 0);
	for (unsigned int i = 0; i < PACKETS; i++) {
		random_packet(&packet, &pool, &dice);
		packet_fields(&fields, &packet);
		look_up(&acl, &core, &packet, &fields);
		explain(&acl, &core, &packet, &fields);
		as_frame(&acl, &core, &packet, &dice);
	}
	free(blob);
	acl_deinit(&acl);
	pool_deinit(&pool);
	return 0;
}
