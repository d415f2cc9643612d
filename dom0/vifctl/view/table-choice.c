// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/view/table-choice.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static char plain(char c)
{
	return c == ' ' || c == '_' ? '-' : (char)tolower((unsigned char)c);
}

static bool same_name(const char *title, const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!title[i] || plain(title[i]) != plain(name[i]))
			return false;
	return !title[len];
}

int choice_column(const char *const *titles, size_t count, const char *name, size_t len)
{
	for (size_t c = 0; len && c < count; c++)
		if (same_name(titles[c], name, len))
			return (int)c;
	return -1;
}

size_t choice_filter_key(const char *filter, const char **ret_pattern, bool *ret_not)
{
	const char *equal = strchr(filter, '=');

	if (!equal)
		return 0;
	*ret_not = equal > filter && equal[-1] == '!';
	*ret_pattern = equal + 1;
	return (size_t)(equal - filter) - *ret_not;
}

/* What a number is worth: "10 Mbit/s", "1.5k", "3 min"; false if it is none. */
static bool worth(const char *text, double *ret)
{
	static const struct {
		const char *unit;
		double factor;
	} units[] = {
		{ "ms", 1e-3 }, { "min", 60 }, { "s", 1 }, { "h", 3600 }, { "d", 86400 },
		{ "k", 1e3 }, { "K", 1e3 }, { "M", 1e6 }, { "G", 1e9 }, { "T", 1e12 },
	};
	char *end;

	*ret = strtod(text, &end);
	if (end == text)
		return false;
	end += strspn(end, " ");
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strncmp(end, units[i].unit, strlen(units[i].unit)) != 0)
			continue;
		*ret *= units[i].factor;
		break;
	}
	return true;
}

int choice_compare(const char *a, const char *b)
{
	double x, y;
	bool one = worth(a, &x), other = worth(b, &y);

	if (one && other && x != y)
		return x < y ? -1 : 1;
	if (one != other)
		return one ? -1 : 1;
	return strcmp(a, b);
}
