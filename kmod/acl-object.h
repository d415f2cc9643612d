/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_ACL_OBJECT_H
#define VS_ACL_OBJECT_H

#include <linux/smp.h>

#include "vifswitch.h"

/* As committed: never changes but for its hits, until another takes its place. */
struct vs_acl_version {
	struct vs_acl acl;	/* a view of the blob */
	u64 *hits;		/* a row of @stride for each CPU, and one for older versions */
	u32 stride;
	u32 blob_len;
	u64 seq;
	const u8 *blob;
};

struct vs_acl_object {
	struct vs_acl_version __rcu *version;	/* NULL before the first commit */
	u32 id;
	u32 users;		/* programs and mirrors that name it */
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
struct vifswitch_acl_hits vs_acl_hits(const struct vs_acl_version *version, u32 index);

/* Rule @index, or the default of @dir by -1, decided. Bottom halves are off. */
static inline void vs_acl_hit(struct vs_acl_version *version, enum vifswitch_acl_direction dir,
			      int index)
{
	size_t at = index < 0 ? version->acl.rule_count + dir : index;

	version->hits[(size_t)smp_processor_id() * version->stride + at]++;
}

#endif /* VS_ACL_OBJECT_H */
