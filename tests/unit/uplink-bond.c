// SPDX-License-Identifier: GPL-2.0-or-later
/* Whom members speak LACP with, and what became of bonds, over a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <net/if.h>
#include <linux/if_bonding.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "uplink/bond-history.h"
#include "uplink/bond-partner.h"

/* As the kernel writes it, without what nobody reads. */
static const char bonding[] =
	"Ethernet Channel Bonding Driver: v6.1.0\n\nBonding Mode: IEEE 802.3ad Dynamic link aggregation\n"
	"System MAC address: 00:16:3e:00:00:01\nActive Aggregator Info:\n\tPartner Mac Address: 02:00:00:00:00:09\n"
	"\nSlave Interface: e1\nMII Status: up\nAggregator ID: 1\ndetails actor lacp pdu:\n"
	"    system priority: 65535\n    system mac address: 00:16:3e:00:00:01\n    port key: 15\n"
	"    port number: 1\ndetails partner lacp pdu:\n    system priority: 65535\n"
	"    system mac address: 02:00:00:00:00:09\n    oper key: 17\n    port number: 3\n    port state: 61\n"
	"\nSlave Interface: e2\nMII Status: up\ndetails actor lacp pdu:\n    port number: 2\n"
	"details partner lacp pdu:\n    system mac address: 00:00:00:00:00:00\n    oper key: 1\n    port number: 1\n";

static void test_partners(void **state)
{
	struct bond_partner list[3];
	const struct bond_partner *e1, *e2;

	assert_int_equal(bond_partners_parse(bonding, list, 3), 2);
	e1 = bond_partner_of(list, 2, "e1");
	e2 = bond_partner_of(list, 2, "e2");
	assert_true(bond_partner_answers(e1));
	assert_int_equal(e1->system[5], 9);
	assert_int_equal(e1->key, 17);
	assert_int_equal(e1->port, 3);
	assert_non_null(e2);
	assert_false(bond_partner_answers(e2));
	assert_int_equal(bond_partners_parse(bonding, list, 1), 1);
	assert_int_equal(bond_partners_parse("", list, 3), 0);
	assert_null(bond_partner_of(list, 1, "e9"));
	assert_false(bond_partner_answers(NULL));
}

/* However the text ends, nothing is read behind it. */
static void test_cut(void **state)
{
	struct bond_partner list[3];

	for (size_t n = 0; n < sizeof(bonding); n++) {
		_cleanup_free_ char *text = xmalloc(n + 1);

		memcpy(text, bonding, n);
		text[n] = '\0';
		assert_true(bond_partners_parse(text, list, 3) <= 2);
	}
}

struct world {
	struct links links;
	struct bond_history history;
	char told[512];
	char *path;
};

static void told(const char *text, void *arg)
{
	struct world *w = arg;

	snprintf(w->told + strlen(w->told), sizeof(w->told) - strlen(w->told), "%s\n", text);
}

static int setup(void **state)
{
	struct world *w = xzalloc(sizeof(*w));
	char path[] = "/tmp/bonds.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	w->path = xprintf("%s", path);
	bond_history_resume(&w->history, xprintf("%s", path));
	w->history.tell = told;
	w->history.arg = w;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	unlink(w->path);
	free(w->path);
	bond_history_close(&w->history);
	links_deinit(&w->links);
	free(w);
	return 0;
}

static void add(struct world *w, uint32_t ifindex, const char *name, uint32_t failures, bool up)
{
	struct link link = { .ifindex = ifindex, .master = 9 };

	strcpy(link.name, name);
	link.member = (struct link_member){ .known = true, .up = up, .failures = failures };
	links_update(&w->links, &link);
}

static void bond(struct world *w, uint32_t active, uint8_t partner)
{
	struct link link = { .ifindex = 9, .name = "bond0", .kind = "bond" };

	link.bond.known = true;
	link.bond.mode = active ? BOND_MODE_ACTIVEBACKUP : BOND_MODE_8023AD;
	link.bond.active = active;
	link.bond.partner[5] = partner;
	links_update(&w->links, &link);
}

static const char *note(struct world *w, uint64_t now)
{
	w->told[0] = '\0';
	bond_history_note(&w->history, &w->links, "bond0", now);
	bond_history_keep(&w->history, &w->links);
	return w->told;
}

static uint64_t flaps(const struct world *w, const char *member)
{
	return bond_history_flaps(&w->history, "bond0", member);
}

static void test_history(void **state)
{
	struct world *w = *state;

	/* What is found is nothing new. */
	add(w, 1, "e1", 2, true);
	add(w, 2, "e2", 0, true);
	bond(w, 1, 0);
	assert_string_equal(note(w, 0), "");
	assert_int_equal(flaps(w, "e1"), 2);
	add(w, 1, "e1", 3, false);
	bond(w, 2, 0);
	assert_string_equal(note(w, 0), "uplink bond0: member e1 is down, for the 3. time\n"
			    "uplink bond0: e2 carries, where e1 did\n");
	assert_int_equal(bond_history_failovers(&w->history, "bond0"), 1);
	/* The next process goes on; meanwhile the cable flapped twice. */
	bond_history_close(&w->history);
	bond_history_resume(&w->history, xprintf("%s", w->path));
	w->history.tell = told;
	w->history.arg = w;
	assert_int_equal(bond_history_failovers(&w->history, "bond0"), 1);
	add(w, 1, "e1", 5, true);
	assert_string_equal(note(w, 0), "uplink bond0: member e1 is up\n");
	assert_int_equal(flaps(w, "e1"), 5);
	/* Out and in again: the kernel begins anew, we do not. */
	add(w, 1, "e1", 0, true);
	assert_string_equal(note(w, 0), "");
	assert_int_equal(flaps(w, "e1"), 5);
	add(w, 1, "e1", 1, true);
	note(w, 0);
	assert_int_equal(flaps(w, "e1"), 6);
	/* The bond goes, and what is known of it. */
	links_remove(&w->links, 9);
	note(w, 0);
	assert_int_equal(flaps(w, "e1"), 0);
}

/* What could not be written is, as soon as it can be. */
static void test_unwritten(void **state)
{
	struct world *w = *state;

	add(w, 1, "e1", 0, true);
	bond(w, 1, 0);
	assert_int_equal(unlink(w->path), 0);
	assert_int_equal(mkdir(w->path, 0700), 0);
	note(w, 0);
	assert_int_equal(rmdir(w->path), 0);
	note(w, 0);
	assert_int_equal(access(w->path, F_OK), 0);
	assert_false(w->history.changed);
}

static void test_lacp(void **state)
{
	struct world *w = *state;

	bond(w, 0, 0);
	assert_string_equal(note(w, 0), "");
	bond(w, 0, 7);
	assert_string_equal(note(w, 0), "uplink bond0: LACP partner 00:00:00:00:00:07\n");
	bond(w, 0, 0);
	assert_string_equal(note(w, 0), "uplink bond0: no LACP partner answers\n");
}

/* A cable that flaps fills no journal. */
static void test_many(void **state)
{
	struct world *w = *state;
	unsigned int lines = 0;

	bond(w, 1, 0);
	for (uint32_t n = 0; n < 100; n++) {
		add(w, 1, "e1", n, n % 2);
		lines += *note(w, 1000) != '\0';
	}
	assert_int_equal(lines, 20);
	assert_int_equal(flaps(w, "e1"), 99);
	add(w, 1, "e1", 100, false);
	assert_string_not_equal(note(w, 61000000), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_partners), cmocka_unit_test(test_cut),
		cmocka_unit_test_setup_teardown(test_history, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unwritten, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lacp, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
