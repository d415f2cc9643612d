// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json-rpc.h"

void json_rpc_input_init(struct json_rpc_input *in, size_t max)
{
	*in = (struct json_rpc_input){ .max = max };
}

void json_rpc_input_deinit(struct json_rpc_input *in)
{
	free(in->buf);
	*in = (struct json_rpc_input){};
}

int json_rpc_input_feed(struct json_rpc_input *in, const char *data, size_t len)
{
	size_t size;
	char *buf;

	if (in->taken) {
		memmove(in->buf, in->buf + in->taken, in->len - in->taken);
		in->len -= in->taken;
		in->scanned = 0;
		in->taken = 0;
	}
	if (len > SIZE_MAX / 2 - in->len)
		return -EMSGSIZE;
	if (in->len + len > in->size) {
		size = in->size ? in->size : 4096;
		while (size < in->len + len)
			size *= 2;
		buf = realloc(in->buf, size);
		if (!buf)
			return -ENOMEM;
		in->buf = buf;
		in->size = size;
	}
	memcpy(in->buf + in->len, data, len);
	in->len += len;
	if (in->len > in->max && !memchr(in->buf, '\n', in->len))
		return -EMSGSIZE;
	return 0;
}

int json_rpc_input_line(struct json_rpc_input *in, const char **ret_line, size_t *ret_len)
{
	size_t from = in->taken > in->scanned ? in->taken : in->scanned;
	char *end = in->len > from ? memchr(in->buf + from, '\n', in->len - from) : NULL;
	size_t len;

	if (!end) {
		in->scanned = in->len;
		return in->len - in->taken > in->max ? -EMSGSIZE : 0;
	}
	len = end - (in->buf + in->taken);
	if (len > in->max)
		return -EMSGSIZE;
	*ret_line = in->buf + in->taken;
	*ret_len = len;
	in->taken += len + 1;
	in->scanned = in->taken;
	return 1;
}

int json_rpc_request_parse(const char *line, size_t len, struct json_rpc_request *ret,
			   const char **ret_problem)
{
	const char *problem;
	json_t *root, *id, *method, *params, *param;

	root = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	if (!root) {
		problem = "the line is not one JSON object";
		goto invalid;
	}
	id = json_object_get(root, "id");
	method = json_object_get(root, "method");
	params = json_object_get(root, "params");
	param = json_array_get(params, 0);
	if (!json_is_integer(id) && !json_is_string(id))
		problem = "\"id\" must be a number or a string";
	else if (!json_is_string(method))
		problem = "\"method\" must be a string";
	else if (params && !json_is_array(params))
		problem = "\"params\" must be an array";
	else if (json_array_size(params) > 1 || (param && !json_is_object(param)))
		problem = "\"params\" must hold at most one object";
	else {
		*ret = (struct json_rpc_request){
			.root = root, .id = id, .param = param,
			.method = json_string_value(method),
		};
		return 0;
	}
invalid:
	json_decref(root);
	*ret_problem = problem;
	return -EINVAL;
}

static char *to_line(json_t *message)
{
	char *text, *line;
	size_t len;

	if (!message)
		return NULL;
	text = json_dumps(message, JSON_COMPACT);
	json_decref(message);
	if (!text)
		return NULL;
	len = strlen(text);
	line = realloc(text, len + 2);
	if (!line) {
		free(text);
		return NULL;
	}
	memcpy(line + len, "\n", 2);
	return line;
}

static json_t *params_of(json_t *param)
{
	return param ? json_pack("[o]", param) : json_array();
}

char *json_rpc_request(json_int_t id, const char *method, json_t *param)
{
	return to_line(json_pack("{sI ss so}", "id", id, "method", method,
				 "params", params_of(param)));
}

char *json_rpc_result(json_t *id, json_t *result)
{
	return to_line(json_pack("{sO? so sn}", "id", id, "result", result, "error"));
}

char *json_rpc_error(json_t *id, const char *code, const char *message)
{
	return to_line(json_pack("{sO? sn s{ss ss}}", "id", id, "result",
				 "error", "code", code, "message", message));
}

char *json_rpc_notification(const char *method, json_t *param)
{
	return to_line(json_pack("{sn ss so}", "id", "method", method,
				 "params", params_of(param)));
}
