/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server as a whole: puts sessions, remotes and the database together on one
 * event loop, and takes them apart.
 */
#ifndef VIFDBD_NET_SERVICE_H
#define VIFDBD_NET_SERVICE_H

#include "vifdbd/net/server.h"

/* path is that of the database. */
int service_new(const struct limits *limits, struct db *db, const char *path, struct server **ret);
void service_free(struct server *server);

#endif
