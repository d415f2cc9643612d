// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of groups against a list that is searched from its beginning; ways, by a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "dice.h"
#include "group-table.h"

#define PORTS	5
#define GROUPS	12
#define PORT_MAX 6
#define MAX	20
#define STEPS	4000

/* until 0: no member. */
struct model {
	u64 until[PORTS][GROUPS];
	u64 refused[PORTS];
};

struct world {
	struct vs_groups table;
	struct vs_group_port port[PORTS];
	struct model model;
	u64 now;
};

static struct vs_group group_of(unsigned int g)
{
	/* two families, two VLANs */
	return (struct vs_group){ { g % 3 ? 0 : 0xff15ULL << 48,
				    g % 3 ? VS_GROUP_IP4 | 0xef000000 | g : g }, g % 2 };
}

static u32 held(const struct model *m, unsigned int port)
{
	u32 n = 0;

	for (unsigned int g = 0; g < GROUPS; g++)
		n += m->until[port][g] != 0;
	return n;
}

static u32 held_by_all(const struct model *m)
{
	u32 n = 0;

	for (unsigned int p = 0; p < PORTS; p++)
		n += held(m, p);
	return n;
}

static void join(struct world *w, unsigned int p, unsigned int g, u64 until)
{
	struct vs_member *spare = roll(4) ? calloc(1, sizeof(*spare)) : NULL;
	struct vs_group group = group_of(g);
	enum vs_join want, got = vs_groups_join(&w->table, &w->port[p], &group, until, spare);

	if (w->model.until[p][g])
		want = VS_JOIN_KNOWN;
	else if (held(&w->model, p) >= PORT_MAX || held_by_all(&w->model) >= MAX)
		want = VS_JOIN_REFUSED;
	else
		want = spare ? VS_JOIN_NEW : VS_JOIN_NO_SPARE;
	assert_int_equal(got, want);
	if (got == VS_JOIN_REFUSED)
		w->model.refused[p]++;
	if (got == VS_JOIN_NEW || got == VS_JOIN_KNOWN)
		w->model.until[p][g] = until;
	if (got != VS_JOIN_NEW)
		free(spare);
}

static void leave(struct world *w, unsigned int p, unsigned int g)
{
	struct vs_group group = group_of(g);
	struct vs_member *m = vs_groups_find(&w->table, &w->port[p], &group);

	assert_int_equal(m != NULL, w->model.until[p][g] != 0);
	if (!m)
		return;
	vs_groups_remove(&w->table, m);
	w->model.until[p][g] = 0;
	free(m);
}

static void shorten(struct world *w, unsigned int g, u64 until)
{
	struct vs_group group = group_of(g);

	vs_groups_shorten(&w->table, &group, until);
	for (unsigned int p = 0; p < PORTS; p++)
		if (w->model.until[p][g] > until)
			w->model.until[p][g] = until;
}

static void sweep(struct world *w)
{
	u32 places = 1 << VS_GROUPS_BITS;
	struct vs_member *m;

	while ((m = vs_groups_sweep(&w->table, w->now, &places)))
		free(m);
	for (unsigned int p = 0; p < PORTS; p++)
		for (unsigned int g = 0; g < GROUPS; g++)
			if (w->model.until[p][g] <= w->now)
				w->model.until[p][g] = 0;
}

static void port_gone(struct world *w, unsigned int p)
{
	struct vs_member *m;

	while ((m = vs_groups_take(&w->table, &w->port[p])))
		free(m);
	memset(w->model.until[p], 0, sizeof(w->model.until[p]));
}

static void check(const struct world *w)
{
	for (unsigned int g = 0; g < GROUPS; g++) {
		struct vs_group group = group_of(g);
		bool seen[PORTS] = {};
		const struct vs_member *m;

		for (m = vs_groups_first(&w->table, &group, w->now); m;
		     m = vs_groups_next(m, w->now)) {
			assert_true(vs_group_same(&m->group, &group));
			assert_false(seen[m->port - w->port]);
			seen[m->port - w->port] = true;
		}
		for (unsigned int p = 0; p < PORTS; p++)
			assert_int_equal(seen[p], w->model.until[p][g] > w->now);
	}
	assert_int_equal(w->table.count, held_by_all(&w->model));
	for (unsigned int p = 0; p < PORTS; p++) {
		assert_int_equal(w->port[p].count, held(&w->model, p));
		assert_int_equal(w->port[p].refused, w->model.refused[p]);
	}
}

