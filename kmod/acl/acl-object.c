// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ACLs of a network namespace, by id. An object stands for the id: programs refer
 * to it, and commits put versions in it. Objects and what is being loaded change
 * under rtnl only; frames read an object's version under RCU.
 *
 * A new version is put in place of the old one, for one port after the other, then a
 * grace period is waited for, then the old one's hits, which nobody counts any more, go
 * over to the new one.
 * An object without users is freed a grace period after it left the table, for
 * frames may still be on their way with a program that named it.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "../acl-object.h"

#define STAGED_MAX	(2U * VIFSWITCH_ACL_MAX)	/* octets being loaded, together */

static void version_free(struct vs_acl_version *version)
{
	if (!version)
		return;
	kvfree(version->gone);
	kvfree(version->blob);
	kfree(version);
}

static void object_free(struct vs_net *vn, struct vs_acl_object *acl)
{
	vn->staged -= acl->staged_len;
	kvfree(acl->staged);
	kfree(acl->cookie);
	version_free(rcu_dereference_protected(acl->version, true));
	kfree(acl);
}

struct vs_acl_object *vs_acl_committed(struct vs_net *vn, u32 id)
{
	struct vs_acl_object *acl = xa_load(&vn->acls, id);

	return acl && rtnl_dereference(acl->version) ? acl : NULL;
}

static int object_new(struct vs_net *vn, u32 id, struct vs_acl_object **ret, struct vs_error *err)
{
	struct vs_acl_object *acl;
	int rc;

	if (vn->acl_count >= VIFSWITCH_ACLS_MAX)
		return vs_refuse(err, -ENOSPC, "ACL %u would be one more than the %u there may be",
				 id, VIFSWITCH_ACLS_MAX);
	acl = kzalloc(sizeof(*acl), GFP_KERNEL_ACCOUNT);
	if (!acl)
		return vs_out_of_memory(err, "ACL");
	acl->id = id;
	INIT_LIST_HEAD(&acl->uses);
	rc = xa_err(xa_store(&vn->acls, id, acl, GFP_KERNEL_ACCOUNT));
	if (rc) {
		kfree(acl);
		return vs_out_of_memory(err, "ACL");
	}
	vn->acl_count++;
	*ret = acl;
	return 0;
}

/* An empty buffer of @len octets for @id; an earlier one is forgotten. */
int vs_acl_stage(struct vs_net *vn, u32 id, u32 len, struct vs_error *err)
{
	struct vs_acl_object *acl = xa_load(&vn->acls, id);
	u8 *staged;
	int rc;

	ASSERT_RTNL();
	if (vn->staged - (acl ? acl->staged_len : 0) + len > STAGED_MAX)
		return vs_refuse(err, -ENOSPC,
				 "ACL_LEN is %u; with it more than %u octets would wait for their commit",
				 len, STAGED_MAX);
	staged = kvmalloc(len, GFP_KERNEL_ACCOUNT);
	if (!staged)
		return vs_out_of_memory(err, "ACL_LEN octets");
	if (!acl) {
		rc = object_new(vn, id, &acl, err);
		if (rc) {
			kvfree(staged);
			return rc;
		}
	}
	kvfree(acl->staged);
	vn->staged += len - acl->staged_len;
	acl->staged = staged;
	acl->staged_len = len;
	acl->filled = 0;
	return 0;
}

static int version_new(const struct vs_acl_object *acl, struct vs_acl_version **ret,
		       struct vs_error *err)
{
	struct vs_acl_version *version = kzalloc(sizeof(*version), GFP_KERNEL_ACCOUNT);
	struct vs_program_error perr;
	int rc;

	if (!version)
		return vs_out_of_memory(err, "ACL");
	rc = vs_acl_parse(acl->staged, acl->staged_len, &version->acl, &perr);
	if (rc) {
		vs_refuse(err, rc, "ACL %u: %s is %llu; accepted: %s", acl->id, perr.field,
			  perr.value, perr.accepted);
		goto free;
	}
	version->gone = kvcalloc(VS_HITS_PLACES(&version->acl), sizeof(u64), GFP_KERNEL_ACCOUNT);
	if (!version->gone) {
		rc = vs_out_of_memory(err, "ACL hits");
		goto free;
	}
	version->blob_len = acl->staged_len;
	version->seq = vs_next_seq();
	*ret = version;
	return 0;

free:
	version_free(version);
	return rc;
}

