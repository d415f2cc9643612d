// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "libvifdb/client-datum.h"

/* While a datum is made; strings belong to somebody else. */
struct pair {
	struct vifdb_atom key, value;
};

int vdb_atom_compare(const struct vifdb_atom *a, const struct vifdb_atom *b, enum vifdb_type type)
{
	switch (type) {
	case VIFDB_INTEGER:
		return a->integer < b->integer ? -1 : a->integer > b->integer;
	case VIFDB_REAL:
		return a->real < b->real ? -1 : a->real > b->real;
	case VIFDB_BOOLEAN:
		return a->boolean - b->boolean;
	case VIFDB_STRING:
		return strcmp(a->string, b->string);
	case VIFDB_UUID:
		return memcmp(a->uuid, b->uuid, sizeof(a->uuid));
	case VIFDB_NONE:
		break;
	}
	return 0;
}

static int pair_compare(const void *a, const void *b, void *type)
{
	const struct pair *x = a, *y = b;

	return vdb_atom_compare(&x->key, &y->key, ((const struct vdb_type *)type)->key);
}

static size_t string_size(const struct vifdb_atom *atom)
{
	return atom->type == VIFDB_STRING ? strlen(atom->string) + 1 : 0;
}

static struct vifdb_atom pack_atom(const struct vifdb_atom *from, char **strings)
{
	struct vifdb_atom atom = *from;
	size_t len = string_size(from);

	if (len) {
		atom.string = memcpy(*strings, from->string, len);
		*strings += len;
	}
	return atom;
}

static int pack(const struct pair *pairs, size_t n, const struct vdb_type *type,
		struct vdb_datum **ret)
{
	size_t atoms = type->value == VIFDB_NONE ? n : 2 * n;
	size_t octets = 0;
	struct vdb_datum *d;
	char *strings;

	if (!n) {
		*ret = NULL;
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		octets += string_size(&pairs[i].key) + string_size(&pairs[i].value);
	d = malloc(sizeof(*d) + atoms * sizeof(d->atoms[0]) + octets);
	if (!d)
		return -ENOMEM;
	d->n = n;
	strings = (char *)&d->atoms[atoms];
	for (size_t i = 0; i < n; i++)
		d->atoms[i] = pack_atom(&pairs[i].key, &strings);
	for (size_t i = n; i < atoms; i++)
		d->atoms[i] = pack_atom(&pairs[i - n].value, &strings);
	*ret = d;
	return 0;
}

static bool parse_atom(const json_t *json, enum vifdb_type type, struct vifdb_atom *ret)
{
	const char *text;

	*ret = (struct vifdb_atom){ .type = type };
	switch (type) {
	case VIFDB_NONE:
		return true;
	case VIFDB_INTEGER:
		ret->integer = json_integer_value(json);
		return json_is_integer(json);
	case VIFDB_REAL:
		/* -0.0 and 0.0 are one value */
		ret->real = json_number_value(json) + 0.0;
		return json_is_number(json);
	case VIFDB_BOOLEAN:
		ret->boolean = json_is_true(json);
		return json_is_boolean(json);
	case VIFDB_STRING:
		ret->string = json_string_value(json);
		return ret->string;
	case VIFDB_UUID:
		text = json_string_value(json_array_get(json, 0));
		return json_array_size(json) == 2 && text && !strcmp(text, "uuid") &&
		       vifdb_uuid_parse(json_string_value(json_array_get(json, 1)), ret->uuid);
	}
	return false;
}

/* The array of a ["set", [...]] or ["map", [...]]; NULL if it is none. */
static const json_t *elements(const json_t *json, const char *kind)
{
	const char *tag = json_string_value(json_array_get(json, 0));
	const json_t *array = json_array_get(json, 1);

	return json_array_size(json) == 2 && tag && !strcmp(tag, kind) && json_is_array(array) ?
	       array : NULL;
}

static bool parse_pair(const json_t *json, const struct vdb_type *type, struct pair *ret)
{
	if (type->value == VIFDB_NONE) {
		ret->value = (struct vifdb_atom){ .type = VIFDB_NONE };
		return parse_atom(json, type->key, &ret->key);
	}
	return json_array_size(json) == 2 &&
	       parse_atom(json_array_get(json, 0), type->key, &ret->key) &&
	       parse_atom(json_array_get(json, 1), type->value, &ret->value);
}

static bool sort_pairs(struct pair *pairs, size_t n, const struct vdb_type *type)
{
	bool sorted = true;

	for (size_t i = 1; i < n && sorted; i++)
		sorted = pair_compare(&pairs[i - 1], &pairs[i], (void *)type) < 0;
	if (sorted)
		return true;
	qsort_r(pairs, n, sizeof(*pairs), pair_compare, (void *)type);
	for (size_t i = 1; i < n; i++)
		if (!pair_compare(&pairs[i - 1], &pairs[i], (void *)type))
			return false;
	return true;
}

int vdb_datum_parse(const json_t *json, const struct vdb_type *type, bool is_diff,
		    struct vdb_datum **ret, const char **ret_problem)
{
	const json_t *array = elements(json, type->value == VIFDB_NONE ? "set" : "map");
	_cleanup_free_ struct pair *many = NULL;
	struct pair one, *pairs = &one;
	size_t n = array ? json_array_size(array) : 1;

