// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/policy/object.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/netdev-name.h"
#include "policy/exporter-shape.h"
#include "policy/flow-settings.h"
#include "policy/mirror-shape.h"
#include "policy/network-shape.h"
#include "policy/policy-row.h"
#include "policy/uplink-shape.h"
#include "vifctl/policy/field-edit.h"
#include "vifctl/view/near.h"
#include "vifctl/view/text.h"

struct object *object_new(enum object_kind kind, const char *name)
{
	struct object *o = xmalloc(sizeof(*o));

	*o = (struct object){ .kind = &object_kinds[kind], .columns = json_object(),
			      .name = name ? xprintf("%s", name) : NULL, .priority = -1 };
	return o;
}

struct object *object_copy(const struct object *o)
{
	struct object *copy = xmalloc(sizeof(*copy));

	*copy = *o;
	copy->name = o->name ? xprintf("%s", o->name) : NULL;
	copy->vm = o->vm ? xprintf("%s", o->vm) : NULL;
	copy->columns = json_copy(o->columns);
	copy->rules = NULL;
	copy->rule_count = 0;
	for (size_t i = 0; i < o->rule_count; i++)
		object_add_rule(copy, i, object_copy(o->rules[i]));
	return copy;
}

void object_free(struct object *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->rule_count; i++)
		object_free(o->rules[i]);
	free(o->rules);
	json_decref(o->columns);
	free(o->vm);
	free(o->name);
	free(o);
}

void object_freep(struct object **o)
{
	object_free(*o);
}

void object_name_port(struct object *o)
{
	free(o->name);
	o->name = xprintf("%s/%d", o->vm, o->devid);
}

void object_add_rule(struct object *acl, size_t at, struct object *rule)
{
	/* Room grows by doubling: at every power of two. */
	if (!(acl->rule_count & (acl->rule_count - 1)))
		acl->rules = xrealloc(acl->rules, (acl->rule_count ? 2 * acl->rule_count : 1) *
				    sizeof(struct object *));
	memmove(acl->rules + at + 1, acl->rules + at,
		(acl->rule_count - at) * sizeof(struct object *));
	acl->rules[at] = rule;
	acl->rule_count++;
}

struct object *object_take_rule(struct object *acl, size_t at)
{
	struct object *rule = acl->rules[at];
	struct object **rules = xmalloc(2 * acl->rule_count * sizeof(struct object *));

	/* A new array, of a size that object_add_rule() may count on. */
	memcpy(rules, acl->rules, acl->rule_count * sizeof(struct object *));
	acl->rule_count--;
	memmove(rules + at, rules + at + 1, (acl->rule_count - at) * sizeof(struct object *));
	free(acl->rules);
	acl->rules = rules;
	return rule;
}

bool object_find_rule(const struct object *acl, const char *name, size_t *ret)
{
	for (size_t i = 0; i < acl->rule_count; i++) {
		if (strcmp(acl->rules[i]->name, name))
			continue;
		*ret = i;
		return true;
	}
	return false;
}

/*
 * Fields that mean more when they are empty than nothing: a port's are then those of its
 * VM's config, a rule's fit everything. Adding to them would not add. (No config names
 * ACLs: the first one only takes away.)
 */
static bool empty_is_more(const struct object *o, const struct field *f)
{
	return field_is_list(f) && f->type != FIELD_ORDERED && field_is_empty(f, o->columns) &&
	       (o->kind->id == OBJECT_RULE || (o->kind->id == OBJECT_PORT && f->merge));
}

/* KEY+=VALUE or KEY-=VALUE. */
static bool edit_list(struct object *o, const struct field *f, char sign, const char *value,
		      char **ret_problem)
{
	if (!field_can_edit(f))
		*ret_problem = xprintf("one value is needed, not a list: %s=VALUE", f->name);
	else if (empty_is_more(o, f))
		*ret_problem = xprintf("it is empty, which stands for %s: %s=VALUE,... with all of "
				       "them is needed", o->kind->id == OBJECT_RULE ? "everything" :
				       "what the VM's config says", f->name);
	else
		return sign == '+' ? field_add_text(f, value, o->columns, ret_problem) :
				     field_remove_text(f, value, o->columns, ret_problem);
	return false;
}

