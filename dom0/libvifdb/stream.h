/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Splits octets from the server into JSON objects. Only strings and nesting are
 * looked at: whether an object is good JSON is for the parser to say.
 */
#ifndef LIBVIFDB_STREAM_H
#define LIBVIFDB_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#define VDB_DEPTH_MAX	64U		/* an answer to transact needs 9 or so */
/* Of one message. Parsed, a value takes up to 100 octets or so, and "[]," only three before. */
#define VDB_VALUES_MAX	(8U << 20)

struct vdb_stream {
	char *data;
	size_t len, size;
	size_t start;		/* of the message that is being looked at */
	size_t pos;		/* looked at so far */
	size_t max;		/* octets of a message */
	unsigned int depth;
	size_t values;		/* in the message so far */
	bool in_string, escaped;
};

void vdb_stream_init(struct vdb_stream *s, size_t max);
void vdb_stream_deinit(struct vdb_stream *s);
/* Room for @n octets more, or NULL; objects handed out before are gone. Then say how many came. */
char *vdb_stream_room(struct vdb_stream *s, size_t n);
void vdb_stream_added(struct vdb_stream *s, size_t n);
/*
 * 1 and the next object, valid until vdb_stream_room(); 0: none is complete;
 * -EMSGSIZE: too long; -E2BIG: too many values;
 * -ELOOP: nested too deeply; -EBADMSG: no object.
 */
int vdb_stream_next(struct vdb_stream *s, const char **ret, size_t *ret_len);

#endif /* LIBVIFDB_STREAM_H */
