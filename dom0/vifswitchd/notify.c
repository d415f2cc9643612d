// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json-rpc.h"
#include "base/json-value.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/problem.h"
#include "policy/words.h"
#include "show/event-document.h"
#include "show/packet-summary.h"
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

/* False: the journal had enough of them for now. */
static bool may_log(struct daemon *d)
{
	const uint64_t now = clock_us();

	if (now - d->matches_since >= NOTIFY_LOG_SPAN_US) {
		d->matches_since = now;
		d->matches = 0;
	}
	if (d->matches++ < NOTIFY_LOG_MOST)
		return true;
	d->matches_hidden++;
	return false;
}

/* A match of a rule with log=yes, into the journal. */
static void log_match(struct daemon *d, const struct dp_event *dp)
{
	const struct port *port = dp->has_rule ? ports_get(&d->facts.ports, dp->port) : NULL;
	const struct acl_object *acl = port ? document_acl(d, port->policy) : NULL;
	const struct acl_rule_name *rule = acl ? acl_object_rule(acl, dp->rule) : NULL;
	const char *name = rule ? acl->parts[rule->part] : NULL;
	_cleanup_free_ char *packet = NULL, *hidden = NULL;
	struct log_subject about = LOG_SUBJECT_INIT;

	if (!rule || !rule->log || !may_log(d))
		return;
	about.netdev = dp->port_name;
	about.sw = dp->switch_name;
	packet = packet_summary(dp->packet, dp->packet_len, dp->frame_len);
	hidden = d->matches_hidden ? xprintf(" (%u more before it are not told of)",
					     d->matches_hidden) : xstrdup("");
	d->matches_hidden = 0;
	log_record(LOG_INFO, &about, "%s: rule %s of ACL %s: %s: %s%s", dp->port_name,
		   QUOTE(rule->name, strlen(rule->name)), QUOTE(name, strlen(name)),
		   word_of(verdict_words, rule->action), packet, hidden);
}

void notify_datapath(struct daemon *d, const struct dp_event *dp)
{
	json_t *event;

	log_match(d, dp);
	if (!d->server || !server_has_followers(d->server))
		return;
	event = document_event(d, dp);
	if (event)
		event_send(d, event);
}
