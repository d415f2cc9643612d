// SPDX-License-Identifier: GPL-2.0-or-later
/* How often the rules of an ACL decided, at each port that uses it. */
#include <linux/bsearch.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "../acl-object.h"

struct vs_acl_use *vs_acl_use_new(struct vs_acl_version *version, struct vs_error *err)
{
	u32 count = VS_HITS_PLACES(&version->acl);
	bool own = (u64)count * sizeof(u64) * num_possible_cpus() <= VS_HITS_OWN_MAX;
	struct vs_acl_use *use;

	use = kvzalloc(struct_size(use, shared, own ? 0 : count), GFP_KERNEL_ACCOUNT);
	if (use && own) {
		use->own = __alloc_percpu_gfp(count * sizeof(u64), sizeof(u64), GFP_KERNEL_ACCOUNT);
		if (!use->own) {
			kvfree(use);
			use = NULL;
		}
	}
	if (!use) {
		vs_out_of_memory(err, "hits of an ACL");
		return NULL;
	}
	use->version = version;
	INIT_LIST_HEAD(&use->node);
	return use;
}

void vs_acl_use_free(struct vs_acl_use *use)
{
	if (!use)
		return;
	list_del(&use->node);
	free_percpu(use->own);
	kvfree(use);
}

u64 vs_acl_use_hits(const struct vs_acl_use *use, u32 place)
{
	u64 sum = 0;
	int cpu;

	if (!use->own)
		return atomic64_read(&use->shared[place]);
	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(&use->own[place], cpu));
	return sum;
}

u64 vs_acl_hits(const struct vs_acl_object *acl, u32 place)
{
	u64 sum = rtnl_dereference(acl->version)->gone[place];
	const struct vs_acl_use *use;

	list_for_each_entry(use, &acl->uses, node)
		sum += vs_acl_use_hits(use, place);
	return sum;
}

u64 vs_acl_place_cookie(const struct vs_acl *acl, u32 place)
{
	if (place < VIFSWITCH_ACL_DIRECTIONS)
		return place == VIFSWITCH_ACL_TO - VIFSWITCH_ACL_FROM ?
		       VIFSWITCH_RULE_DEFAULT_FROM : VIFSWITCH_RULE_DEFAULT_TO;
	return acl->rules[place - VIFSWITCH_ACL_DIRECTIONS].cookie;
}

static int by_cookie(const void *a, const void *b)
{
	const struct vifswitch_acl_hits *x = a, *y = b;

	return x->cookie < y->cookie ? -1 : x->cookie > y->cookie;
}

static const struct vifswitch_acl_hits *find(const struct vifswitch_acl_hits *table, u32 count,
					     const struct vs_acl *acl, u32 place)
{
	const struct vifswitch_acl_hits key = { .cookie = vs_acl_place_cookie(acl, place) };

	return bsearch(&key, table, count, sizeof(*table), by_cookie);
}

/* Frames count with bottom halves off, on their own CPU. */
static void add(struct vs_acl_use *use, u32 place, u64 count)
{
	local_bh_disable();
	vs_hits_add(use, place, count);
	local_bh_enable();
}

void vs_acl_hits_go_on(struct vs_acl_version *to, struct list_head *uses,
		       const struct vs_acl_version *from, const struct list_head *from_uses,
		       struct vifswitch_acl_hits *table)
{
	u32 place, count = VS_HITS_PLACES(&from->acl);
	const struct vs_acl_use *was;
	struct vs_acl_use *use;

	/* a rule's place in @from, in a word that is for its hits elsewhere */
	for (place = 0; place < count; place++)
		table[place] = (struct vifswitch_acl_hits){
			.cookie = vs_acl_place_cookie(&from->acl, place), .packets = place,
		};
	sort(table, count, sizeof(*table), by_cookie, NULL);
	for (place = 0; place < VS_HITS_PLACES(&to->acl); place++) {
		const struct vifswitch_acl_hits *same = find(table, count, &to->acl, place);

		if (!same)
			continue;
		to->gone[place] = from->gone[same->packets];
		was = list_first_entry(from_uses, struct vs_acl_use, node);
		list_for_each_entry(use, uses, node) {
			add(use, place, vs_acl_use_hits(was, same->packets));
			was = list_next_entry(was, node);
		}
		cond_resched();
	}
}

void vs_acl_use_end(struct vs_policy *policy)
{
	struct vs_acl_use *use = rtnl_dereference(policy->use);
	u32 place;

	ASSERT_RTNL();
	policy->acl->users--;
	if (use->policy != policy)
		return;
	for (place = 0; place < VS_HITS_PLACES(&use->version->acl); place++)
		use->version->gone[place] += vs_acl_use_hits(use, place);
	vs_acl_use_free(use);
}

static int refuse(struct vs_error *err, int code, const struct vifswitch_acl_hits *hits,
		  const char *accepted)
{
	return vs_refuse(err, code, "HITS: %llu of rule %016llx; accepted: %s", hits->packets,
			 hits->cookie, accepted);
}

/* All of @hits, whose cookies ascend, or none. A rule that the ACL does not have is passed over. */
int vs_acl_hits_carry(struct vs_acl_use *use, const struct vifswitch_acl_hits *hits, u32 count,
		      u32 *ret_taken, struct vs_error *err)
{
	const struct vs_acl *acl = &use->version->acl;
	const struct vifswitch_acl_hits *one;
	u32 i, place;

	ASSERT_RTNL();
	*ret_taken = 0;
	for (i = 0; i < count; i++) {
		if (i && hits[i - 1].cookie >= hits[i].cookie)
			return refuse(err, -EINVAL, &hits[i], "cookies that ascend");
		if (hits[i].packets > VIFSWITCH_STATE_COUNT_MAX)
			return refuse(err, -ERANGE, &hits[i], "at most 2^63 - 1");
	}
	for (place = 0; place < VS_HITS_PLACES(acl); place++) {
		one = find(hits, count, acl, place);
		if (one && vs_acl_use_hits(use, place) > VIFSWITCH_STATE_COUNT_MAX - one->packets)
			return refuse(err, -ERANGE, one, "as many as make 2^63 - 1 with those here");
	}
	for (place = 0; place < VS_HITS_PLACES(acl); place++) {
		one = find(hits, count, acl, place);
		if (!one)
			continue;
		add(use, place, one->packets);
		++*ret_taken;
	}
	return 0;
}
