/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One POST at a time to XAPI's local socket, by libcurl; nothing waits but xapi_http_wait(). */
#ifndef VIFXAPID_XAPI_HTTP_H
#define VIFXAPID_XAPI_HTTP_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

struct xapi_http;

/* @path: of the socket. NULL: libcurl cannot be had. */
struct xapi_http *xapi_http_new(const char *path);
struct xapi_http *xapi_http_free(struct xapi_http *http);	/* always NULL */
/* Takes @body, which is text. There is none under way. */
void xapi_http_post(struct xapi_http *http, char *body);
bool xapi_http_is_busy(const struct xapi_http *http);
/*
 * 1: the answer, valid until the next call; 0: none yet; -EIO: there is none, and *ret_text says
 * what is in the way.
 */
int xapi_http_done(struct xapi_http *http, const char **ret_text, size_t *ret_len);
/* Until something happens to the request or to one of @fds, with their revents, or a time. */
void xapi_http_wait(struct xapi_http *http, struct pollfd *fds, size_t count, int timeout_ms);

#endif /* VIFXAPID_XAPI_HTTP_H */
