// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "vifdbd/ovsdb/err.h"

#define SYNTAX_MAX 400

static __attribute__((format(printf, 2, 0))) struct dberr *err_vnew(const char *tag,
								    const char *fmt, va_list ap)
{
	struct dberr *err = xzalloc(sizeof(*err));

	err->tag = tag;
	if (vasprintf(&err->details, fmt, ap) < 0)
		err->details = xstrdup("out of memory");
	return err;
}

struct dberr *err_new(const char *tag, const char *fmt, ...)
{
	struct dberr *err;
	va_list ap;

	va_start(ap, fmt);
	err = err_vnew(tag, fmt, ap);
	va_end(ap);
	return err;
}

struct dberr *err_about(const char *tag, const json_t *json, const char *fmt, ...)
{
	struct dberr *err;
	va_list ap;

	va_start(ap, fmt);
	err = err_vnew(tag, fmt, ap);
	va_end(ap);
	if (json) {
		struct buf b = { 0 };

		buf_json(&b, json);
		if (b.len > SYNTAX_MAX) {
			b.len = utf8_cut(b.data, SYNTAX_MAX);
			buf_puts(&b, "...");
		}
		buf_putc(&b, '\0');
		err->syntax = b.data;
	}
	return err;
}

void err_json(const struct dberr *err, struct buf *b)
{
	buf_puts(b, "{\"error\":");
	buf_json_string(b, err->tag, strlen(err->tag));
	buf_puts(b, ",\"details\":");
	buf_json_string(b, err->details, strlen(err->details));
	if (err->syntax) {
		buf_puts(b, ",\"syntax\":");
		buf_json_string(b, err->syntax, strlen(err->syntax));
	}
	buf_putc(b, '}');
}

struct dberr *err_free(struct dberr *err)
{
	if (err) {
		free(err->details);
		free(err->syntax);
		free(err);
	}
	return NULL;
}
