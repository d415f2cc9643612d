// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libcurl is loaded when a pool needs it: a host without one has neither it in memory,
 * nor the thirty libraries that it brings.
 *
 * It must not be called from its own callbacks, so these only keep what came;
 * work() looks at it when libcurl has returned. A callback of ours may cancel any
 * call, hence work() begins at the head of the list again after each.
 */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/mem.h"
#include "vifdbd/etcd/etcd-http.h"

#define CONNECT_MS 3000L
#define KEEPALIVE_S 5L

#define LIBRARY "libcurl.so.4"
#define FUNCTIONS(X)                                                                              \
	X(curl_global_init)                                                                        \
	X(curl_easy_init)                                                                          \
	X(curl_easy_cleanup)                                                                       \
	X(curl_easy_setopt)                                                                        \
	X(curl_easy_getinfo)                                                                       \
	X(curl_easy_strerror)                                                                      \
	X(curl_multi_init)                                                                         \
	X(curl_multi_cleanup)                                                                      \
	X(curl_multi_setopt)                                                                       \
	X(curl_multi_assign)                                                                       \
	X(curl_multi_add_handle)                                                                   \
	X(curl_multi_remove_handle)                                                                \
	X(curl_multi_info_read)                                                                    \
	X(curl_multi_socket_action)                                                                \
	X(curl_slist_append)                                                                       \
	X(curl_slist_free_all)
#define MEMBER(name) __typeof__(&name) name;

static struct {
	void *handle;
	FUNCTIONS(MEMBER)
} lib;

struct http_call {
	LIST_ENTRY(http_call) link;
	struct http *http;
	struct http_request request;
	CURL *easy;
	struct buf body, in;
	size_t seen; /* of in: no newline up to here */
	char error[CURL_ERROR_SIZE];
	const char *too_long;
};

struct socket_watch {
	LIST_ENTRY(socket_watch) link;
	struct http *http;
	int fd;
	sd_event_source *io;
};

struct http {
	sd_event *event;
	sd_event_source *timer;
	CURLM *multi;
	struct curl_slist *headers;
	char *ca, *certificate, *key;
	LIST_HEAD(, http_call) calls;
	LIST_HEAD(, socket_watch) sockets;
};

static void call_free(struct http_call *c)
{
	LIST_REMOVE(c, link);
	lib.curl_multi_remove_handle(c->http->multi, c->easy);
	lib.curl_easy_cleanup(c->easy);
	buf_free(&c->body);
	buf_free(&c->in);
	free(c);
}

struct http_call *http_cancel(struct http_call *c)
{
	if (c)
		call_free(c);
	return NULL;
}

static size_t on_data(char *data, size_t size, size_t n, void *arg)
{
	struct http_call *c = arg;

	if (c->in.len + n > c->request.max) {
		c->too_long = "its answer is too long";
		return 0;
	}
	buf_put(&c->in, data, n);
	return n;
}

/* True if a line was handed out: the call may be gone. */
static bool hand_out_line(struct http_call *c)
{
	char *end;
	struct buf line;
	size_t len;

	if (!c->request.line || c->seen == c->in.len)
		return false;
	end = memchr(c->in.data + c->seen, '\n', c->in.len - c->seen);
	if (!end) {
		c->seen = c->in.len;
		return false;
	}
	len = end - c->in.data;
	line = c->in;
	c->in = (struct buf){ 0 };
	c->seen = 0;
	if (line.len > len + 1)
		buf_put(&c->in, end + 1, line.len - len - 1);
	c->request.line(line.data, len, c->request.arg);
	buf_free(&line);
	return true;
}

static void finish(struct http_call *c, CURLcode code)
{
	struct http_request r = c->request;
	struct buf in = c->in;
	char error[CURL_ERROR_SIZE];

	snprintf(error, sizeof(error), "%s",
		 c->too_long   ? c->too_long
		 : c->error[0] ? c->error
			       : lib.curl_easy_strerror(code));
	c->in = (struct buf){ 0 };
	call_free(c);
	r.done(code ? error : NULL, in.data ?: "", in.len, r.arg);
	buf_free(&in);
}

static bool finish_one(struct http *h)
{
	struct http_call *c = NULL;
	const CURLMsg *m;
	int left;

	m = lib.curl_multi_info_read(h->multi, &left);
	if (!m || m->msg != CURLMSG_DONE)
		return false;
	lib.curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&c);
	finish(c, m->data.result);
	return true;
}

static bool line_one(struct http *h)
{
	struct http_call *c;

	LIST_FOREACH(c, &h->calls, link)
		if (hand_out_line(c))
			return true;
	return false;
}

static void work(struct http *h, int fd, int what)
{
	int running;

	lib.curl_multi_socket_action(h->multi, fd, what, &running);
	while (line_one(h) || finish_one(h))
		;
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct http *h = arg;
	int what = (events & EPOLLIN ? CURL_CSELECT_IN : 0) |
		   (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
		   (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);

	work(h, fd, what);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	work(arg, CURL_SOCKET_TIMEOUT, 0);
	return 0;
}

static int timer_wanted(CURLM *multi, long ms, void *arg)
{
	struct http *h = arg;

	if (ms < 0) {
		sd_event_source_set_enabled(h->timer, SD_EVENT_OFF);
		return 0;
	}
	sd_event_source_set_time(h->timer, clock_us() + (uint64_t)ms * 1000);
	sd_event_source_set_enabled(h->timer, SD_EVENT_ONESHOT);
	return 0;
}

static void socket_forget(struct http *h, struct socket_watch *w)
{
	lib.curl_multi_assign(h->multi, w->fd, NULL);
	LIST_REMOVE(w, link);
	sd_event_source_disable_unref(w->io);
	free(w);
}

static int socket_wanted(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct http *h = arg;
	struct socket_watch *w = socket_arg;
	uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0) |
			  (what & CURL_POLL_OUT ? EPOLLOUT : 0);

	if (what == CURL_POLL_REMOVE) {
		if (w)
			socket_forget(h, w);
		return 0;
	}
	if (w)
		return sd_event_source_set_io_events(w->io, events) < 0 ? -1 : 0;
	w = xzalloc(sizeof(*w));
	w->http = h;
	w->fd = fd;
	LIST_INSERT_HEAD(&h->sockets, w, link);
	lib.curl_multi_assign(h->multi, fd, w);
	return sd_event_add_io(h->event, &w->io, fd, events, on_io, h) < 0 ? -1 : 0;
}

