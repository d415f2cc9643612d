/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server as a client of its own, through a pair of sockets: what it does goes the
 * way of every transaction, to disk or to the pool. One request at a time.
 */
#ifndef VIFDBD_NET_OWN_CLIENT_H
#define VIFDBD_NET_OWN_CLIENT_H

#include "vifdbd/net/server.h"

struct own_client {
	struct server *server;
	const char *what; /* it does, for the log: "... was not done" */
	/* Tells what came of it, error NULL: it was done. May ask for the next; NULL: logged. */
	void (*done)(struct own_client *c, const json_t *error);
	struct session *session; /* a reference: the server may have closed it already */
	int fd; /* the other end; valid while there is a session */
	sd_event_source *io;
	struct json_frame frame;
};

static inline bool own_client_busy(const struct own_client *c)
{
	return c->session;
}

/* Operations of a transaction, which are taken over. What goes wrong is logged. */
void own_client_transact(struct own_client *c, json_t *operations);
void own_client_close(struct own_client *c);

#endif
