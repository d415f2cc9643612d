// SPDX-License-Identifier: GPL-2.0-or-later
/* Where addresses are, for a switch of flows; and its flows and masks as lists. */
#include <stdio.h>

#include "core-packets.h"
#include "datapath/ovs/flow-set.h"
#include "datapath/ovs/stations.h"

#define VLAN	5
#define MAC(n)	vs_mac_load((const u8 *)"\x00\x16\x3e\x00\x00" #n)

struct bed {
	struct stations s;
	struct station_port *web, *twin, *other, *uplink;
};

/* @mac: its own, or NULL: it learns so many addresses. */
static struct station_port *add(struct stations *s, u32 number, const char *cookie,
				const char *mac, u32 learns)
{
	struct station_port *port = stations_add(s, number, (const u8 *)cookie, strlen(cookie));
	struct vs_program_error err;
	struct blob b;

	blob_init(&b, mac ? VIFSWITCH_PF_GUARD : VIFSWITCH_PF_LEARN, VLAN, VLANS(VLAN),
		  VLANS(VLAN));
	if (mac)
		memcpy(b.macs, mac, 6);
	else
		blob_forget_macs(&b);
	b.hdr.fdb_max = learns;
	if (stations_program(s, port, &b, b.hdr.total_len, NULL, &err))
		fail_msg("%s is %llu; accepted: %s", err.field, (unsigned long long)err.value,
			 err.accepted);
	return port;
}

static void bed_make(struct bed *b)
{
	stations_init(&b->s);
	b->web = add(&b->s, 1, "web/0", OWN, 0);
	b->twin = add(&b->s, 2, "web/1", OWN, 0);
	b->other = add(&b->s, 3, "db/0", OTHER, 0);
	b->uplink = add(&b->s, 4, "", NULL, 2);
}

static const void *guard(const struct bed *b, const char *mac)
{
	return b->s.world.guard_of(b->s.world.tables, vs_mac_load((const u8 *)mac));
}

static const void *entry(const struct bed *b, u64 mac, u16 vid)
{
	bool fixed;

	return b->s.world.entry_of(b->s.world.tables, mac, vid, &fixed);
}

/* An own address is at one port, whichever of the VM sent last. */
static void claims(void **state)
{
	struct vs_others others = {};
	struct bed b;
	u64 own = vs_mac_load((const u8 *)OWN);

	bed_make(&b);
	b.twin->dormant = true;
	assert_ptr_equal(guard(&b, OWN), b.web);
	assert_null(guard(&b, BCAST));
	/* its first frame wakes a claim, and it is there then */
	assert_true(stations_saw(&b.s, b.twin, own, VLAN, VS_SOURCE_OWN, 1));
	assert_false(b.twin->dormant);
	assert_ptr_equal(guard(&b, OWN), b.twin);
	assert_false(stations_saw(&b.s, b.twin, own, VLAN, VS_SOURCE_OWN, 1));
	assert_true(stations_saw(&b.s, b.web, own, VLAN, VS_SOURCE_OWN, 1));
	assert_ptr_equal(guard(&b, OWN), b.web);
	b.s.world.others(b.s.world.tables, &b.web->dp, own, VLAN, &others);
	assert_true(others.kin && others.active && !others.owned);
	others = (struct vs_others){};
	b.s.world.others(b.s.world.tables, &b.uplink->dp, own, VLAN, &others);
	assert_true(others.owned && others.active && !others.kin);
	/* who has no program any more has no claim */
	assert_true(stations_saw(&b.s, b.twin, own, VLAN, VS_SOURCE_OWN, 1));
	assert_int_equal(stations_program(&b.s, b.twin, NULL, 0, NULL, NULL), 0);
	assert_ptr_equal(guard(&b, OWN), b.web);
	stations_remove(&b.s, b.web);
	assert_null(guard(&b, OWN));
	stations_deinit(&b.s);
}

static void gone(u64 mac, u16 vid, void *arg)
{
	assert_int_equal(vid, VLAN);
	++*(unsigned int *)arg;
}

