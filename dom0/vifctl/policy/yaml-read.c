// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * YAML through libyaml's documents: nodes with the place each began at. The
 * format has a fixed depth, so aliases that lead back to themselves end at a
 * node of the wrong kind; how much they can multiply is bounded by
 * POLICY_OBJECTS_MAX.
 */
#include "vifctl/policy/yaml.h"
#include "vifctl/view/safe.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "policy/bounds.h"
#include "vifctl/policy/yaml-hint.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

#define QUOTE_MAX	64	/* octets of a value in a message */

struct reader {
	yaml_document_t doc;
	struct problems *problems;
	size_t objects;
};

void problems_add(struct problems *p, struct mark at, const char *format, ...)
{
	_cleanup_free_ char *line = NULL, *safe = NULL;
	char *longer;
	va_list ap;

	if (p->count++ >= POLICY_PROBLEMS_MAX)
		return;
	va_start(ap, format);
	if (vasprintf(&line, format, ap) < 0)
		mem_out();
	va_end(ap);
	safe = safe_text(line);
	longer = xprintf("%s%s%s:%u:%u: %s", p->text ?: "", p->text ? "\n" : "", p->file, at.line,
			 at.column, safe);
	free(p->text);
	p->text = longer;
}

void problems_deinit(struct problems *p)
{
	free(p->text);
	*p = (struct problems){};
}

static struct mark mark_of(const yaml_node_t *node)
{
	return (struct mark){ (unsigned int)node->start_mark.line + 1,
			      (unsigned int)node->start_mark.column + 1 };
}

#define refuse(r, node, ...)	problems_add((r)->problems, mark_of(node), __VA_ARGS__)

static yaml_node_t *node_at(struct reader *r, int index)
{
	return yaml_document_get_node(&r->doc, index);
}

/* A scalar's text, also of a number; NULL, told, if it is none or empty. */
static const char *text_of(struct reader *r, const yaml_node_t *node, const char *what)
{
	const char *text = (const char *)node->data.scalar.value;

	if (node->type != YAML_SCALAR_NODE) {
		refuse(r, node, "%s: one value is needed, not a %s", what,
		       node->type == YAML_MAPPING_NODE ? "mapping" : "sequence");
		return NULL;
	}
	if (strlen(text) != node->data.scalar.length) {
		refuse(r, node, "%s: the text has a NUL in it", what);
		return NULL;
	}
	if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && (!*text || !strcmp(text, "~"))) {
		refuse(r, node, "%s: a value is missing; leave it out to have it empty", what);
		return NULL;
	}
	return text;
}

static const char *key_of(struct reader *r, const yaml_node_pair_t *pair)
{
	return text_of(r, node_at(r, pair->key), "a key");
}

/* No key twice; every key is text. */
static bool check_keys(struct reader *r, const yaml_node_t *map, const char *what)
{
	json_t *seen = json_object();
	bool good = true;

	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
	     p < map->data.mapping.pairs.top; p++) {
		const char *key = key_of(r, p);

		if (key && json_object_get(seen, key)) {
			refuse(r, node_at(r, p->key), "%s: \"%.*s\" is there twice", what, QUOTE_MAX,
			       key);
			good = false;
		}
		if (key)
			json_object_set_new(seen, key, json_true());
		good = good && key;
	}
	json_decref(seen);
	return good;
}

static yaml_node_t *value_of(struct reader *r, const yaml_node_t *map, const char *key)
{
	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
	     p < map->data.mapping.pairs.top; p++) {
		const yaml_node_t *k = node_at(r, p->key);

		if (k->type == YAML_SCALAR_NODE && !strcmp((char *)k->data.scalar.value, key))
			return node_at(r, p->value);
	}
	return NULL;
}

static void read_map(struct reader *r, struct object *o, const struct field *f,
		     const yaml_node_t *node)
{
	json_t *map = json_object();

	if (!check_keys(r, node, f->name))
		goto out;
	for (const yaml_node_pair_t *p = node->data.mapping.pairs.start;
	     p < node->data.mapping.pairs.top; p++) {
		const char *text = text_of(r, node_at(r, p->value), f->name);

		if (text)
			json_object_set_new(map, key_of(r, p), json_string(text));
	}
	if (json_object_size(map))
		json_object_set(o->columns, f->columns[0].name, map);
out:
	json_decref(map);
}

