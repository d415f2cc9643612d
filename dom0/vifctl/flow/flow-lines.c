// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/flow/flow-lines.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/flow/flow-order.h"
#include "vifctl/vifctl.h"

#define FILE_MAX	(64u << 20)	/* octets */

static int read_text(const char *file, struct flow_lines *ret)
{
	bool input = !strcmp(file, "-");
	FILE *f = input ? stdin : fopen(file, "re");
	size_t room = 65536, n;

	if (!f)
		return vifctl_fail(VIFCTL_FAILED, "%s: %s", file, strerror(errno));
	ret->file = input ? "standard input" : file;
	ret->text = xmalloc(room);
	while ((n = fread(ret->text + ret->len, 1, room - ret->len, f)) > 0 &&
	       ret->len + n <= FILE_MAX) {
		ret->len += n;
		if (ret->len == room)
			ret->text = xrealloc(ret->text, room *= 2);
	}
	if (!input)
		fclose(f);
	if (n)
		return vifctl_fail(VIFCTL_FAILED, "%s: more than %u MiB", file, FILE_MAX >> 20);
	return VIFCTL_OK;
}

static void keep(struct flow_lines *ret, const struct of_flow_mod *fm,
		 const struct flow_place *place)
{
	struct flow_told told = { .flow = wire_flow_of(fm) };

	told.flow.id = ret->count;
	ret->flows.v = xgrow(ret->flows.v, ret->flows.count, &ret->flows.room, sizeof(told));
	ret->flows.v[ret->flows.count++] = told;
	ret->places = xgrow(ret->places, ret->count, &ret->room, sizeof(*ret->places));
	ret->places[ret->count++] = *place;
}

static int read_line(struct vifctl *v, struct flow_link *l, struct flow_place *place,
		     struct flow_lines *ret)
{
	struct piece text = piece_trim((struct piece){ place->text, place->len });
	struct flow_problem problem;
	struct of_flow_mod fm;

	if (!text.len || *text.p == '#')
		return VIFCTL_OK;
	if (flow_text_parse(place->text, place->len, FLOW_TEXT_ADD, &l->names, &fm, NULL,
			    &problem) < 0)
		return flow_fault(v, l->name, place, &problem, VIFCTL_USAGE);
	keep(ret, &fm, place);
	return VIFCTL_OK;
}

/* Two lines of one match would be one flow: which, the file does not say. */
static int check_twice(struct vifctl *v, const struct flow_link *l, const struct flow_lines *lines)
{
	for (size_t i = 1; i < lines->flows.count; i++) {
		const struct of_flow *a = &lines->flows.v[i - 1].flow, *b = &lines->flows.v[i].flow;
		const struct flow_place *one = &lines->places[a->id < b->id ? a->id : b->id];
		const struct flow_place *other = &lines->places[a->id < b->id ? b->id : a->id];
		struct flow_problem problem = { .len = other->len };

		if (flow_order(a, b))
			continue;
		snprintf(problem.text, sizeof(problem.text), "line %u has the same table, priority and match",
			 one->line);
		return flow_fault(v, l->name, other, &problem, VIFCTL_USAGE);
	}
	return VIFCTL_OK;
}

int flow_lines_read(struct vifctl *v, struct flow_link *l, const char *file, struct flow_lines *ret)
{
	int status = read_text(file, ret);
	unsigned int line = 0;

	for (size_t at = 0; status == VIFCTL_OK && at < ret->len;) {
		const char *end = memchr(ret->text + at, '\n', ret->len - at);
		size_t len = end ? (size_t)(end - ret->text) - at : ret->len - at;
		struct flow_place place = { ret->file, ++line, ret->text + at, len };

		status = read_line(v, l, &place, ret);
		at += len + 1;
	}
	if (status != VIFCTL_OK)
		return status;
	flows_sort(&ret->flows);
	return check_twice(v, l, ret);
}

void flow_lines_deinit(struct flow_lines *lines)
{
	flows_told_deinit(&lines->flows);
	free(lines->places);
	free(lines->text);
}
