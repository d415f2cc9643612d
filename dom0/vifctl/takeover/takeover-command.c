// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl takeover and giveback: from Open vSwitch to vifswitch, and back. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "vifctl/ask/fetch.h"
#include "vifctl/takeover/takeover-steps.h"
#include "vifctl/takeover/takeover-units.h"
#include "vifctl/vifctl.h"

#define TRIAL_S	120	/* unless --confirm says */

/* One at a time; given up with the process. */
static int begin(struct takeover *ret, bool waits)
{
	int fd, r;

	if (geteuid() != 0)
		return vifctl_fail(VIFCTL_FAILED, "this is root's to do");
	r = takeover_make_directory();
	if (r < 0)
		return vifctl_fail(VIFCTL_FAILED, TAKEOVER_DIRECTORY ": %s", strerror(-r));
	fd = open(TAKEOVER_DIRECTORY "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX | (waits ? 0 : LOCK_NB)) < 0)
		return vifctl_fail(VIFCTL_FAILED, errno == EWOULDBLOCK ?
				   "another one is at it: vifctl takeover show" :
				   TAKEOVER_DIRECTORY "/lock cannot be locked");
	r = takeover_read(ret);
	return r == 0 ? VIFCTL_OK :
	       vifctl_fail(VIFCTL_FAILED, TAKEOVER_DIRECTORY "/journal is none of ours");
}

static const char *where(void)
{
	return takeover_in_charge() ? "vifswitch" : "Open vSwitch";
}

static bool is_half_way(const struct takeover *t)
{
	return t->step != TAKEOVER_NONE && t->step != TAKEOVER_DONE && t->step != TAKEOVER_TRIAL;
}

static int print(struct vifctl *v, const struct takeover *t, const struct takeover_outcome *o)
{
	int64_t left = t->step == TAKEOVER_TRIAL ? t->deadline - takeover_now() : 0;
	json_t *doc;

	if (!v->json) {
		fprintf(v->out, "%s is in charge of this host's bridges\n", where());
		if (o->silent_ms)
			fprintf(v->out, "ports carried nothing for at most %lld ms\n",
				(long long)o->silent_ms);
		for (size_t i = 0; i < json_array_size(o->missing); i++)
			fprintf(v->out, "%s did not come\n",
				json_string_value(json_array_get(o->missing, i)));
		if (t->step == TAKEOVER_TRIAL)
			fprintf(v->out, "for %lld s, unless you still reach this host and say so:\n"
				"    vifctl takeover confirm\n", (long long)left);
		else if (is_half_way(t))
			fputs("it was interrupted: vifctl takeover ovs --resume\n", v->out);
		return vifctl_finish(v, VIFCTL_OK);
	}
	doc = json_pack("{s:i, s:s, s:s, s:b, s:o, s:o, s:O?}", "format",
			VIFSWITCH_OUTPUT_FORMAT, "source", "vifctl", "in_charge", where(),
			"interrupted", is_half_way(t), "confirm_s",
			t->step == TAKEOVER_TRIAL ? json_integer(left) : json_null(), "silent_ms",
			o->silent_ms ? json_integer(o->silent_ms) : json_null(), "missing",
			o->missing);
	vifctl_print_json(v, doc, JSON_INDENT(2));
	json_decref(doc);
	return vifctl_finish(v, VIFCTL_OK);
}

/* Beside, until somebody confirms, or the time is up and it goes back. */
static void guard_trial(void)
{
	char *const argv[] = { "vifctl", "giveback", "--yes", NULL };
	struct takeover t;

	if (fork() != 0)
		return;
	setsid();
	if (fork() != 0)
		_exit(0);
	for (int fd = 0; fd < 256; fd++)
		close(fd);
	/* What is printed must not go into a file that happens to get its number. */
	if (open("/dev/null", O_RDWR) < 0 || dup(0) < 0 || dup(0) < 0)
		_exit(1);
	while (takeover_read(&t) == 0 && t.step == TAKEOVER_TRIAL) {
		if (takeover_now() >= t.deadline)
			execv("/proc/self/exe", argv);
		takeover_deinit(&t);
		sleep(1);
	}
	_exit(0);
}

/* Whoever sees the end of the session that a cut ends must not stop half way. */
static void stay(void)
{
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
}

static int give_back(struct vifctl *v, struct takeover *t, struct takeover_outcome *o)
{
	int status;

	stay();
	status = takeover_give(t, o);
	return status ? status : print(v, t, o);
}

static int take(struct vifctl *v, struct takeover *t, struct takeover_outcome *o)
{
	long seconds = v->confirm ? v->confirm : TRIAL_S;
	int status;

	stay();
	status = takeover_take(t, seconds, o);
	if (!status) {
		guard_trial();
		return print(v, t, o);
	}
	if (takeover_in_charge()) {
		vifctl_say("it goes back to Open vSwitch");
		give_back(v, t, o);
	} else {
		takeover_undo(t);
	}
	return status;
}

/* As far as can be told before anything is done. */
static int check(struct vifctl *v, bool *ret_refused)
{
	_cleanup_free_ char *text = NULL;
	json_t *version = NULL;
	int status = takeover_mapping(&text, ret_refused);

	if (status)
		return status;
	if (!v->json)
		fputs(text, v->out);
	status = fetch_daemon("version", NULL, &version);
	json_decref(version);
	return status;
}

/* Where there is nobody to ask, the answer is no. */
static bool agreed(const struct vifctl *v, bool refused)
{
	char answer[8] = "";

	if (v->yes)
		return true;
	if (!isatty(STDIN_FILENO))
		return false;
	fprintf(v->terminal, "\nFrom Open vSwitch to vifswitch%s, now? Traffic stops for a moment. [y/N] ",
		refused ? ", without what is refused" : "");
	fflush(v->terminal);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static int begin_take(struct vifctl *v, struct takeover *t, struct takeover_outcome *o)
{
	bool refused = false;
	int status;

	if (takeover_in_charge() || unit_is_active("vifovsd.service"))
		return vifctl_fail(VIFCTL_FAILED, "vifswitch is in charge of this host's bridges already");
	status = check(v, &refused);
	if (status || v->check)
		return status ? status : refused ? VIFCTL_DIFFERENT : vifctl_finish(v, VIFCTL_OK);
	if (!agreed(v, refused))
		return vifctl_fail(VIFCTL_FAILED, "nothing was done; --yes says yes");
	return take(v, t, o);
}

static int resume(struct vifctl *v, struct takeover *t, struct takeover_outcome *o)
{
	switch (t->step) {
	case TAKEOVER_NONE:
	case TAKEOVER_DONE:
	case TAKEOVER_STEPS:
		return print(v, t, o);
	case TAKEOVER_PREPARING:
		takeover_undo(t);
		return print(v, t, o);
	case TAKEOVER_CUTTING:
		if (!takeover_in_charge()) {
			takeover_undo(t);
			return print(v, t, o);
		}
		break;
	case TAKEOVER_TRIAL:
		if (!t->other_boot && takeover_now() < t->deadline) {
			guard_trial();
			return print(v, t, o);
		}
		break;
	case TAKEOVER_SETTLING:
	case TAKEOVER_GIVING:
		break;
	}
	/* Who could not reach the host and had it boot gets back what there was. */
	if (t->step == TAKEOVER_TRIAL || t->step == TAKEOVER_GIVING || t->other_boot)
		return give_back(v, t, o);
	return take(v, t, o);
}

int run_takeover(struct vifctl *v)
{
	struct takeover_outcome outcome = {};
	struct takeover t = {};
	int status;

	status = begin(&t, v->resume);
	if (!status && v->resume)
		status = resume(v, &t, &outcome);
	else if (!status && t.step != TAKEOVER_NONE && t.step != TAKEOVER_DONE)
		status = vifctl_fail(VIFCTL_FAILED, "it began already: vifctl takeover ovs --resume, or vifctl giveback");
	else if (!status)
		status = begin_take(v, &t, &outcome);
	json_decref(outcome.missing);
	takeover_deinit(&t);
	return status;
}

int run_takeover_confirm(struct vifctl *v)
{
	struct takeover_outcome none = {};
	struct takeover t = {};
	int status = begin(&t, false);

	if (!status && t.step != TAKEOVER_TRIAL && t.step != TAKEOVER_DONE)
		status = vifctl_fail(VIFCTL_FAILED, "nothing waits to be confirmed");
	t.step = TAKEOVER_DONE;
	if (!status && takeover_write(&t) < 0)
		status = vifctl_fail(VIFCTL_FAILED, TAKEOVER_DIRECTORY " cannot be written");
	if (!status)
		status = print(v, &t, &none);
	takeover_deinit(&t);
	return status;
}

int run_takeover_show(struct vifctl *v)
{
	struct takeover_outcome none = {};
	struct takeover t = {};
	int status = VIFCTL_OK;

	if (takeover_read(&t) < 0)
		status = vifctl_fail(VIFCTL_FAILED, TAKEOVER_DIRECTORY "/journal is none of ours");
	if (!status)
		status = print(v, &t, &none);
	takeover_deinit(&t);
	return status;
}

int run_giveback(struct vifctl *v)
{
	struct takeover_outcome outcome = {};
	struct takeover t = {};
	int status = begin(&t, true);

	if (!status && t.step == TAKEOVER_NONE)
		status = vifctl_fail(VIFCTL_FAILED, "nothing was taken over");
	else if (!status && !v->yes && t.step == TAKEOVER_DONE)
		status = vifctl_fail(VIFCTL_FAILED, "traffic stops until Open vSwitch has started; --yes says yes");
	else if (!status && (t.step == TAKEOVER_PREPARING ||
			     (t.step == TAKEOVER_CUTTING && !takeover_in_charge())))
		status = takeover_undo(&t) ?: print(v, &t, &outcome);
	else if (!status)
		status = give_back(v, &t, &outcome);
	json_decref(outcome.missing);
	takeover_deinit(&t);
	return status;
}
