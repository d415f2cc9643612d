// SPDX-License-Identifier: GPL-2.0-or-later
/* The parsers of XenStore values, names, cookies and watch paths. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/uuid.h"
#include "datapath/links/link.h"
#include "policy/merge.h"
#include "xen/backend.h"
#include "xen/identity.h"

static const char names[][IFNAMSIZ] = { "xenbr0", "xenbr0.7", "br", "a.b.c" };
static const struct switch_names known = { names, ARRAY_SIZE(names) };

/* A copy without a NUL behind it, so that reading past the end is caught. */
static char *bare(const char *text)
{
	char *copy = malloc(strlen(text) + 1);

	assert_non_null(copy);
	memcpy(copy, text, strlen(text));
	return realloc(copy, strlen(text) ? strlen(text) : 1);
}

static void test_bridge(void **state)
{
	static const struct { const char *text, *sw, *mode; unsigned int pvid; } good[] = {
		{ "xenbr0", "xenbr0", "access", 0 },
		{ "xenbr0.100", "xenbr0", "access", 100 },
		{ "xenbr0.4094", "xenbr0", "access", 4094 },
		{ "xenbr0:10:20", "xenbr0", "trunk", VIFSWITCH_VID_NONE },
		{ "xenbr0.5:10:20", "xenbr0", "native-untagged", 5 },
		{ "xenbr0.7", "xenbr0.7", "access", 0 },	/* the longest name wins */
		{ "xenbr0.7.8", "xenbr0.7", "access", 8 },
		{ "xenbr0.77", "xenbr0", "access", 77 },
		{ "a.b.c.9", "a.b.c", "access", 9 },
		{ "br:1", "br", "trunk", VIFSWITCH_VID_NONE },
	};
	static const char *const bad[] = {
		"", "nosuch", "xenbr", "xenbr01", "xenbr0.", "xenbr0:", "xenbr0.0", "xenbr0.4095",
		"xenbr0.5000", "xenbr0.-1", "xenbr0. 1", "xenbr0.1 ", "xenbr0.1x", "xenbr0:1:",
		"xenbr0::1", "xenbr0:1.2", "xenbr0.99999999999999999999", "xenbr0.0x10",
		"xenbr0.5:5", "xenbr0.\xc3\xa9", ".1", ":1", "xenbr0.1.2",
	};
	struct problem problem;
	struct vlans vlans;
	char sw[IFNAMSIZ];
	bool tagged;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_free_ char *text = bare(good[i].text);

		assert_int_equal(bridge_parse(text, strlen(good[i].text), &known, sw, &vlans,
					      &tagged, &problem), 0);
		assert_string_equal(sw, good[i].sw);
		assert_string_equal(vlans_mode(&vlans), good[i].mode);
		assert_int_equal(vlans.pvid, good[i].pvid);
		assert_int_equal(tagged, strcmp(good[i].text, good[i].sw) != 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *text = bare(bad[i]);

		strcpy(sw, "untouched");
		assert_int_equal(bridge_parse(text, strlen(bad[i]), &known, sw, &vlans, &tagged,
					      &problem), -EINVAL);
		assert_string_equal(sw, "untouched");
		assert_memory_equal(problem.text, "bridge=", 7);
	}
	bridge_parse("xenbr0.5000", 11, &known, sw, &vlans, &tagged, &problem);
	assert_string_equal(problem.text, "bridge=xenbr0.5000: VLAN 5000 is not in 1-4094");
	bridge_parse("nosuch", 6, &known, sw, &vlans, &tagged, &problem);
	assert_string_equal(problem.text, "bridge=nosuch: no such switch; there are "
			    "xenbr0, xenbr0.7, br, a.b.c");
}

