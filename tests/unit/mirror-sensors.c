// SPDX-License-Identifier: GPL-2.0-or-later
/* What comes to sensors from other hosts: how much, and whose it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mirror/sensors.h"
#include "tests/unit/mirror-put.h"

#define ROW(n)	"5ca1ab1e-0000-0000-0000-00000000000" #n
#define SENSOR	"aa000000-0000-0000-0000-010000000005"
#define TO(vm)	"\"netdevs\": \"eth0\", \"output_vif\": \"" vm "/0\""
/* Found by trying: between hosts they have one key. */
#define RIVAL_A	"aa000000-0000-0000-0100-00000001627f"
#define RIVAL_B	"aa000000-0000-0000-0100-000000049959"

struct bed {
	struct policies policies;
	struct mirrors all;
};

static void find_place(const struct row_vif *vif, struct policy_place *ret, void *arg)
{
	*ret = (struct policy_place){};
}

static void put(struct bed *b, const char *uuid, const char *name, const char *columns)
{
	struct sensor_places places = { .known = true, .find = find_place };

	mirror_put(&b->policies, &b->all, uuid, name, columns);
	assert_true(prefix_parse_host("192.0.2.1", &places.own));
	sensors_locate(&b->all, &places);
}

static void end(struct bed *b)
{
	mirrors_deinit(&b->all);
	policies_deinit(&b->policies);
}

static void assert_limits(const struct bed *b, uint32_t packets, uint64_t bps)
{
	assert_int_equal(b->all.count, b->all.rows + 1);
	assert_int_equal(b->all.list[b->all.rows]->spec.packet_rate, packets);
	assert_int_equal(b->all.list[b->all.rows]->spec.rate_bps, bps);
}

/* As much as all of its mirrors may make together. */
static void test_copies_have_a_rate(void **state)
{
	struct bed b = {};

	put(&b, ROW(1), "a", "\"copies\": 10, \"rate\": 1000000, " TO(SENSOR));
	assert_limits(&b, 10, 1000000);
	put(&b, ROW(2), "b", "\"rate\": 2000000, " TO(SENSOR));
	assert_limits(&b, 10 + MIRROR_COPIES_DEFAULT, 3000000);
	/* One without a limit of octets, and then one more with one. */
	put(&b, ROW(3), "c", "\"copies\": 1000000000, " TO(SENSOR));
	assert_limits(&b, VIFSWITCH_PPS_MAX, 0);
	put(&b, ROW(4), "d", "\"rate\": 2000000, " TO(SENSOR));
	assert_limits(&b, VIFSWITCH_PPS_MAX, 0);
	end(&b);
}

/* All that a row says of copies. */
static void test_spec(void **state)
{
	struct bed b = {};
	const struct dp_mirror_spec *spec;

	put(&b, ROW(1), "a", "\"vlans\": [\"set\", [7, 900]], \"snaplen\": 128, \"dropped\": true, "
	    TO(SENSOR));
	assert_null(b.all.list[0]->problem);
	spec = &b.all.list[0]->spec;
	assert_true(spec->some_vlans);
	for (unsigned int vid = 0; vid <= VIFSWITCH_VID_MAX; vid++)
		assert_int_equal(vlan_bit(spec->vlans, vid), vid == 7 || vid == 900);
	assert_int_equal(spec->snaplen, 128);
	assert_true(spec->dropped);
	end(&b);
}

/* Two sensors of one key: the mirror whose name comes first has it, on every host. */
static void test_rivals(void **state)
{
	struct bed b = {};

	put(&b, ROW(1), "b", TO(RIVAL_A));
	assert_null(b.all.list[0]->problem);
	put(&b, ROW(2), "a", TO(RIVAL_B));
	assert_int_equal(relay_key(&b.all.list[0]->to_vif), relay_key(&b.all.list[1]->to_vif));
	assert_null(b.all.list[0]->problem);
	assert_non_null(strstr(b.all.list[1]->problem->text, "mirror a;"));
	assert_int_equal(b.all.count, 3);
	/* Two mirrors of one sensor are none. */
	put(&b, ROW(3), "c", TO(RIVAL_B));
	assert_null(b.all.list[2]->problem);
	end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spec),
		cmocka_unit_test(test_copies_have_a_rate),
		cmocka_unit_test(test_rivals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
