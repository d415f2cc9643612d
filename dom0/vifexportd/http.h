/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The HTTP side, by libmicrohttpd without threads of its own: its epoll descriptor and
 * its timeouts are in the event loop. Read only: GET and HEAD of a handful of paths.
 *
 * Who may ask is who reaches the socket; so that a web page of somebody else's cannot
 * (DNS rebinding), a request over TCP must name this host: an address, localhost, or a
 * name that was given. Connections, their memory and the time they may idle are bounded.
 */
#ifndef VIFEXPORTD_HTTP_H
#define VIFEXPORTD_HTTP_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "vifexportd/drop-log.h"
#include "vifexportd/page/places.h"
#include "vifexportd/show-source.h"

#define HTTP_LISTENERS_MAX	8
#define HTTP_NAMES_MAX		16

struct http_listener;

struct http {
	sd_event *event;
	struct source *source;
	struct drop_log *drops;
	struct places places;
	const char *static_dir;
	const char *names[HTTP_NAMES_MAX];	/* of this host, as requests may call it */
	unsigned int name_count;
	struct http_listener *listener[HTTP_LISTENERS_MAX];
	unsigned int listener_count;
};

/* Takes over @fd, which listens. 0 or a negative errno; -ENOSPC: one too many. */
int http_listen(struct http *h, int fd);
void http_deinit(struct http *h);

/* Does a request whose Host is @host (NULL: none) mean this host? */
bool http_host_is_ours(const struct http *h, const char *host);

#endif /* VIFEXPORTD_HTTP_H */
