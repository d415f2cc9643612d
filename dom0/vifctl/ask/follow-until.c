// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/clock.h"
#include "vifctl/ask/follow-until.h"

#include <errno.h>
#include <string.h>

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

int watch_daemon(struct watch *w, struct control_client *c,
		 void (*take)(json_t *event, void *arg), void *arg)
{
	json_t *message, *event;
	const char *line;
	size_t len;
	int r;

	while (!watch_over(w)) {
		r = control_client_receive(c, w->deadline, &line, &len);
		if (r == -EINTR)
			continue;
		if (r == -ETIMEDOUT)
			break;
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
