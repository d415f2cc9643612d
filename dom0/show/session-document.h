/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An entry of the document "session list": one thing that a port remembers. */
#ifndef SHOW_SESSION_DOCUMENT_H
#define SHOW_SESSION_DOCUMENT_H

#include <jansson.h>
#include <stdbool.h>

#include "policy/words.h"
#include "vifswitch/session-abi.h"

extern const struct word session_state_words[];	/* enum vifswitch_session_state */

/* Whoever asks has ICMP's identifier for its port. */
bool session_is_icmp(const struct vifswitch_session *session);
/* @port: the port it is of, of the document "show". @tracked: of flow tables, not of its ACL. */
json_t *session_json(const struct vifswitch_session *session, const json_t *port, bool tracked);

#endif /* SHOW_SESSION_DOCUMENT_H */
