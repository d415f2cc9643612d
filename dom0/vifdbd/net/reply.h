/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFDBD_NET_REPLY_H
#define VIFDBD_NET_REPLY_H

#include "vifdbd/net/session.h"
#include "vifdbd/ovsdb/err.h"

/* The beginning of a reply to this request, up to its result. */
void rpc_reply_begin(const json_t *id, struct buf *b);
void rpc_reply_error(struct session *s, const json_t *id, const struct dberr *err);

#endif
