// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/flow-settings.h"

static const struct {
	const char *name;
	unsigned int number;
} protocols[] = {
	{ "OpenFlow10", 1 }, { "OpenFlow13", 4 }, { "OpenFlow14", 5 }, { "OpenFlow15", 6 },
};

static int add_controller(struct flow_settings *s, const char *text, size_t len,
			  struct problem *problem)
{
	char *to = s->controllers[s->controller_count];
	struct place place;

	if (s->controller_count == CONTROLLERS_MAX)
		return problem_set(problem, "controller: more than %d", CONTROLLERS_MAX);
	if (len > CONTROLLER_TEXT_MAX)
		return problem_set(problem, "controller=%s: longer than %d characters",
				   QUOTE(text, len), CONTROLLER_TEXT_MAX);
	memcpy(to, text, len);
	to[len] = '\0';
	/* a Unix socket of dom0's is no place that policy of a pool may name */
	if (place_parse(to, &place, problem) < 0 || *place.local)
		return problem_set(problem, "controller=%s: must be " PLACE_WORDS, QUOTE(to, len));
	s->controller_count++;
	return 0;
}

const char *flow_protocol_name(unsigned int number)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (protocols[i].number == number)
			return protocols[i].name;
	return NULL;
}

static int add_protocol(struct flow_settings *s, const char *text, size_t len,
			struct problem *problem)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (strlen(protocols[i].name) != len || strncmp(protocols[i].name, text, len) != 0)
			continue;
		s->versions |= 1u << protocols[i].number;
		return 0;
	}
	return problem_set(problem, "protocols=%s: must be OpenFlow10, OpenFlow13, OpenFlow14 or OpenFlow15, with commas between them",
			   QUOTE(text, len));
}

static int each(const char *list, struct flow_settings *s, struct problem *problem,
		int (*add)(struct flow_settings *s, const char *text, size_t len,
			   struct problem *problem))
{
	int r = 0;

	while (list && *list && r == 0) {
		size_t len = strcspn(list, ",");

		r = add(s, list, len, problem);
		list += len + (list[len] == ',');
	}
	return r;
}

static int read_id(const char *text, struct flow_settings *s, struct problem *problem)
{
	if (!text)
		return 0;
	for (size_t i = 0; i < 16; i++) {
		const char *digits = "0123456789abcdef", *at = text[i] ? strchr(digits, text[i]) : NULL;

		if (!at)
			return problem_set(problem, "datapath-id=%s: must be 16 hexadecimal digits, as 0000fe123456789a",
					   QUOTE(text, strlen(text)));
		s->datapath_id = s->datapath_id << 4 | (uint64_t)(at - digits);
	}
	if (text[16] || !s->datapath_id)
		return problem_set(problem, "datapath-id=%s: must be 16 hexadecimal digits, not all 0",
				   QUOTE(text, strlen(text)));
	return 0;
}

int flow_settings_make(const struct flow_words *words, struct flow_settings *ret,
		       struct problem *problem)
{
	struct flow_settings s = { .secure = words->secure, .trusted = words->trusted };
	int r = each(words->controller, &s, problem, add_controller);

	if (r == 0)
		r = each(words->protocols, &s, problem, add_protocol);
	if (r == 0)
		r = read_id(words->datapath_id, &s, problem);
	if (r < 0)
		return r;
	s.on = words->openflow || s.controller_count;
	snprintf(s.vm_flows, sizeof(s.vm_flows), "%s", words->vm_flows ?: "");
	*ret = s;
	return 0;
}
