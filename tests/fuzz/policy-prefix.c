// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines of text as prefixes. What is accepted comes back from its canonical text
 * as it was; the set of all lines means the same after it became normal.
 */
#include <stdlib.h>
#include <string.h>

#include "base/prefix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) do { if (!(x)) abort(); } while (0)
#define LINES	64

static bool take(const char *line, size_t len, struct prefix *ret)
{
	char *exact = malloc(len ? len : 1), text[PREFIX_TEXT_MAX], again[PREFIX_TEXT_MAX];
	struct problem problem = {};
	struct prefix copy;
	int r;

	CHECK(exact);
	if (len)
		memcpy(exact, line, len);
	r = prefix_parse(exact, len, ret, &problem);
	free(exact);
	CHECK(r == 0 || problem.text[0]);
	if (r < 0)
		return false;
	CHECK(ret->len <= prefix_bits(ret));
	prefix_format(ret, text);
	CHECK(prefix_parse(text, strlen(text), &copy, &problem) == 0);
	CHECK(memcmp(&copy, ret, sizeof(copy)) == 0);
	prefix_format(&copy, again);
	CHECK(strcmp(text, again) == 0);
	return true;
}

static bool in_any(const struct prefix_set *set, const struct prefix *host)
{
	for (size_t i = 0; i < set->count; i++) {
		if (prefix_contains(&set->items[i], host))
			return true;
	}
	return false;
}

/* The first address, the last, and the one behind it. */
static void probe(const struct prefix_set *given, const struct prefix_set *normal,
		  const struct prefix *prefix)
{
	struct prefix host = *prefix;
	unsigned int bits = prefix_bits(prefix);

	host.len = (uint8_t)bits;
	CHECK(in_any(given, &host));
	CHECK(prefix_set_contains(normal, host.family, host.addr));
	for (unsigned int bit = prefix->len; bit < bits; bit++)
		host.addr[bit / 8] |= 0x80 >> bit % 8;
	CHECK(prefix_set_contains(normal, host.family, host.addr));
	for (unsigned int i = bits / 8; i-- && !++host.addr[i];)
		;
	CHECK(prefix_set_contains(normal, host.family, host.addr) == in_any(given, &host));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size;
	struct prefix_set given = {}, normal = {};
	struct prefix prefix;

	for (unsigned int line = 0; line < LINES; line++) {
		const char *stop = size ? memchr(at, '\n', (size_t)(end - at)) : NULL;

		if (take(at, (size_t)((stop ? stop : end) - at), &prefix))
			CHECK(prefix_set_add(&given, &prefix) == 0);
		if (!stop)
			break;
		at = stop + 1;
	}
	CHECK(prefix_set_add_all(&normal, &given) == 0);
	prefix_set_normalize(&normal);
	CHECK(prefix_set_check(&normal) && normal.count <= given.count);
	for (size_t i = 0; i < given.count; i++)
		probe(&given, &normal, &given.items[i]);
	prefix_set_deinit(&given);
	prefix_set_deinit(&normal);
	return 0;
}
