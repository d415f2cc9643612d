// SPDX-License-Identifier: GPL-2.0-or-later
/* The validator of ACL blobs: what it lets pass, lookups follow without looking. */
#include "acl-tables.h"
#include "blob.h"

#define PAGE_CLASSES	256

static const struct blob_form form = {
	.magic = VIFSWITCH_ACL_MAGIC,
	.magic_text = "0x76696661",
	.version = VIFSWITCH_ACL_VERSION,
	.version_text = "1",
	.first = VIFSWITCH_ACL_FIRST_LEN,
	.known = sizeof(struct vifswitch_acl),
	.max = VIFSWITCH_ACL_MAX,
	.len_text = "48 to 33554432 octets",
	.header_text = "a multiple of 8 from 48 to total_len",
	.known_text = "0 to 47",
};

_Static_assert(sizeof(struct vifswitch_acl) == 48, "known_text says otherwise");

/* Unknown flags of a rule are refused with the rule's number; the text has the flag's. */
static const char *rule_flag(u8 unknown)
{
	static const char *const texts[8] = {
		"flag bit 0 of rule", "flag bit 1 of rule", "flag bit 2 of rule",
		"flag bit 3 of rule", "flag bit 4 of rule", "flag bit 5 of rule",
		"flag bit 6 of rule", "flag bit 7 of rule",
	};

	return texts[__builtin_ctz(unknown)];
}

static int check_header(struct reader *r, const struct vifswitch_acl *h)
{
	unsigned int i;

	if (h->rule_count > 2 * VIFSWITCH_ACL_RULES_MAX)
		return refuse(r, -ERANGE, "rule_count", h->rule_count, "0 to 8192");
	if (!h->rule_count && h->rules_offset)
		return refuse(r, -EINVAL, "rules_offset", h->rules_offset, "0 without rules");
	for (i = 0; i < VIFSWITCH_ACL_DIRECTIONS; i++) {
		if (h->default_action[i] >= VIFSWITCH_ACL_ACTIONS)
			return refuse(r, -EINVAL, "default_action", h->default_action[i],
				      "0 to 2");
		if (h->default_flags[i] & ~VIFSWITCH_ACL_RF_ALL)
			return vs_blob_flags(r, "unknown bit of default_flags",
					     h->default_flags[i] & ~VIFSWITCH_ACL_RF_ALL, "0 or 1");
	}
	return 0;
}

static bool is_stateful(u8 action, u8 flags)
{
	return action == VIFSWITCH_ACL_ALLOW && !(flags & VIFSWITCH_ACL_RF_STATELESS);
}

static int read_rules(struct reader *r, const struct vifswitch_acl *h, struct vs_acl *acl)
{
	const struct vifswitch_acl_rule *rule;
	unsigned int i, j;

	for (i = 0; i < VIFSWITCH_ACL_DIRECTIONS; i++) {
		acl->default_action[i] = h->default_action[i];
		acl->default_flags[i] = h->default_flags[i];
		acl->stateful |= is_stateful(h->default_action[i], h->default_flags[i]);
	}
	if (!h->rule_count)
		return 0;
	rule = section(r, "rules_offset", h->rules_offset, (u64)h->rule_count * sizeof(*rule));
	if (!rule)
		return r->err->code;
	acl->rules = rule;
	acl->rule_count = h->rule_count;
	for (i = 0; i < h->rule_count; i++, rule++) {
		u8 reserved = 0;

		if (rule->cookie >= VIFSWITCH_RULE_DEFAULT_TO)
			return refuse(r, -EINVAL, "cookie of rule", i, "one that is no default's");
		if (rule->action >= VIFSWITCH_ACL_ACTIONS)
			return refuse(r, -EINVAL, "action of rule", i, "0 to 2");
		if (rule->flags & ~VIFSWITCH_ACL_RF_ALL)
			return refuse(r, -EINVAL, rule_flag(rule->flags & ~VIFSWITCH_ACL_RF_ALL),
				      i, "bits 0 and 1");
		for (j = 0; j < sizeof(rule->reserved); j++)
			reserved |= rule->reserved[j];
		if (reserved)
			return refuse(r, -EINVAL, "reserved octets of rule", i, "0");
		acl->stateful |= is_stateful(rule->action, rule->flags);
	}
	return 0;
}

