// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The blob is written front to back: header, rules, then each table with its
 * dimensions' sections behind it. Tables are filled in once their sections'
 * places are known; the blob moves when it grows, so places are offsets.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/acl/acl-blob.h"
#include "policy/acl/compile.h"
#include "policy/acl/fill.h"
#include "policy/words.h"

_Static_assert(DIM_WORDS_MAX * 64 == VIFSWITCH_ACL_RULES_MAX, "a bit for each rule of a table");

struct compiler {
	const struct acl *acl;
	struct blob blob;
	struct acl_member *members;	/* of the table at hand; room for all rules */
	uint16_t *classes;		/* of the dimension at hand, one for each of its values */
};

#define PAGE		256U
#define PAGES_MAX	257U

static unsigned int pages_of(enum vifswitch_acl_family family,
			     enum vifswitch_acl_dimension dimension)
{
	switch (dimension) {
	case VIFSWITCH_ACL_VLAN:
		return 16;
	case VIFSWITCH_ACL_PROTO:
		return family == VIFSWITCH_ACL_OTHER ? PAGES_MAX : 1;
	default:
		return PAGES_MAX;
	}
}

static struct dim_key last_value(enum vifswitch_acl_family family,
				 enum vifswitch_acl_dimension dimension)
{
	if (dimension != VIFSWITCH_ACL_SRC && dimension != VIFSWITCH_ACL_DST)
		return (struct dim_key){ 0, pages_of(family, dimension) * PAGE - 1 };
	if (family == VIFSWITCH_ACL_IP4)
		return (struct dim_key){ 0, UINT32_MAX };
	return (struct dim_key){ UINT64_MAX, UINT64_MAX };
}

/*
 * The page of the values from @first on, written behind the @distinct pages that
 * are there. @interval is the one that holds @first; most pages lie inside one.
 */
static void fill_page(struct compiler *c, const struct dim *dim, size_t interval, size_t first,
		      size_t distinct)
{
	uint16_t *page = c->classes + distinct * PAGE;

	for (size_t i = 0; i < PAGE; i++) {
		while (interval + 1 < dim->interval_count &&
		       dim->intervals[interval + 1].first.low <= first + i)
			interval++;
		page[i] = dim->intervals[interval].class;
	}
}

/* For each page of @dim's values which of the distinct pages it is; then those. */
static int write_pages(struct compiler *c, const struct dim *dim, size_t page_count,
		       struct vifswitch_acl_dim *out)
{
	uint16_t index[PAGES_MAX];
	int32_t uniform[PAGES_MAX];	/* the one class of a distinct page, or -1 */
	size_t interval = 0, distinct = 0;
	int r;

	for (size_t page = 0; page < page_count; page++) {
		size_t first = page * PAGE, same = 0;
		bool whole;

		while (interval + 1 < dim->interval_count &&
		       dim->intervals[interval + 1].first.low <= first)
			interval++;
		whole = interval + 1 == dim->interval_count ||
			dim->intervals[interval + 1].first.low >= first + PAGE;
		uniform[distinct] = whole ? dim->intervals[interval].class : -1;
		if (!whole)
			fill_page(c, dim, interval, first, distinct);
		while (same < distinct &&
		       (uniform[same] != uniform[distinct] ||
			(!whole && memcmp(c->classes + same * PAGE, c->classes + distinct * PAGE,
					  PAGE * sizeof(uint16_t)) != 0)))
			same++;
		if (same == distinct) {
			if (whole)
				fill_page(c, dim, interval, first, distinct);
			distinct++;
		}
		index[page] = (uint16_t)same;
	}
	out->index_count = (uint32_t)distinct;
	r = blob_add(&c->blob, index, page_count * sizeof(uint16_t), &out->index_offset);
	if (r < 0)
		return r;
	return blob_add(&c->blob, c->classes, distinct * PAGE * sizeof(uint16_t),
			&out->classes_offset);
}

/* Sorted bounds, and the class of the interval that begins at each. */
static int write_bounds(struct compiler *c, const struct dim *dim, bool wide,
			struct vifswitch_acl_dim *out)
{
	size_t count = dim->interval_count, size = wide ? 2 * sizeof(uint64_t) : sizeof(uint32_t);
	uint16_t *classes;
	uint8_t *bounds;
	int r;

