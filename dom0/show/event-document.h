/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events: what happened to a port just now. */
#ifndef SHOW_EVENT_DOCUMENT_H
#define SHOW_EVENT_DOCUMENT_H

#include <jansson.h>

#include "datapath/ko/client.h"
#include "show/subject.h"

/* @event at this moment; @subject is NULL where it is of no port. */
json_t *event_json(const char *event, const struct subject *subject);

/* Names that the datapath does not know; NULL: not known here either. */
struct event_names {
	const char *old_netdev;
	const char *acl, *rule;
};

/* NULL: an event that this version does not know. */
json_t *event_of_datapath(const struct dp_event *dp, const struct owner *owner,
			  const struct event_names *names);

#endif /* SHOW_EVENT_DOCUMENT_H */
