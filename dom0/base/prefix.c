// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/number.h"
#include "base/prefix.h"

#define ACCEPTED "an address or prefix, like 192.0.2.1, 192.0.2.0/24 or 2001:db8::/64"

unsigned int prefix_bits(const struct prefix *prefix)
{
	return prefix->family == PREFIX_IP4 ? 32 : 128;
}

static void clear_beyond(struct prefix *prefix)
{
	unsigned int octet = prefix->len / 8;

	if (octet >= sizeof(prefix->addr))
		return;
	prefix->addr[octet] &= (uint8_t)(0xff00 >> prefix->len % 8);
	memset(prefix->addr + octet + 1, 0, sizeof(prefix->addr) - octet - 1);
}

/* Decimal without leading zeros, at most @max. */
static bool parse_length(const char *text, unsigned int max, uint8_t *ret)
{
	uint64_t value;

	if (!number_parse(text, strlen(text), 0, max, &value) || (text[0] == '0' && text[1]))
		return false;
	*ret = (uint8_t)value;
	return true;
}

/* ::ffff:0:0/96 stands for IPv4 in programs, never in packets (RFC 4291 2.5.5.2). */
static int refuse_mapped(const struct prefix *prefix, const char *text, size_t len,
			 struct problem *problem)
{
	static const struct prefix mapped = {
		.addr = { [10] = 0xff, [11] = 0xff }, .len = 96, .family = PREFIX_IP6,
	};
	struct prefix meant = { .family = PREFIX_IP4, .len = (uint8_t)(prefix->len - 96) };
	char proper[PREFIX_TEXT_MAX];

	if (!prefix_contains(&mapped, prefix))
		return 0;
	memcpy(meant.addr, prefix->addr + 12, 4);
	prefix_format(&meant, proper);
	return problem_set(problem, "\"%s\" is in no packet: it is IPv4 in a form for programs; write %s",
			   QUOTE(text, len), proper);
}

int prefix_parse(const char *text, size_t len, struct prefix *ret, struct problem *problem)
{
	struct prefix prefix = {}, cleared;
	char copy[PREFIX_TEXT_MAX], proper[PREFIX_TEXT_MAX], host[PREFIX_TEXT_MAX], *slash;

	if (!len || len >= sizeof(copy) || memchr(text, '\0', len))
		return problem_set(problem, "\"%s\" is not " ACCEPTED, QUOTE(text, len));
	memcpy(copy, text, len);
	copy[len] = '\0';
	slash = strchr(copy, '/');
	if (slash)
		*slash = '\0';
	if (inet_pton(AF_INET, copy, prefix.addr) == 1)
		prefix.family = PREFIX_IP4;
	else if (inet_pton(AF_INET6, copy, prefix.addr) == 1)
		prefix.family = PREFIX_IP6;
	else
		return problem_set(problem, "\"%s\" is not " ACCEPTED, QUOTE(text, len));
	prefix.len = (uint8_t)prefix_bits(&prefix);
	if (slash && !parse_length(slash + 1, prefix_bits(&prefix), &prefix.len))
		return problem_set(problem, "\"%s\": the length of an IPv%d prefix is 0 to %u",
				   QUOTE(text, len), prefix.family, prefix_bits(&prefix));
	cleared = prefix;
	clear_beyond(&cleared);
	if (memcmp(&cleared, &prefix, sizeof(prefix)) != 0) {
		prefix_format(&cleared, proper);
		cleared = prefix;
		cleared.len = (uint8_t)prefix_bits(&prefix);
		prefix_format(&cleared, host);
		return problem_set(problem, "\"%s\" has bits set beyond its length; "
				   "the prefix is %s, the address alone is %s",
				   QUOTE(text, len), proper, host);
	}
	if (refuse_mapped(&prefix, text, len, problem) < 0)
		return -EINVAL;
	*ret = prefix;
	return 0;
}