	out->index_count = (uint32_t)count;
	r = blob_reserve(&c->blob, count * size, &out->index_offset);
	if (r >= 0)
		r = blob_reserve(&c->blob, count * sizeof(uint16_t), &out->classes_offset);
	if (r < 0)
		return r;
	bounds = c->blob.data + out->index_offset;
	classes = (uint16_t *)(c->blob.data + out->classes_offset);
	for (size_t i = 0; i < count; i++) {
		const struct dim_key *first = &dim->intervals[i].first;
		uint64_t halves[2] = { first->high, first->low };
		uint32_t value = (uint32_t)first->low;

		memcpy(bounds + i * size, wide ? (const void *)halves : &value, size);
		classes[i] = dim->intervals[i].class;
	}
	return 0;
}

static int write_dimension(struct compiler *c, enum vifswitch_acl_family family,
			   enum vifswitch_acl_dimension dimension, const struct dim *dim,
			   struct vifswitch_acl_dim *out)
{
	int r;

	out->class_count = (uint32_t)dim->class_count;
	if (dimension == VIFSWITCH_ACL_SRC || dimension == VIFSWITCH_ACL_DST)
		r = write_bounds(c, dim, family == VIFSWITCH_ACL_IP6, out);
	else
		r = write_pages(c, dim, pages_of(family, dimension), out);
	if (r < 0)
		return r;
	return blob_add(&c->blob, dim->sets,
			dim->class_count * (1 + dim->words) * sizeof(uint64_t),
			&out->sets_offset);
}

static int add_dimension(struct compiler *c, enum vifswitch_acl_family family,
			 enum vifswitch_acl_dimension dimension, unsigned int count,
			 struct vifswitch_acl_dim *out)
{
	_cleanup_(dim_deinit) struct dim dim = {};
	int r;

	if (!acl_dimension_used(c->members, count, family, dimension))
		return 0;
	dim_init(&dim, (count + 63) / 64, last_value(family, dimension));
	r = acl_fill(&dim, c->members, count, family, dimension);
	if (r >= 0)
		r = dim_sweep(&dim, VIFSWITCH_ACL_MAX - c->blob.len);
	return r < 0 ? r : write_dimension(c, family, dimension, &dim, out);
}

/* The members are in the order of the rules, so their places in it ascend. */
static unsigned int collect(struct compiler *c, enum vifswitch_acl_direction direction,
			    enum vifswitch_acl_family family)
{
	unsigned int count = 0;

	for (size_t i = 0; i < c->acl->rule_count; i++) {
		const struct acl_rule *rule = &c->acl->rules[i];

		if (rule->direction == direction && acl_rule_in_family(rule, family))
			c->members[count++] = (struct acl_member){ rule, (uint16_t)i };
	}
	return count;
}

static int add_table(struct compiler *c, unsigned int count, enum vifswitch_acl_family family,
		     uint32_t *ret_offset)
{
	struct vifswitch_acl_table table = { .rule_count = count, .words = (count + 63) / 64 };
	uint16_t *indices;
	uint32_t offset;
	int r;

	r = blob_reserve(&c->blob, sizeof(table), &offset);
	if (r >= 0)
		r = blob_reserve(&c->blob, count * sizeof(uint16_t), &table.rules_offset);
	if (r < 0)
		return r;
	indices = (uint16_t *)(c->blob.data + table.rules_offset);
	for (unsigned int i = 0; i < count; i++)
		indices[i] = c->members[i].index;
	for (int d = 0; d < VIFSWITCH_ACL_DIMENSIONS; d++) {
		r = add_dimension(c, family, d, count, &table.dim[d]);
		if (r < 0)
			return r;
	}
	memcpy(c->blob.data + offset, &table, sizeof(table));
	*ret_offset = offset;
	return 0;
}

static int too_many(const struct compiler *c, unsigned int count,
		    enum vifswitch_acl_direction direction, enum vifswitch_acl_family family,
		    struct problem *problem)
{
	static const char *const words[] = { "IPv4", "IPv6", "other" };
	unsigned int builtin = 0;

