// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "base/number.h"
#include "policy/openflow-place.h"

static bool parse_active(const char *text, struct place *p)
{
	if (!endpoint_parse(text, strlen(text), &p->at))
		return false;
	if (!p->at.has_port)
		p->at.port = OPENFLOW_PORT;
	p->at.has_port = true;
	return p->at.port;
}

/* [PORT][:ADDRESS] */
static bool parse_passive(const char *text, struct place *p)
{
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);
	uint64_t port = OPENFLOW_PORT;

	if (len && !number_parse(text, len, 0, 65535, &port))
		return false;
	if (!endpoint_parse(colon ? colon + 1 : "127.0.0.1", strlen(colon ? colon + 1 : "127.0.0.1"), &p->at) ||
	    p->at.has_port)
		return false;
	p->at.has_port = true;
	p->at.port = (uint16_t)port;
	return true;
}

int place_parse(const char *text, struct place *ret, struct problem *problem)
{
	struct place p = { .passive = *text == 'p' };
	const char *rest = text + p.passive;
	bool good = false;

	p.tls = !strncmp(rest, "ssl:", 4);
	if (p.tls || !strncmp(rest, "tcp:", 4)) {
		good = p.passive ? parse_passive(rest + 4, &p) : parse_active(rest + 4, &p);
	} else if (!strncmp(rest, "unix:", 5) && rest[5] && strlen(rest + 5) < sizeof(p.local)) {
		memcpy(p.local, rest + 5, strlen(rest + 5) + 1);
		good = true;
	}
	if (!good)
		return problem_set(problem, "%s is no place where OpenFlow is spoken; accepted: " PLACE_WORDS,
				   QUOTE(text, strlen(text)));
	*ret = p;
	return 0;
}
