// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "vifdbd/ovsdb/atom.h"
#include "vifdbd/ovsdb/parser.h"

void parser_init(struct parser *p, const json_t *json, const char *what)
{
	*p = (struct parser){ .json = json, .what = what };
	if (!json_is_object(json))
		p->err = err_syntax(json, "%s: expected an object", what);
}

static bool kind_ok(const json_t *j, unsigned int kinds)
{
	switch (json_typeof(j)) {
	case JSON_NULL:
		return kinds & (P_NULL | P_ANY);
	case JSON_TRUE:
	case JSON_FALSE:
		return kinds & (P_BOOLEAN | P_ANY);
	case JSON_INTEGER:
		return kinds & (P_INTEGER | P_NUMBER | P_ANY);
	case JSON_REAL:
		return kinds & (P_NUMBER | P_ANY);
	case JSON_STRING:
		return (kinds & (P_STRING | P_ANY)) ||
		       ((kinds & P_ID) && id_valid(json_string_value(j)));
	case JSON_ARRAY:
		return kinds & (P_ARRAY | P_ANY);
	case JSON_OBJECT:
		return kinds & (P_OBJECT | P_ANY);
	}
	return false;
}

const json_t *parser_take(struct parser *p, const char *name, unsigned int kinds)
{
	const json_t *j;

	if (p->err)
		return NULL;
	j = json_object_get(p->json, name);
	if (!j) {
		if (!(kinds & P_OPTIONAL))
			p->err =
				err_syntax(p->json, "%s: member \"%s\" is required", p->what, name);
		return NULL;
	}
	p->taken++;
	if (!kind_ok(j, kinds)) {
		p->err = err_syntax(p->json, "%s: member \"%s\" has the wrong type", p->what, name);
		return NULL;
	}
	return j;
}

struct dberr *parser_fail(struct parser *p)
{
	p->taken = json_object_size(p->json);
	return TAKE_PTR(p->err);
}

struct dberr *parser_finish(struct parser *p)
{
	if (!p->err && json_object_size(p->json) != p->taken)
		p->err = err_syntax(p->json, "%s: has a member that is not allowed here", p->what);
	return TAKE_PTR(p->err);
}