static void test_vlan_spec(void **state)
{
	static const struct {
		const char *text, *mode; unsigned int pvid; uint16_t in[6], out[3], untagged[3];
	} good[] = {
		{ "10", "access", 10, { 10 }, { 11, 1 }, { 10 } },
		{ "10p", "access", 10, { 10 }, { 11 }, { 10 } },
		{ "10u", "access", 10, { 10 }, { 11 }, { 10 } },
		{ "10p/20", "native-untagged", 10, { 10, 20 }, { 11, 30 }, { 10 } },
		{ "20/10p", "native-untagged", 10, { 10, 20 }, { 11 }, { 10 } },
		{ "10p/100-103u", "native-untagged", 10, { 10, 100, 101, 102, 103 }, { 104, 99 },
		  { 10, 100, 103 } },
		{ "10p/100+10x4", "native-untagged", 10, { 100, 110, 120, 130, 140 }, { 150, 101 },
		  { 10 } },
		{ "1p/4094", "native-untagged", 1, { 1, 4094 }, { 4093 }, { 1 } },
		{ "10p/10-12", "native-untagged", 10, { 10, 11, 12 }, { 13 }, { 10 } },
	};
	static const char *const bad[] = {
		"", "/", "10/", "/10", "10//20", "0", "4095", "10p/4095", "10/20", "10p/20p",
		"20-10", "10p/20-10", "10-20p", "10p/10+0x4", "10p/10+1x0", "10p/4000+100x4",
		"10p/10+1", "10p/10x4", "10pu", "10 ", " 10", "-1", "+1", "1-", "10,20", "10p/abc",
		"10p/4000-4095", "10p/4091+1x4", "10p/1+4294967295x4094", "10p/4294967296", "99999999999999999999p", "10p/\xff",
		"10-20", "p", "u",
	};
	struct problem problem;
	struct vlans vlans;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_free_ char *text = bare(good[i].text);

		assert_int_equal(vlan_spec_parse(text, strlen(good[i].text), &vlans, &problem), 0);
		assert_string_equal(vlans_mode(&vlans), good[i].mode);
		assert_int_equal(vlans.pvid, good[i].pvid);
		for (size_t j = 0; j < 6 && good[i].in[j]; j++)
			assert_true(vlan_bit(vlans.allowed, good[i].in[j]));
		for (size_t j = 0; j < 3 && good[i].out[j]; j++)
			assert_false(vlan_bit(vlans.allowed, good[i].out[j]));
		for (size_t j = 0; j < 3 && good[i].untagged[j]; j++)
			assert_true(vlan_bit(vlans.untagged, good[i].untagged[j]));
		assert_false(vlan_bit(vlans.untagged, 20));
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *text = bare(bad[i]);

		assert_int_equal(vlan_spec_parse(text, strlen(bad[i]), &vlans, &problem), -EINVAL);
		assert_memory_equal(problem.text, "vlan=", 5);
	}
}

static void test_rate(void **state)
{
	static const struct { const char *text; uint64_t bps, burst; } good[] = {
		{ "6250,50000", 1000000, 131072 + 6250 },
		{ "62500,50000", 10000000, 312500 },
		{ "625000,50000", 100000000, 3125000 },
		{ "10000000,1000000", 80000000, 131072 + 10000000 },
		{ "6250000000,50000", 1000000000000, 0xffffffff },
	};
	static const char *const bad[] = {
		"", ",", "1", "1,", ",1", "0,50000", "1,0", "1,1,1", "1, 1", "-1,5", "1,-5", "a,b",
		"1,4294967296", "18446744073709551616,1", "18446744073709551615,1", "1,1000000000",
		"1.5,50000", "1,50000 ", "1,50000Mb/s",
	};
	struct problem problem;
	uint64_t bps, burst;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_free_ char *text = bare(good[i].text);

		assert_int_equal(rate_parse(text, strlen(good[i].text), &bps, &burst, &problem), 0);
		assert_true(bps == good[i].bps);
		assert_true(burst == good[i].burst);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *text = bare(bad[i]);

		assert_int_equal(rate_parse(text, strlen(bad[i]), &bps, &burst, &problem), -EINVAL);
		assert_memory_equal(problem.text, "rate=", 5);
	}
}

