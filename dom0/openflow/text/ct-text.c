// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/text/ct-text.h"

#include <errno.h>
#include <string.h>

#include "openflow/action-rows.h"
#include "openflow/text/value-text.h"
#include "openflow/version.h"

/* zone=N, zone=FIELD[N..M] */
static int parse_zone(struct piece x, struct of_action *a, struct flow_problem *problem)
{
	if (!memchr(x.p, '[', x.len))
		return piece_number_parse(x, UINT16_MAX, &a->a[1], problem);
	if (bits_parse(x, &a->src.field, &a->src.ofs, &a->src.count, problem) < 0)
		return -EINVAL;
	return a->src.count == 16 ? 0 : flow_problem_at(problem, x, "a zone has 16 bits");
}

int ct_parse(struct piece x, struct of_action *ret, struct flow_problem *problem)
{
	struct pair pair;
	int r = 0;

	ret->a[2] = OF_TABLE_ALL;
	while (!r && pair_next(&x, &pair, problem)) {
		if (piece_is(pair.key, "commit") && !pair.mark)
			ret->a[0] |= CT_COMMIT;
		else if (piece_is(pair.key, "table"))
			r = piece_number_parse(pair.value, OF_TABLES - 1, &ret->a[2], problem);
		else if (piece_is(pair.key, "zone"))
			r = parse_zone(pair.value, ret, problem);
		else
			r = flow_problem_at(problem, pair.key, "commit, table and zone are accepted");
	}
	return r ? -EINVAL : 0;
}

void ct_print(const struct of_action *a, FILE *out)
{
	const char *mark = "(";

	fputs("ct", out);
	if (a->a[0] & CT_COMMIT)
		fprintf(out, "%scommit", mark), mark = ",";
	if (a->a[2] != OF_TABLE_ALL)
		fprintf(out, "%stable=%llu", mark, (unsigned long long)a->a[2]), mark = ",";
	if (a->src.field) {
		fprintf(out, "%szone=", mark), mark = ",";
		bits_print(a->src.field, a->src.ofs, a->src.count, out);
	} else if (a->a[1]) {
		fprintf(out, "%szone=%llu", mark, (unsigned long long)a->a[1]), mark = ",";
	}
	if (*mark == ',')
		fputc(')', out);
}