/* "near: allow", or all of them. */
static char *near_fields(const struct kind *kind, const char *word)
{
	_cleanup_free_ char *all = kind_field_names(kind), *has = xprintf("it has %s", all);
	json_t *names = json_array();
	char *text;

	kind_for_each_field(kind, f)
		if (near_spelled(word, f->name))
			json_array_append_new(names, json_string(f->name));
	text = near_or(word, names, has);
	json_decref(names);
	return text;
}

bool object_set_text(struct object *o, const char *text, char **ret_problem)
{
	const char *equals = strchr(text, '=');
	size_t len = equals ? (size_t)(equals - text) : strlen(text);
	const char sign = equals && len && (text[len - 1] == '+' || text[len - 1] == '-') ?
			  text[len - 1] : 0;
	_cleanup_free_ char *key = strndup(text, len - !!sign);
	const struct field *f = key ? kind_field(o->kind, key) : NULL;
	_cleanup_free_ char *problem = NULL, *names = NULL;
	bool good;

	if (!f) {
		names = near_fields(o->kind, key ?: "");
		*ret_problem = xprintf("%s: a %s has no such field; %s", text, o->kind->noun, names);
		return false;
	}
	if (!equals && f->type != FIELD_BOOLEAN) {
		*ret_problem = xprintf("%s: a value is needed: %s=VALUE", text, f->name);
		return false;
	}
	good = sign ? edit_list(o, f, sign, equals + 1, &problem) :
	       field_parse_text(f, equals ? equals + 1 : "yes", o->columns, &problem);
	if (!good)
		*ret_problem = xprintf("%s: %s", text, problem);
	return good;
}

char *kind_field_names(const struct kind *kind)
{
	json_t *names = json_array();
	char *text;

	kind_for_each_field(kind, f)
		json_array_append_new(names, json_string(f->name));
	text = text_join(names, ", ");
	json_decref(names);
	return text;
}

static bool is_one_of(const json_t *number, const int *numbers)
{
	for (; *numbers; numbers++)
		if (json_is_integer(number) && json_integer_value(number) == *numbers)
			return true;
	return false;
}

static bool check_rule(const struct object *o, char **ret_problem)
{
	static const int icmp[] = { 1, 58, 0 }, tcp[] = { 6, 0 },
			 ported[] = { 6, 17, 33, 132, 136, 0 };
	static const struct {
		const char *field;
		const int *protocols;
		const char *needs;
	} needs[] = {
		{ "icmp", icmp, "proto=icmp or proto=icmpv6" },
		{ "tcp-flags", tcp, "proto=tcp" },
		{ "src-port", ported, "proto=tcp, udp, dccp, sctp or udplite" },
		{ "dst-port", ported, "proto=tcp, udp, dccp, sctp or udplite" },
	};
	const json_t *protocol = json_object_get(o->columns, "protocol");

	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		if (field_is_empty(kind_field(o->kind, needs[i].field), o->columns) ||
		    is_one_of(protocol, needs[i].protocols))
			continue;
		*ret_problem = xprintf("%s needs %s", needs[i].field, needs[i].needs);
		return false;
	}
	return true;
}

static bool check_qos(const struct object *o, char **ret_problem)
{
	const json_t *min = json_object_get(o->columns, "uplink_min"),
		     *max = json_object_get(o->columns, "uplink_max");

	if (!min || !max || json_integer_value(min) <= json_integer_value(max))
		return true;
	*ret_problem = xprintf("uplink-min is more than uplink-max");
	return false;
}

static bool given(const char *column, const void *arg)
{
	return json_object_get(arg, column);
}

static bool check_mirror(const struct object *o, char **ret_problem)
{
	struct problem problem;

	if (mirror_shape_check(given, o->columns, &problem) == 0)
		return true;
	*ret_problem = xprintf("%s", problem.text);
	return false;
}

static bool number_of(const char *name, uint64_t *ret, const void *arg)
{
	const struct object *o = arg;
	const json_t *value = json_object_get(o->columns, name);
	const struct column *column;
	const struct field *f = kind_column(o->kind, name, &column);
	struct problem problem;

	if (value && (column->words || column->type == COLUMN_INTEGER))
		column_read_number(f, column, value, ret, &problem);
	return value;
}

