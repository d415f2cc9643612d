// SPDX-License-Identifier: GPL-2.0-or-later
/* Where VMs of networks over IP are: which row counts, and what the datapath is told of it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/map.h"
#include "base/mem.h"
#include "network/network-places.h"

/* ---- which row counts ---- */

struct said {
	const char *host, *network;
	uint8_t vm, mac;
	bool here, absent, active;
	int64_t since;
};

/* "blue/1=a red/2=b": each address once, and at which host. */
static const char *chosen(const struct said *rows, size_t count)
{
	static char text[512];
	struct vm_places all = {};
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		struct vm_place at = {
			.network = rows[i].network, .host = rows[i].host, .address = "192.0.2.2",
			.here = rows[i].here, .absent = rows[i].absent, .active = rows[i].active,
			.vm = { rows[i].vm }, .mac = { 2, 0, 0, 0, 0, rows[i].mac },
			.since = rows[i].since,
		};

		vm_places_add(&all, &at);
	}
	vm_places_choose(&all);
	text[0] = '\0';
	for (size_t i = 0; i < all.count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s/%u=%s", i ? " " : "",
				      all.list[i].network == map_name_key("blue") ? "blue" : "red",
				      all.list[i].mac[5], all.hosts[all.list[i].host].name);
	vm_places_deinit(&all);
	return text;
}

#define CHOSEN(...) chosen((const struct said[]){ __VA_ARGS__ },				\
			   sizeof((const struct said[]){ __VA_ARGS__ }) / sizeof(struct said))

static void test_choice(void **state)
{
	struct said a = { .host = "a", .network = "blue", .vm = 1, .mac = 1, .active = true, .since = 5 };
	struct said b = a, red = a, other = a;

	b.host = "b";
	red.network = "red";
	assert_string_equal(CHOSEN(a), "blue/1=a");
	assert_int_equal(strlen(CHOSEN(a, red)), strlen("blue/1=a red/1=a"));
	/* On its way to b: it is at a until it is active there. */
	b.active = false;
	b.since = 9;
	assert_string_equal(CHOSEN(a, b), "blue/1=a");
	assert_string_equal(CHOSEN(b, a), "blue/1=a");
	b.active = true;
	assert_string_equal(CHOSEN(a, b), "blue/1=b");
	assert_string_equal(CHOSEN(b, a), "blue/1=b");
	/* Neither is newer. */
	b.since = a.since;
	assert_string_equal(CHOSEN(a, b), "");
	/* What a host said before its daemon was gone stands, unless another says otherwise. */
	a.absent = true;
	assert_string_equal(CHOSEN(a), "blue/1=a");
	b.active = false;
	assert_string_equal(CHOSEN(a, b), "blue/1=b");
	a.absent = false;
	/* Two VMs with one address: nobody knows. A third that weighs less changes nothing. */
	other.host = "c";
	other.vm = 2;
	other.since = 99;
	assert_string_equal(CHOSEN(a, other), "");
	assert_string_equal(CHOSEN(a, b, other), "");
	other.mac = 2;
	assert_string_equal(CHOSEN(other, a), "blue/1=a blue/2=c");
	/* The same host twice says one thing. */
	other.host = "a";
	other.mac = 1;
	assert_string_equal(CHOSEN(a, other), "blue/1=a");
	/* This host knows of its own. */
	b.here = true;
	assert_string_equal(CHOSEN(a, b), "");
}

static void test_bounds(void **state)
{
	struct vm_places all = {};
	struct vm_place at = { .network = "blue", .host = "a" };

	for (uint32_t i = 0; i < VM_PLACES_MAX + 3; i++) {
		at.mac[3] = (uint8_t)(i >> 16);
		at.mac[4] = (uint8_t)(i >> 8);
		at.mac[5] = (uint8_t)i;
		vm_places_add(&all, &at);
	}
	assert_int_equal(all.count, VM_PLACES_MAX);
	assert_int_equal(all.left_out, 3);
	vm_places_deinit(&all);
	for (uint32_t i = 0; i < VM_HOSTS_MAX + 2; i++) {
		char name[16];

		snprintf(name, sizeof(name), "h%u", i);
		at.host = name;
		vm_places_add(&all, &at);
	}
	assert_int_equal(all.host_count, VM_HOSTS_MAX);
	assert_int_equal(all.left_out, 2);
	vm_places_deinit(&all);
}

