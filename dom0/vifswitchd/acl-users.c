// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "policy/prefix-program.h"
#include "vifswitchd/acl-users.h"

static struct acl_object *object_of(const struct facts *facts, const struct vif *vif)
{
	return !vif->wanted.has_acl ? NULL :
	       acl_objects_find(&facts->acls, vif->wanted.acl_key, vif->wanted.acl_id);
}

static void note_ports(struct facts *facts)
{
	const struct port *port;

	map_for_each(&facts->ports.by_index, i, port) {
		uint32_t id = port_policy_acl(port->policy);
		struct acl_object *object = id ? acl_objects_get(&facts->acls, id) : NULL;
		struct kernel_acl *k = id ? map_get(&facts->acls.in_kernel, id) : NULL;

		if (object) {
			object->used = object->wanted = true;
			object->port_count++;
		}
		if (k)
			k->named = true;
	}
}

/* Mirrors in the kernel name the ACLs that are their filters, as ports do. */
static void note_mirrors(struct facts *facts)
{
	const struct mirrors *all = &facts->mirrors;

	for (size_t i = 0; i < all->count; i++) {
		const struct mirror *m = all->list[i];
		struct acl_object *object = m->has_filter ?
			acl_objects_find(&facts->acls, m->filter, m->filter_id) : NULL;

		if (object)
			object->used = true;
	}
	for (size_t i = 0; i < all->kernel_count; i++) {
		uint32_t id = all->kernel[i]->spec.acl;
		struct acl_object *object = id ? acl_objects_get(&facts->acls, id) : NULL;
		struct kernel_acl *k = id ? map_get(&facts->acls.in_kernel, id) : NULL;

		if (object)
			object->used = object->wanted = true;
		if (k)
			k->named = true;
	}
}

void acl_users_note(struct facts *facts)
{
	struct acl_object *object;
	struct kernel_acl *k;
	struct vif *vif;

	map_for_each(&facts->acls.by_id, i, object) {
		object->used = object->wanted = false;
		object->port_count = 0;
	}
	map_for_each(&facts->acls.in_kernel, i, k)
		k->named = false;
	map_for_each(&facts->vifs.by_key, i, vif) {
		object = object_of(facts, vif);
		if (!object)
			continue;
		object->used = true;
		object->wanted |= vif->wanted.verdict == VIF_WANTED;
	}
	note_ports(facts);
	note_mirrors(facts);
}

/* The addresses that its policy holds a VIF to. */
static int tell_locks(struct acl_policies *p, const struct vif *vif)
{
	_cleanup_(prefix_set_deinit) struct prefix_set set = {};
	struct program_parts parts;
	int r;

	if (!vif->seen.domain->has_uuid || vif->wanted.verdict == VIF_FOREIGN ||
	    vif->wanted.verdict == VIF_LEAVING ||
	    !(port_policy_flags(vif->wanted.policy) & VIFSWITCH_PF_IP_GUARD))
		return 0;
	port_policy_parts(vif->wanted.policy, &parts);
	r = prefix_set_add_abi4(&set, parts.ip4, parts.header.prefix4_count);
	if (r == 0)
		r = prefix_set_add_abi6(&set, parts.ip6, parts.header.prefix6_count);
	prefix_set_normalize(&set);
	if (r == 0)
		r = address_locks_put(&p->locks, vif->seen.domain->uuid,
				      LOCK_OF_VIF(vif->seen.domid, vif->seen.devid), &set,
				      &p->generation);
	return r;
}

void acl_users_update(struct facts *facts, struct policies *policies)
{
	struct acl_policies *p = &policies->acl;
	struct acl_object *object;
	struct vif *vif;

	if (facts_vifs_changed(facts)) {
		address_locks_mark_vifs(&p->locks);
		map_for_each(&facts->vifs.by_key, i, vif) {
			if (vif_is_judged(vif) && tell_locks(p, vif) < 0)
				log_error("out of memory; groups of VMs may lack addresses");
		}
		address_locks_sweep_vifs(&p->locks, &p->generation);
	}
	acl_users_note(facts);
	acl_objects_sweep(&facts->acls);
	map_for_each(&facts->acls.by_id, i, object)
		acl_object_refresh(&facts->acls, object, p);
}

const struct retry *acl_users_retry(const struct facts *facts, const struct vif *vif)
{
	const struct acl_object *object = object_of(facts, vif);

	return object && object->retry.error && !acl_object_in_force(&facts->acls, object) ?
	       &object->retry : NULL;
}
