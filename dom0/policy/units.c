// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/units.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/mem.h"

#define FRACTION_DIGITS_MAX	9

struct suffix {
	const char *text;
	int64_t factor;
	bool print;
};

/* Of the printed ones the largest first. A suffix "" is what needs none. */
static const struct suffix none[] = { { "", 1, true }, {} };
static const struct suffix rates[] = {
	{ "Tbit", 1000000000000, true }, { "Gbit", 1000000000, true }, { "Mbit", 1000000, true },
	{ "kbit", 1000, true }, { "bit", 1, true }, {},
};
static const struct suffix amounts[] = {
	{ "GiB", 8LL << 30, true }, { "MiB", 8LL << 20, true }, { "KiB", 8LL << 10, true },
	{ "B", 8, true }, { "bit", 1, true }, { "GB", 8000000000, false },
	{ "MB", 8000000, false }, { "kB", 8000, false }, { "Gbit", 1000000000, false },
	{ "Mbit", 1000000, false }, { "kbit", 1000, false }, {},
};
static const struct suffix packets[] = {
	{ "Mpps", 1000000, true }, { "kpps", 1000, true }, { "pps", 1, true }, {},
};
static const struct suffix seconds[] = {
	{ "s", 1, true }, { "min", 60, false }, { "h", 3600, false }, { "d", 86400, false }, {},
};
static const struct suffix octets[] = { { "", 1, true }, { "B", 1, false }, {} };

static const struct {
	const struct suffix *suffixes;
	const char *what;
	const char *example;
	const char *words;	/* behind a number */
} units[UNIT_COUNT] = {
	[UNIT_NONE] = { none, "a whole number", NULL, "" },
	[UNIT_RATE] = { rates, "a rate with its unit (bit, kbit, Mbit, Gbit, Tbit a second)",
			"100Mbit", " bits per second" },
	[UNIT_BITS] = { amounts, "an amount with its unit (B, kB, KiB, MB, MiB, bit, kbit, Mbit)",
			"64KiB", " bits" },
	[UNIT_PACKETS] = { packets, "a number of packets a second with its unit (pps, kpps, Mpps)",
			   "1000pps", " per second" },
	[UNIT_SECONDS] = { seconds, "a time with its unit (s, min, h, d)", "300s", " seconds" },
	[UNIT_OCTETS] = { octets, "a whole number of octets", NULL, " octets" },
};

const char *unit_words(enum unit unit)
{
	return units[unit].words;
}

static char *refusal(enum unit unit, int64_t min, int64_t max)
{
	_cleanup_free_ char *low = unit_format(unit, min), *high = unit_format(unit, max);

	return xprintf("%s from %s to %s is needed%s%s", units[unit].what, low, high,
		       units[unit].example ? ", like " : "", units[unit].example ?: "");
}

static const struct suffix *find_suffix(enum unit unit, const char *text)
{
	size_t len = strlen(text);

	if (unit == UNIT_RATE && len > 2 && !strcasecmp(text + len - 2, "/s"))
		len -= 2;
	for (const struct suffix *s = units[unit].suffixes; s->text; s++)
		if (strlen(s->text) == len && !strncasecmp(s->text, text, len))
			return s;
	return NULL;
}

/* Digits, and up to FRACTION_DIGITS_MAX behind a point. */
static bool take_decimal(const char **text, int64_t *ret_whole, int64_t *ret_fraction,
			 int64_t *ret_scale)
{
	int64_t whole = 0, fraction = 0, scale = 1;
	const char *p = *text;
	int digits = 0;

	if (!isdigit((unsigned char)*p))
		return false;
	for (; isdigit((unsigned char)*p); p++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, *p - '0', &whole))
			return false;
	if (*p == '.') {
		for (p++; isdigit((unsigned char)*p); p++, digits++) {
			if (digits == FRACTION_DIGITS_MAX)
				return false;
			fraction = fraction * 10 + (*p - '0');
			scale *= 10;
		}
		if (!digits)
			return false;
	}
	*text = p;
	*ret_whole = whole;
	*ret_fraction = fraction;
	*ret_scale = scale;
	return true;
}

bool unit_parse(enum unit unit, const char *text, int64_t min, int64_t max, int64_t *ret,
		char **ret_problem)
{
	const struct suffix *s = NULL;
	const char *p = text;
	int64_t whole, fraction, scale, value;

	if (take_decimal(&p, &whole, &fraction, &scale)) {
		if (*p == ' ')
			p++;
		s = find_suffix(unit, p);
	}
	/* The fraction times the factor fits: both are bounded by about 2^40 and 10^9. */
	if (!s || ((__int128)fraction * s->factor) % scale ||
	    __builtin_mul_overflow(whole, s->factor, &value) ||
	    __builtin_add_overflow(value, (int64_t)((__int128)fraction * s->factor / scale),
				   &value) ||
	    value < min || value > max) {
		*ret_problem = refusal(unit, min, max);
		return false;
	}
	*ret = value;
	return true;
}

char *unit_format(enum unit unit, int64_t value)
{
	for (const struct suffix *s = units[unit].suffixes; s->text; s++)
		if (s->print && value >= s->factor && value % s->factor == 0)
			return xprintf("%lld%s", (long long)(value / s->factor), s->text);
	return xprintf("%lld%s", (long long)value, unit == UNIT_RATE || unit == UNIT_BITS ? "bit" :
		       unit == UNIT_PACKETS ? "pps" : unit == UNIT_SECONDS ? "s" : "");
}
