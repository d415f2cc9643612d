// SPDX-License-Identifier: GPL-2.0-or-later
/* Links that fail are left at once, and taken again after a while that grows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "oam/oam-fault.h"

#define S	1000000ULL

static void damping(void **state)
{
	static struct oam_faults f;
	static const uint64_t holds[] = { 2, 4, 8, 16, 32, 64, 64 };
	uint64_t now = 1000 * S;

	assert_false(oam_faults_note(&f, "e1", false, now));
	for (size_t i = 0; i < sizeof(holds) / sizeof(*holds); i++) {
		assert_true(oam_faults_note(&f, "e1", true, now));
		assert_false(oam_faults_note(&f, "e1", true, now));
		assert_true(oam_faults_has(&f, "e1", now + 100 * S));
		assert_true(oam_faults_next(&f, now) == 0);
		now += 5 * S;
		/* Held, it is still left; when that ends is new. */
		assert_true(oam_faults_note(&f, "e1", false, now));
		assert_true(oam_faults_has(&f, "e1", now + holds[i] * S - 1));
		assert_true(oam_faults_next(&f, now) == now + holds[i] * S);
		assert_false(oam_faults_has(&f, "e1", now + holds[i] * S));
		assert_false(oam_faults_has(&f, "e2", now));
		now += holds[i] * S;
	}
	now += OAM_FORGET_US;
	assert_true(oam_faults_note(&f, "e1", true, now));
	assert_true(oam_faults_note(&f, "e1", false, now));
	assert_true(oam_faults_next(&f, now) == now + 2 * S);
}

/* A new fault while it is held: it was left all the time. */
static void again(void **state)
{
	static struct oam_faults f;

	assert_true(oam_faults_note(&f, "e1", true, S));
	assert_true(oam_faults_note(&f, "e1", false, 2 * S));
	assert_true(oam_faults_note(&f, "e1", true, 3 * S));
	assert_true(oam_faults_has(&f, "e1", 30 * S));
}

/* Who said that they fail is gone: they are held as if they carried again. */
static void unwatched(void **state)
{
	static struct oam_faults f;

	assert_false(oam_faults_unwatched(&f, S));
	oam_faults_note(&f, "e1", true, S);
	oam_faults_note(&f, "e2", true, S);
	oam_faults_note(&f, "e2", false, 2 * S);
	assert_true(oam_faults_any(&f));
	assert_true(oam_faults_unwatched(&f, 20 * S));
	assert_false(oam_faults_any(&f));
	assert_false(oam_faults_unwatched(&f, 20 * S));
	assert_true(oam_faults_has(&f, "e1", 22 * S - 1));
	assert_false(oam_faults_has(&f, "e1", 22 * S));
	assert_false(oam_faults_has(&f, "e2", 20 * S));
}

static void bounded(void **state)
{
	static struct oam_faults f;
	char name[IFNAMSIZ];

	for (unsigned int i = 0; i < OAM_FAULTS_MAX + 5; i++) {
		snprintf(name, sizeof(name), "e%u", i);
		assert_true(oam_faults_note(&f, name, true, S) == (i < OAM_FAULTS_MAX));
	}
	oam_faults_note(&f, "e7", false, S);
	/* Its place is free once it is forgotten. */
	assert_false(oam_faults_note(&f, "new", true, 2 * S));
	assert_true(oam_faults_note(&f, "new", true, 2 * S + OAM_FORGET_US));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damping), cmocka_unit_test(again), cmocka_unit_test(unwatched),
		cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
