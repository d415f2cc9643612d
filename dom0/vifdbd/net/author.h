/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who a client is, for the journal: looked at when it first changes something. */
#ifndef VIFDBD_NET_AUTHOR_H
#define VIFDBD_NET_AUTHOR_H

#include "vifdbd/net/server.h"

/* Valid as long as the session is open. */
const struct author *session_author(struct session *s);
void session_author_forget(struct session *s);
/* Clients of this kind are the server itself. */
void session_author_self(struct session *s);

#endif
