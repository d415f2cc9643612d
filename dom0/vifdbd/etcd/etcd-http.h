/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * POST requests over libcurl's multi interface, driven by an sd-event loop. Answers
 * are bounded; nobody is redirected, and no proxy is asked. Callbacks run from the
 * loop, never from within http_post() or http_cancel(), and may call either.
 */
#ifndef VIFDBD_ETCD_ETCD_HTTP_H
#define VIFDBD_ETCD_ETCD_HTTP_H

#include <systemd/sd-event.h>

#include "vifdbd/ovsdb/buf.h"

struct http;
struct http_call;

/* Of PEM files; NULL: none. */
struct http_tls {
	const char *ca, *certificate, *key;
};

/* A line of an endless answer. The call lives on unless it is cancelled here. */
typedef void (*http_line_fn)(const char *line, size_t len, void *arg);
/* The end; the call is gone. error is NULL if there is an answer, of whatever status. */
typedef void (*http_done_fn)(const char *error, const char *text, size_t len, void *arg);

struct http_request {
	const char *url;
	struct buf *body; /* taken over */
	size_t max;	  /* octets of the answer, or of a line */
	unsigned int timeout_ms;
	http_line_fn line; /* an endless answer, which has no timeout once it began */
	http_done_fn done;
	void *arg;
};

/* *ret_message may be set on failure, and is the caller's to free. */
int http_new(sd_event *event, const struct http_tls *tls, struct http **ret, char **ret_message);
void http_free(struct http *h);
struct http_call *http_post(struct http *h, const struct http_request *request);
/* Its callbacks are not called any more. NULL is allowed. Returns NULL. */
struct http_call *http_cancel(struct http_call *call);

#endif
