// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asking the daemon. It plugs the VIF by itself, from XenStore and netlink;
 * the request only waits for that, so sending it again is harmless. Three
 * cases decide how long to try:
 *
 *  - nobody listens from the start: HOTPLUG_REACH_LIMIT_MS covers a restart,
 *    then the operator is told, well within two seconds;
 *  - the daemon goes away after it took the request: it was running a moment
 *    ago and systemd brings it back, so the whole limit applies;
 *  - it takes the request and does not answer: the daemon gets a time-out one
 *    second below ours, because its error says what it waited for.
 *
 * Unplugging never fails: the netdev goes anyway, with or without us.
 */
#include "hotplug/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/control-client.h"
#include "base/control.h"
#include "hotplug/backend-keys.h"
#include "hotplug/invocation.h"
#include "hotplug/vif-hook.h"

#define RETRY_MS	10
#define ANSWER_MARGIN_MS 1000

static void pause_ms(long ms)
{
	struct timespec ts = { .tv_nsec = ms * 1000000L };

	nanosleep(&ts, NULL);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int ask_once(const struct hotplug_request *req, int64_t deadline, bool *ret_reached,
		    struct hotplug_outcome *ret)
{
	struct control_client _cleanup_(control_client_close) client = CONTROL_CLIENT_INIT;
	int64_t left = deadline - clock_ms();
	char line[HOTPLUG_LINE_MAX];
	const char *reply;
	size_t len;
	int r;

	r = control_client_open(&client, control_client_path(), VIFSWITCH_CONTROL_REQUEST_MAX);
	if (r < 0)
		return r;
	*ret_reached = true;

	len = hotplug_request_line(req, left > 2 * ANSWER_MARGIN_MS ?
				   (unsigned int)left - ANSWER_MARGIN_MS : ANSWER_MARGIN_MS, line);
	r = control_client_send(&client, line, len, deadline);
	if (r < 0)
		return r;
	store_prepare();	/* while the daemon works */
	do
		r = control_client_receive(&client, deadline, &reply, &len);
	while (r == -EINTR);
	if (r < 0)
		return r;
	hotplug_outcome_reply(req, reply, len, ret);
	return 0;
}

static bool worth_retrying(int r)
{
	return r == -ENOENT || r == -ECONNREFUSED || r == -EAGAIN || r == -ECONNRESET;
}

static void ask(const struct hotplug_request *req, struct hotplug_outcome *ret)
{
	unsigned int limit = hotplug_plugs(req) ? HOTPLUG_PLUG_LIMIT_MS : HOTPLUG_UNPLUG_LIMIT_MS;
	int64_t start = clock_ms(), deadline = start + limit, until;
	bool reached = false;
	int r;

	for (;;) {
		r = ask_once(req, deadline, &reached, ret);
		if (r == 0)
			return;
		if (!worth_retrying(r) || !hotplug_plugs(req))
			break;
		until = reached ? deadline : earlier(deadline, start + HOTPLUG_REACH_LIMIT_MS);
		if (clock_ms() >= until)
			break;
		pause_ms(RETRY_MS);
	}
	if (r == -ETIMEDOUT)
		hotplug_outcome_fail(ret, "vifswitchd did not answer within %u s: "
				     "journalctl -u vifswitchd", limit / 1000);
	else if (worth_retrying(r))
		hotplug_outcome_fail(ret, "vifswitchd is not running: systemctl status vifswitchd");
	else
		hotplug_outcome_fail(ret, "cannot talk to vifswitchd over %s: %s",
				     control_client_path(), strerror(-r));
}

/* XenStore hears of a VIF that came up and of every failure to plug. */
static bool must_record(const struct hotplug_request *req, const struct hotplug_outcome *outcome)
{
	return hotplug_plugs(req) && (!outcome->ok || req->type == HOTPLUG_VIF);
}

/*
 * A XAPI host has a VIF removed by this, without the daemon if need be, and waits until its node
 * is gone; whoever is to be told of VIFs is told before that, while XAPI still knows it.
 */
static void end_at_xapi(const struct hotplug_request *req)
{
	if (req->action != HOTPLUG_REMOVE || req->type != HOTPLUG_VIF)
		return;
	vif_hook_tell(req, "remove");
	store_release(req);
}

int hotplug_run(int argc, char *const *argv, char *const *envp)
{
	struct hotplug_outcome outcome = {};
	struct hotplug_request req;
	int r;

	if (hotplug_request_parse(argc, argv, envp, &req, &outcome) < 0) {
		fprintf(stderr, "vif-vifswitch: %s\n", outcome.message);
		return EXIT_FAILURE;
	}
	if (req.by_udev && store_is_control_domain())
		return EXIT_SUCCESS;

	ask(&req, &outcome);
	if (must_record(&req, &outcome)) {
		r = store_record(&req, &outcome);
		if (r < 0 && outcome.ok)
			hotplug_outcome_fail(&outcome, "cannot write %s/hotplug-status: %s",
					     req.backend, strerror(-r));
	}
	end_at_xapi(&req);
	if (outcome.ok && hotplug_plugs(&req) && req.type == HOTPLUG_VIF)
		vif_hook_tell(&req, "online");
	if (outcome.ok)
		return EXIT_SUCCESS;
	fprintf(stderr, "vif-vifswitch: %s: %s\n", req.netdev, outcome.message);
	return hotplug_plugs(&req) ? EXIT_FAILURE : EXIT_SUCCESS;
}
