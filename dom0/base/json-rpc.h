/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON-RPC 1.0, one message a line: framing and message forms, no I/O. Used by
 * both ends of the control socket (control.h).
 */
#ifndef VIFSWITCH_JSON_RPC_H
#define VIFSWITCH_JSON_RPC_H

#include <jansson.h>
#include <stddef.h>

/* Octets received so far; feed what arrives, then take whole lines out. */
struct json_rpc_input {
	char *buf;
	size_t len;		/* octets in buf */
	size_t taken;		/* octets of buf already handed out as lines */
	size_t size;
	size_t scanned;		/* octets of buf known to hold no newline */
	size_t max;		/* longest line accepted, without its newline */
};

void json_rpc_input_init(struct json_rpc_input *in, size_t max);
void json_rpc_input_deinit(struct json_rpc_input *in);
/* 0, -ENOMEM, or -EMSGSIZE when a line gets longer than max: end the connection. */
int json_rpc_input_feed(struct json_rpc_input *in, const char *data, size_t len);
/*
 * 1 and the next line (without newline, not NUL-terminated, valid until the
 * next feed), 0 if none is complete, -EMSGSIZE if it is too long.
 */
int json_rpc_input_line(struct json_rpc_input *in, const char **ret_line, size_t *ret_len);

/* A parsed request; id and param are borrowed from root. */
struct json_rpc_request {
	json_t *root;
	json_t *id;
	const char *method;
	json_t *param;		/* the one object in params, or NULL */
};

/* 0, or -EINVAL with a text that says what is wrong. json_decref(root) when done. */
int json_rpc_request_parse(const char *line, size_t len, struct json_rpc_request *ret,
			   const char **ret_problem);

/* One line each, newline included, to be freed; NULL when out of memory. Each
 * steals the reference of its last json_t argument; id is borrowed, may be NULL. */
char *json_rpc_request(json_int_t id, const char *method, json_t *param);
char *json_rpc_result(json_t *id, json_t *result);
char *json_rpc_error(json_t *id, const char *code, const char *message);
char *json_rpc_notification(const char *method, json_t *param);

#endif /* VIFSWITCH_JSON_RPC_H */
