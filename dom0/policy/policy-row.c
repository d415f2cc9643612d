// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/column.h"
#include "base/endpoint.h"
#include "base/mac.h"
#include "base/netdev-name.h"
#include "base/number.h"
#include "base/prefix.h"
#include "base/uuid.h"
#include "policy/bounds.h"
#include "policy/model.h"
#include "policy/labels.h"
#include "policy/ordered.h"
#include "policy/policy-row.h"
#include "policy/vlans.h"

/* The place of a column among all of its kind's; -1 if it has none of that name. */
static int place_of(const struct kind *kind, const char *name)
{
	int i = 0;

	kind_for_each_field(kind, f)
		field_for_each_column(f, column) {
			if (strcmp(column->name, name) == 0)
				return i;
			i++;
		}
	return -1;
}

size_t policy_row_size(const struct kind *kind)
{
	size_t n = 0;

	kind_for_each_field(kind, f)
		field_for_each_column(f, column)
			n++;
	return sizeof(struct policy_row) + n * sizeof(union row_value);
}

static const union row_value *value_of(const struct policy_row *row, const char *column)
{
	int i = row ? place_of(row->kind, column) : -1;

	return i >= 0 && row->given >> i & 1 ? &row->values[i] : NULL;
}

bool row_given(const struct policy_row *row, const char *column)
{
	return value_of(row, column);
}

uint64_t row_number(const struct policy_row *row, const char *column, uint64_t otherwise)
{
	const union row_value *value = value_of(row, column);

	return value ? value->number : otherwise;
}

const void *row_octets(const struct policy_row *row, const char *column, size_t *ret_size)
{
	const union row_value *value = value_of(row, column);

	if (ret_size)
		*ret_size = value ? value->octets->size : 0;
	return value ? value->octets->octets : NULL;
}

void row_acls(const struct policy_row *row, struct acl_list *ret)
{
	static const char *const columns[] = { "acl", "more_acls" };

	*ret = (struct acl_list){};
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		size_t size, width = sizeof(ret->rows[0]);
		const void *rows = row_octets(row, columns[i], &size);

		if (rows)
			memcpy(ret->rows[ret->count], rows, size);
		ret->count += size / width;
	}
}

/* ---- what is refused ---- */

static void accepted(const struct field *f, const struct column *column, char *ret, size_t size)
{
	static const char *const texts[FIELD_TYPES] = {
		[FIELD_NETDEV] = "the name of a switch, " NETDEV_NAME_ACCEPTED,
		[FIELD_NETDEVS] = "names of network devices, each " NETDEV_NAME_ACCEPTED,
		[FIELD_TEXT] = "printable characters without a space, at most as many as vifswitch-schema(5) says",
		[FIELD_MACS] = "single addresses as 00:16:3e:01:02:03, no group address",
		[FIELD_VIF] = "UUID/DEVID",
		[FIELD_VIFS] = "UUID or UUID/DEVID",
		[FIELD_ENDPOINTS] = "ADDRESS, ADDRESS:PORT or [ADDRESS6]:PORT",
		[FIELD_PREFIXES] = "an address or prefix, IPv4 or IPv6",
	};

	if (column->words)
		words_list(column->words, ret, size);
	else if (column->type == COLUMN_BOOLEAN)
		snprintf(ret, size, "true or false");
	else if (f->type == FIELD_VLAN || f->type == FIELD_VLANS)
		snprintf(ret, size, "%s in %" PRId64 "-%" PRId64,
			 column->type == COLUMN_INTEGERS ? "VLANs" : "a VLAN", column->min,
			 column->max);
	else if (column->type == COLUMN_INTEGER)
		snprintf(ret, size, "%" PRId64 " to %" PRId64 "%s", column->min, column->max,
			 unit_words(f->unit));
	else if (column->type == COLUMN_ORDERED)
		snprintf(ret, size, "a map of places, %" PRId64 " to %" PRId64 ", to rows of table %s",
			 column->min, column->max, column->refers);
	else if (column->refers)
		snprintf(ret, size, "a row of table %s, by UUID", column->refers);
	else
		snprintf(ret, size, "%s", texts[f->type] ? texts[f->type] : "of the column's type");
}

/* "COLUMN=VALUE: must be ..." */
static int column_refuse(const struct field *f, const struct column *column, const json_t *value,
			 struct problem *problem)
{
	char text[128];

	accepted(f, column, text, sizeof(text));
	return column_bad(problem, column->name, value, text);
}

/* ---- numbers and words ---- */

static const struct word *read_word(const struct column *column, const json_t *atom)
{
	size_t len;
	const char *text = column_string(atom, &len);

	return text ? word_find(column->words, text, len) : NULL;
}

