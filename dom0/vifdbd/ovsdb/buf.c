// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifdbd/ovsdb/buf.h"

void buf_reserve(struct buf *b, size_t n)
{
	size_t cap = b->cap ? b->cap : 256;

	if (b->cap - b->len >= n)
		return;
	while (cap - b->len < n)
		cap *= 2;
	b->data = xrealloc(b->data, cap);
	b->cap = cap;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
	if (!n)
		return;
	buf_reserve(b, n);
	memcpy(b->data + b->len, p, n);
	b->len += n;
}

void buf_puts(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
	buf_reserve(b, 1);
	b->data[b->len++] = c;
}

void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

void buf_i64(struct buf *b, int64_t v)
{
	char s[24];

	buf_put(b, s, snprintf(s, sizeof(s), "%lld", (long long)v));
}

/* The shortest of the decimal forms that reads back as the same number. */
void buf_real(struct buf *b, double v)
{
	char s[40];
	int digits, n = 0;

	for (digits = 15; digits <= 17; digits++) {
		n = snprintf(s, sizeof(s), "%.*g", digits, v);
		if (strtod(s, NULL) == v)
			break;
	}
	buf_put(b, s, n);
	if (!strpbrk(s, ".e"))
		buf_put(b, ".0", 2);
}

void buf_json_string(struct buf *b, const char *p, size_t n)
{
	static const char escapes[] = "btn?fr";
	size_t i, start = 0;

	buf_reserve(b, n + 2);
	buf_putc(b, '"');
	for (i = 0; i < n; i++) {
		unsigned char c = p[i];
		char s[8];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		buf_put(b, p + start, i - start);
		start = i + 1;
		if (c == '"' || c == '\\')
			buf_put(b, s, snprintf(s, sizeof(s), "\\%c", c));
		else if (c >= 8 && c <= 13 && c != 11)
			buf_put(b, s, snprintf(s, sizeof(s), "\\%c", escapes[c - 8]));
		else
			buf_put(b, s, snprintf(s, sizeof(s), "\\u%04x", c));
	}
	buf_put(b, p + start, n - start);
	buf_putc(b, '"');
}

static int dump_cb(const char *p, size_t n, void *b)
{
	buf_put(b, p, n);
	return 0;
}

void buf_json(struct buf *b, const json_t *json)
{
	json_dump_callback(json, dump_cb, b,
			   JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
}

struct msg *msg_from_buf(struct buf *b)
{
	struct msg *m = xmalloc(sizeof(*m) + b->len);

	m->refs = 1;
	m->len = b->len;
	if (b->len)
		memcpy(m->data, b->data, b->len);
	b->len = 0;
	return m;
}

struct msg *msg_ref(struct msg *m)
{
	m->refs++;
	return m;
}

void msg_unref(struct msg *m)
{
	if (m && --m->refs == 0)
		free(m);
}
