// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The text is written once more, with what jansson does not take replaced. Strings
 * are only looked at where they would be refused; all else is jansson's to check.
 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "vifdbd/net/message.h"
#include "vifdbd/ovsdb/buf.h"

#define STANDS_FOR '?' /* for what is no text */

struct mender {
	const char *p, *end;
	struct buf out;
	const char *problem;
};

static void copy(struct mender *m, size_t n)
{
	buf_put(&m->out, m->p, n);
	m->p += n;
}

static void replace(struct mender *m, size_t n, const char *problem)
{
	buf_putc(&m->out, STANDS_FOR);
	m->p += n;
	m->problem = problem;
}

static size_t left(const struct mender *m)
{
	return m->end - m->p;
}

/* Octets of the sequence at p, 0 if it is invalid (RFC 3629). */
static size_t utf8_sequence(const char *p, size_t len)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t i, n = u[0] < 0x80 ? 1 : u[0] < 0xc2 ? 0 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;

	if (!n || n > len || u[0] > 0xf4)
		return 0;
	for (i = 1; i < n; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	/* Too long a form, surrogates, beyond U+10FFFF. */
	if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) ||
	    (u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
		return 0;
	return n;
}

/* The value of \uXXXX at p, or -1. */
static int escaped_unit(const char *p, size_t len)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	int i, v = 0;

	if (len < 6 || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (i = 2; i < 6; i++) {
		const char *digit = p[i] ? strchr(digits, p[i]) : NULL;

		if (!digit)
			return -1;
		v = v * 16 + ((digit - digits) & 15);
	}
	return v;
}

static void mend_escape(struct mender *m)
{
	int unit = escaped_unit(m->p, left(m));
	int low = unit >= 0xd800 && unit <= 0xdbff ? escaped_unit(m->p + 6, left(m) - 6) : -1;

	if (unit == 0)
		replace(m, 6, "a string has the character U+0000");
	else if (low >= 0xdc00 && low <= 0xdfff)
		copy(m, 12);
	else if (unit >= 0xd800 && unit <= 0xdfff)
		replace(m, 6, "a string has half of a surrogate pair");
	else
		copy(m, left(m) < 2 ? left(m) : 2);
}

/* From its first quote to behind its last. */
static void mend_string(struct mender *m)
{
	copy(m, 1);
	while (m->p < m->end && *m->p != '"') {
		size_t n = utf8_sequence(m->p, left(m));

		if (*m->p == '\\')
			mend_escape(m);
		else if (!n)
			replace(m, 1, "a string is not valid UTF-8");
		else if (n == 1 && (unsigned char)*m->p < 0x20)
			replace(m, 1, "a string has a control character that is not escaped");
		else
			copy(m, n);
	}
	if (m->p < m->end)
		copy(m, 1);
}

static size_t number_length(const struct mender *m)
{
	size_t n = 0;

	while (n < left(m) && m->p[n] && strchr("0123456789+-.eE", m->p[n]))
		n++;
	return n;
}

static void mend_number(struct mender *m)
{
	size_t n = number_length(m);
	_cleanup_free_ char *text = strndup(m->p, n);
	bool integer = text && !strpbrk(text, ".eE");

	errno = 0;
	if (!text || isinf(strtod(text, NULL))) {
		buf_putc(&m->out, '0');
		m->p += n;
		m->problem = "a number is too large for a real";
		return;
	}
	copy(m, n);
	errno = 0;
	strtoll(text, NULL, 10);
	if (integer && errno == ERANGE)
		buf_puts(&m->out, "e0");
}

static void mend(struct mender *m)
{
	while (m->p < m->end) {
		if (*m->p == '"')
			mend_string(m);
		else if (*m->p == '-' || (*m->p >= '0' && *m->p <= '9'))
			mend_number(m);
		else
			copy(m, 1);
	}
}

json_t *message_parse(const char *text, size_t len, const char **ret_problem, json_error_t *error)
{
	struct mender m = { .p = text, .end = text + len };
	json_t *json = json_loadb(text, len, JSON_DECODE_ANY, error);

	*ret_problem = NULL;
	if (json)
		return json;
	mend(&m);
	json = json_loadb(m.out.data, m.out.len, JSON_DECODE_ANY, error);
	*ret_problem = m.problem;
	buf_free(&m.out);
	return json;
}
