// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/flower/flower-acl.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "datapath/flower/flower-rule.h"

#define TCP_FLAGS	256U	/* values of them */
#define WORD_BITS	64

void flower_spans_add(struct flower_spans *s, flower_value first, flower_value last)
{
	if (s->count && s->spans[s->count - 1].last + 1 == first) {
		s->spans[s->count - 1].last = last;
		return;
	}
	s->spans = xgrow(s->spans, s->count, &s->room, sizeof(*s->spans));
	s->spans[s->count++] = (struct flower_span){ first, last };
}

void flower_spans_deinit(struct flower_spans *s)
{
	free(s->spans);
	*s = (struct flower_spans){};
}

static void list_deinit(struct flower_acl_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		for (unsigned int d = 0; d < VIFSWITCH_ACL_DIMENSIONS; d++)
			flower_spans_deinit(&list->rules[i].dim[d]);
	free(list->rules);
	*list = (struct flower_acl_list){};
}

struct flower_acl *flower_acl_free(struct flower_acl *acl)
{
	if (!acl)
		return NULL;
	for (unsigned int dir = 0; dir < VIFSWITCH_ACL_DIRECTIONS; dir++)
		for (unsigned int f = 0; f < 2; f++)
			list_deinit(&acl->list[dir][f]);
	free(acl);
	return NULL;
}

bool flower_acl_rule_has(const struct flower_acl_rule *rule, enum vifswitch_acl_dimension dim,
			 flower_value value)
{
	const struct flower_spans *s = &rule->dim[dim];

	if (!(rule->some >> dim & 1))
		return true;
	for (size_t i = 0; i < s->count; i++)
		if (s->spans[i].first <= value && value <= s->spans[i].last)
			return true;
	return false;
}

/* ---- what keeps it in software ---- */

static const char *kept_by(uint8_t action, uint8_t flags)
{
	if (action == VIFSWITCH_ACL_REJECT)
		return "acl: action=reject of a rule is answered by software";
	if (flags & VIFSWITCH_ACL_RF_LOG)
		return "acl: log=true of a rule is software's to write";
	if (action == VIFSWITCH_ACL_ALLOW && !(flags & VIFSWITCH_ACL_RF_STATELESS))
		return "acl: stateless=false of a rule has connections remembered in software";
	return NULL;
}

static const char *kept_by_default(const struct vs_acl *acl, enum vifswitch_acl_direction dir)
{
	if (!kept_by(acl->default_action[dir], acl->default_flags[dir]))
		return NULL;
	return dir == VIFSWITCH_ACL_FROM ?
	       "acl: from-vm-default=allow has connections remembered in software" :
	       "acl: to-vm-default=allow has connections remembered in software";
}

static const char *kept_in(const struct vs_acl *acl, enum vifswitch_acl_direction dir)
{
	const char *why = kept_by_default(acl, dir);

	for (unsigned int f = 0; f < 2 && !why; f++) {
		const struct vs_acl_table *t = &acl->table[dir][f];

		if (t->rule_count > FLOWER_RULES_MAX)
			return "acl: it has more rules than a port may have in its NIC";
		for (uint32_t i = 0; i < t->rule_count && !why; i++)
			why = kept_by(acl->rules[t->rules[i]].action,
				      acl->rules[t->rules[i]].flags);
	}
	if (why || !acl->stateful)
		return why;
	/* what a rule denies passes all the same if it answers a connection */
	return "acl: stateless=false of a rule of the other direction has answers let through";
}

/* ---- values of a dimension, by rules ---- */

struct reading {
	const struct vs_acl_table *table;
	struct flower_acl_list *list;
	enum vifswitch_acl_dimension d;
	size_t *spans;			/* of all of the direction */
};

/* Values from @first to @last are of @class. */
static void tell(const struct reading *r, uint16_t class, flower_value first, flower_value last)
{
	const struct vs_acl_dim *dim = &r->table->dim[r->d];
	const uint64_t *set = (const void *)(dim->sets + class * dim->set_len);

	for (uint32_t word = 0; word * WORD_BITS < r->table->rule_count; word++)
		for (uint64_t bits = set[1 + word]; bits; bits &= bits - 1) {
			uint32_t i = word * WORD_BITS + (uint32_t)__builtin_ctzll(bits);
			struct flower_spans *s = &r->list->rules[i].dim[r->d];
			size_t before = s->count;

			if (*r->spans < FLOWER_SPANS_MAX)
				flower_spans_add(s, first, last);
			*r->spans += s->count - before;
		}
}

static flower_value bound_of(const struct vs_acl_dim *dim, bool wide, uint32_t i)
{
	if (!wide)
		return dim->bounds4[i];
	return (flower_value)dim->bounds6[2 * (size_t)i] << 64 | dim->bounds6[2 * (size_t)i + 1];
}

static void read_addresses(const struct reading *r, bool wide)
{
	const struct vs_acl_dim *dim = &r->table->dim[r->d];
	uint32_t count = vs_acl_intervals(dim);

	for (uint32_t i = 0; i < count; i++)
		tell(r, dim->classes[i], bound_of(dim, wide, i), i + 1 < count ?
		     bound_of(dim, wide, i + 1) - 1 : wide ? ~(flower_value)0 : UINT32_MAX);
}

