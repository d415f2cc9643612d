/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFDBD_NET_RPC_H
#define VIFDBD_NET_RPC_H

#include <stddef.h>

struct session;

/* A message from a client; negative if the connection must end. */
int rpc_message(struct session *s, const char *text, size_t len);

#endif
