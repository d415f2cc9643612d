// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/policy/yaml.h"
#include "vifctl/view/safe.h"

#define FLOW_MAX	8	/* items of a sequence on one line */
#define WIDTH		100

struct writer {
	yaml_emitter_t emitter;
	bool failed;
};

static void emit(struct writer *w, yaml_event_t *event)
{
	if (w->failed)
		yaml_event_delete(event);
	else if (!yaml_emitter_emit(&w->emitter, event))	/* it deletes the event */
		w->failed = true;
}

static void put_text(struct writer *w, const char *text)
{
	yaml_event_t event;
	/* What a reader could take for no value, or for something else than text. */
	yaml_scalar_style_t style = !strcmp(text, "~") || !*text ? YAML_SINGLE_QUOTED_SCALAR_STYLE :
				    YAML_ANY_SCALAR_STYLE;

	if (!yaml_scalar_event_initialize(&event, NULL, NULL, (yaml_char_t *)text,
					  (int)strlen(text), 1, 1, style))
		w->failed = true;
	else
		emit(w, &event);
}

static void start_map(struct writer *w, bool flow)
{
	yaml_event_t event;

	if (!yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, flow ?
			YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE))
		w->failed = true;
	else
		emit(w, &event);
}

static void end_map(struct writer *w)
{
	yaml_event_t event;

	yaml_mapping_end_event_initialize(&event);
	emit(w, &event);
}

static void start_sequence(struct writer *w, bool flow)
{
	yaml_event_t event;

	if (!yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, flow ?
			YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE))
		w->failed = true;
	else
		emit(w, &event);
}

static void end_sequence(struct writer *w)
{
	yaml_event_t event;

	yaml_sequence_end_event_initialize(&event);
	emit(w, &event);
}

static void put_map(struct writer *w, const json_t *map)
{
	json_t *keys = sorted_keys(map), *name;
	size_t i;

	start_map(w, json_object_size(map) <= FLOW_MAX);
	json_array_foreach(keys, i, name) {
		put_text(w, json_string_value(name));
		put_text(w, json_string_value(json_object_get(map, json_string_value(name))) ?: "");
	}
	end_map(w);
	json_decref(keys);
}

static void put_field(struct writer *w, const struct field *f, const json_t *columns)
{
	json_t *items, *item;
	bool one;
	size_t i;

	if (field_is_empty(f, columns))
		return;
	put_text(w, f->name);
	if (f->type == FIELD_MAP) {
		put_map(w, json_object_get(columns, f->columns[0].name));
		return;
	}
	items = field_items_of(f, columns);
	one = field_is_one(f, items);
	if (!one)
		start_sequence(w, json_array_size(items) <= FLOW_MAX);
	json_array_foreach(items, i, item)
		put_text(w, json_string_value(item) ?: "");
	if (!one)
		end_sequence(w);
	json_decref(items);
}

static void put_object(struct writer *w, const struct object *o)
{
	char devid[16];

	start_map(w, false);
	put_text(w, o->kind->key);
	put_text(w, o->kind->id == OBJECT_PORT ? o->vm : o->name);
	if (o->kind->id == OBJECT_PORT) {
		snprintf(devid, sizeof(devid), "%d", o->devid);
		put_text(w, "devid");
		put_text(w, devid);
	}
	kind_for_each_field(o->kind, f)
		put_field(w, f, o->columns);
	if (o->rule_count) {
		put_text(w, "rules");
		start_sequence(w, false);
		for (size_t i = 0; i < o->rule_count; i++)
			put_object(w, o->rules[i]);
		end_sequence(w);
	}
	end_map(w);
}

static int compare_names(const void *a, const void *b)
{
	const struct object *x = *(struct object *const *)a, *y = *(struct object *const *)b;
	int by_vm = x->vm && y->vm ? strcmp(x->vm, y->vm) : 0;

	return by_vm ? by_vm : x->vm && y->vm ? x->devid - y->devid : strcmp(x->name, y->name);
}

static void put_kind(struct writer *w, const struct model *m, enum object_kind k)
{
	size_t count = m->count[k];
	_cleanup_free_ struct object **sorted = xmalloc((count + 1) * sizeof(*sorted));

	if (count)
		memcpy(sorted, m->objects[k], count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare_names);
	put_text(w, object_kinds[k].plural);
	start_sequence(w, !count);
	for (size_t i = 0; i < count; i++)
		put_object(w, sorted[i]);
	end_sequence(w);
}

/* unicode: what is not ASCII is not escaped. */
static int write_yaml(const struct model *m, unsigned int kinds, bool unicode, FILE *out)
{
	struct writer w = {};
	yaml_event_t event;

	if (!yaml_emitter_initialize(&w.emitter))
		return -ENOMEM;
	yaml_emitter_set_output_file(&w.emitter, out);
	yaml_emitter_set_unicode(&w.emitter, unicode);
	yaml_emitter_set_width(&w.emitter, WIDTH);
	yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);
	emit(&w, &event);
	yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1);
	emit(&w, &event);
	start_map(&w, !kinds);
	for (enum object_kind k = 0; k < OBJECT_KINDS; k++)
		if (kinds & 1U << k)
			put_kind(&w, m, k);
	end_map(&w);
	yaml_document_end_event_initialize(&event, 1);
	emit(&w, &event);
	yaml_stream_end_event_initialize(&event);
	emit(&w, &event);
	yaml_emitter_delete(&w.emitter);
	return w.failed ? -EIO : 0;
}

/*
 * The emitter escapes all but ASCII, or less than a terminal needs. What the stream
 * escapes would not be the same text in YAML.
 */
int policy_write(const struct model *m, unsigned int kinds, FILE *out)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	int r;

	if (!f)
		return -ENOMEM;
	r = write_yaml(m, kinds, true, f);
	if (fclose(f) && !r)
		r = -ENOMEM;
	if (r < 0)
		return r;
	if (unsafe_text(text))
		return write_yaml(m, kinds, false, out);
	return fwrite(text, 1, len, out) == len ? 0 : -EIO;
}