static void test_mac_mtu_vifname(void **state)
{
	static const char *const bad_macs[] = {
		"", "00:16:3e:00:00", "00:16:3e:00:00:000", "00-16-3e-00-00-01",
		"00:16:3e:00:00:0g", "01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff",
		"00:00:00:00:00:00", " 0:16:3e:00:00:01", "001:6:3e:00:00:01",
	};
	static const char *const bad_mtus[] = {
		"", "0", "67", "65536", "1500 ", "-1", "15e2", "99999999999999999999", "0x5dc",
	};
	static const char *const bad_names[] = {
		"", ".", "..", "a/b", "a:b", "a b", "a%d", "\x7f", "\xc3\xa9", "a\tb",
		"sixteen-octets-0",
	};
	char name[IFNAMSIZ];
	struct problem problem;
	uint8_t mac[6];
	uint32_t mtu;

	assert_int_equal(vif_mac_parse("00:16:3E:0a:0B:fF", 17, mac, &problem), 0);
	assert_memory_equal(mac, "\x00\x16\x3e\x0a\x0b\xff", 6);
	assert_int_equal(mtu_parse("68", 2, &mtu, &problem), 0);
	assert_int_equal(mtu_parse("65535", 5, &mtu, &problem), 0);
	assert_int_equal(mtu, 65535);
	assert_int_equal(vifname_parse("web.eth0", 8, name, &problem), 0);
	assert_string_equal(name, "web.eth0");
	assert_int_equal(vifname_parse("fifteen-octets0", 15, name, &problem), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad_macs); i++) {
		_cleanup_free_ char *text = bare(bad_macs[i]);

		assert_int_equal(vif_mac_parse(text, strlen(bad_macs[i]), mac, &problem), -EINVAL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad_mtus); i++) {
		_cleanup_free_ char *text = bare(bad_mtus[i]);

		assert_int_equal(mtu_parse(text, strlen(bad_mtus[i]), &mtu, &problem), -EINVAL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad_names); i++) {
		_cleanup_free_ char *text = bare(bad_names[i]);

		assert_int_equal(vifname_parse(text, strlen(bad_names[i]), name, &problem),
				 -EINVAL);
	}
}

static void test_policy(void **state)
{
	char bridge[] = "xenbr0", tagged[] = "xenbr0.5", vlan[] = "10p/20", mac[] = "00:16:3e:00:00:01";
	struct vif_keys keys = { .bridge = bridge, .mac = mac };
	struct vif_policy policy;
	struct problem problem;

	assert_int_equal(vif_policy_merge(&keys, NULL, NULL, &known, &policy, &problem), 0);
	assert_int_equal(policy.mtu, 1500);
	assert_false(policy.mtu_given);
	keys.vlan = vlan;
	assert_int_equal(vif_policy_merge(&keys, NULL, NULL, &known, &policy, &problem), 0);
	assert_int_equal(policy.program.vlans.pvid, 10);
	keys.bridge = tagged;
	assert_int_equal(vif_policy_merge(&keys, NULL, NULL, &known, &policy, &problem), -EINVAL);
	assert_string_equal(problem.text,
			    "vlan=10p/20 and bridge=xenbr0.5 both name VLANs; only one may");
	keys.bridge = NULL;
	assert_int_equal(vif_policy_merge(&keys, NULL, NULL, &known, &policy, &problem), -EINVAL);
	keys = (struct vif_keys){ .bridge = bridge };
	assert_int_equal(vif_policy_merge(&keys, NULL, NULL, &known, &policy, &problem), -EINVAL);
}

static void test_problem(void **state)
{
	struct problem_value q = problem_value("a\nb\x1b[31m\xff", 9);
	char text[200];

	assert_string_equal(q.text, "a?b?[31m?");
	memset(text, 'x', sizeof(text));
	q = problem_value(text, sizeof(text));
	assert_true(strlen(q.text) < sizeof(q.text));
	assert_string_equal(q.text + strlen(q.text) - 3, "...");
}

static void test_netdev_names(void **state)
{
	uint32_t domid, devid;
	enum half half;

	assert_true(link_parse_name("vif3.0", &domid, &devid, &half));
	assert_int_equal(half, HALF_VIF);
	assert_true(link_parse_name("vif12.3-emu", &domid, &devid, &half));
	assert_int_equal(half, HALF_TAP);
	assert_int_equal(domid, 12);
	assert_int_equal(devid, 3);
	assert_true(link_parse_name("tap7.1", &domid, &devid, &half));
	assert_int_equal(half, HALF_TAP);
	assert_false(link_parse_name("vif3", &domid, &devid, &half));
	assert_false(link_parse_name("vif3.", &domid, &devid, &half));
	assert_false(link_parse_name("vif3.0x", &domid, &devid, &half));
	assert_false(link_parse_name("tap7.1-emu", &domid, &devid, &half));
	assert_false(link_parse_name("vif40000.0", &domid, &devid, &half));
	assert_false(link_parse_name("avif3.0", &domid, &devid, &half));
	assert_true(link_parse_device("vif-3-0", &domid, &devid));
	assert_false(link_parse_device("vbd-3-0", &domid, &devid));
	assert_false(link_parse_device("vif-3-0-1", &domid, &devid));
}