static int read_words(const struct field *f, const struct column *column, const json_t *value,
		      uint64_t *ret, struct problem *problem)
{
	size_t n = column_size(value);
	uint64_t values = 0;

	for (size_t i = 0; i < n; i++) {
		const struct word *word = read_word(column, column_at(value, i));

		if (!word)
			return column_refuse(f, column, column_at(value, i), problem);
		values |= word->value;
	}
	*ret = values;
	return 0;
}

int column_read_number(const struct field *f, const struct column *column, const json_t *value,
		       uint64_t *ret, struct problem *problem)
{
	const json_t *atom = column_at(value, 0);
	const struct word *word;
	int64_t n;

	if (column->type == COLUMN_STRINGS)
		return read_words(f, column, value, ret, problem);
	if (column->type == COLUMN_BOOLEAN && json_is_boolean(atom) && column_size(value) == 1) {
		*ret = json_is_true(atom);
		return 0;
	}
	word = column->words ? read_word(column, value) : NULL;
	if (word)
		*ret = word->value;
	else if (column->type == COLUMN_INTEGER &&
		 column_integer_in(value, column->min, column->max, &n))
		*ret = (uint64_t)n;
	else
		return column_refuse(f, column, value, problem);
	return 0;
}

/* ---- everything else ---- */

static struct row_octets *octets_new(size_t size)
{
	struct row_octets *octets = calloc(1, sizeof(*octets) + size);

	if (octets)
		octets->size = size;
	return octets;
}

static int read_uuid(const json_t *value, struct row_octets *ret)
{
	return column_uuid(value, ret->octets) ? 0 : -EINVAL;
}

static int read_netdev(const json_t *atom, char ret[IFNAMSIZ])
{
	size_t len;
	const char *name = column_string(atom, &len);

	return name && netdev_name_copy(ret, name, len) ? 0 : -EINVAL;
}

static int read_mac(const json_t *atom, uint8_t ret[6])
{
	size_t len;
	const char *text = column_string(atom, &len);

	return text && mac_parse(text, len, ret) && mac_is_station(ret) ? 0 : -EINVAL;
}

static int read_vif(const json_t *atom, struct row_vif *ret)
{
	struct row_vif vif = { .devid = ROW_VIF_ALL };
	size_t len;
	const char *text = column_string(atom, &len);
	uint64_t devid;

	if (!text || len < UUID_TEXT_LEN || !uuid_parse(text, UUID_TEXT_LEN, vif.vm))
		return -EINVAL;
	if (len > UUID_TEXT_LEN) {
		if (text[UUID_TEXT_LEN] != '/' ||
		    !number_parse(text + UUID_TEXT_LEN + 1, len - UUID_TEXT_LEN - 1, 0, DEVID_MAX,
				  &devid))
			return -EINVAL;
		vif.devid = (uint32_t)devid;
	}
	*ret = vif;
	return 0;
}

static int read_endpoint(const json_t *atom, struct endpoint *ret)
{
	size_t len;
	const char *text = column_string(atom, &len);

	return text && endpoint_parse(text, len, ret) ? 0 : -EINVAL;
}

static int read_vlan(const json_t *atom, uint8_t *bitmap)
{
	int64_t vid;

	if (!column_integer_in(atom, 0, VIFSWITCH_VID_MAX, &vid))
		return -EINVAL;
	vlan_bit_set(bitmap, (unsigned int)vid);
	return 0;
}

static int compare_macs(const void *a, const void *b)
{
	return memcmp(a, b, 6);
}

/* Sorted and each once, so that equal sets make equal programs. */
static void sort_macs(struct row_octets *macs)
{
	size_t n = macs->size / 6, count = 0;
	uint8_t (*mac)[6] = (void *)macs->octets;

	qsort(mac, n, 6, compare_macs);
	for (size_t i = 0; i < n; i++)
		if (!count || memcmp(mac[count - 1], mac[i], 6) != 0)
			memmove(mac[count++], mac[i], 6);
	macs->size = count * 6;
}

/*
 * Sets whose elements are of one size; what of them can be read is in force all the
 * same where a problem does not close anything, as in switches' uplinks.
 */
static int read_elements(const struct field *f, const struct column *column, const json_t *value,
			 struct row_octets *ret, struct problem *problem)
{
	size_t n = column_size(value), at = 0;
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		const json_t *atom = column_at(value, i);
		int bad;