static void test_random(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	vs_groups_init(&w->table, 0x1234567, MAX);
	for (unsigned int p = 0; p < PORTS; p++)
		w->port[p].max = PORT_MAX;
	for (unsigned int i = 0; i < STEPS; i++) {
		unsigned int p = roll(PORTS), g = roll(GROUPS);

		w->now += roll(3);
		switch (roll(12)) {
		case 0:
			leave(w, p, g);
			break;
		case 1:
			shorten(w, g, w->now + roll(5));
			break;
		case 2:
			sweep(w);
			break;
		case 3:
			if (!roll(10))
				port_gone(w, p);
			break;
		default:
			join(w, p, g, w->now + 1 + roll(40));
		}
		check(w);
	}
	for (unsigned int p = 0; p < PORTS; p++)
		port_gone(w, p);
	check(w);
	free(w);
}

/* A port that joins without end has its share, and others still have theirs. */
static void test_flood(void **state)
{
	struct vs_group_port flooder = { .max = 64 }, other = { .max = 64 };
	struct vs_groups *t = malloc(sizeof(*t));
	struct vs_member *m;

	vs_groups_init(t, 99, 1000);
	for (u32 i = 0; i < 5000; i++) {
		struct vs_group g = { { 0, VS_GROUP_IP4 | 0xef000000 | i }, 1 };

		m = calloc(1, sizeof(*m));
		if (vs_groups_join(t, &flooder, &g, 10, m) != VS_JOIN_NEW)
			free(m);
	}
	assert_int_equal(flooder.count, 64);
	assert_int_equal(flooder.refused, 5000 - 64);
	m = calloc(1, sizeof(*m));
	assert_int_equal(vs_groups_join(t, &other, &(struct vs_group){ { 0, VS_GROUP_IP4 | 5 }, 1 },
					10, m), VS_JOIN_NEW);
	while ((m = vs_groups_take(t, &flooder)))
		free(m);
	while ((m = vs_groups_take(t, &other)))
		free(m);
	assert_int_equal(t->count, 0);
	free(t);
}

#define IP4(low)	{ { 0, VS_GROUP_IP4 | (low) }, 0 }
#define GUEST		VIFSWITCH_PF_GUEST

static const struct {
	struct vs_group group;
	enum vs_igmp_kind kind;
	u32 flags;
	bool registered, flood;
	enum vs_group_way way;
} ways[] = {
	{ IP4(0xe0000005), VS_IGMP_DATA, 0, true, false, VS_GROUP_ALL },
	{ IP4(0xef000005), VS_IGMP_DATA, 0, true, true, VS_GROUP_MEMBERS },
	{ IP4(0xef000005), VS_IGMP_DATA, 0, false, true, VS_GROUP_ALL },
	{ IP4(0xef000005), VS_IGMP_DATA, 0, false, false, VS_GROUP_ROUTERS },
	{ { { 0xff02ULL << 48, 1 }, 0 }, VS_IGMP_DATA, 0, true, false, VS_GROUP_ALL },
	/* whoever did not say that he has an address still is found by it */
	{ { { 0xff02ULL << 48, 0x1ff000001 }, 0 }, VS_IGMP_DATA, 0, false, false, VS_GROUP_ALL },
	{ { { 0xff02ULL << 48, 0x1ff000001 }, 0 }, VS_IGMP_DATA, 0, true, false,
	  VS_GROUP_MEMBERS },
	{ { { 0xff15ULL << 48, 1 }, 0 }, VS_IGMP_DATA, 0, false, false, VS_GROUP_ROUTERS },
	{ IP4(0xe0000016), VS_IGMP_REPORT, GUEST, false, true, VS_GROUP_REPORTS },
	{ IP4(0xef000005), VS_IGMP_REPORT, GUEST, true, true, VS_GROUP_REPORTS },
	{ IP4(0xe0000016), VS_IGMP_BAD, GUEST, false, true, VS_GROUP_REPORTS },
	{ IP4(0xe0000001), VS_IGMP_QUERY, GUEST, false, true, VS_GROUP_REFUSED },
	{ IP4(0xe0000001), VS_IGMP_QUERY, GUEST | VIFSWITCH_PF_ROUTER, false, true, VS_GROUP_ALL },
	{ IP4(0xe0000001), VS_IGMP_QUERY, GUEST | VIFSWITCH_PF_GROUP_ROUTER, false, true,
	  VS_GROUP_ALL },
	{ IP4(0xe0000001), VS_IGMP_QUERY, VIFSWITCH_PF_UPLINK, false, true, VS_GROUP_ALL },
	{ IP4(0xef000005), VS_IGMP_QUERY, 0, true, true, VS_GROUP_MEMBERS },
	{ IP4(0xe000000d), VS_IGMP_HELLO, GUEST, false, false, VS_GROUP_ALL },
};

static void test_ways(void **state)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		assert_int_equal(vs_group_way(&ways[i].group, ways[i].kind, ways[i].flags,
					      ways[i].registered, ways[i].flood), ways[i].way);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random), cmocka_unit_test(test_flood),
		cmocka_unit_test(test_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
