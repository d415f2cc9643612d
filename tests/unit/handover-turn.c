// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose turn it is: every row of a handover judged, and whole lives of VIFs step by step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "handover/turn.h"

#define NOW	1000000

/* What is not given is as in the first; "-" is none, -1 is 0. */
static const struct {
	const char *what;
	struct {
		const char *host;
		int64_t domid, late, policy;
		enum handover_state state;
		const char *taker;
	} row;
	struct {
		const char *located;
		int64_t policy, tried;
		bool took, arrives;
	} here;
	enum handover_offer expected;
	const char *told;
} judgements[] = {
	{ "plain", {}, {}, OFFER_VALID, NULL },
	{ "taken already", { .state = HANDOVER_TAKEN }, {}, OFFER_NONE, NULL },
	{ "taken by another, and the VM arrives here", { .state = HANDOVER_TAKEN, .taker = "c" },
	  { .arrives = true }, OFFER_VALID, NULL },
	{ "... but this VIF took one", { .state = HANDOVER_TAKEN, .taker = "c" },
	  { .arrives = true, .took = true }, OFFER_NONE, NULL },
	{ "... or begins here", { .state = HANDOVER_TAKEN, .taker = "c" }, {}, OFFER_NONE, NULL },
	{ "... or this host did", { .state = HANDOVER_TAKEN, .taker = "b" }, { .arrives = true },
	  OFFER_NONE, NULL },
	{ "... or it is the other's by now", { .state = HANDOVER_TAKEN, .taker = "c" },
	  { .arrives = true, .located = "c" }, OFFER_BAD, "host c had the VM" },
	{ "... or it is old", { .state = HANDOVER_TAKEN, .taker = "c", .late = 601 }, { .arrives = true },
	  OFFER_BAD, "older" },
	{ "this VIF took one", {}, { .took = true }, OFFER_NONE, NULL },
	{ "tried before", {}, { .tried = 7 }, OFFER_NONE, NULL },
	{ "another was tried before", {}, { .tried = 6 }, OFFER_VALID, NULL },
	{ "own", { .host = "b", .domid = 9 }, {}, OFFER_OWN, NULL },
	{ "own, after taking one itself", { .host = "b", .domid = 9 }, { .took = true }, OFFER_OWN, NULL },
	{ "own, taken", { .host = "b", .domid = 9, .state = HANDOVER_TAKEN }, {}, OFFER_OWN_TAKEN, NULL },
	{ "the same domid elsewhere", { .domid = 9 }, {}, OFFER_VALID, NULL },
	{ "localhost, or restored here", { .host = "b" }, { .located = "-" }, OFFER_VALID, NULL },
	{ "saved, so nowhere now", {}, { .located = "-" }, OFFER_VALID, NULL },
	{ "the VM is at a third host", {}, { .located = "c" }, OFFER_BAD, "host c had the VM" },
	{ "said to be of here", { .host = "b" }, { .located = "c" }, OFFER_BAD, "host c" },
	{ "a clock a little ahead", { .late = -60 }, {}, OFFER_VALID, NULL },
	{ "from the future", { .late = -61 }, {}, OFFER_BAD, "ahead by 61 s" },
	{ "nearly expired", { .late = 600 }, {}, OFFER_VALID, NULL },
	{ "expired", { .late = 601 }, {}, OFFER_BAD, "older than 600 s" },
	{ "expired and behind", { .late = NOW, .policy = 99 }, {}, OFFER_BAD, "older" },
	{ "a later policy is known", {}, { .policy = 4 }, OFFER_VALID, NULL },
	{ "behind", { .policy = 4 }, {}, OFFER_BEHIND, "configuration 3, and host a had 4" },
	{ "nobody counts", { .policy = -1 }, { .policy = -1 }, OFFER_VALID, NULL },
};

static int64_t number(int64_t given, int64_t usual)
{
	return given == -1 ? 0 : given ? given : usual;
}

static enum handover_offer judged(size_t i, struct problem *problem)
{
	const char *located = judgements[i].here.located ?: "a";
	const struct handover_row row = {
		.host = judgements[i].row.host ?: "a", .domid = number(judgements[i].row.domid, 5),
		.generation = 7, .since = NOW - judgements[i].row.late,
		.policy = number(judgements[i].row.policy, 3), .state = judgements[i].row.state,
		.taker = judgements[i].row.taker,
	};
	const struct handover_here here = {
		.host = "b", .domid = 9, .now = NOW, .policy = number(judgements[i].here.policy, 3),
		.tried = judgements[i].here.tried, .took = judgements[i].here.took,
		.arrives = judgements[i].here.arrives,
		.located = strcmp(located, "-") == 0 ? NULL : located,
	};

	return handover_judge(&row, &here, problem);
}