		if (f->type == FIELD_NETDEVS)
			bad = read_netdev(atom, (char *)ret->octets + at * IFNAMSIZ);
		else if (f->type == FIELD_MACS)
			bad = read_mac(atom, ret->octets + at * 6);
		else if (f->type == FIELD_VIFS)
			bad = read_vif(atom, (struct row_vif *)ret->octets + at);
		else if (f->type == FIELD_ENDPOINTS)
			bad = read_endpoint(atom, (struct endpoint *)ret->octets + at);
		else
			bad = read_vlan(atom, ret->octets);
		if (!bad)
			at++;
		else if (r == 0)
			r = column_refuse(f, column, atom, problem);
	}
	if (f->type == FIELD_NETDEVS)
		ret->size = at * IFNAMSIZ;
	else if (f->type == FIELD_MACS)
		ret->size = at * 6;
	else if (f->type == FIELD_VIFS)
		ret->size = at * sizeof(struct row_vif);
	else if (f->type == FIELD_ENDPOINTS)
		ret->size = at * sizeof(struct endpoint);
	if (f->type == FIELD_MACS)
		sort_macs(ret);
	return r;
}

/* A normal set. */
static int read_prefixes(const struct field *f, const struct column *column, const json_t *value,
			 struct row_octets **ret, struct problem *problem)
{
	_cleanup_(prefix_set_deinit) struct prefix_set set = {};
	size_t n = column_size(value);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct problem inner;
		struct prefix prefix;
		size_t len;
		const char *text = column_string(column_at(value, i), &len);

		if (!text)
			return column_refuse(f, column, column_at(value, i), problem);
		if (prefix_parse(text, len, &prefix, &inner) < 0)
			return problem_set(problem, "%s=%s", column->name, inner.text);
		r = prefix_set_add(&set, &prefix);
	}
	if (r < 0)
		return r;
	prefix_set_normalize(&set);
	r = ip_lock_check(&set, column->name, problem);
	if (r < 0)
		return r;
	*ret = octets_new(set.count * sizeof(*set.items));
	if (!*ret)
		return -ENOMEM;
	memcpy((*ret)->octets, set.items, (*ret)->size);
	return 0;
}

static int read_labels(const struct field *f, const struct column *column, const json_t *value,
		       struct row_octets **ret, struct problem *problem)
{
	size_t size;

	if (!labels_are_text(value))
		return column_refuse(f, column, value, problem);
	labels_put(value, NULL, &size);
	*ret = octets_new(size);
	if (!*ret)
		return -ENOMEM;
	labels_put(value, (char *)(*ret)->octets, &size);
	return 0;
}

static size_t room_of(const struct field *f, const struct column *column, size_t n)
{
	switch (f->type) {
	case FIELD_NETDEV:
		return IFNAMSIZ;
	case FIELD_TEXT:
		return (size_t)column->max + 1;
	case FIELD_NETDEVS:
		return n * IFNAMSIZ;
	case FIELD_MACS:
		return n * 6;
	case FIELD_ENDPOINTS:
		return n * sizeof(struct endpoint);
	case FIELD_REFERENCE:
	case FIELD_ORDERED:
		return n * 16;
	case FIELD_VIF:
		return sizeof(struct row_vif);
	case FIELD_VIFS:
		return n * sizeof(struct row_vif);
	default:
		return column->type == COLUMN_INTEGERS ? VIFSWITCH_VLAN_BITMAP_LEN : 0;
	}
}

/* Options of ours would be columns. */
static int refuse_map(const struct column *column, const json_t *value, struct problem *problem)
{
	const json_t *first = json_array_get(json_array_get(value, 1), 0);
	char key[72];

	column_print(json_array_get(first, 0), key, sizeof(key));
	return problem_set(problem, "%s=%s: not known to this version; it has no %s", column->name,
			   key, column->name);
}

/* With a NUL behind it: printable, as long as there is room. */
static int read_text(const json_t *value, struct row_octets *ret)
{
	size_t len;
	const char *text = column_string(value, &len);

	if (!text || !len || len >= ret->size)
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return -EINVAL;
	memcpy(ret->octets, text, len);
	return 0;
}

static int read_one(const struct field *f, const json_t *value, struct row_octets *ret)
{
	struct row_vif *vif = (struct row_vif *)ret->octets;

	if (f->type == FIELD_NETDEV)
		return read_netdev(value, (char *)ret->octets);
	if (f->type == FIELD_TEXT)
		return read_text(value, ret);
	if (f->type == FIELD_REFERENCE || f->type == FIELD_ORDERED)
		return read_uuid(value, ret);
	return read_vif(value, vif) == 0 && vif->devid != ROW_VIF_ALL ? 0 : -EINVAL;
}

static int read_octets(const struct field *f, const struct column *column, const json_t *value,
		       struct row_octets **ret, struct problem *problem)
{
	size_t n = column_size(value), room = room_of(f, column, n);
	int r;