static void read_numbers(const struct reading *r, uint32_t last)
{
	const struct vs_acl_dim *dim = &r->table->dim[r->d];
	uint32_t first = 0;

	for (uint32_t value = 1; value <= last + 1; value++) {
		if (value <= last && vs_acl_class(dim, value) == vs_acl_class(dim, first))
			continue;
		tell(r, vs_acl_class(dim, first), first, value - 1);
		first = value;
	}
}

/* Those of the flags that all values of a rule have alike; false: it has others, too. */
static bool read_flags(struct flower_acl_rule *rule)
{
	const struct flower_spans *s = &rule->dim[VIFSWITCH_ACL_TCP_FLAGS];
	unsigned int set = TCP_FLAGS - 1, clear = TCP_FLAGS - 1, count = 0;

	for (size_t i = 0; i < s->count; i++)
		for (unsigned int v = (unsigned int)s->spans[i].first; v <= s->spans[i].last; v++) {
			set &= v;
			clear &= ~v;
			count++;
		}
	rule->tcp_flags = (uint8_t)set;
	rule->tcp_mask = (uint8_t)(set | clear);
	return count == TCP_FLAGS >> __builtin_popcount(set | clear);
}

static bool fits_absent(const struct reading *r, size_t i)
{
	const struct vs_acl_dim *dim = &r->table->dim[r->d];
	const uint64_t *set = (const void *)(dim->sets + vs_acl_class(dim, VIFSWITCH_ACL_ABSENT) *
					     dim->set_len);

	return set[1 + i / WORD_BITS] >> i % WORD_BITS & 1;
}

/* A rule that fits all values asks nothing; what has no flags fits it only then. */
static void note_asked(struct reading *r, flower_value last)
{
	for (size_t i = 0; i < r->table->rule_count; i++) {
		struct flower_acl_rule *rule = &r->list->rules[i];
		const struct flower_spans *s = &rule->dim[r->d];
		bool all = r->d == VIFSWITCH_ACL_TCP_FLAGS ? fits_absent(r, i) :
			   s->count == 1 && !s->spans[0].first && s->spans[0].last == last;

		if (!all)
			rule->some |= 1U << r->d;
	}
}

static flower_value last_of(enum vifswitch_acl_family family, enum vifswitch_acl_dimension d)
{
	switch (d) {
	case VIFSWITCH_ACL_SRC:
	case VIFSWITCH_ACL_DST:
		return family == VIFSWITCH_ACL_IP6 ? ~(flower_value)0 : UINT32_MAX;
	case VIFSWITCH_ACL_PROTO:
	case VIFSWITCH_ACL_TCP_FLAGS:
		return 255;
	case VIFSWITCH_ACL_VLAN:
		return VS_TCI_VID;
	default:
		return 65535;
	}
}

static void read_dimension(struct reading *r, enum vifswitch_acl_family family)
{
	flower_value last = last_of(family, r->d);

	if (!(r->table->used >> r->d & 1))
		return;
	if (r->d == VIFSWITCH_ACL_SRC || r->d == VIFSWITCH_ACL_DST)
		read_addresses(r, family == VIFSWITCH_ACL_IP6);
	else
		read_numbers(r, (uint32_t)last);
	note_asked(r, last);
}

static const char *read_list(const struct vs_acl *acl, enum vifswitch_acl_direction dir,
			     enum vifswitch_acl_family family, size_t *spans,
			     struct flower_acl_list *ret)
{
	const struct vs_acl_table *t = &acl->table[dir][family];
	struct reading r = { .table = t, .list = ret, .spans = spans };

	ret->count = t->rule_count + 1;
	ret->rules = xzalloc(ret->count * sizeof(*ret->rules));
	for (size_t i = 0; i < ret->count; i++) {
		int rule = i < t->rule_count ? t->rules[i] : -1;

		ret->rules[i].cookie = vs_acl_cookie(acl, dir, rule);
		ret->rules[i].deny = vs_acl_action(acl, dir, rule) != VIFSWITCH_ACL_ALLOW;
	}
	for (r.d = 0; t->rule_count && r.d < VIFSWITCH_ACL_DIMENSIONS; r.d++)
		read_dimension(&r, family);
	if (*spans >= FLOWER_SPANS_MAX)
		return "acl: its rules have more addresses and ports than fit in a NIC";
	for (size_t i = 0; i < t->rule_count; i++)
		if (ret->rules[i].some >> VIFSWITCH_ACL_TCP_FLAGS & 1 &&
		    !read_flags(&ret->rules[i]))
			return "acl: tcp-flags of a rule are none that a NIC can be told";
	return NULL;
}

struct flower_acl *flower_acl_new(const struct vs_acl *acl)
{
	struct flower_acl *ret = xzalloc(sizeof(*ret));

	for (unsigned int dir = 0; dir < VIFSWITCH_ACL_DIRECTIONS; dir++) {
		size_t spans = 0;

		ret->why[dir] = kept_in(acl, (enum vifswitch_acl_direction)dir);
		for (unsigned int f = 0; f < 2 && !ret->why[dir]; f++)
			ret->why[dir] = read_list(acl, (enum vifswitch_acl_direction)dir,
						  (enum vifswitch_acl_family)f, &spans,
						  &ret->list[dir][f]);
	}
	return ret;
}
