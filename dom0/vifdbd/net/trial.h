/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes that go back by themselves unless they are confirmed: rows of table Trial. */
#ifndef VIFDBD_NET_TRIAL_H
#define VIFDBD_NET_TRIAL_H

#include "vifdbd/net/server.h"

/* Once a second or so. */
void trials_tick(struct server *server, int64_t now_ms);
void trials_free(struct server *server);

#endif