/* How many pages entries dimension @d has: one for each 256 values of it. */
static u32 pages_of(unsigned int family, unsigned int d)
{
	if (d == VIFSWITCH_ACL_VLAN)
		return 16;
	if (d == VIFSWITCH_ACL_PROTO && family != VIFSWITCH_ACL_OTHER)
		return 1;
	return VIFSWITCH_ACL_ABSENT / PAGE_CLASSES + 1;
}

static int check_bounds(struct reader *r, const struct vs_acl_dim *dim, bool ip4, u32 count)
{
	u64 before[2] = { 0 }, bound[2] = { 0 };
	u32 i;

	for (i = 0; i < count; i++) {
		bound[0] = ip4 ? 0 : dim->bounds6[2 * (size_t)i];
		bound[1] = ip4 ? dim->bounds4[i] : dim->bounds6[2 * (size_t)i + 1];
		if (i ? !vs_above6(bound, before) : bound[0] | bound[1])
			return refuse(r, -EINVAL, "bound number", i, "0, then ascending ones");
		memcpy(before, bound, sizeof(before));
	}
	return 0;
}

static int read_index(struct reader *r, const struct vifswitch_acl_dim *from,
		      unsigned int family, unsigned int d, struct vs_acl_dim *dim)
{
	bool address = d == VIFSWITCH_ACL_SRC || d == VIFSWITCH_ACL_DST;
	u64 classes = address ? from->index_count : (u64)from->index_count * PAGE_CLASSES, i;
	u32 pages = address ? 0 : pages_of(family, d);
	u64 size;
	int rc;

	if (!from->index_count)
		return refuse(r, -EINVAL, "index_count", 0, "1 or more");
	if (address)
		size = (u64)from->index_count * (family == VIFSWITCH_ACL_IP4 ? sizeof(u32) :
									       2 * sizeof(u64));
	else
		size = pages * sizeof(u16);
	dim->pages = section(r, "index_offset", from->index_offset, size);
	if (!dim->pages)
		return r->err->code;
	for (i = 0; i < pages; i++)
		if (dim->pages[i] >= from->index_count)
			return refuse(r, -EINVAL, "page", dim->pages[i], "less than index_count");
	if (address) {
		rc = check_bounds(r, dim, family == VIFSWITCH_ACL_IP4, from->index_count);
		if (rc)
			return rc;
		while (from->index_count >> dim->steps > 1)
			dim->steps++;
		dim->rest = from->index_count - (1U << dim->steps);
	}
	dim->classes = section(r, "classes_offset", from->classes_offset, classes * sizeof(u16));
	if (!dim->classes)
		return r->err->code;
	for (i = 0; i < classes; i++)
		if (dim->classes[i] >= from->class_count)
			return refuse(r, -EINVAL, "class", dim->classes[i],
				      "less than class_count");
	return 0;
}

/* The words must be what the summary says, and name no rule that is not there. */
static int check_set(struct reader *r, const u64 *set, u32 rule_count, u32 words)
{
	u64 summary = 0;
	u32 i;

	for (i = 0; i < words; i++)
		if (set[1 + i])
			summary |= 1ULL << i;
	if (set[0] != summary)
		return refuse(r, -EINVAL, "summary of a set", set[0],
			      "a bit for each word that is not 0");
	if (rule_count % 64 && set[words] >> (rule_count % 64))
		return refuse(r, -EINVAL, "last word of a set", set[words],
			      "bits of rules that are there");
	return 0;
}

