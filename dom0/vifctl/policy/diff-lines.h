/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of a difference, whoever found it: "changes" of changes.json. */
#ifndef VIFCTL_POLICY_DIFF_LINES_H
#define VIFCTL_POLICY_DIFF_LINES_H

#include <jansson.h>
#include <stdio.h>

struct diff_line {
	char sign;		/* + - ~ */
	const char *kind, *object;
	const char *field, *old, *new;	/* NULL: none */
};

void diff_line(json_t *list, const struct diff_line *l);
/* "~ port web/0 vlan: 100 -> 200" */
void diff_lines_print(const json_t *list, FILE *out);

#endif /* VIFCTL_POLICY_DIFF_LINES_H */