static void uses_free(struct list_head *uses)
{
	struct vs_acl_use *use, *next;

	list_for_each_entry_safe(use, next, uses, node)
		vs_acl_use_free(use);
}

/* What @version needs for each port, in their order. */
static int uses_new(const struct vs_acl_object *acl, struct vs_acl_version *version,
		    struct list_head *uses, struct vs_error *err)
{
	const struct vs_acl_use *was;
	struct vs_acl_use *use;

	list_for_each_entry(was, &acl->uses, node) {
		use = vs_acl_use_new(version, err);
		if (!use) {
			uses_free(uses);
			return -ENOMEM;
		}
		use->policy = was->policy;
		list_add_tail(&use->node, uses);
	}
	return 0;
}

/* Everything that @version needs, or nothing; @table: room to find @old's rules. */
static int prepare(const struct vs_acl_object *acl, struct vs_acl_version **version,
		   struct list_head *uses, struct vifswitch_acl_hits **table,
		   struct vs_error *err)
{
	const struct vs_acl_version *old = rtnl_dereference(acl->version);
	int rc = version_new(acl, version, err);

	if (rc)
		return rc;
	rc = uses_new(acl, *version, uses, err);
	if (rc)
		goto free;
	if (!old)
		return 0;
	*table = kvcalloc(VS_HITS_PLACES(&old->acl), sizeof(**table), GFP_KERNEL_ACCOUNT);
	if (*table)
		return 0;
	rc = vs_out_of_memory(err, "ACL hits");
	uses_free(uses);
free:
	version_free(*version);
	return rc;
}

/* For frames; what was there before is in @old. */
static void publish(struct vs_acl_object *acl, struct vs_acl_version *version,
		    struct list_head *uses, struct list_head *old)
{
	struct vs_acl_use *use;

	rcu_assign_pointer(acl->version, version);
	list_for_each_entry(use, uses, node)
		rcu_assign_pointer(use->policy->use, use);
	list_splice_init(&acl->uses, old);
	list_splice_init(uses, &acl->uses);
}

/* Takes over @cookie when it succeeds. */
int vs_acl_commit(struct vs_acl_object *acl, struct vs_net *vn, struct vs_cookie *cookie,
		  struct vs_error *err)
{
	struct vs_acl_version *old = rtnl_dereference(acl->version), *version;
	struct vifswitch_acl_hits *table = NULL;
	LIST_HEAD(uses);
	LIST_HEAD(old_uses);
	int rc;

	if (!acl->staged || acl->filled != acl->staged_len)
		return vs_refuse(err, -EINVAL, "ACL %u: %u octets came; accepted: all %u of them",
				 acl->id, acl->filled, acl->staged_len);
	rc = prepare(acl, &version, &uses, &table, err);
	if (rc)
		return rc;
	version->blob = acl->staged;
	acl->staged = NULL;
	vn->staged -= acl->staged_len;
	acl->staged_len = 0;
	publish(acl, version, &uses, &old_uses);
	kfree(acl->cookie);
	acl->cookie = cookie;
	if (old) {
		synchronize_net();
		vs_acl_hits_go_on(version, &acl->uses, old, &old_uses, table);
		uses_free(&old_uses);
		version_free(old);
		kvfree(table);
	}
	return 0;
}

int vs_acl_delete(struct vs_net *vn, struct vs_acl_object *acl, struct vs_error *err)
{
	ASSERT_RTNL();
	if (acl->users)
		return vs_refuse(err, -EBUSY,
				 "ACL %u is named by the programs of %u ports, or mirrors; accepted: one that none names",
				 acl->id, acl->users);
	xa_erase(&vn->acls, acl->id);
	vn->acl_count--;
	synchronize_net();
	object_free(vn, acl);
	return 0;
}

/* No switch is left in the namespace, and a grace period passed since. */
void vs_acls_exit(struct vs_net *vn)
{
	struct vs_acl_object *acl;
	unsigned long id;

	xa_for_each(&vn->acls, id, acl)
		object_free(vn, acl);
	xa_destroy(&vn->acls);
}
