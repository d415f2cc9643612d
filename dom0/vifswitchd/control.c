// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "show/port-document.h"
#include "show/switch-document.h"
#include "vifswitchd/daemon.h"

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
	reply(client, request, show_version(d));
}

static void on_show(struct daemon *d, struct client *client,
		    const struct json_rpc_request *request)
{
	if (d->store.xs && !xenstore_alive(d->store.xs))
		daemon_xenstore_lost(d, -EPIPE);
	reply(client, request, show_all(d));
}

static void on_fdb(struct daemon *d, struct client *client, const struct json_rpc_request *request)
{
	int r = 0;
	json_t *fdb = show_fdb(d, &r);

	if (fdb)
		reply(client, request, fdb);
	else
		refuse(client, request, r == -EPROTONOSUPPORT ? "unavailable" : "internal",
		       datapath_error(d->dp));
}

static void on_acls(struct daemon *d, struct client *client,
		    const struct json_rpc_request *request)
{
	reply(client, request, show_acls(d));
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
		if (params.plug && !vif->asked) {
			vif->asked = true;
			vif->resolved = false;
		}
		vif->half[wait.half].released = !params.plug;
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

static json_t *event_base(const char *event)
{
	struct timespec ts;
	char text[48];
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, sizeof(text) - n, ".%03ldZ", ts.tv_nsec / 1000000);
	return json_pack("{ss ss}", "time", text, "event", event);
}

static char *on_lost(unsigned int count, void *arg)
{
	json_t *event = event_base("lost");

	json_object_set_new(event, "count", json_integer(count));
	return json_rpc_notification("event", event);
}

const struct server_ops daemon_server_ops = {
	.request = on_request, .gone = on_gone, .lost = on_lost,
};

static void event_send(struct daemon *d, json_t *event)
{
	_cleanup_free_ char *line = json_rpc_notification("event", event);

	if (line)
		server_notify(d->server, line);
}

void daemon_notify(struct daemon *d, const char *name, const struct vif *vif,
		   const struct link *link, const char *message)
{
	json_t *event;

	if (!d->server || !server_has_followers(d->server))
		return;
	event = event_base(name);
	json_object_set_new(event, "switch", show_text(vif->sw[0] ? vif->sw : NULL));
	json_object_set_new(event, "netdev", show_text(link ? link->name : NULL));
	json_object_set_new(event, "ifindex", link ? json_integer(link->ifindex) : json_null());
	json_object_set_new(event, "vm", show_vm(vif, false));
	json_object_set_new(event, "devid", json_integer(vif->devid));
	if (message)
		json_object_set_new(event, "message", show_text(message));
	event_send(d, event);
}

static json_t *hex(const uint8_t *data, uint32_t len)
{
	char text[VIFSWITCH_EVENT_PACKET_MAX * 2 + 1] = "";

	for (uint32_t i = 0; i < len && i < VIFSWITCH_EVENT_PACKET_MAX; i++)
		sprintf(text + 2 * i, "%02x", data[i]);
	return json_string(text);
}

void daemon_notify_datapath(struct daemon *d, const struct dp_event *dp)
{
	const char *word = datapath_event_word(dp->event);
	const struct vif *vif = show_find_vif(d, dp->port);
	const struct link *old = links_get(&d->facts.links, dp->old_port);
	json_t *event;

	if (!word || !d->server || !server_has_followers(d->server))
		return;
	event = event_base(word);
	json_object_set_new(event, "switch", show_text(dp->switch_name));
	json_object_set_new(event, "netdev", show_text(dp->port_name));
	json_object_set_new(event, "ifindex", json_integer(dp->port));
	json_object_set_new(event, "vm", show_vm(vif, false));
	json_object_set_new(event, "devid", vif ? json_integer(vif->devid) : json_null());
	if (dp->has_mac)
		json_object_set_new(event, "mac", mac_json(dp->mac));
	if (dp->vlan != VIFSWITCH_VID_NONE)
		json_object_set_new(event, "vlan", json_integer(dp->vlan));
	if (old)
		json_object_set_new(event, "old_netdev", show_text(old->name));
	if (dp->has_rule)
		show_rule(d, event, dp->port, dp->rule);
	if (dp->event == VIFSWITCH_EV_DROP)
		json_object_set_new(event, "reason", show_text(datapath_reason_word(dp->reason)));
	if (dp->event == VIFSWITCH_EV_DROP || dp->event == VIFSWITCH_EV_RULE_LOG) {
		json_object_set_new(event, "packet", hex(dp->packet, dp->packet_len));
		json_object_set_new(event, "length", json_integer(dp->frame_len));
		json_object_set_new(event, "suppressed", json_integer(dp->suppressed));
	}
	event_send(d, event);
}
