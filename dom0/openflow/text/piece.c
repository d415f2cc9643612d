// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/text/piece.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/hex.h"

int flow_problem_at(struct flow_problem *problem, struct piece where, const char *format, ...)
{
	va_list ap;

	if (*problem->text)
		return -EINVAL;
	problem->at = (size_t)(where.p - problem->base);
	problem->len = where.len;
	va_start(ap, format);
	vsnprintf(problem->text, sizeof(problem->text), format, ap);
	va_end(ap);
	for (char *p = problem->text; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	return -EINVAL;
}

bool piece_is(struct piece x, const char *word)
{
	return strlen(word) == x.len && !strncasecmp(x.p, word, x.len);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct piece piece_trim(struct piece x)
{
	while (x.len && is_space(*x.p)) {
		x.p++;
		x.len--;
	}
	while (x.len && is_space(x.p[x.len - 1]))
		x.len--;
	return x;
}

bool piece_split(struct piece x, const char *mark, struct piece *ret, struct piece *ret_rest)
{
	size_t n = strlen(mark);

	for (size_t i = 0; i + n <= x.len; i++) {
		if (memcmp(x.p + i, mark, n))
			continue;
		*ret = (struct piece){ x.p, i };
		*ret_rest = (struct piece){ x.p + i + n, x.len - i - n };
		return true;
	}
	*ret = x;
	*ret_rest = (struct piece){ x.p + x.len, 0 };
	return false;
}

static void step(struct piece *x, size_t n)
{
	x->p += n;
	x->len -= n;
}

/* Octets until a comma or a space that is in no bracket; SIZE_MAX: that at *ret_open does not
 * close. */
static size_t value_length(struct piece x, size_t *ret_open)
{
	size_t depth = 0;

	for (size_t i = 0; i < x.len; i++) {
		char c = x.p[i];

		if (!depth && (c == ',' || is_space(c)))
			return i;
		if ((c == '(' || c == '[') && !depth++)
			*ret_open = i;
		if ((c == ')' || c == ']') && depth)
			depth--;
	}
	return depth ? SIZE_MAX : x.len;
}

static size_t key_length(struct piece x)
{
	size_t n = 0;

	if (*x.p == '"') {
		const char *end = memchr(x.p + 1, '"', x.len - 1);

		return end ? (size_t)(end - x.p) + 1 : x.len;
	}
	while (n < x.len && x.p[n] != ',' && x.p[n] != ':' && x.p[n] != '=' && x.p[n] != '(' &&
	       !is_space(x.p[n]))
		n++;
	return n;
}

bool pair_next(struct piece *rest, struct pair *ret, struct flow_problem *problem)
{
	size_t n, open = 0;

	while (rest->len && (*rest->p == ',' || is_space(*rest->p)))
		step(rest, 1);
	if (!rest->len)
		return false;
	*ret = (struct pair){ .whole.p = rest->p };
	n = key_length(*rest);
	ret->key = (struct piece){ rest->p, n };
	step(rest, n);
	n = value_length(*rest, &open);
	if (n == SIZE_MAX) {
		flow_problem_at(problem, (struct piece){ rest->p + open, 1 }, "this is not closed");
		return false;
	}
	if (n) {
		ret->mark = *rest->p;
		ret->value = (struct piece){ rest->p + 1, n - 1 };
		if (ret->mark == '(' && rest->p[n - 1] == ')')
			ret->value.len--;
		step(rest, n);
	} else {
		ret->value = (struct piece){ rest->p, 0 };
	}
	ret->whole.len = (size_t)(rest->p - ret->whole.p);
	return true;
}

bool piece_number(struct piece x, uint64_t max, uint64_t *ret)
{
	bool hex = x.len > 2 && x.p[0] == '0' && (x.p[1] == 'x' || x.p[1] == 'X');
	unsigned int base = hex ? 16 : 10;
	uint64_t value = 0;

	if (piece_is(x, "-1")) {
		*ret = max;
		return true;
	}
	if (hex)
		step(&x, 2);
	if (!x.len)
		return false;
	for (size_t i = 0; i < x.len; i++) {
		unsigned int d = (unsigned int)hex_digit(x.p[i]);

		if (d >= base || value > (max - d) / base || d > max)
			return false;
		value = value * base + d;
	}
	*ret = value;
	return true;
}

int piece_number_parse(struct piece x, uint64_t max, uint64_t *ret, struct flow_problem *problem)
{
	return piece_number(x, max, ret) ? 0 :
	       flow_problem_at(problem, x, "a number up to %llu is accepted",
			       (unsigned long long)max);
}