static int load(char **ret_message)
{
	const char *missing = NULL;

	if (lib.handle)
		return 0;
	lib.handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!lib.handle) {
		*ret_message = xprintf("a pool needs the library %s (package libcurl4): %s", LIBRARY,
				       dlerror());
		return -ENOENT;
	}
#define FIND(name)                                                                                \
	lib.name = (__typeof__(lib.name))dlsym(lib.handle, #name);                                 \
	if (!lib.name)                                                                             \
		missing = #name;
	FUNCTIONS(FIND)
	if (!missing)
		return lib.curl_global_init(CURL_GLOBAL_DEFAULT) ? -ENOMEM : 0;
	*ret_message = xprintf("%s has no %s", LIBRARY, missing);
	return -ENOENT;
}

int http_new(sd_event *event, const struct http_tls *tls, struct http **ret, char **ret_message)
{
	struct http *h;
	int r = load(ret_message);

	if (r)
		return r;
	h = xzalloc(sizeof(*h));
	h->event = event;
	h->ca = tls->ca ? xstrdup(tls->ca) : NULL;
	h->certificate = tls->certificate ? xstrdup(tls->certificate) : NULL;
	h->key = tls->key ? xstrdup(tls->key) : NULL;
	h->multi = lib.curl_multi_init();
	/* "Expect: 100-continue" would cost a round trip. */
	h->headers = lib.curl_slist_append(NULL, "Expect:");
	h->headers = lib.curl_slist_append(h->headers, "Content-Type: application/json");
	/* etcd ends a watch of a member that has lost the others. */
	h->headers = lib.curl_slist_append(h->headers, "Grpc-Metadata-hasleader: true");
	r = sd_event_add_time(event, &h->timer, CLOCK_MONOTONIC, UINT64_MAX, 1000, on_timer, h);
	if (r < 0 || !h->multi || !h->headers) {
		http_free(h);
		return r < 0 ? r : -ENOMEM;
	}
	lib.curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, socket_wanted);
	lib.curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	lib.curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, timer_wanted);
	lib.curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	*ret = h;
	return 0;
}

void http_free(struct http *h)
{
	if (!h)
		return;
	while (!LIST_EMPTY(&h->calls))
		call_free(LIST_FIRST(&h->calls));
	lib.curl_multi_cleanup(h->multi);
	while (!LIST_EMPTY(&h->sockets)) {
		struct socket_watch *w = LIST_FIRST(&h->sockets);

		LIST_REMOVE(w, link);
		sd_event_source_disable_unref(w->io);
		free(w);
	}
	sd_event_source_disable_unref(h->timer);
	lib.curl_slist_free_all(h->headers);
	free(h->ca);
	free(h->certificate);
	free(h->key);
	free(h);
}

static void set_tls(const struct http *h, CURL *easy)
{
	lib.curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	lib.curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	lib.curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (h->ca) {
		lib.curl_easy_setopt(easy, CURLOPT_CAINFO, h->ca);
		lib.curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
	if (h->certificate)
		lib.curl_easy_setopt(easy, CURLOPT_SSLCERT, h->certificate);
	if (h->key)
		lib.curl_easy_setopt(easy, CURLOPT_SSLKEY, h->key);
}

static void set_answer(struct http_call *c)
{
	lib.curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->error);
	lib.curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_data);
	lib.curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
	lib.curl_easy_setopt(c->easy, CURLOPT_PRIVATE, c);
	lib.curl_easy_setopt(c->easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	if (!c->request.line)
		lib.curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, (long)c->request.timeout_ms);
	lib.curl_easy_setopt(c->easy, CURLOPT_TCP_KEEPALIVE, 1L);
	lib.curl_easy_setopt(c->easy, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_S);
	lib.curl_easy_setopt(c->easy, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_S);
}

struct http_call *http_post(struct http *h, const struct http_request *request)
{
	struct http_call *c = xzalloc(sizeof(*c));

	c->http = h;
	c->request = *request;
	c->body = *request->body;
	*request->body = (struct buf){ 0 };
	c->easy = lib.curl_easy_init();
	if (!c->easy)
		mem_out();
	LIST_INSERT_HEAD(&h->calls, c, link);
	lib.curl_easy_setopt(c->easy, CURLOPT_URL, request->url);
	lib.curl_easy_setopt(c->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	lib.curl_easy_setopt(c->easy, CURLOPT_NOPROXY, "*");
	lib.curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
	/* To end a call is not to wait for its resolver; an older library does not know it. */
	lib.curl_easy_setopt(c->easy, CURLOPT_QUICK_EXIT, 1L);
	lib.curl_easy_setopt(c->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	lib.curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, h->headers);
	lib.curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, c->body.data);
	lib.curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body.len);
	set_tls(h, c->easy);
	set_answer(c);
	lib.curl_multi_add_handle(h->multi, c->easy);
	return c;
}
