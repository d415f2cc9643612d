/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What others wrote (names, comments, errors of other hosts) on the operator's
 * terminal. All that vifctl prints goes through a safe stream, so that nothing
 * moves the cursor, changes colours or the direction of writing, whoever forgets
 * to think of it. A value must not begin a line of its own either: who prints one
 * outside of JSON and YAML uses safe_text().
 *
 * What is unsafe becomes \uXXXX: in JSON, the same string.
 */
#ifndef VIFCTL_VIEW_SAFE_H
#define VIFCTL_VIEW_SAFE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Controls (C0, C1), and what ends a line or changes the direction in Unicode. */
bool unsafe_character(uint32_t c);
/* True if a safe stream would change it. */
bool unsafe_text(const char *text);
/* A copy in one line. Controls and what is not UTF-8 become '?'. */
char *safe_text(const char *text);

/*
 * A stream that writes to another what is safe, and newlines and tabs. Flushing it
 * flushes both; closing it leaves the other open. NULL if there is no memory left.
 */
FILE *safe_stream(FILE *out);

#endif /* VIFCTL_VIEW_SAFE_H */
