// SPDX-License-Identifier: GPL-2.0-or-later
/* Encryption between hosts: who is believed, by which plane each is reached, keys in turn. */
#include <errno.h>
#include <resolv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "mesh/mesh.h"

#define SECOND	1000000ULL
#define NOON	(86400 * 20000LL + 43200)	/* of a day of plane 0 */

/* Two keys of a host, as its row says them. */
static char texts[8][2][64];

static const char *said(int host, int plane)
{
	uint8_t key[WG_KEY_LEN] = { [0] = (uint8_t)(host + 1), [31] = (uint8_t)(plane + 1) };
	char text[48];

	b64_ntop(key, sizeof(key), text, sizeof(text));
	snprintf(texts[host][plane], sizeof(texts[host][plane]), "%s %d", text,
		 MESH_PORT + plane);
	return texts[host][plane];
}

static struct pool_host row(int host, const char *name, const char *address)
{
	return (struct pool_host){ .name = name, .address = address,
				   .keys = { said(host, 0), said(host, 1) } };
}

static int setup(void **state)
{
	struct mesh *m = calloc(1, sizeof(*m));

	mesh_init(m);
	m->name = xstrdup("host1");
	m->wanted = true;
	mesh_inner(m->name, &m->inner);
	for (int p = 0; p < MESH_PLANES; p++) {
		m->plane[p].ifindex = (uint32_t)p + 1;
		m->plane[p].has_key = true;
		m->plane[p].made = NOON - (p ? 100 : 200);
		m->plane[p].is.port = (uint16_t)(MESH_PORT + p);
		m->plane[p].is.public_key[0] = (uint8_t)(0xf0 + p);
	}
	*state = m;
	return 0;
}

static int teardown(void **state)
{
	struct mesh *m = *state;

	mesh_deinit(m);
	free(m);
	return 0;
}

/* The kernel has that host as a peer, with so many octets from it and so old a handshake. */
static void peer(struct mesh *m, int plane, const struct mesh_host *h, uint64_t received,
		 int64_t handshake)
{
	struct wireguard_device *is = &m->plane[plane].is;
	size_t i = 0;

	while (i < is->count && prefix_compare(&is->peers[i].inner, &h->inner) != 0)
		i++;
	if (i == is->count) {
		is->peers = xgrow(is->peers, is->count, &is->room, sizeof(*is->peers));
		is->peers[is->count++] = (struct wireguard_peer){ .inner = h->inner,
			.only_inner = true, .outer = h->outer, .port = h->said[plane].port };
		memcpy(is->peers[i].key, h->said[plane].key, WG_KEY_LEN);
	}
	is->peers[i].received = received;
	is->peers[i].handshake = handshake;
}

static void test_address(void **state)
{
	static const uint8_t host2[8] = { 0x3b, 0x29, 0x20, 0x7b, 0x43, 0xe0, 0x75, 0x07 };
	struct prefix all, one;

	/* Hosts of other releases must find the same. */
	mesh_prefix(&all);
	mesh_inner("host2", &one);
	assert_true(prefix_contains(&all, &one) && one.len == 128 && all.len == 64);
	assert_memory_equal(one.addr + 8, host2, 8);
}