static bool check_exporter(const struct object *o, char **ret_problem)
{
	struct problem problem;

	if (exporter_shape_check(number_of, o, &problem) == 0)
		return true;
	*ret_problem = xprintf("%s", problem.text);
	return false;
}

static bool check_network(const struct object *o, char **ret_problem)
{
	json_t *map = json_object_get(o->columns, "eid_map"), *host;
	struct network_eid eid;
	struct problem problem;
	const char *prefix;
	int r = network_shape_check(number_of, o, &problem);

	json_object_foreach(map, prefix, host)
		r = r ?: network_eid_parse(prefix, json_string_value(host) ?: "", &eid, &problem);
	if (r == 0)
		return true;
	*ret_problem = xprintf("%s", problem.text);
	return false;
}

static uint64_t number(const char *column, uint64_t otherwise, const void *arg)
{
	const json_t *value = json_object_get(arg, column);
	const char *text = json_string_value(value);
	const struct column *its;
	const struct word *word;

	if (json_is_integer(value))
		return (uint64_t)json_integer_value(value);
	if (json_is_boolean(value))
		return json_is_true(value);
	kind_column(&object_kinds[OBJECT_UPLINK], column, &its);
	word = text ? word_find(its->words, text, strlen(text)) : NULL;
	return word ? word->value : otherwise;
}

static bool check_uplink(const struct object *o, char **ret_problem)
{
	const struct uplink_shape shape = { given, number, o->columns };
	struct problem problem;

	if (uplink_shape_check(&shape, &problem) == 0)
		return true;
	*ret_problem = xprintf("%s", problem.text);
	return false;
}

static bool check_switch(const struct object *o, char **ret_problem)
{
	const struct flow_words words = {
		.controller = json_string_value(json_object_get(o->columns, "controller")),
		.datapath_id = json_string_value(json_object_get(o->columns, "datapath_id")),
		.protocols = json_string_value(json_object_get(o->columns, "protocols")),
	};
	struct flow_settings settings;
	struct problem problem;

	if (flow_settings_make(&words, &settings, &problem) == 0)
		return true;
	*ret_problem = xprintf("%s", problem.text);
	return false;
}

bool object_check(const struct object *o, char **ret_problem)
{
	kind_for_each_field(o->kind, f)
		if (f->required && field_is_empty(f, o->columns)) {
			*ret_problem = xprintf("%s is missing", f->name);
			return false;
		}
	if (o->kind->id == OBJECT_RULE)
		return check_rule(o, ret_problem);
	if (o->kind->id == OBJECT_QOS)
		return check_qos(o, ret_problem);
	if (o->kind->id == OBJECT_MIRROR)
		return check_mirror(o, ret_problem);
	if (o->kind->id == OBJECT_EXPORTER)
		return check_exporter(o, ret_problem);
	if (o->kind->id == OBJECT_UPLINK)
		return check_uplink(o, ret_problem);
	if (o->kind->id == OBJECT_NETWORK)
		return check_network(o, ret_problem);
	if (o->kind->id == OBJECT_SWITCH)
		return check_switch(o, ret_problem);
	return true;
}

void object_set_names(struct object *o, const char *column, const json_t *names)
{
	if (json_array_size(names))
		json_object_set_new(o->columns, column, sorted_set((json_t *)names));
	else
		json_object_del(o->columns, column);
}

void object_drop_name(struct object *o, const char *column, const char *name)
{
	json_t *left = json_array(), *item;
	size_t i;

	json_array_foreach(json_object_get(o->columns, column), i, item)
		if (strcmp(json_string_value(item), name))
			json_array_append(left, item);
	object_set_names(o, column, left);
	json_decref(left);
}

bool object_name_check(const struct kind *kind, const char *name, char **ret_problem)
{
	size_t len = strlen(name);
	bool good = len && len <= kind->name_max;

	for (const char *p = name; *p; p++)
		good = good && (unsigned char)*p > ' ' && *p != 0x7f;
	if (good && kind->id == OBJECT_SWITCH)
		good = netdev_name_valid(name, len);
	if (!good)
		*ret_problem = xprintf("a %s's name has 1 to %zu octets without spaces%s",
				       kind->noun, kind->name_max,
				       kind->id == OBJECT_SWITCH ? ", '/', ':' and '%'" : "");
	return good;
}
