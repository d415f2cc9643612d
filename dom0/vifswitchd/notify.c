// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/cleanup.h"
#include "base/json-rpc.h"
#include "base/json-value.h"
#include "show/event-document.h"
#include "vifswitchd/documents.h"
#include "vifswitchd/notify.h"

static void event_send(struct daemon *d, json_t *event)
{
	_cleanup_free_ char *line = json_rpc_notification("event", event);

	if (line)
		server_notify(d->server, line);
}

void notify_vif(struct daemon *d, const char *name, const struct vif *vif,
		const struct link *link, const char *message)
{
	json_t *event;

	if (!d->server || !server_has_followers(d->server))
		return;
	event = event_json(name, &(struct subject){
		.sw = vif->wanted.sw[0] ? vif->wanted.sw : NULL, .netdev = link ? link->name : NULL,
		.ifindex = link ? link->ifindex : 0, .owner = document_owner(vif) });
	if (message)
		json_object_set_new(event, "message", json_text(message));
	event_send(d, event);
}

void notify_datapath(struct daemon *d, const struct dp_event *dp)
{
	json_t *event;

	if (!d->server || !server_has_followers(d->server))
		return;
	event = document_event(d, dp);
	if (event)
		event_send(d, event);
}