static void test_who_is_believed(void **state)
{
	static const struct {
		const char *address, *first, *problem;
	} cases[] = {
		{ "192.0.2.2", NULL, NULL },
		{ NULL, NULL, "tells no address" },
		{ "192.0.2.0/24", NULL, "tells no address" },
		{ "192.0.2.2", "", "is none" },
		{ "192.0.2.2", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= 0", "is none" },
		{ "192.0.2.2", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= 65536", "is none" },
		{ "192.0.2.2", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=51790", "is none" },
		{ "192.0.2.2", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!= 51790", "is none" },
	};
	struct mesh *m = *state;
	struct pool_host rows[3];
	char own[64], text[48];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		rows[0] = row(0, "host2", cases[i].address);
		if (cases[i].first)
			rows[0].keys[0] = cases[i].first;
		mesh_read(m, rows, 1);
		assert_int_equal(m->count, 1);
		if (cases[i].problem)
			assert_non_null(strstr(m->hosts[0]->problem, cases[i].problem));
		else
			assert_null(m->hosts[0]->problem);
	}
	rows[0] = row(0, "host2", "192.0.2.2");
	rows[0].keys[0] = rows[0].keys[1] = NULL;
	mesh_read(m, rows, 1);
	assert_non_null(strstr(m->hosts[0]->problem, "tells no key"));
	/* One key of two hosts, in whichever plane; our own name is no other host's. */
	rows[0] = row(0, "host1", "192.0.2.1");
	rows[1] = row(1, "host2", "192.0.2.2");
	rows[2] = row(2, "host3", "192.0.2.3");
	rows[2].keys[0] = rows[1].keys[1];
	mesh_read(m, rows, 3);
	assert_int_equal(m->count, 2);
	assert_string_equal(m->hosts[0]->problem, "hosts host2 and host3 tell one key");
	assert_string_equal(m->hosts[1]->problem, "hosts host2 and host3 tell one key");
	assert_int_equal(mesh_way(m, m->hosts[0]), -1);
	/* Ours. */
	b64_ntop(m->plane[1].is.public_key, WG_KEY_LEN, text, sizeof(text));
	snprintf(own, sizeof(own), "%s 1", text);
	rows[1] = row(1, "host2", "192.0.2.2");
	rows[1].keys[0] = own;
	mesh_read(m, rows + 1, 1);
	assert_non_null(strstr(m->hosts[0]->problem, "this host's own"));
}

static void test_ways(void **state)
{
	struct mesh *m = *state;
	struct pool_host rows[1] = { row(0, "host2", "192.0.2.2") };
	struct mesh_host *h;

	mesh_read(m, rows, 1);
	h = m->hosts[0];
	assert_true(mesh_wants(h, 0, NULL) && mesh_wants(h, 1, NULL));
	assert_int_equal(mesh_way(m, h), 0);
	assert_string_equal(mesh_session_word(h), "waiting");
	/* What lives is taken, and kept while it does. */
	peer(m, 1, h, 10, NOON);
	mesh_see(m, 1 * SECOND, NOON + 1);
	assert_int_equal(h->way = mesh_way(m, h), 1);
	assert_string_equal(mesh_session_word(h), "up");
	peer(m, 0, h, 10, NOON);
	mesh_see(m, 2 * SECOND, NOON + 2);
	assert_int_equal(mesh_way(m, h), 1);
	/* One that says nothing any more is dead, however fresh its keys are. */
	for (int i = 1; i < 4; i++) {
		peer(m, 0, h, 10 + i, NOON);
		mesh_see(m, (2 + 10 * i) * SECOND, NOON + 2 + 10 * i);
	}
	assert_false(h->seen[1].live);
	assert_int_equal(h->way = mesh_way(m, h), 0);
	/* And one whose keys are too old. */
	peer(m, 0, h, 50, NOON);
	mesh_see(m, 300 * SECOND, NOON + 300);
	assert_false(h->seen[0].live);
	assert_int_equal(mesh_way(m, h), 0);
	/* It closes plane 0: the route leaves that if the other lives, and the peer after it. */
	rows[0].keys[0] = NULL;
	peer(m, 0, h, 51, NOON + 300);
	mesh_see(m, 301 * SECOND, NOON + 301);
	mesh_read(m, rows, 1);
	h = m->hosts[0];
	assert_int_equal(h->way, 0);
	assert_int_equal(mesh_way(m, h), 0);
	assert_true(mesh_keeps(m, 0, &m->plane[0].is.peers[0]));
	peer(m, 1, h, 99, NOON + 300);
	mesh_see(m, 302 * SECOND, NOON + 302);
	assert_int_equal(h->way = mesh_way(m, h), 1);
	assert_false(mesh_keeps(m, 0, &m->plane[0].is.peers[0]));
	/* Another key is another peer; whoever is gone is none. */
	rows[0] = row(0, "host2", "192.0.2.2");
	rows[0].keys[1] = said(5, 1);
	mesh_read(m, rows, 1);
	assert_true(mesh_keeps(m, 0, &m->plane[0].is.peers[0]));
	assert_false(mesh_keeps(m, 1, &m->plane[1].is.peers[0]));
	mesh_read(m, rows, 0);
	assert_false(mesh_keeps(m, 0, &m->plane[0].is.peers[0]));
}

static void test_moved(void **state)
{
	struct mesh *m = *state;
	struct pool_host rows[1] = { row(0, "host2", "192.0.2.2") };
	const struct wireguard_peer *is;

	mesh_read(m, rows, 1);
	peer(m, 0, m->hosts[0], 1, NOON);
	is = &m->plane[0].is.peers[0];
	mesh_see(m, 1 * SECOND, NOON);
	assert_false(mesh_wants(m->hosts[0], 0, is));
	rows[0].address = "192.0.2.9";
	mesh_read(m, rows, 1);
	/* While it answers, wireguard knows better where it is. */
	assert_false(mesh_wants(m->hosts[0], 0, is));
	mesh_see(m, 60 * SECOND, NOON + 60);
	assert_true(mesh_wants(m->hosts[0], 0, is));
	m->plane[0].is.peers[0].only_inner = false;
	assert_true(mesh_wants(m->hosts[0], 0, is));
}

static size_t told(const struct mesh *m)
{
	json_t *object = mesh_told(m);
	size_t n = json_object_size(object);

	json_decref(object);
	return n;
}

static void test_turn(void **state)
{
	struct mesh *m = *state;
	struct pool_host rows[1] = { row(0, "host2", "192.0.2.2") };
	struct mesh_host *h;
	struct problem problem;
	uint64_t generation;

	mesh_read(m, rows, 1);
	h = m->hosts[0];
	peer(m, 0, h, 1, NOON);
	mesh_see(m, 1 * SECOND, NOON);
	h->way = 0;
	assert_int_equal(mesh_older(m), 0);
	assert_int_equal(told(m), 2);
	/* Not while somebody is reached by it alone. */
	assert_int_equal(mesh_close(m, 0, 1 * SECOND, &problem), -EAGAIN);
	assert_non_null(strstr(problem.text, "host2"));
	peer(m, 1, h, 1, NOON);
	mesh_see(m, 2 * SECOND, NOON);
	rows[0].keys[1] = NULL;
	mesh_read(m, rows, 1);
	assert_int_equal(mesh_close(m, 0, 2 * SECOND, &problem), -EAGAIN);
	rows[0].keys[1] = said(0, 1);
	mesh_read(m, rows, 1);
	h = m->hosts[0];
	generation = m->generation;
	assert_int_equal(mesh_close(m, 0, 2 * SECOND, &problem), 0);
	assert_true(m->generation > generation);
	assert_int_equal(mesh_close(m, 1, 2 * SECOND, &problem), -EAGAIN);
	assert_int_equal(told(m), 1);
	assert_int_equal(mesh_way(m, h), 1);
	/* It is heard by it still; then no more. */
	peer(m, 0, h, 2, NOON);
	assert_false(mesh_turn(m, 0, 20 * SECOND));
	assert_false(mesh_turn(m, 0, 44 * SECOND));
	assert_true(mesh_turn(m, 0, 45 * SECOND));
	assert_int_equal(told(m), 2);
	assert_false(mesh_turn(m, 0, 90 * SECOND));
	/* Who never goes over keeps the key as it was. */
	peer(m, 0, h, 3, NOON + 90);
	peer(m, 1, h, 3, NOON + 90);
	mesh_see(m, 91 * SECOND, NOON + 91);
	assert_int_equal(mesh_close(m, 1, 91 * SECOND, &problem), 0);
	for (int i = 0; i < 15; i++) {
		peer(m, 1, h, 4 + i, NOON + 90);
		assert_false(mesh_turn(m, 1, (91 + 10 * i) * SECOND));
	}
	peer(m, 1, h, 40, NOON + 90);
	assert_int_equal(m->plane[1].turn, MESH_CLOSING);
	assert_false(mesh_turn(m, 1, 241 * SECOND));
	assert_int_equal(m->plane[1].turn, MESH_OPEN);
}

static void test_days(void **state)
{
	struct mesh *m = *state;

	assert_int_equal(mesh_old(m, NOON), -1);
	m->plane[0].made = m->plane[1].made = NOON - 3 * 86400;
	assert_int_equal(mesh_old(m, NOON), 0);
	assert_int_equal(mesh_old(m, NOON + 86400), 1);
	assert_int_equal(mesh_old(m, NOON + 43200 + 60), -1);
	assert_int_equal(mesh_old(m, NOON + 43200 - 60), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address),
		cmocka_unit_test_setup_teardown(test_who_is_believed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ways, setup, teardown),
		cmocka_unit_test_setup_teardown(test_moved, setup, teardown),
		cmocka_unit_test_setup_teardown(test_turn, setup, teardown),
		cmocka_unit_test_setup_teardown(test_days, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
