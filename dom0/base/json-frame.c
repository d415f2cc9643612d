// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json-frame.h"

#define KEEP	(64U << 10)

void json_frame_init(struct json_frame *f, const struct json_frame_limits *max)
{
	*f = (struct json_frame){ .max = *max };
}

void json_frame_deinit(struct json_frame *f)
{
	free(f->data);
	*f = (struct json_frame){ .max = f->max };
}

void json_frame_trim(struct json_frame *f)
{
	if (f->start == f->len)
		json_frame_deinit(f);
}

char *json_frame_room(struct json_frame *f, size_t n)
{
	size_t size;
	char *data;

	if (f->start) {
		f->len -= f->start;
		f->pos -= f->start;
		memmove(f->data, f->data + f->start, f->len);
		f->start = 0;
		if (f->size > KEEP)
			json_frame_trim(f);
	}
	if (f->size - f->len >= n)
		return f->data + f->len;
	size = f->size ? f->size : 256;
	while (size - f->len < n)
		size *= 2;
	data = realloc(f->data, size);
	if (!data)
		return NULL;
	f->data = data;
	f->size = size;
	return f->data + f->len;
}

void json_frame_added(struct json_frame *f, size_t n)
{
	f->len += n;
}

static void skip_string(struct json_frame *f)
{
	while (f->in_string && f->pos < f->len) {
		char c = f->data[f->pos++];

		if (f->escaped)
			f->escaped = false;
		else if (c == '\\')
			f->escaped = true;
		else if (c == '"')
			f->in_string = false;
	}
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static int look_at(struct json_frame *f, char c)
{
	switch (c) {
	case '"':
		f->in_string = true;
		break;
	case '{':
	case '[':
		if (++f->depth > f->max.depth)
			return -ELOOP;
		f->values++;
		break;
	case '}':
	case ']':
		f->depth--;
		break;
	case ',':
	case ':':
		f->values++;
		break;
	}
	return f->values > f->max.values ? -E2BIG : 0;
}

int json_frame_next(struct json_frame *f, const char **ret, size_t *ret_len)
{
	int r;

	while (!f->depth && f->start < f->len && is_space(f->data[f->start]))
		f->pos = ++f->start;
	while (f->pos < f->len) {
		if (f->in_string) {
			skip_string(f);
			continue;
		}
		if (!f->depth && f->data[f->pos] != '{')
			return -EBADMSG;
		r = look_at(f, f->data[f->pos++]);
		if (r < 0)
			return r;
		if (f->depth)
			continue;
		if (f->pos - f->start > f->max.octets)
			return -EMSGSIZE;
		*ret = f->data + f->start;
		*ret_len = f->pos - f->start;
		f->start = f->pos;
		f->values = 0;
		return 1;
	}
	return f->pos - f->start > f->max.octets ? -EMSGSIZE : 0;
}