	for (unsigned int i = 0; i < count; i++)
		builtin += c->members[i].rule->builtin;
	return problem_set(problem, "ACL %s: %u rules and %u built-in ones can match %s packets "
			   "%s; at most %d are accepted together",
			   QUOTE(c->acl->name, strlen(c->acl->name)), count - builtin, builtin,
			   words[family], word_of(direction_words, direction),
			   VIFSWITCH_ACL_RULES_MAX);
}

static int add_tables(struct compiler *c, struct vifswitch_acl *header, struct problem *problem)
{
	for (int d = 0; d < VIFSWITCH_ACL_DIRECTIONS; d++) {
		for (int f = 0; f < VIFSWITCH_ACL_FAMILIES; f++) {
			unsigned int count = collect(c, d, f);
			int r;

			if (count > VIFSWITCH_ACL_RULES_MAX)
				return too_many(c, count, d, f, problem);
			r = count ? add_table(c, count, f, &header->table_offset[d][f]) : 0;
			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int add_rules(struct compiler *c, struct vifswitch_acl *header)
{
	struct vifswitch_acl_rule *rules;
	int r;

	header->rule_count = (uint32_t)c->acl->rule_count;
	if (!header->rule_count)
		return 0;
	r = blob_reserve(&c->blob, header->rule_count * sizeof(*rules), &header->rules_offset);
	if (r < 0)
		return r;
	rules = (struct vifswitch_acl_rule *)(c->blob.data + header->rules_offset);
	for (size_t i = 0; i < c->acl->rule_count; i++) {
		const struct acl_rule *rule = &c->acl->rules[i];

		rules[i].cookie = rule->cookie;
		rules[i].action = (uint8_t)rule->action;
		rules[i].flags = (rule->stateless ? VIFSWITCH_ACL_RF_STATELESS : 0) |
				 (rule->log ? VIFSWITCH_ACL_RF_LOG : 0);
	}
	return 0;
}

static int compile(struct compiler *c, struct problem *problem)
{
	_Static_assert(sizeof(struct vifswitch_acl) == VIFSWITCH_ACL_FIRST_LEN,
		       "write no more of it than says something, as program-compile.c does");
	struct vifswitch_acl header = {
		.magic = VIFSWITCH_ACL_MAGIC,
		.version = VIFSWITCH_ACL_VERSION,
		.header_len = sizeof(header),
	};
	uint32_t offset;
	int r;

	c->members = calloc(c->acl->rule_count + 1, sizeof(*c->members));
	c->classes = calloc((size_t)PAGES_MAX * PAGE, sizeof(*c->classes));
	if (!c->members || !c->classes)
		return -ENOMEM;
	for (int d = 0; d < VIFSWITCH_ACL_DIRECTIONS; d++) {
		header.default_action[d] = c->acl->default_action[d];
		header.default_flags[d] = c->acl->default_flags[d];
	}
	r = blob_reserve(&c->blob, sizeof(header), &offset);
	if (r >= 0)
		r = add_rules(c, &header);
	if (r >= 0)
		r = add_tables(c, &header, problem);
	if (r < 0)
		return r;
	header.total_len = (uint32_t)c->blob.len;
	memcpy(c->blob.data + offset, &header, sizeof(header));
	return 0;
}

int acl_compile(const struct acl *acl, void **ret_blob, size_t *ret_len, struct problem *problem)
{
	struct compiler c = { .acl = acl };
	const char *name = acl->name;
	int r;

	if (!acl->sealed)
		return problem_set(problem, "ACL %s: not sealed (an error of the program, not of yours)",
				   QUOTE(name, strlen(name)));
	r = compile(&c, problem);
	if (r == -E2BIG)
		problem_set(problem, "ACL %s: its tables need more than %u octets; fewer rules with many "
			    "different prefixes, ports or VLANs each are accepted",
			    QUOTE(name, strlen(name)), VIFSWITCH_ACL_MAX);
	else if (r == -ENOMEM)
		problem_set(problem, "ACL %s: out of memory", QUOTE(name, strlen(name)));
	free(c.members);
	free(c.classes);
	if (r < 0) {
		free(c.blob.data);
		return r;
	}
	*ret_blob = c.blob.data;
	*ret_len = c.blob.len;
	return 0;
}