/* A scalar, as on the command line, or a sequence of scalars. */
static json_t *items_of(struct reader *r, const struct field *f, const yaml_node_t *node)
{
	json_t *items = json_array();
	const char *text;

	if (node->type == YAML_SCALAR_NODE) {
		text = text_of(r, node, f->name);
		while (text && field_is_list(f)) {
			size_t len = strcspn(text, ",");

			json_array_append_new(items, json_stringn(text, len));
			text = text[len] ? text + len + 1 : NULL;
		}
		if (text)
			json_array_append_new(items, json_string(text));
		return items;
	}
	if (!field_is_list(f) || node->type != YAML_SEQUENCE_NODE) {
		refuse(r, node, "%s: %s is needed, not a %s", f->name,
		       f->type == FIELD_MAP ? "a mapping" : field_is_list(f) ? "one value or a sequence of them" :
		       "one value", node->type == YAML_MAPPING_NODE ? "mapping" : "sequence");
		return items;
	}
	for (const yaml_node_item_t *i = node->data.sequence.items.start;
	     i < node->data.sequence.items.top; i++) {
		text = text_of(r, node_at(r, *i), f->name);
		if (text)
			json_array_append_new(items, json_string(text));
	}
	return items;
}

static void read_field(struct reader *r, struct object *o, const struct field *f,
		       const yaml_node_t *node, const char *label)
{
	_cleanup_free_ char *problem = NULL, *given = NULL;
	size_t before = r->problems->count;
	json_t *items;

	o->marks[f - o->kind->fields] = mark_of(node);
	if (f->type == FIELD_MAP && node->type == YAML_MAPPING_NODE) {
		read_map(r, o, f, node);
		return;
	}
	items = items_of(r, f, node);
	/* An empty sequence is an empty field. */
	if (r->problems->count == before && json_array_size(items) &&
	    !field_parse_items(f, items, o->columns, &problem)) {
		given = text_join(items, ",");
		refuse(r, node, "%s: %s: \"%.*s%s\": %s", label, f->name, QUOTE_MAX, given,
		       strlen(given) > QUOTE_MAX ? "..." : "", problem);
	}
	json_decref(items);
}

static bool count_object(struct reader *r, const yaml_node_t *node)
{
	if (++r->objects <= POLICY_OBJECTS_MAX)
		return true;
	if (r->objects == POLICY_OBJECTS_MAX + 1)
		refuse(r, node, "more than %d objects", POLICY_OBJECTS_MAX);
	return false;
}

static void read_rules(struct reader *r, struct object *acl, const yaml_node_t *node);

static void read_fields(struct reader *r, struct object *o, const yaml_node_t *map,
			const char *label)
{
	const struct kind *kind = o->kind;

	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
	     p < map->data.mapping.pairs.top; p++) {
		const yaml_node_t *value = node_at(r, p->value);
		const char *key = key_of(r, p);
		const struct field *f = key ? kind_field(kind, key) : NULL;

		if (!key || !strcmp(key, kind->key) ||
		    (kind->id == OBJECT_PORT && !strcmp(key, "devid")))
			continue;
		if (kind->id == OBJECT_ACL && !strcmp(key, "rules")) {
			read_rules(r, o, value);
		} else if (f) {
			read_field(r, o, f, value, label);
		} else {
			_cleanup_free_ char *names = kind_field_names(kind);

			refuse(r, node_at(r, p->key), "%s: \"%.*s\" is none of %s, %s%s", label,
			       QUOTE_MAX, key, kind->key, kind->id == OBJECT_PORT ? "devid, " :
			       kind->id == OBJECT_ACL ? "rules, " : "", names);
		}
	}
}

static bool read_devid(struct reader *r, struct object *o, const yaml_node_t *map)
{
	const yaml_node_t *node = value_of(r, map, "devid");
	_cleanup_free_ char *problem = NULL;
	const char *text;
	int64_t n;

	if (!node)
		return true;
	text = text_of(r, node, "devid");
	if (!text)
		return false;
	if (!unit_parse(UNIT_NONE, text, 0, DEVID_MAX, &n, &problem)) {
		refuse(r, node, "devid: \"%.*s\": %s", QUOTE_MAX, text, problem);
		return false;
	}
	o->devid = (int)n;
	return true;
}

