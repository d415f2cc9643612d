// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A driver's answers are read when a netdev of this host changed, which is what making or
 * removing virtual functions, a driver's restart or its reset do; and when a VM was given one,
 * since a toolstack may have set its address just before. What we set is what there is until
 * then.
 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "show/list-document.h"
#include "show/vf-document.h"
#include "vifswitchd/vfs-here.h"

static void read_nic(struct daemon *d, struct vf_nic *nic, uint64_t now)
{
	struct vf_setting has[VF_NUMBERS_MAX];
	size_t count = 0;
	int r = vf_link_read(&d->rtnl, nic->ifindex, has, &count);

	if (r == 0)
		r = vf_nic_resize(nic, count);
	if (r < 0) {
		retry_failed(&nic->retry, now, r, "%s: %s", nic->name, rtnl_error(&d->rtnl));
		return;
	}
	retry_reset(&nic->retry);
	for (size_t i = 0; i < count; i++) {
		struct vf *vf = &nic->vfs[i];

		vf->has = has[i];
		if (!vf_link_address(nic->name, i, vf->address))
			*vf->address = '\0';
	}
	nic->fresh = true;
}

static void look(struct daemon *d, struct vf_nic *nic, uint64_t now)
{
	const struct link *link = links_by_name(&d->facts.links, nic->name);

	if (!link || link->ifindex != nic->ifindex)
		vf_nic_resize(nic, 0);
	nic->ifindex = link ? link->ifindex : 0;
	if (!link) {
		nic->fresh = false;
		retry_reset(&nic->retry);
	} else if (!nic->fresh && nic->retry.at <= now) {
		read_nic(d, nic, now);
	}
}

static bool knows(const uint8_t vm[16], void *arg)
{
	struct daemon *d = arg;

	return policy_db_knows(&d->policy, vm) == POLICY_KNOWN;
}

static void failed(struct daemon *d, const struct vf_nic *nic, struct vf *vf, uint64_t now, int r)
{
	bool told = vf->retry.error;

	retry_failed(&vf->retry, now, r, "the driver of %s refuses: %s", nic->name,
		     rtnl_error(&d->rtnl));
	if (!told)
		log_warning("virtual function %zu of %s: %s", (size_t)(vf - nic->vfs), nic->name,
			    vf->retry.error ?: "out of memory");
}

static void shut(struct daemon *d, const struct vf_nic *nic, struct vf *vf, uint64_t now)
{
	int r = vf_link_close(&d->rtnl, nic->ifindex, vf - nic->vfs);

	if (r < 0) {
		failed(d, nic, vf, now, r);
		return;
	}
	retry_reset(&vf->retry);
	vf->has.is.open = false;
}

static void open_up(struct daemon *d, const struct vf_nic *nic, struct vf *vf, uint64_t now)
{
	int r = vf_link_set(&d->rtnl, nic->ifindex, vf - nic->vfs, &vf->wanted);

	if (r == 0) {
		retry_reset(&vf->retry);
		vf->has.is = vf->wanted;
		log_info("virtual function %zu of %s is %s's/%u: %s", (size_t)(vf - nic->vfs),
			 nic->name, vf->name, vf->devid, vf->wanted.open ? "open" : "closed");
		return;
	}
	failed(d, nic, vf, now, r);
	/* Half of it may be in force. */
	if (vf_link_close(&d->rtnl, nic->ifindex, vf - nic->vfs) == 0)
		vf->has.is.open = false;
}

static void bring(struct daemon *d, const struct vf_nic *nic, struct vf *vf, uint64_t now)
{
	if (vf->retry.at > now)
		return;
	if (vf_is_shut(vf) && vf->has.is.open)
		shut(d, nic, vf, now);
	else if (vf->verdict == VF_WANTED && !vf_settings_equal(&vf->has.is, &vf->wanted))
		open_up(d, nic, vf, now);
	else
		retry_reset(&vf->retry);
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return !a || (b && b < a) ? b : a;
}

uint64_t vfs_reconcile(struct daemon *d, bool links_changed, uint64_t now)
{
	const struct policy_db *policy = &d->policy;
	bool none = policy->state == POLICY_OFF || policy->state == POLICY_ABSENT;
	const struct vf_world world = {
		.pcis = &d->facts.pcis, .policies = none ? NULL : &policy->policies,
		.config = &d->facts.config, .knows = knows, .arg = d,
	};
	uint64_t next = 0;

	vfs_list(&d->vfs, d->file.vfs, d->file.vf_count);
	links_changed |= d->vfs.given != d->facts.pcis.changes;
	for (size_t i = 0; links_changed && i < d->vfs.count; i++)
		d->vfs.nics[i].fresh = false;
	d->vfs.given = d->facts.pcis.changes;
	if (!d->vfs.count || !d->store.xs || !d->facts.vifs.complete || !d->facts.links.complete ||
	    policy->waits || policy->state == POLICY_UNHEARD)
		return 0;
	for (size_t i = 0; i < d->vfs.count; i++)
		look(d, &d->vfs.nics[i], now);
	vfs_judge(&d->vfs, &world);
	for (size_t i = 0; i < d->vfs.count; i++) {
		const struct vf_nic *nic = &d->vfs.nics[i];

		next = sooner(next, nic->retry.at);
		for (size_t j = 0; j < nic->count; j++) {
			bring(d, nic, &nic->vfs[j], now);
			next = sooner(next, nic->vfs[j].retry.at);
		}
	}
	return next;
}

json_t *document_vfs(struct daemon *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->vfs.count; i++)
		for (size_t j = 0; j < d->vfs.nics[i].count; j++)
			json_array_append_new(list, vf_json(&d->vfs.nics[i], j));
	return list_document("vifswitchd", "vfs", list);
}
