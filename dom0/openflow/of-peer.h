/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions from their hello to their end, and what time does to a switch. */
#ifndef OPENFLOW_PEER_H
#define OPENFLOW_PEER_H

#include "openflow/of-message.h"

/* @versions: bits of those that it may take; 0: all that we speak. */
struct of_session *session_new(struct of_switch *sw, enum of_session_kind kind, const char *name,
			       uint32_t versions);
void session_free(struct of_session *s);
void session_input(struct of_session *s, const uint8_t *message, size_t len);

/* Once a second or so: timeouts of flows and of bundles. */
void switch_tick(struct of_switch *sw);
/* The datapath ended a flow by a timeout, with these counters. */
void switch_expired(struct of_switch *sw, struct of_flow *flow, enum of_removed why);
/* Flows, groups, meters: none. */
void switch_flush(struct of_switch *sw);

#endif /* OPENFLOW_PEER_H */
