/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A growing buffer, the JSON text written into it, and shared messages.
 *
 * Answers and updates are written as text straight away, never as a tree: a
 * message that goes to a hundred clients is serialised once and shared.
 */
#ifndef VIFDBD_OVSDB_BUF_H
#define VIFDBD_OVSDB_BUF_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data;
	size_t len, cap;
};

void buf_reserve(struct buf *b, size_t n);
void buf_put(struct buf *b, const void *p, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_free(struct buf *b);

void buf_i64(struct buf *b, int64_t v);
void buf_real(struct buf *b, double v);
void buf_json_string(struct buf *b, const char *p, size_t n);
void buf_json(struct buf *b, const json_t *json);

struct msg {
	unsigned int refs;
	size_t len;
	char data[];
};

/* A message with the buffer's content; the buffer is emptied. */
struct msg *msg_from_buf(struct buf *b);
struct msg *msg_ref(struct msg *m);
void msg_unref(struct msg *m);

#endif