static int read_dim(struct reader *r, const struct vifswitch_acl_dim *from,
		    unsigned int family, unsigned int d, u32 words, struct vs_acl_table *table)
{
	struct vs_acl_dim *dim = &table->dim[d];
	u32 i;
	int rc;

	if (from->reserved)
		return refuse(r, -EINVAL, "reserved of a dimension", from->reserved, "0");
	if (!from->class_count) {
		if (from->index_count | from->index_offset | from->classes_offset |
		    from->sets_offset)
			return refuse(r, -EINVAL, "class_count", 0,
				      "1 or more, or all of the dimension 0");
		return 0;
	}
	if (family == VIFSWITCH_ACL_OTHER && (d == VIFSWITCH_ACL_SRC || d == VIFSWITCH_ACL_DST))
		return refuse(r, -EINVAL, "class_count", from->class_count,
			      "0 for addresses of other ethertypes");
	rc = read_index(r, from, family, d, dim);
	if (rc)
		return rc;
	dim->set_len = (1 + words) * sizeof(u64);
	dim->sets = section(r, "sets_offset", from->sets_offset, from->class_count * dim->set_len);
	if (!dim->sets)
		return r->err->code;
	for (i = 0; i < from->class_count; i++) {
		rc = check_set(r, (const u64 *)(dim->sets + i * dim->set_len), table->rule_count,
			       words);
		if (rc)
			return rc;
	}
	table->used |= (u8)(1U << d);
	return 0;
}

static int read_table(struct reader *r, u32 offset, unsigned int family,
		      const struct vs_acl *acl, struct vs_acl_table *table)
{
	const struct vifswitch_acl_table *from;
	unsigned int d;
	u32 i;
	int rc;

	from = section(r, "table_offset", offset, sizeof(*from));
	if (!from)
		return r->err->code;
	if (!from->rule_count || from->rule_count > VIFSWITCH_ACL_RULES_MAX)
		return refuse(r, -ERANGE, "rule_count of a table", from->rule_count, "1 to 4096");
	if (from->words != (from->rule_count + 63) / 64)
		return refuse(r, -EINVAL, "words", from->words, "one for 64 rules");
	if (from->reserved)
		return refuse(r, -EINVAL, "reserved of a table", from->reserved, "0");
	table->rules = section(r, "rules_offset of a table", from->rules_offset,
			       from->rule_count * sizeof(u16));
	if (!table->rules)
		return r->err->code;
	for (i = 0; i < from->rule_count; i++)
		if (table->rules[i] >= acl->rule_count ||
		    (i && table->rules[i] <= table->rules[i - 1]))
			return refuse(r, -EINVAL, "rule in a table", table->rules[i],
				      "ascending indices of rules");
	table->rule_count = from->rule_count;
	for (d = 0; d < VIFSWITCH_ACL_DIMENSIONS; d++) {
		rc = read_dim(r, &from->dim[d], family, d, from->words, table);
		if (rc)
			return rc;
	}
	table->usual = !(table->used & ~VS_ACL_USUAL);
	return 0;
}

int vs_acl_parse(const void *blob, size_t len, struct vs_acl *ret, struct vs_program_error *err)
{
	struct reader r = { .err = err };
	struct vifswitch_acl h;
	unsigned int dir, family;
	int rc;

	if ((uintptr_t)blob % 8)
		return refuse(&r, -EINVAL, "alignment", (uintptr_t)blob % 8, "0");
	rc = vs_blob_header(&r, &form, blob, len, &h);
	if (rc)
		return rc;
	memset(ret, 0, sizeof(*ret));
	rc = check_header(&r, &h);
	if (!rc)
		rc = read_rules(&r, &h, ret);
	for (dir = 0; !rc && dir < VIFSWITCH_ACL_DIRECTIONS; dir++)
		for (family = 0; !rc && family < VIFSWITCH_ACL_FAMILIES; family++)
			if (h.table_offset[dir][family])
				rc = read_table(&r, h.table_offset[dir][family], family, ret,
						&ret->table[dir][family]);
	for (family = 0; family < VIFSWITCH_ACL_FAMILIES; family++)
		ret->express |= ret->table[VIFSWITCH_ACL_FROM][family].usual;
	return rc;
}
