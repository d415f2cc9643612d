/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Matches as text, in any order: what a field needs may stand behind it. */
#ifndef OPENFLOW_TEXT_MATCH_H
#define OPENFLOW_TEXT_MATCH_H

#include "openflow/text/value-text.h"

#define MATCH_WORDS_MAX	128

/* Words of a match as they are met; match_words_settle() makes the match of them. */
struct match_word {
	const struct of_field *field;
	struct of_value value, mask;
	struct piece where;
	bool general;		/* tp_src, nw_src: whose field it is depends on the rest */
};

struct match_words {
	struct match_word v[MATCH_WORDS_MAX];
	size_t count;
};

/* 0, or -EINVAL with @problem. */
int match_words_add(struct match_words *words, const struct pair *pair,
		    const struct port_names *names, struct flow_problem *problem);
int match_words_settle(struct match_words *words, struct of_match *ret,
		       struct flow_problem *problem);

/* "ip,nw_src=10.0.0.0/8"; nothing if it matches all. Each part but the first with a comma. */
void match_print(const struct of_match *m, FILE *out);

#endif /* OPENFLOW_TEXT_MATCH_H */
