/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket's server: connections, lines, limits. What a request means
 * is the owner's business. Clients that read too slowly lose notifications,
 * then are told how many; a client that does not take its replies is dropped,
 * or waits for its next one if it may only read.
 */
#ifndef VIFSWITCHD_CONTROL_SERVER_H
#define VIFSWITCHD_CONTROL_SERVER_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "base/json-rpc.h"

struct server;
struct client;

/* Processes that run as users of their own, and are asked and told what they are for. */
enum helper { HELPER_EXPORTER, HELPER_OAM, HELPER_OPENFLOW, HELPERS };

struct server_ops {
	/* Answer now or later with client_send(); @request is the callee's to keep
	 * only by json_incref(request->root). */
	void (*request)(struct client *client, const struct json_rpc_request *request, void *arg);
	/* The client is about to go: forget it. */
	void (*gone)(struct client *client, void *arg);
	/* The notification that stands for @count lost ones, to be freed. */
	char *(*lost)(unsigned int count, void *arg);
};

int server_new(sd_event *event, const char *path, const struct server_ops *ops, void *arg,
	       struct server **ret);
struct server *server_free(struct server *server);
/* Queue a line, which is freed; NULL counts as out of memory and drops the client. */
void client_send(struct client *client, char *line);
/* Else it may only read. */
bool client_may_change(const struct client *client);
/* Is it root, or the user that this process runs as? */
bool client_may_help(const struct client *client, enum helper helper);
/* The name of that user. */
const char *helper_user(enum helper helper);
/* Queue a line that goes with a descriptor, which stays the caller's. */
void client_send_fd(struct client *client, char *line, int fd);
void client_follow(struct client *client);
bool server_has_followers(const struct server *server);
void server_notify(struct server *server, const char *line);

#endif /* VIFSWITCHD_CONTROL_SERVER_H */
