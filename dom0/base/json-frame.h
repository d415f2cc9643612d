/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cuts a stream of octets into JSON objects, without parsing them. No I/O.
 *
 * OVSDB puts no separator between messages, so their ends are found by counting
 * brackets outside strings. Each octet is looked at once. Limits hold before
 * anything is parsed: a message's size, its depth, and the number of values in
 * it (parsed, a value takes up to 100 octets or so, and "[]," only three before).
 * Whether an object is good JSON is for the parser to say.
 */
#ifndef VIFSWITCH_JSON_FRAME_H
#define VIFSWITCH_JSON_FRAME_H

#include <stdbool.h>
#include <stddef.h>

/* Of one message. */
struct json_frame_limits {
	size_t octets;
	size_t values;		/* commas, colons and brackets that open something */
	unsigned int depth;
};

struct json_frame {
	char *data;
	size_t len, size;
	size_t start;		/* of the message that is being looked at */
	size_t pos;		/* looked at so far */
	struct json_frame_limits max;
	size_t values;		/* in the message so far */
	unsigned int depth;
	bool in_string, escaped;
};

void json_frame_init(struct json_frame *f, const struct json_frame_limits *max);
/* Gives the memory back; the limits stay. */
void json_frame_deinit(struct json_frame *f);
/* Gives the memory back if nothing is left to look at. */
void json_frame_trim(struct json_frame *f);
/*
 * Room for @n octets more, or NULL when out of memory; objects handed out before
 * are gone. Then say how many came.
 */
char *json_frame_room(struct json_frame *f, size_t n);
void json_frame_added(struct json_frame *f, size_t n);
/*
 * 1 and the next object, valid until the next call; 0: none is complete. After
 * an error the stream is lost: -EBADMSG: no object, -EMSGSIZE: too long,
 * -E2BIG: too many values, -ELOOP: nested too deeply.
 */
int json_frame_next(struct json_frame *f, const char **ret, size_t *ret_len);

#endif /* VIFSWITCH_JSON_FRAME_H */
