// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libvifdb/stream.h"

#define KEEP	(256U << 10)

void vdb_stream_init(struct vdb_stream *s, size_t max)
{
	*s = (struct vdb_stream){ .max = max };
}

void vdb_stream_deinit(struct vdb_stream *s)
{
	free(s->data);
	vdb_stream_init(s, s->max);
}

char *vdb_stream_room(struct vdb_stream *s, size_t n)
{
	size_t size = s->size ? s->size : 4096;
	char *data;

	if (s->start) {
		s->len -= s->start;
		s->pos -= s->start;
		memmove(s->data, s->data + s->start, s->len);
		s->start = 0;
		if (!s->len && s->size > KEEP)
			vdb_stream_deinit(s);
	}
	if (s->len + n <= s->size)
		return s->data + s->len;
	while (size < s->len + n)
		size *= 2;
	data = realloc(s->data, size);
	if (!data)
		return NULL;
	s->data = data;
	s->size = size;
	return s->data + s->len;
}

void vdb_stream_added(struct vdb_stream *s, size_t n)
{
	s->len += n;
}

static void skip_string(struct vdb_stream *s)
{
	for (; s->pos < s->len; s->pos++) {
		char c = s->data[s->pos];

		if (s->escaped)
			s->escaped = false;
		else if (c == '\\')
			s->escaped = true;
		else if (c == '"') {
			s->in_string = false;
			s->pos++;
			return;
		}
	}
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

int vdb_stream_next(struct vdb_stream *s, const char **ret, size_t *ret_len)
{
	while (!s->depth && s->start < s->len && is_space(s->data[s->start]))
		s->pos = ++s->start;
	while (s->pos < s->len) {
		char c;

		if (s->in_string) {
			skip_string(s);
			continue;
		}
		c = s->data[s->pos];
		if (!s->depth && c != '{')
			return -EBADMSG;
		s->pos++;
		if (c == '"') {
			s->in_string = true;
		} else if (c == '{' || c == '[') {
			if (++s->depth > VDB_DEPTH_MAX)
				return -ELOOP;
			s->values++;
		} else if (c == ',') {
			s->values++;
		} else if ((c == '}' || c == ']') && !--s->depth) {
			if (s->pos - s->start > s->max)
				return -EMSGSIZE;
			*ret = s->data + s->start;
			*ret_len = s->pos - s->start;
			s->start = s->pos;
			s->values = 0;
			return 1;
		}
		if (s->values > VDB_VALUES_MAX)
			return -E2BIG;
	}
	return s->len - s->start > s->max ? -EMSGSIZE : 0;
}
