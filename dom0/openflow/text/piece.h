/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text of flows (ovs-fields(7), ovs-actions(7)) taken apart. A piece is part of the text, so that
 * what is wrong can be pointed at; it ends with no NUL.
 */
#ifndef OPENFLOW_TEXT_PIECE_H
#define OPENFLOW_TEXT_PIECE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOW_TEXT_MAX	65536	/* octets of a flow */
#define FLOW_PRIORITY	32768	/* unless another is said */

struct piece {
	const char *p;
	size_t len;
};

/* What is wrong, and where in the text: @len octets from @at on; 0: it ends there too early. */
struct flow_problem {
	const char *base;	/* where the text begins, for flow_problem_at() */
	size_t at, len;
	char text[240];
};

/* Returns -EINVAL. A problem that is there already stays. */
int flow_problem_at(struct flow_problem *problem, struct piece where, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* For printf("%.*s"). */
#define PIECE(x)	((int)((x).len < 64 ? (x).len : 64)), (x).p

bool piece_is(struct piece x, const char *word);	/* letters of either case */
struct piece piece_trim(struct piece x);
/* What stands before the first @mark goes to *ret, which is all if there is none. */
bool piece_split(struct piece x, const char *mark, struct piece *ret, struct piece *ret_rest);

/* KEY, KEY=VALUE, KEY:VALUE or KEY(VALUE), as it stands in a list with commas. */
struct pair {
	struct piece whole, key, value;
	char mark;		/* what stands between them; 0: there is no value */
};

/*
 * The next of them, and *rest behind it; false at the end. Commas inside (...) and [...] are of
 * the value. @problem is set where a bracket does not close.
 */
bool pair_next(struct piece *rest, struct pair *ret, struct flow_problem *problem);

/* Decimal, or hexadecimal behind 0x; -1 is @max. All of @x must be it. */
bool piece_number(struct piece x, uint64_t max, uint64_t *ret);
/* The same; 0, or -EINVAL with @problem. */
int piece_number_parse(struct piece x, uint64_t max, uint64_t *ret, struct flow_problem *problem);

#endif /* OPENFLOW_TEXT_PIECE_H */