static bool read_identity(struct reader *r, struct object *o, const yaml_node_t *map)
{
	const yaml_node_t *node = value_of(r, map, o->kind->key);
	char uuid[UUID_TEXT_LEN + 1];
	_cleanup_free_ char *problem = NULL;
	uint8_t octets[16];
	bool is_uuid;
	const char *text;

	if (!node) {
		refuse(r, map, "%s: \"%s\" is missing", o->kind->noun, o->kind->key);
		return false;
	}
	text = text_of(r, node, o->kind->key);
	if (!text)
		return false;
	is_uuid = uuid_parse(text, strlen(text), octets);
	if (is_uuid)
		uuid_format(octets, uuid);
	if (o->kind->id == OBJECT_PORT) {
		o->vm = xprintf("%s", is_uuid ? uuid : text);
		object_name_port(o);
		return read_devid(r, o, map);
	}
	if (o->kind->id == OBJECT_VM && !is_uuid) {
		refuse(r, node, "vm: uuid: \"%.*s\": a UUID is needed, like "
		       "f47ac10b-58cc-4372-a567-0e02b2c3d479", QUOTE_MAX, text);
		return false;
	}
	if (o->kind->id != OBJECT_VM && !object_name_check(o->kind, text, &problem)) {
		refuse(r, node, "%s: name: \"%.*s\": %s", o->kind->noun, QUOTE_MAX, text, problem);
		return false;
	}
	o->name = xprintf("%s", o->kind->id == OBJECT_VM ? uuid : text);
	return true;
}

/* An object from a mapping; NULL if it could not even be named. */
static struct object *read_object(struct reader *r, enum object_kind kind,
				  const yaml_node_t *node)
{
	_cleanup_(object_freep) struct object *o = object_new(kind, NULL);
	_cleanup_free_ char *problem = NULL, *label = NULL;
	size_t before = r->problems->count;

	if (node->type != YAML_MAPPING_NODE) {
		refuse(r, node, "a %s is a mapping that has \"%s\"", o->kind->noun, o->kind->key);
		return NULL;
	}
	o->mark = mark_of(node);
	if (!check_keys(r, node, o->kind->noun) || !read_identity(r, o, node))
		return NULL;
	if (kind == OBJECT_PORT)
		object_name_port(o);
	label = xprintf("%s %s", o->kind->noun, o->name);
	read_fields(r, o, node, label);
	if (r->problems->count == before && !object_check(o, &problem))
		refuse(r, node, "%s: %s", label, problem);
	return TAKE_PTR(o);
}

static void read_rules(struct reader *r, struct object *acl, const yaml_node_t *node)
{
	if (node->type != YAML_SEQUENCE_NODE) {
		refuse(r, node, "acl %s: rules: a sequence is needed", acl->name);
		return;
	}
	for (const yaml_node_item_t *i = node->data.sequence.items.start;
	     i < node->data.sequence.items.top; i++) {
		const yaml_node_t *item = node_at(r, *i);
		struct object *rule;
		size_t at;

		if (acl->rule_count == POLICY_RULES_MAX)
			refuse(r, item, "acl %s: more than %d rules", acl->name, POLICY_RULES_MAX);
		if (acl->rule_count == POLICY_RULES_MAX || !count_object(r, item))
			return;
		rule = read_object(r, OBJECT_RULE, item);
		if (rule && object_find_rule(acl, rule->name, &at)) {
			refuse(r, item, "acl %s: rule \"%s\" is there twice, first in line %u",
			       acl->name, rule->name, acl->rules[at]->mark.line);
			object_free(rule);
		} else if (rule) {
			object_add_rule(acl, acl->rule_count, rule);
		}
	}
}

static void read_kind(struct reader *r, enum object_kind kind, const yaml_node_t *node,
		      struct model *m)
{
	const char *plural = object_kinds[kind].plural;