/* ---- what the datapath is told ---- */

static char said[8192];
static int answer, answers;

static int tell(struct datapath *dp, uint32_t port, const uint8_t mac[6], uint16_t vlan,
		const uint8_t *remote)
{
	if (answer && answers-- <= 0)
		return answer;
	if (strlen(said) < sizeof(said) - 32)
		sprintf(said + strlen(said), "%s%s%u", *said ? " " : "", remote ? "+" : "-", mac[5]);
	if (remote && strlen(said) < sizeof(said) - 32)
		sprintf(said + strlen(said), "@%u", remote[15]);
	return 0;
}

/* Pairs of an address and a remote, until 0. */
static size_t places(struct network_place *list, const uint8_t *pairs)
{
	size_t n = 0;

	for (; pairs[2 * n]; n++) {
		list[n] = (struct network_place){};
		list[n].mac[5] = pairs[2 * n];
		list[n].remote[15] = pairs[2 * n + 1];
	}
	return n;
}

static const char *told(struct kernel_network *k, const uint8_t *want, int expected)
{
	static const struct datapath_ops ops = { .fdb_tell = tell };
	struct network_place list[16];
	struct network n = { .places = list };

	n.place_count = places(list, want);
	said[0] = '\0';
	assert_int_equal(network_places_tell(&n, k, &ops, NULL), expected);
	assert_int_equal(network_places_told(&n, k), !expected);
	return said;
}

static void test_told(void **state)
{
	struct kernel_network k = { .port = 3, .vlan = 100 };

	assert_string_equal(told(&k, (uint8_t[]){ 1, 2, 5, 2, 0 }, 0), "+1@2 +5@2");
	assert_string_equal(told(&k, (uint8_t[]){ 1, 2, 5, 2, 0 }, 0), "");
	/* One goes elsewhere, one comes, one is gone. */
	assert_string_equal(told(&k, (uint8_t[]){ 1, 3, 4, 2, 0 }, 0), "+1@3 +4@2 -5");
	/* It failed half way: the rest is as it was, and comes next time. */
	answer = -ENOMEM;
	answers = 1;
	assert_string_equal(told(&k, (uint8_t[]){ 1, 4, 4, 4, 6, 4, 0 }, -ENOMEM), "+1@4");
	answer = 0;
	assert_string_equal(told(&k, (uint8_t[]){ 1, 4, 4, 4, 6, 4, 0 }, 0), "+4@4 +6@4");
	/* An address that somebody holds here is left to him. */
	answer = -EEXIST;
	answers = 0;
	assert_string_equal(told(&k, (uint8_t[]){ 1, 4, 4, 4, 6, 4, 7, 4, 0 }, 0), "");
	answer = 0;
	assert_string_equal(told(&k, (uint8_t[]){ 0 }, 0), "-1 -4 -6 -7");
	free(k.told);
}

static void test_slices(void **state)
{
	static const struct datapath_ops ops = { .fdb_tell = tell };
	static struct network_place list[2 * NETWORK_TELL_MAX + 1];
	struct network n = { .places = list, .place_count = 2 * NETWORK_TELL_MAX + 1 };
	struct kernel_network k = { .port = 3, .vlan = 100 };
	int again = 0;

	for (size_t i = 0; i < n.place_count; i++) {
		list[i].mac[4] = (uint8_t)(i >> 8);
		list[i].mac[5] = (uint8_t)i;
	}
	while (network_places_tell(&n, &k, &ops, NULL) == -EAGAIN) {
		again++;
		assert_int_equal(k.told_count, again * NETWORK_TELL_MAX);
	}
	assert_int_equal(again, 2);
	assert_true(network_places_told(&n, &k));
	free(k.told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choice), cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_told), cmocka_unit_test(test_slices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
