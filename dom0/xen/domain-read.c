// SPDX-License-Identifier: GPL-2.0-or-later
/* Domains: identity and life from the hypervisor, names from XenStore. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/number.h"
#include "base/uuid.h"
#include "xen/backend.h"
#include "xen/domain-name.h"
#include "xen/identity.h"

#define VM_PATH_MAX	64

static void from_hypervisor(const struct hv_domain *hv, void *arg)
{
	struct store *store = arg;
	struct domain *d = domains_get(store->domains, hv->domid);

	if (!d)
		return;
	d->dying = hv->dying;
	d->suspended = hv->suspended;
	store->any_suspended |= hv->suspended && !hv->dying;
	if (!identity_alias_node(hv->uuid) && !hv->dying && !d->target)
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

/* The UUID that XenStore has for a domain, of whose node "vm" this is the text; -ENOENT: none. */
static int uuid_from_path(struct store *store, const char *vm, uint8_t ret[16])
{
	return vm && identity_from_vm_path(vm, ret) ? real_uuid(store, ret) : -ENOENT;
}

static int uuid_in_xenstore(struct store *store, uint32_t domid, uint8_t ret[16])
{
	_cleanup_free_ char *vm = NULL;
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/local/domain/%u/vm", domid);
	r = xenstore_read(store->xs, path, VM_PATH_MAX, &vm);
	return xenstore_lost(r) ? r : uuid_from_path(store, vm, ret);
}

/* The UUID of a domain that lives; -ENOENT: none. */
static int uuid_of(struct store *store, uint32_t domid, uint8_t ret[16])
{
	struct hv_domain hv;

	if (!store->hv)
		return uuid_in_xenstore(store, domid, ret);
	if (hypervisor_find(store->hv, domid, &hv) < 0 || hv.dying)
		return -ENOENT;
	if (identity_alias_node(hv.uuid))
		return uuid_in_xenstore(store, domid, ret);
	memcpy(ret, hv.uuid, 16);
	return 0;
}

/* The domain that a node names; 0: none, or somebody else than the control domain writes it. */
static int read_domid(struct store *store, const char *path, uint32_t *ret)
{
	_cleanup_free_ char *text = NULL;
	uint64_t domid = 0;
	int r = xenstore_read(store->xs, path, 16, &text);

	if (r == 0)
		r = xenstore_trusted(store->xs, path);
	if (xenstore_lost(r))
		return r;
	if (r < 0 || !number_parse(text, strlen(text), 1, UINT16_MAX, &domid))
		domid = 0;
	*ret = domid;
	return 0;
}

/*
 * A device model in a domain of its own (a stub domain) has VIFs for the emulated halves of
 * its VM's, with their numbers and addresses: they have its VM's identity and policy, as a
 * tap here has. That takes the word of both domains' nodes.
 */
static int read_target(struct store *store, struct domain *d)
{
	uint32_t target, model;
	uint8_t uuid[16];
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/local/domain/%u/target", d->domid);
	r = read_domid(store, path, &target);
	if (r < 0 || !target)
		return r;
	snprintf(path, sizeof(path), "/local/domain/%u/image/device-model-domid", target);
	r = read_domid(store, path, &model);
	if (r < 0 || model != d->domid)
		return r;
	r = uuid_of(store, target, uuid);
	if (r < 0)
		return xenstore_lost(r) ? r : 0;
	d->target = target;
	domain_set_uuid(d, uuid);
	return 0;
}

/*
 * The UUID where the hypervisor did not tell it. XenStore's UUID only confirms the
 * hypervisor's: toolstacks write the former, nobody but the hypervisor the latter.
 */
static int read_uuid(struct store *store, struct domain *d, const char *vm)
{
	char text[2][UUID_TEXT_LEN + 1];
	uint8_t uuid[16], told[16];
	int r = uuid_from_path(store, vm, uuid);

	if (r < 0)
		return xenstore_lost(r) ? r : 0;
	/* XAPI's way to say so. */
	d->arrives |= identity_from_vm_path(vm, told) && identity_arrives(told) &&
		      memcmp(told, uuid, sizeof(uuid)) != 0;
	if (!store->hv || (!d->has_uuid && !d->dying)) {
		domain_set_uuid(d, uuid);
	} else if (d->has_uuid && memcmp(d->uuid, uuid, 16) != 0 && !d->dying) {
		uuid_format(uuid, text[0]);
		uuid_format(d->uuid, text[1]);
		log_warning("domain %u: XenStore has UUID %s, the hypervisor %s; the hypervisor is right",
			    d->domid, text[0], text[1]);
	}
	return 0;
}

static void name_node(const struct domain *d, const char *node, size_t max,
		      struct xenstore_value *ret)
{
	*ret = (struct xenstore_value){ .max = max };
	snprintf(ret->path, sizeof(ret->path), "/local/domain/%u/%s", d->domid, node);
}

static int read_domain(struct store *store, struct domain *d)
{
	struct xenstore_value values[3], *name = &values[0], *target = &values[1],
			      *vm = &values[2];
	int r = domain_name_watch(store->xs, d);

	if (r < 0)
		return r;
	name_node(d, "name", DOMAIN_NAME_MAX * 2, name);
	name_node(d, "target", 16, target);
	name_node(d, "vm", VM_PATH_MAX, vm);
	r = xenstore_read_all(store->xs, values, ARRAY_SIZE(values));
	if (r < 0)
		return r;
	if (name->text)
		domain_set_name(d, name->text);
	if (target->text)
		r = read_target(store, d);
	if (r == 0 && !d->target)
		r = read_uuid(store, d, vm->text);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		free(values[i].text);
	d->fresh |= r == 0;
	return r;
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
