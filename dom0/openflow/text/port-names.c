// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/text/port-names.h"

#include <string.h>

#include "openflow/version.h"

static const struct port_name reserved[] = {
	{ OFPP_IN_PORT, "IN_PORT" }, { OFPP_TABLE, "TABLE" }, { OFPP_NORMAL, "NORMAL" },
	{ OFPP_FLOOD, "FLOOD" }, { OFPP_ALL, "ALL" }, { OFPP_CONTROLLER, "CONTROLLER" },
	{ OFPP_LOCAL, "LOCAL" }, { OFPP_ANY, "NONE" }, { OFPP_ANY, "ANY" },
};
#define RESERVED	(sizeof(reserved) / sizeof(reserved[0]))

const char *port_word(uint32_t port)
{
	for (size_t i = 0; i < RESERVED; i++)
		if (reserved[i].number == port)
			return reserved[i].name;
	return NULL;
}

void port_print(uint32_t port, FILE *out)
{
	const char *word = port_word(port);

	if (word)
		fputs(word, out);
	else
		fprintf(out, "%u", port);
}

static bool find(const struct port_name *v, size_t count, struct piece x, uint32_t *ret)
{
	for (size_t i = 0; i < count; i++)
		if (piece_is(x, v[i].name)) {
			*ret = v[i].number;
			return true;
		}
	return false;
}

bool port_known(const struct port_names *names, uint32_t port)
{
	for (size_t i = 0; names && i < names->count; i++)
		if (names->v[i].number == port)
			return true;
	return false;
}

int port_parse(struct piece x, const struct port_names *names, uint32_t *ret,
	       struct flow_problem *problem)
{
	bool quoted = x.len > 2 && x.p[0] == '"' && x.p[x.len - 1] == '"';
	struct piece name = quoted ? (struct piece){ x.p + 1, x.len - 2 } : x;
	uint64_t number;

	if (!quoted && piece_number(x, UINT32_MAX, &number)) {
		*ret = number >= 0xff00 && number <= UINT16_MAX ?
			0xffff0000u | (uint32_t)number : (uint32_t)number;
		if (*ret >= 0xff00 && !port_word(*ret))
			return flow_problem_at(problem, x, "port numbers are below 65280, or one of the reserved");
		return 0;
	}
	if (!quoted && find(reserved, RESERVED, x, ret))
		return 0;
	if (names && find(names->v, names->count, name, ret))
		return 0;
	return flow_problem_at(problem, x, names ? "the switch has no port of that name" :
			       "a port's number is accepted, or IN_PORT, LOCAL, NORMAL and so on");
}
