/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_ACL_OBJECT_H
#define VS_ACL_OBJECT_H

#include <linux/list.h>
#include <linux/percpu.h>

#include "vifswitch.h"

/*
 * Places of hits: the two defaults', then the rules' in their order. So the default of FROM is
 * found as rule -1 would be.
 */
#define VS_HITS_PLACES(acl)	((acl)->rule_count + VIFSWITCH_ACL_DIRECTIONS)

/* As committed: what frames read never changes, until another takes its place. */
struct vs_acl_version {
	struct vs_acl acl;	/* a view of the blob */
	u64 *gone;		/* hits at ports that had the ACL and do not any more */
	u32 blob_len;
	u64 seq;
	const u8 *blob;
};

/*
 * A port's use of an ACL: the version that its frames read, and how often each rule decided
 * there. The next version is the next of these for each port, because rules have other
 * places then. It outlives programs of the port that name the same ACL.
 *
 * Hits are counted by each CPU where that takes no more than VS_HITS_OWN_MAX octets in all, else
 * in one place: so a port's hits cost no more than that, or 8 octets for each rule.
 */
struct vs_acl_use {
	struct vs_acl_version *version;
	u64 __percpu *own;		/* NULL: they are in @shared */
	struct vs_policy *policy;	/* the port's newest with it; NULL before the first */
	struct list_head node;		/* of the ACL's; under rtnl */
	atomic64_t shared[];
};

#define VS_HITS_OWN_MAX		16384U

struct vs_acl_object {
	struct vs_acl_version __rcu *version;	/* NULL before the first commit */
	u32 id;
	u32 users;		/* programs and mirrors that name it */
	struct list_head uses;	/* of ports; under rtnl */
	struct vs_cookie *cookie;
	u8 *staged;
	u32 staged_len;
	u32 filled;		/* octets that came, in order */
};

void vs_acls_exit(struct vs_net *vn);
struct vs_acl_object *vs_acl_committed(struct vs_net *vn, u32 id);
int vs_acl_stage(struct vs_net *vn, u32 id, u32 len, struct vs_error *err);
int vs_acl_commit(struct vs_acl_object *acl, struct vs_net *vn, struct vs_cookie *cookie,
		  struct vs_error *err);
int vs_acl_delete(struct vs_net *vn, struct vs_acl_object *acl, struct vs_error *err);

/* acl-use.c; all of it under rtnl */
struct vs_acl_use *vs_acl_use_new(struct vs_acl_version *version, struct vs_error *err);
/* Of one that no frame can reach. */
void vs_acl_use_free(struct vs_acl_use *use);
u64 vs_acl_use_hits(const struct vs_acl_use *use, u32 place);
/* At all ports of the namespace, those of before too. */
u64 vs_acl_hits(const struct vs_acl_object *acl, u32 place);
u64 vs_acl_place_cookie(const struct vs_acl *acl, u32 place);
/* What @from had at its ports goes on at those of @to, whose uses are in the same order. */
void vs_acl_hits_go_on(struct vs_acl_version *to, struct list_head *uses,
		       const struct vs_acl_version *from, const struct list_head *from_uses,
		       struct vifswitch_acl_hits *table);
/* The port of @policy does not use it any more, and no frame is on its way with it. */
void vs_acl_use_end(struct vs_policy *policy);
int vs_acl_hits_carry(struct vs_acl_use *use, const struct vifswitch_acl_hits *hits, u32 count,
		      u32 *ret_taken, struct vs_error *err);

/* Bottom halves are off. */
static __always_inline void vs_hits_add(struct vs_acl_use *use, u32 place, u64 count)
{
	if (likely(use->own))
		this_cpu_add(use->own[place], count);
	else
		atomic64_add(count, &use->shared[place]);
}

/* Rule @index, or the default of @dir by -1, decided. */
static __always_inline void vs_acl_hit(struct vs_acl_use *use, enum vifswitch_acl_direction dir,
				       int index)
{
	vs_hits_add(use, index < 0 ? VIFSWITCH_ACL_TO - dir : index + VIFSWITCH_ACL_DIRECTIONS, 1);
}

#endif /* VS_ACL_OBJECT_H */
