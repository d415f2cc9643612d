// SPDX-License-Identifier: GPL-2.0-or-later
#include <time.h>

#include "base/control.h"
#include "datapath/ko/decode.h"
#include "base/json-value.h"
#include "kmod/core/reason.h"
#include "policy/acl/builtin.h"
#include "policy/acl/rule.h"
#include "show/event-document.h"

#define NS_PER_MS	1000000

static json_t *now_json(void)
{
	struct timespec now;
	struct tm tm;
	char text[32];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	return json_sprintf("%s.%03ldZ", text, now.tv_nsec / NS_PER_MS);
}

json_t *event_json(const char *name, const struct subject *subject)
{
	json_t *event = json_pack("{s:i, s:o, s:s}", "format", VIFSWITCH_OUTPUT_FORMAT,
				  "time", now_json(), "event", name);
	json_t *about = subject ? subject_json(subject) : NULL;

	json_object_update(event, about);
	json_decref(about);
	return event;
}

static json_t *rule_json(uint64_t cookie, const char *name)
{
	if (!name)
		name = acl_reserved_name(cookie);
	return name ? json_text(name) : json_sprintf("%016llx", (unsigned long long)cookie);
}

static void add_packet(json_t *event, const struct dp_event *dp)
{
	uint32_t len = dp->packet_len;

	if (len > VIFSWITCH_EVENT_PACKET_MAX)
		len = VIFSWITCH_EVENT_PACKET_MAX;
	json_object_set_new(event, "packet", json_hex(dp->packet, len));
	json_object_set_new(event, "length", json_integer(dp->frame_len));
	json_object_set_new(event, "suppressed", json_integer((json_int_t)dp->suppressed));
}

json_t *event_of_datapath(const struct dp_event *dp, const struct owner *owner,
			  const struct event_names *names)
{
	struct subject subject = { .sw = dp->switch_name, .netdev = dp->port_name,
				   .ifindex = dp->port, .owner = *owner };
	const char *word = datapath_event_word(dp->event);
	json_t *event;

	if (!word)
		return NULL;
	event = event_json(word, &subject);
	if (dp->has_mac)
		json_object_set_new(event, "mac", json_mac(dp->mac));
	if (dp->vlan != VIFSWITCH_VID_NONE)
		json_object_set_new(event, "vlan", json_integer(dp->vlan));
	if (names->old_netdev)
		json_object_set_new(event, "old_netdev", json_text(names->old_netdev));
	if (dp->has_rule) {
		json_object_set_new(event, "acl", json_text(names->acl));
		json_object_set_new(event, "rule", rule_json(dp->rule, names->rule));
	}
	if (dp->event == VIFSWITCH_EV_DROP)
		json_object_set_new(event, "reason", json_text(vs_reason_word(dp->reason)));
	if (dp->event == VIFSWITCH_EV_DROP || dp->event == VIFSWITCH_EV_RULE_LOG)
		add_packet(event, dp);
	return event;
}
