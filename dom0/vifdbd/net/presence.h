/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hosts that are gone. A host's daemon holds the lock host_NAME, its name in hexadecimal,
 * as long as it is connected, and writes "present" into its row of Host; whose lock nobody
 * holds, at any server of the pool, is marked "absent" after a while. Its Location rows
 * stay: they are stale as long as it is.
 */
#ifndef VIFDBD_NET_PRESENCE_H
#define VIFDBD_NET_PRESENCE_H

#include "vifdbd/net/server.h"

/* Once a second or so. */
void presence_tick(struct server *server, int64_t now_ms);
void presence_free(struct server *server);

#endif
