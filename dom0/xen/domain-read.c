// SPDX-License-Identifier: GPL-2.0-or-later
/* Domains: identity and life from the hypervisor, names from XenStore. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/uuid.h"
#include "xen/backend.h"
#include "xen/identity.h"

static void from_hypervisor(const struct hv_domain *hv, void *arg)
{
	struct store *store = arg;
	struct domain *d = domains_get(store->domains, hv->domid);

	if (!d)
		return;
	d->dying = hv->dying;
	d->suspended = hv->suspended;
	store->any_suspended |= hv->suspended && !hv->dying;
	if (!identity_alias_node(hv->uuid) && !hv->dying)
		domain_set_uuid(d, hv->uuid);
}

/* A migrating XAPI VM's temporary UUID, and the real one XenStore has for it. */
static int real_uuid(struct store *store, uint8_t uuid[16])
{
	const char *node = identity_alias_node(uuid);
	_cleanup_free_ char *text = NULL;
	char path[96], own[UUID_TEXT_LEN + 1];
	int r;

	if (!node)
		return 0;
	uuid_format(uuid, own);
	snprintf(path, sizeof(path), "/vm/%s/%s", own, node);
	r = xenstore_read(store->xs, path, UUID_TEXT_LEN, &text);
	if (xenstore_lost(r))
		return r;
	if (r == 0)
		uuid_parse(text, strlen(text), uuid);
	return 0;
}

/*
 * The name, and the UUID where the hypervisor did not tell it. XenStore's UUID
 * only confirms the hypervisor's: toolstacks write the former, nobody but the
 * hypervisor the latter.
 */
static int read_domain(struct store *store, struct domain *d)
{
	_cleanup_free_ char *vm = NULL, *name = NULL;
	char path[64], text[UUID_TEXT_LEN + 1];
	uint8_t uuid[16];
	int r;

	snprintf(path, sizeof(path), "/local/domain/%u/name", d->domid);
	r = xenstore_watch(store->xs, path, "domain");
	if (r == 0)
		r = xenstore_read(store->xs, path, DOMAIN_NAME_MAX * 2, &name);
	if (xenstore_lost(r))
		return r;
	if (name)
		domain_set_name(d, name);
	snprintf(path, sizeof(path), "/local/domain/%u/vm", d->domid);
	r = xenstore_read(store->xs, path, 64, &vm);
	if (xenstore_lost(r))
		return r;
	d->fresh = true;
	if (!vm || !identity_from_vm_path(vm, uuid))
		return 0;
	r = real_uuid(store, uuid);
	if (r < 0)
		return r;
	if (!store->hv || (!d->has_uuid && !d->dying)) {
		domain_set_uuid(d, uuid);
	} else if (d->has_uuid && memcmp(d->uuid, uuid, 16) != 0 && !d->dying) {
		uuid_format(d->uuid, text);
		log_warning("domain %u: XenStore has %s, the hypervisor UUID %s; the hypervisor is right",
			    d->domid, QUOTE(vm, strlen(vm)), text);
	}
	return 0;
}

int store_refresh_domains(struct store *store)
{
	struct domain *d;
	int r;

	store->any_suspended = false;
	if (store->hv) {
		map_for_each(&store->domains->by_domid, i, d)
			d->dying = true;
		r = hypervisor_list(store->hv, from_hypervisor, store);
		if (r < 0)
			log_warning("the hypervisor does not list its domains: %s", strerror(-r));
	}
	map_for_each(&store->domains->by_domid, i, d) {
		if (d->fresh)
			continue;
		r = read_domain(store, d);
		if (r < 0)
			return r;
	}
	store->domains->dirty = false;
	store->changed = true;
	return 0;
}
