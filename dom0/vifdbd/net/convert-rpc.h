/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFDBD_NET_CONVERT_RPC_H
#define VIFDBD_NET_CONVERT_RPC_H

#include <jansson.h>
#include <stdbool.h>

#include "vifdbd/ovsdb/buf.h"
#include "vifdbd/ovsdb/err.h"

struct session;

struct dberr *rpc_convert(struct session *s, const json_t *params, struct buf *result);

#endif
