// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json-frame.h"
#include "base/mem.h"
#include "base/unix-socket.h"
#include "vifdbd/net/ask.h"

#define CHUNK 4096

static const struct json_frame_limits answer_limits = {
	.octets = 1u << 20,
	.values = 1u << 17,
	.depth = 100,
};

static int answer_check(const char *text, size_t len, const char *path, char **ret_message)
{
	json_t *json = json_loadb(text, len, 0, NULL);
	const json_t *error = json_object_get(json, "error");
	const char *tag = json_string_value(json_object_get(error, "error"));
	const char *details = json_string_value(json_object_get(error, "details"));
	int r = 0;

	if (!json || !error || !json_is_null(error)) {
		*ret_message = xprintf("%s: %s%s%s", path, tag ? tag : "not understood",
				       details ? ": " : "", details ? details : "");
		r = -EPROTO;
	}
	json_decref(json);
	return r;
}

int ask_server(const char *path, const char *method, char **ret_message)
{
	_cleanup_free_ char *request =
		xprintf("{\"id\":1,\"method\":\"%s\",\"params\":[]}", method);
	_cleanup_(json_frame_deinit) struct json_frame frame;
	_cleanup_close_ int fd = unix_connect(path, 0);
	size_t len, todo = strlen(request);
	const char *text;
	ssize_t n;
	int r = 0;

	json_frame_init(&frame, &answer_limits);
	if (fd < 0 || send(fd, request, todo, MSG_NOSIGNAL) != (ssize_t)todo) {
		r = fd < 0 ? fd : -errno;
		*ret_message = xprintf("%s: %s", path, strerror(-r));
		return r;
	}
	while (!(r = json_frame_next(&frame, &text, &len))) {
		char *room = json_frame_room(&frame, CHUNK);

		n = room ? recv(fd, room, CHUNK, 0) : -1;
		if (n <= 0) {
			*ret_message = xprintf("%s: %s", path,
					       n ? strerror(errno) : "closed without an answer");
			return -EPIPE;
		}
		json_frame_added(&frame, n);
	}
	if (r < 0) {
		*ret_message = xprintf("%s: not an OVSDB server", path);
		return r;
	}
	return answer_check(text, len, path, ret_message);
}
