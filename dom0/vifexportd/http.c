// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "vifexportd/http.h"
#include "vifexportd/metrics.h"
#include "vifexportd/page/page.h"

#define CONNECTIONS_MAX		32U
#define CONNECTIONS_OF_ONE	16U	/* address */
#define CONNECTION_MEMORY	(32U * 1024)
#define IDLE_SECONDS		10U

struct http_listener {
	struct http *http;
	struct MHD_Daemon *mhd;
	sd_event_source *io, *timer;
	bool local;		/* a Unix socket: nobody else's web page gets here */
};

#define TEXT_CLASSIC	"text/plain; version=0.0.4; charset=utf-8"
#define TEXT_OPEN	"application/openmetrics-text; version=1.0.0; charset=utf-8"

/* ---- who is meant ---- */

static bool is_address(const char *text)
{
	unsigned char octets[16];

	return inet_pton(AF_INET, text, octets) == 1 || inet_pton(AF_INET6, text, octets) == 1;
}

/* The name without its port and brackets; false: it is none. */
static bool host_name(const char *host, char *ret, size_t size)
{
	const char *end = host + strlen(host);
	const char *colon = strrchr(host, ':');

	if (*host == '[') {
		end = strchr(++host, ']');
		if (!end || (end[1] && end[1] != ':'))
			return false;
	} else if (colon) {
		end = colon;
	}
	if (end == host || (size_t)(end - host) >= size)
		return false;
	memcpy(ret, host, end - host);
	ret[end - host] = '\0';
	return true;
}

bool http_host_is_ours(const struct http *h, const char *host)
{
	char name[256];

	if (!host || !host_name(host, name, sizeof(name)))
		return false;
	if (is_address(name) || strcasecmp(name, "localhost") == 0)
		return true;
	for (unsigned int i = 0; i < h->name_count; i++) {
		if (strcasecmp(name, h->names[i]) == 0)
			return true;
	}
	return false;
}

/* ---- answers ---- */

/* Takes over @body, which was allocated; NULL is out of memory. */
static enum MHD_Result answer(struct MHD_Connection *c, unsigned int status, const char *type,
			      char *body)
{
	static const char policy[] = "default-src 'none'; style-src 'self'; script-src 'self'; "
				     "connect-src 'self'; img-src 'self' data:; base-uri 'none'; "
				     "form-action 'none'; frame-ancestors 'self'";
	struct MHD_Response *response;
	enum MHD_Result r;

	if (!body)
		return MHD_NO;
	response = MHD_create_response_from_buffer(strlen(body), body, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(body);
		return MHD_NO;
	}
	MHD_add_response_header(response, "Content-Type", type);
	MHD_add_response_header(response, "Content-Security-Policy", policy);
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
	MHD_add_response_header(response, "Cache-Control", "no-store");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, "Allow", "GET, HEAD");
	r = MHD_queue_response(c, status, response);
	MHD_destroy_response(response);
	return r;
}

static enum MHD_Result tell(struct MHD_Connection *c, unsigned int status, const char *text)
{
	return answer(c, status, "text/plain; charset=utf-8", strdup(text));
}

static enum MHD_Result metrics(struct http *h, struct MHD_Connection *c)
{
	const char *accept = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Accept");
	bool open = accept && strstr(accept, "application/openmetrics-text");

	source_hits(h->source);
	return answer(c, MHD_HTTP_OK, open ? TEXT_OPEN : TEXT_CLASSIC,
		      metrics_text(h->source, open));
}

static enum MHD_Result page(struct http *h, struct MHD_Connection *c)
{
	const struct page_facts facts = {
		.show = h->source->show, .problem = h->source->problem.text,
		.mirrors = h->source->mirrors, .exporters = h->source->exporters,
		.drops = h->drops->events, .places = &h->places,
	};

	drop_log_look(h->drops);
	return answer(c, h->source->show ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
		      "text/html; charset=utf-8", page_html(&facts));
}

static enum MHD_Result document(struct http *h, struct MHD_Connection *c, const json_t *doc)
{
	if (!doc)
		return tell(c, MHD_HTTP_SERVICE_UNAVAILABLE, h->source->problem.text);
	return answer(c, MHD_HTTP_OK, "application/json", json_dumps(doc, JSON_COMPACT));
}

static enum MHD_Result show_document_of(struct http *h, struct MHD_Connection *c)
{
	return document(h, c, h->source->show);
}

static enum MHD_Result acls_document(struct http *h, struct MHD_Connection *c)
{
	return document(h, c, h->source->acls);
}

static enum MHD_Result mirrors_document(struct http *h, struct MHD_Connection *c)
{
	return document(h, c, h->source->mirrors);
}

static enum MHD_Result exporters_document(struct http *h, struct MHD_Connection *c)
{
	return document(h, c, h->source->exporters);
}

