// SPDX-License-Identifier: GPL-2.0-or-later
#include "xapi/xapi-model.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json-value.h"
#include "base/number.h"
#include "base/uuid.h"
#include "xapi/xapi-port.h"

#define TEXT_MAX	255	/* octets of a member, a reference, an element */
#define EVENTS_MAX	(XAPI_CLASSES * XAPI_OBJECTS_MAX)

const char *const xapi_class_words[XAPI_CLASSES] = {
	[XAPI_VIF] = "vif", [XAPI_VM] = "vm", [XAPI_NETWORK] = "network", [XAPI_PIF] = "pif",
	[XAPI_VLAN] = "vlan",
};

enum member_kind {
	MEMBER_TEXT,
	MEMBER_UUID,
	MEMBER_NUMBER,		/* or its text: XAPI's integers come as either */
	MEMBER_BOOLEAN,
	MEMBER_TEXTS,
	MEMBER_NUMBERS,
	MEMBER_KBPS,		/* of a map, the member of that name */
};

struct member {
	const char *name;
	enum member_kind kind;
	bool needed;
};

#define MEMBERS_MAX	12

#define NEEDED(name, kind)	{ name, MEMBER_##kind, true }
#define OTHER(name, kind)	{ name, MEMBER_##kind, false }

static const struct member members[XAPI_CLASSES][MEMBERS_MAX] = {
	[XAPI_VIF] = {
		NEEDED("uuid", UUID), NEEDED("device", NUMBER),
		NEEDED("network", TEXT), NEEDED("VM", TEXT),
		NEEDED("MAC", TEXT), OTHER("MTU", NUMBER),
		NEEDED("locking_mode", TEXT), OTHER("ipv4_allowed", TEXTS),
		OTHER("ipv6_allowed", TEXTS), OTHER("qos_algorithm_type", TEXT),
		OTHER("qos_algorithm_params", KBPS), OTHER("trunks", NUMBERS),
	},
	[XAPI_VM] = {
		NEEDED("uuid", UUID), OTHER("is_a_template", BOOLEAN),
		OTHER("is_a_snapshot", BOOLEAN),
	},
	[XAPI_NETWORK] = {
		NEEDED("uuid", UUID), NEEDED("bridge", TEXT),
		OTHER("default_locking_mode", TEXT),
	},
	[XAPI_PIF] = {
		NEEDED("network", TEXT), NEEDED("VLAN", NUMBER),
		OTHER("VLAN_master_of", TEXT),
	},
	[XAPI_VLAN] = { NEEDED("tagged_PIF", TEXT) },
};

void xapi_model_init(struct xapi_model *model)
{
	*model = (struct xapi_model){};
	for (int i = 0; i < XAPI_CLASSES; i++)
		model->objects[i] = json_object();
}

void xapi_model_deinit(struct xapi_model *model)
{
	for (int i = 0; i < XAPI_CLASSES; i++)
		json_decref(model->objects[i]);
	*model = (struct xapi_model){};
}

const json_t *xapi_model_of(const struct xapi_model *model, enum xapi_class kind,
			    const json_t *of, const char *member)
{
	const char *ref = json_text_of(of, member);

	return ref ? json_object_get(model->objects[kind], ref) : NULL;
}

/* ---- members; each returns what is kept, new reference, or NULL: it cannot be ---- */

static json_t *read_text(const json_t *value)
{
	size_t len = json_string_length(value);

	/* With NULs inside it would be cut by whoever takes it for a string. */
	return json_is_string(value) && len <= TEXT_MAX && strlen(json_string_value(value)) == len ?
	       json_incref((json_t *)value) : NULL;
}

static json_t *read_number(const json_t *value)
{
	const char *text = json_string_value(value);
	uint64_t n;

	if (json_is_integer(value))
		return json_incref((json_t *)value);
	if (!text)
		return NULL;
	if (strcmp(text, "-1") == 0)		/* of a PIF without VLAN */
		return json_integer(-1);
	return number_parse(text, json_string_length(value), 0, INT64_MAX, &n) ?
	       json_integer((json_int_t)n) : NULL;
}

static json_t *read_uuid(const json_t *value)
{
	uint8_t uuid[16];
	const char *text = json_string_value(value);
	char canonical[UUID_TEXT_LEN + 1];

	if (!text || !uuid_parse(text, json_string_length(value), uuid))
		return NULL;
	uuid_format(uuid, canonical);
	return json_string(canonical);
}

