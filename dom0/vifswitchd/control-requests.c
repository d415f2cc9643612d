// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json-value.h"
#include "show/event-document.h"
#include "vifswitchd/control-requests.h"
#include "vifswitchd/documents.h"

static void reply(struct client *client, const struct json_rpc_request *request, json_t *result)
{
	client_send(client, json_rpc_result(request->id, result));
}

static void refuse(struct client *client, const struct json_rpc_request *request,
		   const char *code, const char *message)
{
	client_send(client, json_rpc_error(request->id, code, message));
}

static void on_version(struct daemon *d, struct client *client,
		       const struct json_rpc_request *request)
{
	reply(client, request, document_version(d));
}

static void on_show(struct daemon *d, struct client *client,
		    const struct json_rpc_request *request)
{
	if (d->store.xs && !xenstore_alive(d->store.xs))
		daemon_xenstore_lost(d, -EPIPE);
	reply(client, request, document_show(d));
}

static void on_fdb(struct daemon *d, struct client *client, const struct json_rpc_request *request)
{
	int r = 0;
	json_t *fdb = document_fdb(d, &r);

	if (fdb)
		reply(client, request, fdb);
	else
		refuse(client, request, r == -EPROTONOSUPPORT ? "unavailable" : "internal",
		       d->ops->error(d->dp));
}

static void on_acls(struct daemon *d, struct client *client,
		    const struct json_rpc_request *request)
{
	reply(client, request, document_acls(d));
}

static void on_follow(struct daemon *d, struct client *client,
		      const struct json_rpc_request *request)
{
	client_follow(client);
	reply(client, request, json_object());
}

static void on_hotplug(struct daemon *d, struct client *client,
		       const struct json_rpc_request *request)
{
	struct hotplug_wait wait = { .client = client, .id = request->id };
	struct hotplug_params params;
	struct problem problem;
	struct vif *vif;
	uint64_t now;

	if (!hotplug_params_parse(request->param, &params, &problem)) {
		refuse(client, request, "invalid", problem.text);
		return;
	}
	if (!store_parse_backend(&d->store, params.backend, &wait.domid, &wait.devid)) {
		problem_set(&problem, "\"backend\" %s is not /local/domain/%u/backend/vif/DOMID/DEVID",
			    QUOTE(params.backend, strlen(params.backend)), d->store.own_domid);
		refuse(client, request, "invalid", problem.text);
		return;
	}
	sd_event_now(d->event, CLOCK_MONOTONIC, &now);
	wait.deadline = now + params.timeout_ms * 1000ULL;
	wait.half = params.half;
	wait.plug = params.plug;
	if (hotplug_add(&d->hotplug, &wait) < 0) {
		refuse(client, request, "internal", "too many hotplug requests are waiting");
		return;
	}
	/* Its helper was run, so the VIF is ours whatever its keys say. */
	if (params.plug)
		store_look_at(&d->store, wait.domid, wait.devid);
	vif = vifs_get(&d->facts.vifs, wait.domid, wait.devid);
	if (vif) {
		if (params.plug && !vif->seen.asked) {
			vif->seen.asked = true;
			vif->seen.changes++;
		}
		vif->seen.released[wait.half] = !params.plug;
	}
	daemon_want_pass(d);
}

static void on_request(struct client *client, const struct json_rpc_request *request, void *arg)
{
	static const struct {
		const char *name;
		void (*handle)(struct daemon *d, struct client *client,
			       const struct json_rpc_request *request);
	} methods[] = {
		{ "version", on_version }, { "show", on_show }, { "fdb", on_fdb },
		{ "acls", on_acls }, { "follow", on_follow }, { "hotplug", on_hotplug },
	};
	struct problem problem;

	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		if (strcmp(methods[i].name, request->method) == 0) {
			methods[i].handle(arg, client, request);
			return;
		}
	}
	problem_set(&problem, "there is no method %s; there are version, show, fdb, acls, follow, hotplug",
		    QUOTE(request->method, strlen(request->method)));
	refuse(client, request, "invalid", problem.text);
}

static void on_gone(struct client *client, void *arg)
{
	struct daemon *d = arg;

	hotplug_forget_client(&d->hotplug, client);
}

static char *on_lost(unsigned int count, void *arg)
{
	json_t *event = event_json("lost", NULL);

	json_object_set_new(event, "count", json_integer(count));
	return json_rpc_notification("event", event);
}

const struct server_ops control_ops = {
	.request = on_request, .gone = on_gone, .lost = on_lost,
};