static enum MHD_Result file(struct http *h, struct MHD_Connection *c, const char *name,
			    const char *type)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;
	struct MHD_Response *response;
	enum MHD_Result r;
	struct stat st;

	if (asprintf(&path, "%s/%s", h->static_dir, name) < 0) {
		path = NULL;
		return MHD_NO;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return tell(c, MHD_HTTP_NOT_FOUND, "the package's static files are missing\n");
	response = MHD_create_response_from_fd((size_t)st.st_size, TAKE_FD(fd));
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, "Content-Type", type);
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	r = MHD_queue_response(c, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return r;
}

static enum MHD_Result style(struct http *h, struct MHD_Connection *c)
{
	return file(h, c, "page.css", "text/css; charset=utf-8");
}

static enum MHD_Result script(struct http *h, struct MHD_Connection *c)
{
	return file(h, c, "page.js", "text/javascript; charset=utf-8");
}

static const struct {
	const char *path;
	bool asks;		/* the daemon */
	enum MHD_Result (*give)(struct http *h, struct MHD_Connection *c);
} paths[] = {
	{ "/", true, page },
	{ "/metrics", true, metrics },
	{ "/show.json", true, show_document_of },
	{ "/acls.json", true, acls_document },
	{ "/mirrors.json", true, mirrors_document },
	{ "/exporters.json", true, exporters_document },
	{ "/page.css", false, style },
	{ "/page.js", false, script },
};

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **state)
{
	struct http_listener *l = arg;
	struct http *h = l->http;

	if (!*state) {		/* the head is there; what follows of it is not wanted */
		*state = l;
		return MHD_YES;
	}
	if (*upload_size) {
		*upload_size = 0;
		return MHD_YES;
	}
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return tell(c, MHD_HTTP_METHOD_NOT_ALLOWED, "accepted: GET, HEAD\n");
	if (!l->local && !http_host_is_ours(h, MHD_lookup_connection_value(c, MHD_HEADER_KIND,
									     "Host")))
		return tell(c, MHD_HTTP_FORBIDDEN,
			    "Host names another host; accepted: an address, localhost, or a --name\n");
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (strcmp(url, paths[i].path) != 0)
			continue;
		if (paths[i].asks)
			source_refresh(h->source);
		return paths[i].give(h, c);
	}
	return tell(c, MHD_HTTP_NOT_FOUND, "accepted: /, /metrics, /show.json, /acls.json, /mirrors.json\n");
}

/* ---- the event loop ---- */

static void set_timer(struct http_listener *l)
{
	MHD_UNSIGNED_LONG_LONG ms;
	uint64_t now;

	if (MHD_get_timeout(l->mhd, &ms) != MHD_YES) {
		sd_event_source_set_enabled(l->timer, SD_EVENT_OFF);
		return;
	}
	sd_event_now(l->http->event, CLOCK_MONOTONIC, &now);
	sd_event_source_set_time(l->timer, now + ms * 1000);
	sd_event_source_set_enabled(l->timer, SD_EVENT_ONESHOT);
}

static int run(struct http_listener *l)
{
	MHD_run(l->mhd);
	set_timer(l);
	return 0;
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	return run(arg);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	return run(arg);
}

static void listener_free(struct http_listener *l)
{
	sd_event_source_disable_unref(l->io);
	sd_event_source_disable_unref(l->timer);
	if (l->mhd)
		MHD_stop_daemon(l->mhd);
	free(l);
}

static bool is_local(int fd)
{
	int family = 0;
	socklen_t len = sizeof(family);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len) == 0 && family == AF_UNIX;
}

static int watch(struct http_listener *l)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(l->mhd, MHD_DAEMON_INFO_EPOLL_FD);
	int r;

	if (!info)
		return -EIO;
	r = sd_event_add_io(l->http->event, &l->io, info->epoll_fd, EPOLLIN, on_io, l);
	if (r >= 0)
		r = sd_event_add_time(l->http->event, &l->timer, CLOCK_MONOTONIC, UINT64_MAX, 0,
				      on_timer, l);
	if (r >= 0)
		set_timer(l);
	return r < 0 ? r : 0;
}

int http_listen(struct http *h, int fd)
{
	struct http_listener *l;
	int r;

	if (h->listener_count == HTTP_LISTENERS_MAX)
		return -ENOSPC;
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->http = h;
	l->local = is_local(fd);
	l->mhd = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL,
				  on_request, l,
				  MHD_OPTION_LISTEN_SOCKET, fd,
				  MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
				  MHD_OPTION_PER_IP_CONNECTION_LIMIT,
				  l->local ? 0U : CONNECTIONS_OF_ONE,
				  MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
				  MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, MHD_OPTION_END);
	r = l->mhd ? watch(l) : -EIO;
	if (r < 0) {
		listener_free(l);
		return r;
	}
	h->listener[h->listener_count++] = l;
	return 0;
}

void http_deinit(struct http *h)
{
	while (h->listener_count)
		listener_free(h->listener[--h->listener_count]);
	places_deinit(&h->places);
}
