// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/clock.h"
#include "vifctl/ask/follow-until.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/cleanup.h"
#include "vifctl/ask/fetch.h"

#define AGAIN_MS	500	/* between looks whether the daemon is back */

void watch_start(struct watch *w, long seconds)
{
	if (w->v->seconds)
		seconds = w->v->seconds;
	w->deadline = CONTROL_CLIENT_FOREVER;
	if (seconds && !w->v->follow)
		w->deadline = clock_ms() + seconds * 1000;
}

bool watch_full(const struct watch *w)
{
	return w->v->count && w->shown >= w->v->count;
}

bool watch_over(const struct watch *w)
{
	return vifctl_stopped() || ferror(w->v->out) || watch_full(w) ||
	       clock_ms() >= w->deadline;
}

int watch_step(const struct watch *w, int most)
{
	int64_t left = w->deadline - clock_ms();

	return left > most ? most : left > 0 ? (int)left : 0;
}

/* Until the daemon goes: then *ret_lost. */
static int watch_client(struct watch *w, struct control_client *c,
			void (*take)(json_t *event, void *arg), void *arg, bool *ret_lost)
{
	json_t *message, *event;
	const char *line;
	size_t len;
	int r;

	*ret_lost = false;
	while (!watch_over(w)) {
		r = control_client_receive(c, w->deadline, &line, &len);
		if (r == -EINTR)
			continue;
		if (r == -ETIMEDOUT)
			break;
		*ret_lost = r < 0;
		if (r < 0)
			return vifctl_fail(VIFCTL_UNAVAILABLE, "vifswitchd went away: %s",
					   strerror(-r));
		message = json_loadb(line, len, 0, NULL);
		event = json_array_get(json_object_get(message, "params"), 0);
		if (json_is_object(event))
			take(event, arg);
		json_decref(message);
	}
	return VIFCTL_OK;
}

static int follow_daemon(struct watch *w, void (*take)(json_t *event, void *arg), void *arg,
			 bool *ret_lost)
{
	_cleanup_(control_client_close) struct control_client c = CONTROL_CLIENT_INIT;
	int status = fetch_open(&c);
	json_t *reply = NULL;

	*ret_lost = false;
	if (status == VIFCTL_OK)
		status = fetch_call(&c, "follow", &reply);
	json_decref(reply);
	return status ? status : watch_client(w, &c, take, arg, ret_lost);
}

int watch_daemon(struct watch *w, void (*take)(json_t *event, void *arg), void *arg)
{
	bool lost, had = false;
	int status;

	for (;;) {
		status = follow_daemon(w, take, arg, &lost);
		had = had || lost;
		if (status != VIFCTL_UNAVAILABLE || !w->v->follow || !had)
			return status;
		if (lost)
			vifctl_say("waiting for it to come back");
		poll(NULL, 0, AGAIN_MS);
		if (watch_over(w))
			return VIFCTL_OK;
	}
}
