/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where clients come from: sockets to listen on (punix:PATH, ptcp:PORT[:IP],
 * pssl:PORT[:IP]) and peers to connect to (unix:PATH, tcp:IP:PORT, ssl:IP:PORT),
 * again and again with growing pauses. IPv6 addresses stand in brackets.
 */
#ifndef VIFDBD_NET_REMOTE_H
#define VIFDBD_NET_REMOTE_H

#include "vifdbd/net/server.h"

/* *ret_message is set on failure, and the caller frees it. */
int remote_add(struct server *server, const char *spec, bool from_db, char **ret_message);
/*
 * A listening socket from the service manager, which is taken over but not
 * removed in the end. Only Unix sockets: others have no protection by files' modes.
 */
int remote_add_fd(struct server *server, int fd, char **ret_message);
void remotes_free(struct server *server);
/* An active remote's session has ended. */
void remote_disconnected(struct remote *r);
/* Once a second: connect those whose pause is over. */
void remotes_tick(struct server *server, int64_t now_ms);
/* Make the remotes from the database what its column says. */
void remotes_sync(struct server *server);
/* "db:DATABASE,TABLE,COLUMN" */
int remotes_set_column(struct server *server, const char *spec, char **ret_message);

#endif
