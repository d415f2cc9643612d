// SPDX-License-Identifier: GPL-2.0-or-later
#include "uplink/config-trial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json-value.h"
#include "base/log.h"
#include "base/mem.h"
#include "policydb/cache.h"

static void replace(char **at, const char *text)
{
	char *copy = text ? xstrdup(text) : NULL;

	free(*at);
	*at = copy;
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void forget(struct config_trial *t)
{
	t->waits = t->back = false;
	replace(&t->before, NULL);
	replace(&t->tried, NULL);
	t->timer = sd_event_source_disable_unref(t->timer);
}

static int forget_on_disk(const struct config_trial *t, struct problem *problem)
{
	int r = unlink(t->path) < 0 && errno != ENOENT ? -errno : 0;

	if (r < 0)
		problem_set(problem, "%s: %s", t->path, strerror(-r));
	return r;
}

static int write_state(const struct config_trial *t, struct problem *problem)
{
	_cleanup_(json_decrefp) json_t *state = json_pack(
		"{s:o, s:I, s:b, s:s?, s:s?}", "boot", lease_boot(), "deadline_us",
		(json_int_t)t->deadline, "back", t->back, "before", t->before, "tried", t->tried);
	int r;

	if (!state) {
		problem_set(problem, "the configuration file, or what was in force before, is not UTF-8; it can be read again, but not on trial");
		return -EILSEQ;
	}
	r = policy_copy_write(t->path, state);
	if (r < 0)
		problem_set(problem, "%s: %s", t->path, strerror(-r));
	return r;
}

static void turn_back(struct config_trial *t)
{
	struct problem problem;

	t->waits = false;
	t->back = true;
	t->timer = sd_event_source_disable_unref(t->timer);
	if (write_state(t, &problem) < 0)
		log_warning("%s", problem.text);
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *arg)
{
	struct config_trial *t = arg;

	turn_back(t);
	log_warning("nobody confirmed the configuration file: what was in force before is so again");
	t->went_back(t->before, t->arg);
	return 0;
}

static int arm(struct config_trial *t, uint64_t deadline, sd_event_source **timer)
{
	return lease_arm(t->event, timer, deadline, on_deadline, t);
}

void config_trial_resume(struct config_trial *t)
{
	_cleanup_(json_decrefp) json_t *state = json_load_file(t->path, 0, NULL);
	_cleanup_(json_decrefp) json_t *boot = lease_boot();
	struct problem problem;

	if (!state)
		return;
	if (!json_equal(json_object_get(state, "boot"), boot) || !json_text_of(state, "tried")) {
		log_notice("%s: of an earlier boot; the configuration file counts", t->path);
		if (forget_on_disk(t, &problem) < 0)
			log_warning("%s", problem.text);
		return;
	}
	replace(&t->before, json_text_of(state, "before"));
	replace(&t->tried, json_text_of(state, "tried"));
	t->deadline = (uint64_t)json_integer_value(json_object_get(state, "deadline_us"));
	t->back = json_is_true(json_object_get(state, "back"));
	t->waits = !t->back;
	if (t->waits && (t->deadline <= clock_boot_us() || arm(t, t->deadline, &t->timer) < 0))
		turn_back(t);
}

const char *config_trial_text(struct config_trial *t, const char *text)
{
	struct problem problem;

	if (t->waits)
		return t->tried;
	if (!t->back)
		return text;
	if (same(text, t->tried)) {
		log_warning("the configuration file was not confirmed, and is not in force: vifctl reload reads it again");
		return t->before;
	}
	log_notice("the configuration file was not confirmed, and was edited since: it counts");
	forget(t);
	if (forget_on_disk(t, &problem) < 0)
		log_warning("%s", problem.text);
	return text;
}

/* As if nobody had tried: that the last file was never confirmed stays known. */
static void keep(const struct config_trial *t)
{
	struct problem problem;

	if (!t->back)
		unlink(t->path);
	else if (write_state(t, &problem) < 0)
		log_warning("%s", problem.text);
}

int config_trial_begin(struct config_trial *t, const char *before, const char *tried,
		       unsigned int seconds, struct problem *problem)
{
	_cleanup_(sd_event_source_disable_unrefp) sd_event_source *timer = NULL;
	const struct config_trial next = {
		.path = t->path, .waits = true, .before = (char *)before, .tried = (char *)tried,
		.deadline = clock_boot_us() + seconds * LEASE_SECOND_US,
	};
	int r;

	if (t->waits) {
		problem_set(problem, "the configuration file waits to be confirmed already: vifctl reload confirm");
		return -EBUSY;
	}
	r = arm(t, next.deadline, &timer);
	if (r < 0) {
		problem_set(problem, "a timer: %s", strerror(-r));
		return r;
	}
	r = write_state(&next, problem);
	if (r < 0) {
		keep(t);
		return r;
	}
	forget(t);
	replace(&t->before, before);
	replace(&t->tried, tried);
	t->deadline = next.deadline;
	t->waits = true;
	t->timer = TAKE_PTR(timer);
	return 0;
}

int config_trial_read_again(struct config_trial *t, const char *text, struct problem *problem)
{
	_cleanup_free_ char *was = NULL;
	int r;

	if (!t->waits) {
		r = forget_on_disk(t, problem);
		/* A disk that cannot be written holds nothing that counts then. */
		if (r < 0 && t->back)
			return r;
		forget(t);
		return 0;
	}
	was = TAKE_PTR(t->tried);
	replace(&t->tried, text);
	r = write_state(t, problem);
	if (r < 0)
		replace(&t->tried, was);
	return r;
}

int config_trial_confirm(struct config_trial *t, struct problem *problem)
{
	int r;

	if (!t->waits) {
		problem_set(problem, t->back ? "nobody confirmed the configuration file in time; vifctl reload reads it again" :
			    "no configuration file waits to be confirmed");
		return -ENOENT;
	}
	r = forget_on_disk(t, problem);
	if (r == 0)
		forget(t);
	return r;
}

void config_trial_close(struct config_trial *t)
{
	forget(t);
	free(t->path);
	t->path = NULL;
}
