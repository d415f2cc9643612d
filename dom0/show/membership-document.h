/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An entry of the document "multicast": which port wants which multicast group. */
#ifndef SHOW_MEMBERSHIP_DOCUMENT_H
#define SHOW_MEMBERSHIP_DOCUMENT_H

#include <jansson.h>

#include "datapath/messages.h"
#include "show/subject.h"

/* @port: the subject of the port. */
json_t *membership_json(const struct dp_group *group, const struct subject *port);
/* Of a switch; null: it does not snoop. */
json_t *snooping_json(const struct dp_snoop *snoop, const struct vifswitch_snoop *counts);

#endif /* SHOW_MEMBERSHIP_DOCUMENT_H */
