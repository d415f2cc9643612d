// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>

#include "xen/xen-vif.h"

static uint64_t vif_key(uint32_t domid, uint32_t devid)
{
	return (uint64_t)domid << 32 | devid;
}

struct xen_vif *xen_vifs_get(const struct xen_vifs *vifs, uint32_t domid, uint32_t devid)
{
	return map_get(&vifs->by_key, vif_key(domid, devid));
}

static void forget(struct xen_vifs *vifs, struct xen_vif *vif)
{
	if (vif->domain)
		domains_release(vifs->domains, vif->domid);
	xen_vif_forget_keys(vif);
	if (vif->config)
		policy_row_free(vif->config);
	free(vif->private_keys);
	vifs->unmake(vifs, vif);
}

struct xen_vif *xen_vifs_add(struct xen_vifs *vifs, uint32_t domid, uint32_t devid)
{
	struct xen_vif *vif;

	if (vifs->by_key.count >= XEN_VIFS_MAX)
		return NULL;
	vif = vifs->make();
	if (!vif)
		return NULL;
	vif->domid = domid;
	vif->devid = devid;
	vif->dirty = true;
	vif->changes = 1;
	vif->domain = domains_hold(vifs->domains, domid);
	if (!vif->domain || map_put(&vifs->by_key, vif_key(domid, devid), vif) < 0) {
		forget(vifs, vif);
		return NULL;
	}
	vifs->changes++;
	return vif;
}

void xen_vifs_remove(struct xen_vifs *vifs, struct xen_vif *vif)
{
	map_remove(&vifs->by_key, vif_key(vif->domid, vif->devid));
	vifs->changes++;
	forget(vifs, vif);
}

void xen_vifs_deinit(struct xen_vifs *vifs)
{
	struct map by_key = vifs->by_key;
	struct xen_vif *vif;

	vifs->by_key = (struct map){};
	map_for_each(&by_key, i, vif)
		forget(vifs, vif);
	map_deinit(&by_key);
}

void xen_vif_forget_keys(struct xen_vif *vif)
{
	free(vif->script);
	free(vif->keys.bridge);
	free(vif->keys.vlan);
	free(vif->keys.mac);
	free(vif->keys.ip);
	free(vif->keys.rate);
	free(vif->keys.mtu);
	free(vif->keys.vifname);
	vif->script = NULL;
	vif->keys = (struct vif_keys){};
	vif->oversized = false;
}

void xen_vif_title(const struct xen_vif *vif, char *ret, size_t size)
{
	if (vif->domain->name[0])
		snprintf(ret, size, "VM %s VIF %u", vif->domain->name, vif->devid);
	else
		snprintf(ret, size, "domain %u VIF %u", vif->domid, vif->devid);
}