static void test_judge(void **state)
{
	const struct handover_here here = { .host = "b" };
	struct problem problem;

	assert_int_equal(handover_judge(NULL, &here, &problem), OFFER_NONE);
	for (size_t i = 0; i < ARRAY_SIZE(judgements); i++) {
		const char *told = judgements[i].told;

		strcpy(problem.text, "");
		if (judged(i, &problem) != judgements[i].expected)
			fail_msg("%s", judgements[i].what);
		if (told ? !strstr(problem.text, told) : !!problem.text[0])
			fail_msg("%s: \"%s\"", judgements[i].what, problem.text);
	}
}

static const char *const steps[] = {
	[STEP_NEW] = "new", [STEP_AWAITED] = "awaited", [STEP_TAKING] = "taking",
	[STEP_HERE] = "here", [STEP_OFFERING] = "offering", [STEP_OFFERED] = "offered",
	[STEP_WITHDRAWING] = "withdrawing",
};
static const char *const acts[] = { "", "!take", "!offer", "!withdraw" };

static enum handover_offer offer_of(const char *word)
{
	static const char letters[] = "-ntvbx";
	size_t at = strcspn(word, letters + 1);

	return word[at] ? (enum handover_offer)(strchr(letters, word[at]) - letters) : OFFER_NONE;
}

/*
 * A life: each word is what is seen in one pass, and the steps that follow. Seen: p plugged,
 * c connected, s suspended, d dying, e elsewhere, w waited, o the transaction is over, D and
 * it was committed; the row: n own, t own and taken, v valid, b behind, x bad.
 */
static void live(const char *seen, const char *expected)
{
	enum handover_step step = STEP_NEW;
	char got[600] = "";

	for (char word[20]; sscanf(seen, "%19s", word) == 1;
	     seen = strstr(seen, word) + strlen(word)) {
		struct handover_view view = {
			.plugged = strchr(word, 'p'), .connected = strchr(word, 'c'),
			.suspended = strchr(word, 's'), .dying = strchr(word, 'd'),
			.elsewhere = strchr(word, 'e'), .waited = strchr(word, 'w'),
			.over = strpbrk(word, "oD"), .done = strchr(word, 'D'),
			.offer = offer_of(word),
		};
		enum handover_act act;

		step = handover_next(step, &view, &act);
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s%s", got[0] ? " " : "",
			 steps[step], acts[act]);
	}
	assert_string_equal(got, expected);
}

static void test_lives(void **state)
{
	/* a VM that never moves, with a database and without */
	live("- c pc pc dpc", "new new here here here");
	live("p p ps p", "here here here here");
	/* the destination of xl migrate: the offer is there before the VIF is plugged */
	live("cev pcev pcev pcD pc", "new taking!take taking here here");
	/* it comes while the helper waits, or later, or never */
	live("pce pce pcev pcD", "awaited awaited taking!take here");
	live("pce pcew pcw pcv pcD", "awaited here here taking!take here");
	live("pce pcew pc", "awaited here here");
	/* cut off while it waits; the offer of when it is back is merged */
	live("pce pe p pcv pcD", "awaited here here taking!take here");
	/* somebody was faster, or the server refused */
	live("pcv po pc", "taking!take here here");
	live("pcv pco pcv", "taking!take here taking!take");
	/* what may not be taken is not */
	live("pcx pcb pcx", "here here here");
	/* a VIF that is not plugged takes nothing, and waits for nothing */
	live("cv ce cve", "new new new");
	/* the source: suspended, offered, taken, gone */
	live("pc psc psc pscD pscn psct dpst",
	     "here offering!offer offering offered offered offered offered");
	/* cancelled before and after it was taken; then once more */
	live("pc psc pscD pcn pcD pc psc",
	     "here offering!offer offered withdrawing!withdraw here here offering!offer");
	live("pc psc pscD pct pcD psc pscD",
	     "here offering!offer offered withdrawing!withdraw here offering!offer offered");
	/* cancelled while the database is away: the next suspension has an offer of its own */
	live("pc psc pscD psn p psn pscn pscDn",
	     "here offering!offer offered offered here here offering!offer offered");
	live("pc psc pscD p pcn psco pscn",
	     "here offering!offer offered here withdrawing!withdraw offering!offer offering");
	/* it resumes while the offer is under way: withdrawn once it is there */
	live("pc psc pc pcDn pcD", "here offering!offer offering withdrawing!withdraw here");
	/* the offer failed, and is made again; a server that is cut off gets none */
	live("pc psc psco ps psc", "here offering!offer offering!offer offering offering");
	live("pc ps ps pc", "here here here here");
	/* no port, nothing to offer */
	live("sc s", "new new");
	/* a daemon that was restarted in the middle of it */
	live("pscn pscn", "offered offered");
	live("psct pct pcD", "offered withdrawing!withdraw here");
	live("pcn pcD", "withdrawing!withdraw here");
	/* A to B to A: what came here goes on */
	live("pcev pcD pc psc pscD", "taking!take here here offering!offer offered");
}

static void test_hold(void **state)
{
	for (enum handover_step step = STEP_NEW; step <= STEP_WITHDRAWING; step++)
		assert_int_equal(handover_step_holds(step),
				 step == STEP_AWAITED || step == STEP_TAKING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_lives),
		cmocka_unit_test(test_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
