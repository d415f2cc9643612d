/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cuts a stream of octets into JSON texts, without parsing them.
 *
 * OVSDB puts no separator between messages, so their ends are found by counting
 * brackets outside strings. Each octet is looked at once. Limits hold before
 * anything is parsed: a message's size, its depth, and the number of values in
 * it (a value costs far more memory as a tree than as text). No I/O.
 */
#ifndef VIFDBD_FRAME_H
#define VIFDBD_FRAME_H

#include "vifdbd/buf.h"

#define FRAME_DEPTH_MAX 100

struct frame {
	struct buf in;
	size_t start; /* first octet of the message being read */
	size_t pos;   /* first octet not looked at */
	size_t max;   /* largest message */
	size_t values;
	unsigned int depth;
	bool in_string, escaped;
};

void frame_init(struct frame *f, size_t max);
void frame_free(struct frame *f);
/* Room for n octets to read into; follow with frame_add() of what was read. */
char *frame_room(struct frame *f, size_t n);
void frame_add(struct frame *f, size_t n);
/*
 * 1 and a message, valid until the next call of frame_room() or frame_next(); 0
 * if more input is needed; -EBADMSG, -EMSGSIZE or -E2BIG (depth or number of
 * values), after which the stream is lost.
 */
int frame_next(struct frame *f, const char **ret, size_t *ret_len);

#endif
