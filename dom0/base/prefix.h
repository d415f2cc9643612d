/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPv4 and IPv6 prefixes as operators write them, and sets of them: the source
 * and destination lists of rules, the members of groups, the addresses a port
 * is locked to. No I/O, no name look-ups.
 *
 * Text is strict: an address ("192.0.2.1", "2001:db8::1") or an address, a
 * slash and a decimal length ("192.0.2.0/24", "2001:db8::/64"). Bits beyond the
 * length must be zero, because "10.0.0.5/8" is either a mistyped host or a
 * mistyped network and nobody but its writer knows which. No netmasks, no zones
 * ("%eth0"), no white space, no leading zeros.
 */
#ifndef BASE_PREFIX_H
#define BASE_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/problem.h"

#define PREFIX_TEXT_MAX	50		/* octets with the final NUL */
#define PREFIX_SET_MAX	262144U		/* prefixes in a set */

enum prefix_family {
	PREFIX_IP4 = 4,
	PREFIX_IP6 = 6,
};

struct prefix {
	uint8_t addr[16];	/* network byte order; of IPv4 the first 4, the rest is 0 */
	uint8_t len;		/* bits: 0..32 or 0..128; the address is 0 beyond them */
	uint8_t family;		/* enum prefix_family */
};

/*
 * A set is zeros, or has been filled. Additions may be in any order; the set is
 * normal after prefix_set_normalize(): IPv4 before IPv6, ascending, nothing
 * inside another prefix, and no two halves that could be one. Equal sets of
 * addresses are then equal octet by octet.
 */
struct prefix_set {
	struct prefix *items;
	size_t count;
	size_t room;
	bool normal;		/* since the last addition; an empty set always is */
};

/* -EINVAL with @problem, which begins with the value. @text need not end with a NUL. */
int prefix_parse(const char *text, size_t len, struct prefix *ret, struct problem *problem);
/* May a host have one of these? No: loopback, groups, broadcast, unspecified (RFC 6890). */
bool prefix_is_source(const struct prefix *prefix);
/* The address of one host that may have it; false: it is none. */
bool prefix_parse_host(const char *text, struct prefix *ret);
/* Canonical: RFC 5952 for IPv6; a whole address has no "/32" or "/128". */
void prefix_format(const struct prefix *prefix, char text[PREFIX_TEXT_MAX]);
int prefix_compare(const struct prefix *a, const struct prefix *b);
/* Ascending; @list may be NULL if @count is 0. */
void prefix_sort(struct prefix *list, size_t count);
/* 32 or 128. */
unsigned int prefix_bits(const struct prefix *prefix);
bool prefix_contains(const struct prefix *outer, const struct prefix *inner);

/* -ENOMEM, -ENOSPC beyond PREFIX_SET_MAX; the set is then as it was. */
int prefix_set_add(struct prefix_set *set, const struct prefix *prefix);
int prefix_set_add_all(struct prefix_set *set, const struct prefix_set *more);
void prefix_set_normalize(struct prefix_set *set);
/* Looks at all of it, where the set's own word is not enough. */
bool prefix_set_check(const struct prefix_set *set);
static inline bool prefix_set_is_normal(const struct prefix_set *set)
{
	return set->normal || !set->count;
}
/* Of a normal set. @addr is 4 or 16 octets in network byte order. */
bool prefix_set_contains(const struct prefix_set *set, enum prefix_family family,
			 const uint8_t *addr);
/* How many of @family are in a normal set, and the first of them in @ret_first if not NULL. */
size_t prefix_set_family(const struct prefix_set *set, enum prefix_family family,
			 const struct prefix **ret_first);
/* Leaves an empty set. */
void prefix_set_deinit(struct prefix_set *set);

#endif /* BASE_PREFIX_H */