/* A port learns so many and no more; an address moves; what is not seen goes. */
static void learned(void **state)
{
	struct bed b;
	unsigned int count = 0;
	struct station_port *second;

	bed_make(&b);
	second = add(&b.s, 9, "", NULL, 10);
	assert_true(stations_saw(&b.s, b.uplink, MAC(1), VLAN, VS_SOURCE_NEW, 10));
	assert_true(stations_saw(&b.s, b.uplink, MAC(2), VLAN, VS_SOURCE_NEW, 20));
	assert_false(stations_saw(&b.s, b.uplink, MAC(3), VLAN, VS_SOURCE_NEW, 30));
	assert_ptr_equal(entry(&b, MAC(1), VLAN), b.uplink);
	assert_null(entry(&b, MAC(1), VLAN + 1));
	assert_null(entry(&b, MAC(3), VLAN));
	assert_true(stations_saw(&b.s, second, MAC(1), VLAN, VS_SOURCE_NEW, 40));
	assert_ptr_equal(entry(&b, MAC(1), VLAN), second);
	assert_int_equal(b.uplink->entries, 1);
	assert_int_equal(second->entries, 1);
	assert_true(stations_saw(&b.s, b.uplink, MAC(3), VLAN, VS_SOURCE_NEW, 40));
	/* a guarded port that lists none learns none */
	assert_false(stations_saw(&b.s, b.other, MAC(4), VLAN, VS_SOURCE_NEW, 40));
	assert_false(stations_saw(&b.s, b.uplink, MAC(2), VLAN, VS_SOURCE_KNOWN, 50));
	stations_age(&b.s, 45, gone, &count);
	assert_int_equal(count, 2);
	assert_null(entry(&b, MAC(1), VLAN));
	assert_ptr_equal(entry(&b, MAC(2), VLAN), b.uplink);
	assert_int_equal(second->entries, 0);
	stations_remove(&b.s, b.uplink);
	assert_null(entry(&b, MAC(2), VLAN));
	assert_null(stations_port(&b.s, 4));
	assert_ptr_equal(stations_port(&b.s, 9), second);
	stations_deinit(&b.s);
}

/* A program that is none leaves what was in force. */
static void refused(void **state)
{
	struct vs_program_error err;
	struct bed b;

	bed_make(&b);
	assert_true(stations_program(&b.s, b.web, "nothing", 7, NULL, &err) < 0);
	assert_ptr_equal(guard(&b, OWN), b.web);
	stations_deinit(&b.s);
}

static void lists(void **state)
{
	const struct flow_key key = {};
	struct flow_list list;
	struct flow *f[3];

	flow_list_init(&list);
	for (u64 i = 0; i < 3; i++) {
		f[i] = flow_new(i, 0, &key, &key, (const u8 *)"abc", i);
		flow_list_add(&list, f[i]);
	}
	assert_ptr_equal(flow_list_cut(&list, &list.first->next->next), f[2]);
	flow_list_add(&list, f[2]);
	assert_ptr_equal(flow_list_cut(&list, &list.first->next), f[1]);
	assert_ptr_equal(flow_list_take(&list), f[0]);
	assert_ptr_equal(flow_list_take(&list), f[2]);
	assert_null(flow_list_take(&list));
	assert_int_equal(list.count, 0);
	flow_list_add(&list, f[1]);
	assert_ptr_equal(list.first, f[1]);
	for (unsigned int i = 0; i < 3; i++)
		free(f[i]);
}

static void masks(void **state)
{
	const struct flow_key a = { .type = 1 }, b = { .type = 2 };
	struct flow_masks m = {};

	assert_true(flow_masks_add(&m, &a, 1));
	assert_true(flow_masks_add(&m, &a, 1));
	assert_false(flow_masks_add(&m, &b, 1));
	flow_masks_remove(&m, &a);
	assert_false(flow_masks_add(&m, &b, 1));
	flow_masks_remove(&m, &a);
	assert_int_equal(m.count, 0);
	assert_true(flow_masks_add(&m, &b, 1));
	flow_masks_deinit(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(claims), cmocka_unit_test(learned), cmocka_unit_test(refused),
		cmocka_unit_test(lists), cmocka_unit_test(masks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
