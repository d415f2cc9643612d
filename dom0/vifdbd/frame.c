// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "vifdbd/frame.h"

#define KEEP_CAP 65536

void frame_init(struct frame *f, size_t max)
{
	*f = (struct frame){ .max = max };
}

void frame_free(struct frame *f)
{
	buf_free(&f->in);
}

char *frame_room(struct frame *f, size_t n)
{
	if (f->start) {
		f->in.len -= f->start;
		f->pos -= f->start;
		memmove(f->in.data, f->in.data + f->start, f->in.len);
		f->start = 0;
		if (!f->in.len && f->in.cap > KEEP_CAP)
			buf_free(&f->in);
	}
	buf_reserve(&f->in, n);
	return f->in.data + f->in.len;
}

void frame_add(struct frame *f, size_t n)
{
	f->in.len += n;
}

/* Octets of a string up to its closing quote, or to the end of input. */
static size_t frame_string(struct frame *f, size_t i)
{
	const char *p = f->in.data;

	for (; i < f->in.len; i++) {
		if (f->escaped)
			f->escaped = false;
		else if (p[i] == '\\')
			f->escaped = true;
		else if (p[i] == '"') {
			f->in_string = false;
			return i + 1;
		}
	}
	return i;
}

static int frame_done(struct frame *f, size_t end, const char **ret, size_t *ret_len)
{
	*ret = f->in.data + f->start;
	*ret_len = end - f->start;
	f->start = f->pos = end;
	f->values = 0;
	return 1;
}

int frame_next(struct frame *f, const char **ret, size_t *ret_len)
{
	size_t i = f->pos;

	while (i < f->in.len) {
		char c = f->in.data[i];

		if (f->in_string) {
			i = frame_string(f, i);
			continue;
		}
		i++;
		switch (c) {
		case ' ':
		case '\t':
		case '\r':
		case '\n':
			if (!f->depth)
				f->start = i;
			break;
		case '{':
		case '[':
			if (++f->depth > FRAME_DEPTH_MAX)
				return -E2BIG;
			f->values++;
			break;
		case '}':
		case ']':
			if (!f->depth)
				return -EBADMSG;
			if (--f->depth == 0) {
				if (i - f->start > f->max)
					return -EMSGSIZE;
				return frame_done(f, i, ret, ret_len);
			}
			break;
		default:
			if (!f->depth)
				return -EBADMSG;
			if (c == '"')
				f->in_string = true;
			else if (c == ',' || c == ':')
				f->values++;
		}
		if (f->values > f->max / 8 + 64)
			return -E2BIG;
	}
	f->pos = i;
	return i - f->start > f->max ? -EMSGSIZE : 0;
}