	if (node->type != YAML_SEQUENCE_NODE) {
		refuse(r, node, "%s: a sequence is needed; [] if there are none", plural);
		return;
	}
	m->named[kind] = true;
	for (const yaml_node_item_t *i = node->data.sequence.items.start;
	     i < node->data.sequence.items.top && r->problems->count <= POLICY_PROBLEMS_MAX; i++) {
		const yaml_node_t *item = node_at(r, *i);
		struct object *o;

		if (!count_object(r, item))
			return;
		o = read_object(r, kind, item);
		if (o && !model_add(m, o)) {
			refuse(r, item, "%s %s is there twice, first in line %u", o->kind->noun,
			       o->name, model_find(m, kind, o->name)->mark.line);
			object_free(o);
		}
	}
}

static void read_root(struct reader *r, struct model *m)
{
	yaml_node_t *root = yaml_document_get_root_node(&r->doc);

	/* An empty file is refused: it may have been cut short. */
	if (!root) {
		problems_add(r->problems, (struct mark){ 1, 1 }, "the file is empty");
		return;
	}
	if (root->type != YAML_MAPPING_NODE) {
		refuse(r, root, "a mapping of switches, vms, groups, acls, qos, ports, mirrors, exporters, uplinks and networks is needed");
		return;
	}
	if (!check_keys(r, root, "the file"))
		return;
	for (const yaml_node_pair_t *p = root->data.mapping.pairs.start;
	     p < root->data.mapping.pairs.top; p++) {
		const char *key = key_of(r, p);
		int k = 0;

		while (key && k < OBJECT_KINDS && strcmp(object_kinds[k].plural, key))
			k++;
		if (key && k < OBJECT_KINDS)
			read_kind(r, (enum object_kind)k, node_at(r, p->value), m);
		else if (key)
			refuse(r, node_at(r, p->key), "\"%.*s\" is none of switches, vms, groups, acls, "
			       "qos, ports, mirrors, exporters, uplinks, networks", QUOTE_MAX, key);
	}
}

/* Where a character begins. */
static size_t octet_of(const char *text, size_t len, size_t character)
{
	size_t at = 0;

	for (; at < len; at++)
		if (((unsigned char)text[at] & 0xc0) != 0x80 && !character--)
			break;
	return at;
}

/* Says why libyaml refused, or what it would take. Its mark counts characters. */
static void refuse_yaml(struct problems *problems, const yaml_parser_t *parser, const char *text,
			size_t len)
{
	const yaml_mark_t *at = &parser->problem_mark;
	_cleanup_free_ char *hint = parser->error == YAML_READER_ERROR ? NULL :
				    yaml_hint(text, len, octet_of(text, len, at->index));

	if (hint) {
		problems_add(problems, (struct mark){ (unsigned int)at->line + 1,
						      (unsigned int)at->column + 1 },
			     "%s", hint);
		return;
	}
	problems_add(problems, (struct mark){ (unsigned int)at->line + 1,
					      (unsigned int)at->column + 1 },
		     "this is not YAML: %s%s%s", parser->problem ?: "unreadable",
		     parser->context ? ", " : "", parser->context ?: "");
}

bool policy_read(const char *text, size_t len, struct model *ret, struct problems *problems)
{
	struct reader r = { .problems = problems };
	size_t before = problems->count;
	yaml_parser_t parser;
	yaml_document_t next;

	if (len > POLICY_FILE_MAX) {
		problems_add(problems, (struct mark){ 1, 1 }, "the file is larger than %u MiB",
			     POLICY_FILE_MAX >> 20);
		return false;
	}
	if (!yaml_parser_initialize(&parser))
		mem_out();
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	if (!yaml_parser_load(&parser, &r.doc)) {
		refuse_yaml(problems, &parser, text, len);
		yaml_parser_delete(&parser);
		return false;
	}
	read_root(&r, ret);
	if (yaml_document_get_root_node(&r.doc)) {
		if (!yaml_parser_load(&parser, &next)) {
			refuse_yaml(problems, &parser, text, len);
		} else {
			yaml_node_t *root = yaml_document_get_root_node(&next);

			if (root)
				refuse(&r, root, "a second document; one is needed");
			yaml_document_delete(&next);
		}
	}
	yaml_document_delete(&r.doc);
	yaml_parser_delete(&parser);
	return problems->count == before;
}