static json_t *read_list(const json_t *value, json_t *(*read)(const json_t *item))
{
	json_t *list;
	const json_t *item;
	size_t i;

	if (!json_is_array(value) || json_array_size(value) > XAPI_ADDRESSES_MAX * 4)
		return NULL;
	list = json_array();
	json_array_foreach(value, i, item) {
		if (json_array_append_new(list, read(item)) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* null: the map says nothing of it. */
static json_t *read_kbps(const json_t *value)
{
	const json_t *kbps = json_object_get(value, "kbps");

	return !json_is_object(value) ? NULL : kbps ? read_text(kbps) ?: read_number(kbps) :
	       json_null();
}

static json_t *read_member(const struct member *m, const json_t *value)
{
	switch (m->kind) {
	case MEMBER_TEXT:
		return read_text(value);
	case MEMBER_UUID:
		return read_uuid(value);
	case MEMBER_NUMBER:
		return read_number(value);
	case MEMBER_BOOLEAN:
		return json_is_boolean(value) ? json_incref((json_t *)value) : NULL;
	case MEMBER_TEXTS:
		return read_list(value, read_text);
	case MEMBER_NUMBERS:
		return read_list(value, read_number);
	case MEMBER_KBPS:
		return read_kbps(value);
	}
	return NULL;
}

static json_t *read_object(enum xapi_class kind, const json_t *snapshot, struct problem *problem)
{
	json_t *object = json_object();

	for (size_t i = 0; i < MEMBERS_MAX && members[kind][i].name; i++) {
		const struct member *m = &members[kind][i];
		const json_t *value = json_object_get(snapshot, m->name);
		json_t *kept = value ? read_member(m, value) : NULL;

		if (!value && !m->needed)
			continue;
		if (json_object_set_new(object, m->name, kept) < 0) {
			problem_set(problem, "%s of a %s is not what is understood here", m->name,
				    xapi_class_words[kind]);
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

/* ---- events ---- */

/* Of one answer, by class: reference to object, or null where it is gone. */
struct batch {
	json_t *objects[XAPI_CLASSES];
};

static void batch_deinit(struct batch *batch)
{
	for (int i = 0; i < XAPI_CLASSES; i++)
		json_decref(batch->objects[i]);
}

static int class_of(const json_t *event)
{
	const char *word = json_text_of(event, "class") ?: "";

	for (int i = 0; i < XAPI_CLASSES; i++)
		if (strcasecmp(word, xapi_class_words[i]) == 0)
			return i;
	return -1;
}

static int read_event(const json_t *event, struct batch *batch, struct problem *problem)
{
	const char *ref = json_text_of(event, "ref"), *op = json_text_of(event, "operation");
	json_t *object;
	int kind;

	if (!ref || !op || !json_text_of(event, "class") || strlen(ref) > TEXT_MAX)
		return problem_set(problem, "an event without class, operation or ref");
	kind = class_of(event);
	if (kind < 0)
		return 0;
	if (strcmp(op, "del") == 0)
		object = json_null();
	else if (strcmp(op, "add") == 0 || strcmp(op, "mod") == 0)
		object = read_object(kind, json_object_get(event, "snapshot"), problem);
	else
		return problem_set(problem, "operation %s of an event is not known",
				   QUOTE(op, strlen(op)));
	if (!object)
		return -EINVAL;
	json_object_set_new(batch->objects[kind], ref, object);
	return 0;
}

static int read_events(const json_t *result, struct batch *batch, struct problem *problem)
{
	const json_t *events = json_object_get(result, "events"), *event;
	size_t i;
	int r = 0;

	if (!json_is_array(events) || json_array_size(events) > EVENTS_MAX)
		return problem_set(problem, "an answer without events");
	json_array_foreach(events, i, event) {
		r = read_event(event, batch, problem);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool fits(const struct xapi_model *model, const struct batch *batch, bool whole,
		 struct problem *problem)
{
	for (int i = 0; i < XAPI_CLASSES; i++) {
		size_t before = whole ? 0 : json_object_size(model->objects[i]);

		if (before + json_object_size(batch->objects[i]) > XAPI_OBJECTS_MAX) {
			problem_set(problem, "more than %d objects of class %s", XAPI_OBJECTS_MAX,
				    xapi_class_words[i]);
			return false;
		}
	}
	return true;
}

/*
 * Most of what XAPI tells of a VM is none of what is kept, so what is told again is no change:
 * whoever derives something from all of it does so for each.
 */
static void put(struct xapi_model *model, enum xapi_class kind, const char *ref, json_t *object)
{
	json_t *before = json_object_get(model->objects[kind], ref);

	if (json_is_null(object) ? !before : before && json_equal(before, object))
		return;
	if (json_is_null(object))
		json_object_del(model->objects[kind], ref);
	else
		json_object_set(model->objects[kind], ref, object);
	model->changes++;
}

static void apply(struct xapi_model *model, const struct batch *batch, bool whole)
{
	for (int i = 0; i < XAPI_CLASSES; i++) {
		const char *ref;
		json_t *object;

		if (whole) {
			json_object_clear(model->objects[i]);
			model->changes++;
		}
		json_object_foreach(batch->objects[i], ref, object)
			put(model, i, ref, object);
	}
}

/* What XAPI says that there is of each class is what there is here. */
static bool counts_agree(const struct xapi_model *model, const json_t *result)
{
	const json_t *counts = json_object_get(result, "valid_ref_counts");

	for (int i = 0; i < XAPI_CLASSES; i++) {
		const json_t *told = json_object_get(counts, xapi_class_words[i]);
		json_t *n = told ? read_number(told) : NULL;
		bool agrees = !n || json_integer_value(n) ==
				    (json_int_t)json_object_size(model->objects[i]);

		json_decref(n);
		if (!agrees)
			return false;
	}
	return true;
}

int xapi_model_take(struct xapi_model *model, const json_t *result, bool whole,
		    struct problem *problem)
{
	struct batch batch;
	int r;

	for (int i = 0; i < XAPI_CLASSES; i++)
		batch.objects[i] = json_object();
	r = read_events(result, &batch, problem);
	if (r == 0 && !fits(model, &batch, whole, problem))
		r = -EINVAL;
	/* A XAPI has a VM at least, its own: without any it has not read its database yet. */
	if (r == 0 && whole && !json_object_size(batch.objects[XAPI_VM]))
		r = problem_set(problem, "XAPI says that there is no VM at all, not even this domain");
	if (r == 0) {
		apply(model, &batch, whole);
		model->complete |= whole;
		if (!counts_agree(model, result))
			r = -ESTALE;
	}
	batch_deinit(&batch);
	return r;
}
