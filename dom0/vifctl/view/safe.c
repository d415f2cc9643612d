// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/view/safe.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/cleanup.h"
#include "base/mem.h"

struct safe {
	FILE *out;
	unsigned char held[4];	/* the beginning of a character */
	size_t n, need;
};

bool unsafe_character(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

/* Octets of a UTF-8 character that begins so; 0 if none does. */
static size_t length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first < 0xe0)
		return 2;
	if (first >= 0xe0 && first < 0xf0)
		return 3;
	return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

static bool decode(const unsigned char *p, size_t n, uint32_t *ret)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c = n == 1 ? p[0] : p[0] & (0x7f >> n);

	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return false;
		c = c << 6 | (p[i] & 0x3f);
	}
	*ret = c;
	return c >= smallest[n] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

/* Of what is printed: lines end, and have tabs. */
static bool is_changed(uint32_t c)
{
	return unsafe_character(c) && c != '\n' && c != '\t';
}

bool unsafe_text(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	uint32_t c;

	for (size_t n; *p; p += n) {
		n = length(*p);
		if (!n || strnlen((const char *)p, n) < n || !decode(p, n, &c) ||
		    is_changed(c))
			return true;
	}
	return false;
}

char *safe_text(const char *text)
{
	char *copy = xprintf("%s", text), *p = copy;
	mbstate_t state = {};
	size_t n;
	wchar_t wc;

	while (*p) {
		n = mbrtowc(&wc, p, strlen(p), &state);
		if (n == (size_t)-1 || n == (size_t)-2) {
			state = (mbstate_t){};
			n = 1;
			*p = '?';
		} else if (wcwidth(wc) < 0 || unsafe_character(wc)) {
			memset(p, '?', n);
		}
		p += n;
	}
	return copy;
}

/* What is held is no character. */
static void drop_held(struct safe *s)
{
	for (size_t i = 0; i < s->n; i++)
		fprintf(s->out, "\\u%04x", s->held[i]);
	s->n = 0;
}

static void put_held(struct safe *s)
{
	uint32_t c;

	if (!decode(s->held, s->n, &c)) {
		drop_held(s);
		return;
	}
	if (is_changed(c))
		fprintf(s->out, "\\u%04x", c);
	else
		fwrite(s->held, 1, s->n, s->out);
	s->n = 0;
}

static void put(struct safe *s, unsigned char octet)
{
	if (s->n && (octet & 0xc0) != 0x80)
		drop_held(s);
	if (!s->n)
		s->need = length(octet);
	s->held[s->n++] = octet;
	if (!s->need)
		drop_held(s);
	else if (s->n == s->need)
		put_held(s);
}

static ssize_t safe_write(void *cookie, const char *data, size_t n)
{
	struct safe *s = cookie;

	for (size_t i = 0; i < n; i++)
		put(s, (unsigned char)data[i]);
	return fflush(s->out) || ferror(s->out) ? 0 : (ssize_t)n;
}

static int safe_close(void *cookie)
{
	struct safe *s = cookie;
	int r;

	drop_held(s);
	r = fflush(s->out);
	free(s);
	return r;
}

FILE *safe_stream(FILE *out)
{
	struct safe *s = xmalloc(sizeof(*s));
	FILE *f;

	*s = (struct safe){ .out = out };
	f = fopencookie(s, "w", (cookie_io_functions_t){ .write = safe_write, .close = safe_close });
	if (!f)
		free(s);
	return f;
}