static void test_paths(void **state)
{
	static const struct { const char *path; enum store_depth depth; } cases[] = {
		{ "backend/vif", STORE_ROOT }, { "backend/vif/3", STORE_DOMAIN },
		{ "backend/vif/3/0", STORE_VIF }, { "backend/vif/3/0/state", STORE_KEY },
		{ "backend/vif/3/0/a/b", STORE_KEY }, { "backend/vif/x", STORE_ELSEWHERE },
		{ "backend/vif/3/x", STORE_ELSEWHERE }, { "backend/vbd/3/0", STORE_ELSEWHERE },
		{ "backend/vif/3x/0", STORE_ELSEWHERE }, { "backend/vif/32752/0", STORE_ELSEWHERE },
		{ "backend/vif/-1/0", STORE_ELSEWHERE }, { "", STORE_ELSEWHERE },
		{ "backend/vifx", STORE_ELSEWHERE }, { "backend/vif/3/4294967296", STORE_ELSEWHERE },
	};
	struct store store = { .own_domid = 2 };
	uint32_t domid = 0, devid = 0;
	const char *key = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(store_path_parse(cases[i].path, &domid, &devid, &key),
				 cases[i].depth);
	assert_true(store_parse_backend(&store, "/local/domain/2/backend/vif/5/1", &domid, &devid));
	assert_int_equal(domid, 5);
	assert_int_equal(devid, 1);
	assert_true(store_parse_backend(&store, "backend/vif/5/1", &domid, &devid));
	assert_false(store_parse_backend(&store, "/local/domain/0/backend/vif/5/1", &domid, &devid));
	assert_false(store_parse_backend(&store, "/local/domain/2/backend/vif/5/1/mac", &domid,
					 &devid));
	assert_false(store_parse_backend(&store, "/local/domain/22/backend/vif/5/1", &domid, &devid));
}

static void test_identity(void **state)
{
	static const char text[] = "12345678-9abc-def0-1234-56789abcdef0";
	static const char *const foreign[] = {
		"", "x", "uplink", "locals", "domid:/0", "domid:3", "domid:3/", "domid:3/0x",
		"12345678-9abc-def0-1234-56789abcdef0", "12345678-9abc-def0-1234-56789abcdef0/",
		"12345678-9abc-def0-1234-56789abcdef0/1x", "12345678-9abc-def0-1234-56789abcdeg0/1",
	};
	struct cookie c;
	uint8_t uuid[16];

	assert_true(uuid_parse(text, strlen(text), uuid));
	assert_false(uuid_parse(text, strlen(text) - 1, uuid));
	cookie_for_vif(&c, uuid, 2);
	assert_string_equal(c.text, "12345678-9abc-def0-1234-56789abcdef0/2");
	assert_int_equal(cookie_kind(c.text, c.len), COOKIE_VIF);
	cookie_for_domid(&c, 3, 0);
	assert_int_equal(cookie_kind(c.text, c.len), COOKIE_VIF);
	cookie_for_uplink(&c, "eth0");
	assert_int_equal(cookie_kind(c.text, c.len), COOKIE_UPLINK);
	cookie_for_local(&c);
	assert_int_equal(cookie_kind(c.text, c.len), COOKIE_IS_LOCAL);
	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++) {
		_cleanup_free_ char *data = bare(foreign[i]);

		assert_int_equal(cookie_kind(data, strlen(foreign[i])), COOKIE_FOREIGN);
	}
	assert_true(identity_from_vm_path("/vm/12345678-9abc-def0-1234-56789abcdef0", uuid));
	assert_false(identity_from_vm_path("/vm/12345678-9abc-def0-1234-56789abcdef0/x", uuid));
	assert_false(identity_from_vm_path("/vm/", uuid));
	assert_null(identity_alias_node(uuid));
	memset(uuid + 10, 0, 6);
	assert_string_equal(identity_alias_node(uuid), "origin-uuid");
	uuid[15] = 1;
	assert_string_equal(identity_alias_node(uuid), "final-uuid");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bridge), cmocka_unit_test(test_vlan_spec),
		cmocka_unit_test(test_rate), cmocka_unit_test(test_mac_mtu_vifname),
		cmocka_unit_test(test_policy), cmocka_unit_test(test_problem),
		cmocka_unit_test(test_netdev_names), cmocka_unit_test(test_paths),
		cmocka_unit_test(test_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