bool prefix_is_source(const struct prefix *prefix)
{
	static const struct prefix never[] = {
		{ .addr = { 0 }, .len = 8, .family = PREFIX_IP4 },
		{ .addr = { 127 }, .len = 8, .family = PREFIX_IP4 },
		{ .addr = { 224 }, .len = 4, .family = PREFIX_IP4 },
		{ .addr = { 255, 255, 255, 255 }, .len = 32, .family = PREFIX_IP4 },
		{ .addr = { 0 }, .len = 96, .family = PREFIX_IP6 },	/* ::, ::1, ::10.0.0.5 */
		{ .addr = { 0xff }, .len = 8, .family = PREFIX_IP6 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		if (prefix_contains(&never[i], prefix))
			return false;
	return true;
}

bool prefix_parse_host(const char *text, struct prefix *ret)
{
	struct problem problem;
	struct prefix host;

	if (prefix_parse(text, strlen(text), &host, &problem) < 0 ||
	    host.len != prefix_bits(&host) || !prefix_is_source(&host))
		return false;
	*ret = host;
	return true;
}

void prefix_format(const struct prefix *prefix, char text[PREFIX_TEXT_MAX])
{
	char addr[INET6_ADDRSTRLEN];

	inet_ntop(prefix->family == PREFIX_IP4 ? AF_INET : AF_INET6, prefix->addr, addr,
		  sizeof(addr));
	if (prefix->len == prefix_bits(prefix))
		snprintf(text, PREFIX_TEXT_MAX, "%s", addr);
	else
		snprintf(text, PREFIX_TEXT_MAX, "%s/%u", addr, prefix->len);
}

int prefix_compare(const struct prefix *a, const struct prefix *b)
{
	int r;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	r = memcmp(a->addr, b->addr, sizeof(a->addr));
	if (r)
		return r;
	return (a->len > b->len) - (a->len < b->len);
}

bool prefix_contains(const struct prefix *outer, const struct prefix *inner)
{
	struct prefix cut = *inner;

	if (outer->family != inner->family || outer->len > inner->len)
		return false;
	cut.len = outer->len;
	clear_beyond(&cut);
	return memcmp(cut.addr, outer->addr, sizeof(cut.addr)) == 0;
}

static int make_room(struct prefix_set *set, size_t more)
{
	size_t room = set->room ? set->room : 4;
	struct prefix *items;

	if (more > PREFIX_SET_MAX - set->count)
		return -ENOSPC;
	while (room < set->count + more)
		room *= 2;
	if (room == set->room)
		return 0;
	items = realloc(set->items, room * sizeof(*items));
	if (!items)
		return -ENOMEM;
	set->items = items;
	set->room = room;
	return 0;
}

int prefix_set_add(struct prefix_set *set, const struct prefix *prefix)
{
	int r = make_room(set, 1);

	if (r < 0)
		return r;
	set->items[set->count++] = *prefix;
	set->normal = false;
	return 0;
}

int prefix_set_add_all(struct prefix_set *set, const struct prefix_set *more)
{
	int r = more->count ? make_room(set, more->count) : 0;

	if (r < 0)
		return r;
	if (more->count)
		memcpy(set->items + set->count, more->items, more->count * sizeof(*more->items));
	set->count += more->count;
	set->normal &= !more->count;
	return 0;
}

static int compare_items(const void *a, const void *b)
{
	return prefix_compare(a, b);
}

void prefix_sort(struct prefix *list, size_t count)
{
	if (count)
		qsort(list, count, sizeof(*list), compare_items);
}

/* Whether @a and @b are the two halves of the prefix that is one bit shorter than @a. */
static bool halves(const struct prefix *a, const struct prefix *b)
{
	struct prefix whole = *a;

	if (a->family != b->family || a->len != b->len || !a->len)
		return false;
	whole.len--;
	return prefix_contains(&whole, b) && prefix_contains(&whole, a) &&
	       memcmp(a->addr, b->addr, sizeof(a->addr)) != 0;
}

/*
 * The kept prefixes are a stack: in ascending order a prefix follows those that
 * contain it, and two halves that became one may be the half of a greater one
 * with what lies below.
 */
void prefix_set_normalize(struct prefix_set *set)
{
	size_t kept = 0;

	if (!set->count)
		return;
	prefix_sort(set->items, set->count);
	for (size_t i = 0; i < set->count; i++) {
		if (kept && prefix_contains(&set->items[kept - 1], &set->items[i]))
			continue;
		set->items[kept++] = set->items[i];
		while (kept > 1 && halves(&set->items[kept - 2], &set->items[kept - 1])) {
			kept--;
			set->items[kept - 1].len--;
			clear_beyond(&set->items[kept - 1]);
		}
	}
	set->count = kept;
	set->normal = true;
}

bool prefix_set_check(const struct prefix_set *set)
{
	for (size_t i = 1; i < set->count; i++) {
		const struct prefix *a = &set->items[i - 1], *b = &set->items[i];

		if (prefix_compare(a, b) >= 0 || prefix_contains(a, b) || halves(a, b))
			return false;
	}
	return true;
}

bool prefix_set_contains(const struct prefix_set *set, enum prefix_family family,
			 const uint8_t *addr)
{
	struct prefix host = { .family = (uint8_t)family };
	size_t low = 0, high = set->count;

	host.len = (uint8_t)prefix_bits(&host);
	memcpy(host.addr, addr, host.len / 8);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (prefix_compare(&set->items[middle], &host) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low && prefix_contains(&set->items[low - 1], &host);
}

size_t prefix_set_family(const struct prefix_set *set, enum prefix_family family,
			 const struct prefix **ret_first)
{
	size_t low = 0, high = set->count, count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->items[middle].family == PREFIX_IP4)
			low = middle + 1;
		else
			high = middle;
	}
	count = family == PREFIX_IP4 ? low : set->count - low;
	if (ret_first)
		*ret_first = count ? set->items + (family == PREFIX_IP4 ? 0 : low) : NULL;
	return count;
}

void prefix_set_deinit(struct prefix_set *set)
{
	free(set->items);
	*set = (struct prefix_set){};
}