	if (column->most && n > column->most)
		return problem_set(problem, "%s: %zu are too many; at most %u", column->name, n,
				   column->most);
	if (f->type == FIELD_PREFIXES)
		return read_prefixes(f, column, value, ret, problem);
	if (f->type == FIELD_MAP && f->pairs)
		return read_labels(f, column, value, ret, problem);
	if (f->type == FIELD_MAP)
		return refuse_map(column, value, problem);
	*ret = octets_new(room);
	if (!*ret)
		return -ENOMEM;
	if (f->type == FIELD_NETDEV || f->type == FIELD_TEXT || column->type == COLUMN_REFERENCE ||
	    f->type == FIELD_VIF)
		r = read_one(f, value, *ret);
	else if (column->type == COLUMN_ORDERED)
		r = ordered_read(column, value, (*ret)->octets);
	else
		return read_elements(f, column, value, *ret, problem);
	if (r < 0) {
		free(*ret);
		*ret = NULL;
		return column_refuse(f, column, value, problem);
	}
	return 0;
}

/* ---- rows ---- */

static int keep_problem(struct policy_row *row, const struct problem *problem)
{
	if (row->problem)
		return 0;
	row->problem = strdup(problem->text);
	return row->problem ? 0 : -ENOMEM;
}

static int read_column(const struct field *f, const struct column *column, const json_t *value,
		       struct policy_row *row, struct problem *problem)
{
	int i = place_of(row->kind, column->name), r;
	union row_value v = {};

	if (!column_size(value))
		return 0;
	if (column_is_number(column)) {
		r = column_read_number(f, column, value, &v.number, problem);
		if (r < 0)
			return r;
	} else {
		r = read_octets(f, column, value, &v.octets, problem);
		if (!v.octets)
			return r;
	}
	row->values[i] = v;
	row->given |= 1ULL << i;
	return r;
}

/* The identity, and columns that nothing here reads. */
static const char *const no_policy[] = {
	"vm", "devid", "name", "_uuid", "_version", NULL,
};

static int read_any(const char *name, const json_t *value, struct policy_row *row,
		    struct problem *problem)
{
	const struct column *column = NULL;
	const struct field *f;

	if (column_is_one_of(name, no_policy))
		return 0;
	f = kind_column(row->kind, name, &column);
	if (f && f->kept)
		return 0;
	if (!column_is_value(value))
		return problem_set(problem, "%s: not a value of the database",
				   QUOTE(name, strlen(name)));
	if (f)
		return read_column(f, column, value, row, problem);
	return column_is_default(value) ? 0 :
	       problem_set(problem, "%s: not enforced by this version", QUOTE(name, strlen(name)));
}

int policy_row_read(const struct kind *kind, const json_t *json, struct policy_row **ret)
{
	struct policy_row *row = calloc(1, policy_row_size(kind));
	struct problem problem;
	const char *name;
	json_t *value;
	size_t len;
	int r = row ? 0 : -ENOMEM;

	if (r < 0)
		return r;
	row->kind = kind;
	name = column_string(json_object_get(json, "name"), &len);
	if (name)
		snprintf(row->name, sizeof(row->name), "%.*s", (int)len, name);
	json_object_foreach((json_t *)json, name, value) {
		r = read_any(name, value, row, &problem);
		if (r < 0 && r != -ENOMEM)
			r = keep_problem(row, &problem);
		if (r < 0) {
			policy_row_free(row);
			return r;
		}
	}
	*ret = row;
	return 0;
}

void policy_row_free(struct policy_row *row)
{
	int i = 0;

	kind_for_each_field(row->kind, f)
		field_for_each_column(f, column) {
			if (!column_is_number(column) && row->given >> i & 1)
				free(row->values[i].octets);
			i++;
		}
	free(row->problem);
	free(row);
}

static bool same_octets(const struct row_octets *a, const struct row_octets *b)
{
	return a->size == b->size && memcmp(a->octets, b->octets, a->size) == 0;
}

bool policy_row_equal(const struct policy_row *a, const struct policy_row *b)
{
	int i = 0;

	if (a->given != b->given || strcmp(a->name, b->name) != 0 ||
	    !a->problem != !b->problem || (a->problem && strcmp(a->problem, b->problem) != 0))
		return false;
	kind_for_each_field(a->kind, f)
		field_for_each_column(f, column) {
			const union row_value *v = &a->values[i], *w = &b->values[i];
			bool given = a->given >> i++ & 1;

			if (given && (column_is_number(column) ? v->number != w->number :
				      !same_octets(v->octets, w->octets)))
				return false;
		}
	return true;
}
