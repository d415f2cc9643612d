// SPDX-License-Identifier: GPL-2.0-or-later
/* A configuration file on trial: confirmed, gone back, and what the next process reads. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "uplink/config-trial.h"

struct world {
	char directory[40];
	sd_event *event;
	struct config_trial trial;
	char *back;
	int backs;
};

static void went_back(const char *text, void *arg)
{
	struct world *w = arg;

	free(w->back);
	w->back = text ? xstrdup(text) : NULL;
	w->backs++;
}

static void begin_process(struct world *w)
{
	w->trial = (struct config_trial){
		.event = w->event, .path = xprintf("%s/config.json", w->directory),
		.went_back = went_back, .arg = w,
	};
	config_trial_resume(&w->trial);
}

static void next_process(struct world *w)
{
	config_trial_close(&w->trial);
	begin_process(w);
}

static int setup(void **state)
{
	struct world *w = xzalloc(sizeof(*w));

	strcpy(w->directory, "/tmp/vifswitch-trial-XXXXXX");
	assert_non_null(mkdtemp(w->directory));
	assert_true(sd_event_new(&w->event) >= 0);
	begin_process(w);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	unlink(w->trial.path);
	rmdir(w->directory);
	config_trial_close(&w->trial);
	sd_event_unref(w->event);
	free(w->back);
	free(w);
	return 0;
}

static void begins(struct world *w, const char *before, const char *tried)
{
	struct problem problem;

	assert_int_equal(config_trial_begin(&w->trial, before, tried, 3600, &problem), 0);
}

/* As if the time were over: on disk as well, for the next process. */
static void over(struct world *w)
{
	struct problem problem;

	w->trial.deadline = clock_boot_us();
	assert_int_equal(config_trial_read_again(&w->trial, w->trial.tried, &problem), 0);
}

static void test_confirmed(void **state)
{
	struct world *w = *state;
	struct problem problem;

	assert_int_equal(config_trial_confirm(&w->trial, &problem), -ENOENT);
	assert_string_equal(config_trial_text(&w->trial, "file"), "file");
	begins(w, "old", "new");
	assert_int_equal(config_trial_begin(&w->trial, "new", "newer", 60, &problem), -EBUSY);
	/* A process that was killed: the next one goes on, whatever was edited meanwhile. */
	next_process(w);
	assert_true(w->trial.waits);
	assert_string_equal(config_trial_text(&w->trial, "edited"), "new");
	assert_int_equal(config_trial_confirm(&w->trial, &problem), 0);
	assert_int_equal(access(w->trial.path, F_OK), -1);
	next_process(w);
	assert_false(w->trial.waits);
	assert_string_equal(config_trial_text(&w->trial, "edited"), "edited");
	assert_int_equal(w->backs, 0);
}

/* What was read again on trial goes back as well, to what was before the first. */
static void test_deadline(void **state)
{
	struct world *w = *state;
	struct problem problem;

	begins(w, "old", "new");
	assert_int_equal(config_trial_read_again(&w->trial, "newer", &problem), 0);
	assert_true(w->trial.waits);
	sd_event_source_set_time(w->trial.timer, clock_boot_us());
	for (int i = 0; i < 1000 && !w->backs; i++)
		assert_true(sd_event_run(w->event, 1000000) >= 0);
	assert_string_equal(w->back, "old");
	assert_int_equal(config_trial_confirm(&w->trial, &problem), -ENOENT);
	assert_non_null(strstr(problem.text, "in time"));
	/* The file stays as it is, and is not in force after a restart, until it is edited. */
	next_process(w);
	assert_string_equal(config_trial_text(&w->trial, "newer"), "old");
	assert_string_equal(config_trial_text(&w->trial, "edited"), "edited");
	assert_int_equal(access(w->trial.path, F_OK), -1);
}

/* The time was over while no process ran; to read it again is to mean it. */
static void test_dead(void **state)
{
	struct world *w = *state;
	struct problem problem;

	begins(w, NULL, "new");
	over(w);
	next_process(w);
	assert_true(w->trial.back && !w->trial.waits);
	assert_null(config_trial_text(&w->trial, "new"));
	assert_int_equal(config_trial_read_again(&w->trial, "new", &problem), 0);
	next_process(w);
	assert_string_equal(config_trial_text(&w->trial, "new"), "new");
}

static void write_file(const struct world *w, const char *text)
{
	FILE *f = fopen(w->trial.path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* Another boot has made everything anew; what is no state is none. */
static void test_other_boot(void **state)
{
	static const char *const texts[] = {
		"{\"boot\": \"x\", \"deadline_us\": 1, \"back\": true, \"before\": \"old\", \"tried\": \"new\"}",
		"nonsense", "[]", "{\"boot\": 7}",
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_file(w, texts[i]);
		next_process(w);
		assert_string_equal(config_trial_text(&w->trial, "new"), "new");
	}
}

/* Without its state on disk nothing is put on trial. */
static void test_no_disk(void **state)
{
	struct world *w = *state;
	struct problem problem;

	free(w->trial.path);
	w->trial.path = xprintf("%s/nowhere/config.json", w->directory);
	assert_true(config_trial_begin(&w->trial, "old", "new", 60, &problem) < 0);
	assert_false(w->trial.waits);
	assert_non_null(strstr(problem.text, "nowhere"));
}

/* A trial that cannot begin changes nothing: the file that went back stays out of force. */
static void test_fails_after_back(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *in_the_way = NULL;
	struct problem problem;

	begins(w, "old", "new");
	over(w);
	next_process(w);
	in_the_way = xprintf("%s.new", w->trial.path);
	assert_int_equal(mkdir(in_the_way, 0700), 0);
	assert_true(config_trial_begin(&w->trial, "old", "new", 60, &problem) < 0);
	assert_int_equal(rmdir(in_the_way), 0);
	assert_string_equal(config_trial_text(&w->trial, "new"), "old");
	next_process(w);
	assert_true(w->trial.back && !w->trial.waits);
	assert_string_equal(config_trial_text(&w->trial, "new"), "old");
}

/* Latin-1, which a comment may be. */
static void test_not_utf8(void **state)
{
	struct world *w = *state;
	struct problem problem;

	assert_int_equal(config_trial_begin(&w->trial, "old", "# caf\xe9", 60, &problem), -EILSEQ);
	assert_non_null(strstr(problem.text, "not UTF-8"));
	assert_false(w->trial.waits);
	assert_int_equal(config_trial_read_again(&w->trial, "# caf\xe9", &problem), 0);
}

/* To read a file again needs no disk, unless what is on it would count. */
static void test_read_only(void **state)
{
	struct world *w = *state;
	struct problem problem;

	assert_int_equal(mkdir(w->trial.path, 0700), 0);
	assert_int_equal(config_trial_read_again(&w->trial, "new", &problem), 0);
	assert_int_equal(rmdir(w->trial.path), 0);
	begins(w, "old", "new");
	over(w);
	next_process(w);
	assert_int_equal(unlink(w->trial.path), 0);
	assert_int_equal(mkdir(w->trial.path, 0700), 0);
	assert_true(config_trial_read_again(&w->trial, "new", &problem) < 0);
	assert_true(w->trial.back);
	assert_int_equal(rmdir(w->trial.path), 0);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_confirmed), TEST(test_deadline), TEST(test_dead), TEST(test_other_boot),
		TEST(test_no_disk), TEST(test_fails_after_back), TEST(test_not_utf8),
		TEST(test_read_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