	*ret_problem = "of another type than the schema says";
	if (!array && type->value != VIFDB_NONE)
		return -EINVAL;
	if (!is_diff && (n < type->min || n > type->max)) {
		*ret_problem = "more or fewer elements than the schema allows";
		return -EINVAL;
	}
	if (n > 1) {
		pairs = many = calloc(n, sizeof(*many));
		if (!many)
			return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		if (!parse_pair(array ? json_array_get(array, i) : json, type, &pairs[i]))
			return -EINVAL;
	if (!sort_pairs(pairs, n, type)) {
		*ret_problem = "an element that is there twice";
		return -EINVAL;
	}
	return pack(pairs, n, type, ret);
}

int vdb_datum_default(const struct vdb_type *type, struct vdb_datum **ret)
{
	struct pair pair = {
		.key = { .type = type->key },
		.value = { .type = type->value },
	};

	if (type->key == VIFDB_STRING)
		pair.key.string = "";
	if (type->value == VIFDB_STRING)
		pair.value.string = "";
	return pack(&pair, type->min ? 1 : 0, type, ret);
}

static struct pair pair_at(const struct vdb_datum *d, size_t i, const struct vdb_type *type)
{
	struct pair pair = { .key = d->atoms[i] };

	if (type->value != VIFDB_NONE)
		pair.value = d->atoms[d->n + i];
	return pair;
}

/*
 * A column of one element at most is given anew. Of others an element in both
 * goes away, except that a key with another value gets that value.
 */
int vdb_datum_apply(const struct vdb_datum *old, const struct vdb_datum *diff,
		    const struct vdb_type *type, struct vdb_datum **ret, const char **ret_problem)
{
	size_t n_old = type->max == 1 ? 0 : vdb_datum_size(old), n_diff = vdb_datum_size(diff);
	_cleanup_free_ struct pair *pairs = NULL;
	size_t i = 0, j = 0, n = 0;

	pairs = calloc(n_old + n_diff + 1, sizeof(*pairs));
	if (!pairs)
		return -ENOMEM;
	while (i < n_old || j < n_diff) {
		int order = i == n_old ? 1 : j == n_diff ? -1 :
			    vdb_atom_compare(&old->atoms[i], &diff->atoms[j], type->key);

		if (order < 0) {
			pairs[n++] = pair_at(old, i++, type);
		} else if (order > 0) {
			pairs[n++] = pair_at(diff, j++, type);
		} else {
			struct pair was = pair_at(old, i++, type), is = pair_at(diff, j++, type);

			if (vdb_atom_compare(&was.value, &is.value, type->value))
				pairs[n++] = is;
		}
	}
	if (n < type->min || n > type->max) {
		*ret_problem = "more or fewer elements than the schema allows";
		return -EINVAL;
	}
	return pack(pairs, n, type, ret);
}

bool vdb_datum_equal(const struct vdb_datum *a, const struct vdb_datum *b,
		     const struct vdb_type *type)
{
	size_t n = vdb_datum_size(a);

	if (a == b)
		return true;
	if (n != vdb_datum_size(b))
		return false;
	for (size_t i = 0; i < n; i++)
		if (vdb_atom_compare(&a->atoms[i], &b->atoms[i], type->key))
			return false;
	for (size_t i = n; type->value != VIFDB_NONE && i < 2 * n; i++)
		if (vdb_atom_compare(&a->atoms[i], &b->atoms[i], type->value))
			return false;
	return true;
}

static json_t *atom_json(const struct vifdb_atom *atom)
{
	switch (atom->type) {
	case VIFDB_INTEGER:
		return json_integer(atom->integer);
	case VIFDB_REAL:
		return json_real(atom->real);
	case VIFDB_BOOLEAN:
		return json_boolean(atom->boolean);
	case VIFDB_STRING:
		return json_string(atom->string);
	case VIFDB_UUID:
		return vifdb_json_uuid(atom->uuid);
	case VIFDB_NONE:
		break;
	}
	return NULL;
}

json_t *vdb_datum_json(const struct vdb_datum *d, const struct vdb_type *type)
{
	bool is_map = type->value != VIFDB_NONE;
	json_t *array;

	if (!is_map && vdb_datum_size(d) == 1)
		return atom_json(&d->atoms[0]);
	array = json_array();
	for (size_t i = 0; i < vdb_datum_size(d); i++) {
		json_t *element = atom_json(&d->atoms[i]);

		if (is_map)
			element = json_pack("[oo]", element, atom_json(&d->atoms[d->n + i]));
		if (json_array_append_new(array, element)) {
			json_decref(array);
			return NULL;
		}
	}
	return json_pack("[so]", is_map ? "map" : "set", array);
}
