// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifxapid/xapi-http.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "xapi/xapi-sync.h"

#define URL		"http://localhost/jsonrpc"
#define CONNECT_S	10L
#define FDS_MAX		4

struct xapi_http {
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers;
	bool busy;
	char *body;
	char *text;
	size_t len, room;
	char why[CURL_ERROR_SIZE + 64];
};

static size_t take(char *data, size_t size, size_t n, void *arg)
{
	struct xapi_http *http = arg;

	n *= size;
	if (n > XAPI_ANSWER_MAX - http->len)
		return 0;
	if (http->len + n > http->room) {
		http->room = (http->len + n) * 2;
		http->text = xrealloc(http->text, http->room);
	}
	memcpy(http->text + http->len, data, n);
	http->len += n;
	return n;
}

static bool set_up(struct xapi_http *http, const char *path)
{
	CURL *easy = http->easy;

	return curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, path) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_URL, URL) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HTTPHEADER, http->headers) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_S) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)XAPI_ANSWER_WAIT_S) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEDATA, http) == CURLE_OK;
}

struct xapi_http *xapi_http_new(const char *path)
{
	struct xapi_http *http = xzalloc(sizeof(*http));

	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {
		http->multi = curl_multi_init();
		http->easy = curl_easy_init();
		http->headers = curl_slist_append(NULL, "Content-Type: application/json");
		http->headers = curl_slist_append(http->headers, "Expect:");
	}
	return http->multi && http->easy && http->headers && set_up(http, path) ?
	       http : xapi_http_free(http);
}

static void end(struct xapi_http *http)
{
	if (http->busy)
		curl_multi_remove_handle(http->multi, http->easy);
	http->busy = false;
	free(http->body);
	http->body = NULL;
}

struct xapi_http *xapi_http_free(struct xapi_http *http)
{
	end(http);
	if (http->easy)
		curl_easy_cleanup(http->easy);
	if (http->multi)
		curl_multi_cleanup(http->multi);
	curl_slist_free_all(http->headers);
	free(http->text);
	free(http);
	return NULL;
}

void xapi_http_post(struct xapi_http *http, char *body)
{
	http->body = body;
	free(http->text);
	http->text = NULL;
	http->len = http->room = 0;
	if (curl_easy_setopt(http->easy, CURLOPT_POSTFIELDSIZE, (long)strlen(body)) != CURLE_OK ||
	    curl_easy_setopt(http->easy, CURLOPT_POSTFIELDS, body) != CURLE_OK ||
	    curl_multi_add_handle(http->multi, http->easy) != CURLM_OK)
		mem_out();
	http->busy = true;
}

bool xapi_http_is_busy(const struct xapi_http *http)
{
	return http->busy;
}

static int outcome(struct xapi_http *http, CURLcode code)
{
	long status = 0;

	curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_WRITE_ERROR)
		snprintf(http->why, sizeof(http->why), "an answer of more than %u octets",
			 XAPI_ANSWER_MAX);
	else if (code != CURLE_OK)
		snprintf(http->why, sizeof(http->why), "XAPI does not answer: %s",
			 curl_easy_strerror(code));
	else if (status != 200)
		snprintf(http->why, sizeof(http->why), "XAPI answers with HTTP status %ld", status);
	else
		return 1;
	return -EIO;
}

int xapi_http_done(struct xapi_http *http, const char **ret_text, size_t *ret_len)
{
	int running, left, r;
	CURLMsg *message;

	if (!http->busy)
		return 0;
	curl_multi_perform(http->multi, &running);
	message = curl_multi_info_read(http->multi, &left);
	if (!message || message->msg != CURLMSG_DONE)
		return 0;
	r = outcome(http, message->data.result);
	end(http);
	*ret_text = r > 0 ? http->text ?: "" : http->why;
	*ret_len = r > 0 ? http->len : strlen(http->why);
	return r;
}

void xapi_http_wait(struct xapi_http *http, struct pollfd *fds, size_t count, int timeout_ms)
{
	struct curl_waitfd extra[FDS_MAX] = {};
	size_t n = 0;

	for (size_t i = 0; i < count && n < FDS_MAX; i++) {
		fds[i].revents = 0;
		if (fds[i].fd < 0)
			continue;
		extra[n].fd = fds[i].fd;
		extra[n].events = (fds[i].events & POLLIN ? CURL_WAIT_POLLIN : 0) |
				  (fds[i].events & POLLOUT ? CURL_WAIT_POLLOUT : 0);
		n++;
	}
	curl_multi_poll(http->multi, extra, (unsigned int)n, timeout_ms, NULL);
	poll(fds, count, 0);
}
