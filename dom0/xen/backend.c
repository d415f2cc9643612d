// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/number.h"
#include "xen/backend.h"
#include "xen/domain-name.h"
#include "xen/xapi-private.h"

#define BACKEND		"backend/vif"
#define EVENTS_AT_ONCE	2048
#define BURST		512		/* events between two ticks */

static bool take_path_number(const char **path, uint64_t max, uint32_t *ret)
{
	const char *at = *path;
	size_t left = strlen(at);
	uint64_t n;

	if (*at++ != '/')
		return false;
	left--;
	if (!take_number(&at, &left, max, &n) || (*at && *at != '/'))
		return false;
	*path = at;
	*ret = n;
	return true;
}

enum store_depth store_path_parse(const char *path, uint32_t *ret_domid, uint32_t *ret_devid,
				  const char **ret_key)
{
	uint32_t domid, devid;

	if (strncmp(path, BACKEND, strlen(BACKEND)) != 0)
		return STORE_ELSEWHERE;
	path += strlen(BACKEND);
	if (!*path)
		return STORE_ROOT;
	if (!take_path_number(&path, DOMID_MAX, &domid))
		return STORE_ELSEWHERE;
	*ret_domid = domid;
	if (!*path)
		return STORE_DOMAIN;
	if (!take_path_number(&path, INT32_MAX, &devid))
		return STORE_ELSEWHERE;
	*ret_devid = devid;
	if (!*path)
		return STORE_VIF;
	*ret_key = path + 1;
	return STORE_KEY;
}

bool store_parse_backend(const struct store *store, const char *path, uint32_t *ret_domid,
			 uint32_t *ret_devid)
{
	char own[64];
	const char *key;
	int n = snprintf(own, sizeof(own), "/local/domain/%u/", store->own_domid);

	if (strncmp(path, own, n) == 0)
		path += n;
	return store_path_parse(path, ret_domid, ret_devid, &key) == STORE_VIF;
}

static int read_own_domid(struct store *store)
{
	_cleanup_free_ char *text = NULL;
	int r = xenstore_read(store->xs, "domid", 16, &text);
	uint64_t domid;

	/* A control domain that nobody told its number is domain 0. */
	if (r == -ENOENT) {
		store->own_domid = 0;
		return 0;
	}
	if (r < 0)
		return r;
	if (!number_parse(text, strlen(text), 0, DOMID_MAX, &domid))
		return -EBADMSG;
	store->own_domid = domid;
	return 0;
}

int store_connect(struct store *store)
{
	struct domain *d;
	int r;

	r = xenstore_open(&store->xs);
	if (r < 0)
		return r;
	r = read_own_domid(store);
	if (r == 0)
		r = xenstore_watch(store->xs, BACKEND, "vif");
	if (r >= 0)
		r = xenstore_watch(store->xs, "@introduceDomain", DOMAIN_TOKEN);
	if (r >= 0)
		r = xenstore_watch(store->xs, "@releaseDomain", DOMAIN_TOKEN);
	if (r >= 0)
		r = xenstore_watch(store->xs, XEN_PCI_ROOT, "pci");
	if (r >= 0)
		r = xenstore_watch(store->xs, XEN_SRIOV_ROOT, "pci");
	if (r < 0) {
		store_disconnect(store);
		return r;
	}
	store->rescan = store->pcis->rescan = true;
	store->reconnected = store->vifs->complete;
	store->domains->dirty = true;
	map_for_each(&store->domains->by_domid, i, d) {
		d->fresh = false;
		d->watched = d->greeting = d->vm_watched = false;
	}
	xapi_private_forget(store->vifs);
	return 0;
}

void store_disconnect(struct store *store)
{
	store->xs = xenstore_close(store->xs);
}

void store_deinit(struct store *store)
{
	store_disconnect(store);
	store->hv = hypervisor_close(store->hv);
	map_deinit(&store->rescan_domains);
}

void store_look_at(struct store *store, uint32_t domid, uint32_t devid)
{
	struct xen_vif *vif = xen_vifs_get(store->vifs, domid, devid);

	if (!vif)
		vif = xen_vifs_add(store->vifs, domid, devid);
	if (vif)
		vif->dirty = true;
}

/* Which keys matter; netback writes many that do not. */
static void on_key(struct store *store, uint32_t domid, uint32_t devid, const char *key)
{
	static const char *const policy[] = {
		"bridge", "vlan", "mac", "ip", "rate", "mtu", "vifname", "script",
	};
	struct xen_vif *vif = xen_vifs_get(store->vifs, domid, devid);

	if (!vif) {
		store_look_at(store, domid, devid);
		return;
	}
	if (strcmp(key, "state") == 0 || strcmp(key, "online") == 0) {
		vif->dirty_state = true;
		vif->dirty |= vif->partial;
	}
	for (size_t i = 0; i < ARRAY_SIZE(policy); i++) {
		if (strcmp(key, policy[i]) == 0)
			vif->dirty = true;
	}
}

static void domain_changed(struct store *store, struct domain *d)
{
	store->domains->dirty = true;
	if (d)
		d->fresh = false;
}

static void on_domain_event(struct store *store, const char *path)
{
	static const char prefix[] = "/local/domain";
	struct domain *d;
	uint32_t domid;

	if (strncmp(path, prefix, strlen(prefix)) != 0) {
		store->domains->dirty = true;
		/* @introduceDomain, @releaseDomain: a UUID may be known now. */
		map_for_each(&store->domains->by_domid, i, d)
			d->fresh &= d->has_uuid;
		return;
	}
	path += strlen(prefix);
	if (!take_path_number(&path, DOMID_MAX, &domid))
		return;
	d = domains_get(store->domains, domid);
	if (strcmp(path, "/vm") == 0) {
		xapi_private_moved(store->vifs, domid);
		domain_changed(store, d);
		return;
	}
	/* That which a watch begins with: its domain was read after it was asked for. */
	if (d && d->greeting)
		d->greeting = false;
	else
		domain_changed(store, d);
}

static void on_event(const char *path, const char *token, void *arg)
{
	struct store *store = arg;
	uint32_t domid, devid;
	const char *key;

	if (strcmp(token, DOMAIN_TOKEN) == 0) {
		on_domain_event(store, path);
		return;
	}
	if (xapi_private_event(store->vifs, token) || xen_pcis_event(store->pcis, path))
		return;
	switch (store_path_parse(path, &domid, &devid, &key)) {
	case STORE_ELSEWHERE:
		break;
	case STORE_ROOT:
		store->rescan = true;
		break;
	case STORE_DOMAIN:
		if (map_put(&store->rescan_domains, domid, store) < 0)
			store->rescan = true;
		break;
	case STORE_VIF:
		store_look_at(store, domid, devid);
		break;
	case STORE_KEY:
		on_key(store, domid, devid, key);
		break;
	}
}

int store_events(struct store *store)
{
	int r = 1;

	for (int i = 0; i < EVENTS_AT_ONCE && r > 0; i++) {
		r = xenstore_event(store->xs, on_event, store);
		store->events += r > 0;
		if (r == -ENOBUFS) {
			store->rescan = true;
			r = 1;
		}
	}
	return r < 0 ? r : 0;
}

void store_tick(struct store *store)
{
	if (store->events >= BURST) {
		store->burst = true;
	} else if (store->burst) {
		store->burst = false;
		store->rescan = true;
	}
	store->events = 0;
}

void store_look_at_new_links(struct store *store)
{
	struct link *link;

	map_for_each(&store->links->by_index, i, link) {
		if (!link->is_half || link->looked)
			continue;
		link->looked = true;
		if (!xen_vifs_get(store->vifs, link->domid, link->devid))
			store_look_at(store, link->domid, link->devid);
	}
}

static void name_key(const struct xen_vif *vif, const char *key, struct xenstore_value *ret)
{
	*ret = (struct xenstore_value){ .max = VIF_VALUE_MAX };
	snprintf(ret->path, sizeof(ret->path), BACKEND "/%u/%u/%s", vif->domid, vif->devid, key);
}

static uint32_t number_of(const struct xenstore_value *value, uint32_t absent)
{
	uint64_t n;

	if (!value->text || !number_parse(value->text, strlen(value->text), 0, 255, &n))
		return absent;
	return n;
}

static bool is_oversized(const struct xenstore_value *value)
{
	return value->r == -E2BIG || value->r == -EBADMSG;
}

/* "state" and "online", as they were read. */
static void enter_state(struct xen_vif *vif, struct xenstore_value values[2])
{
	uint32_t state = number_of(&values[0], XENBUS_UNKNOWN);

	vif->oversized |= is_oversized(&values[0]) || is_oversized(&values[1]);
	vif->state = state <= XENBUS_CLOSED ? state : XENBUS_UNKNOWN;
	vif->online = number_of(&values[1], 1);
	free(values[0].text);
	free(values[1].text);
}

static int read_state(struct store *store, struct xen_vif *vif)
{
	struct xenstore_value values[2];
	int r;

	name_key(vif, "state", &values[0]);
	name_key(vif, "online", &values[1]);
	r = xenstore_read_all(store->xs, values, 2);
	if (r == 0)
		enter_state(vif, values);
	return r;
}

static void vif_gone(struct store *store, struct xen_vif *vif)
{
	domain_name_leave(store->xs, vif->domain);
	xapi_private_unwatch(store->xs, vif);
	xen_vifs_remove(store->vifs, vif);
	store->changed = true;
}

static bool has_netdev(const struct store *store, const struct xen_vif *vif)
{
	return links_by_half(store->links, vif->domid, vif->devid, HALF_VIF) ||
	       links_by_half(store->links, vif->domid, vif->devid, HALF_TAP);
}

static void vif_missing(struct store *store, struct xen_vif *vif)
{
	vif->dirty = vif->dirty_state = false;
	if (vif->orphan ||
	    (store->reconnected && vif->exists && has_netdev(store, vif)))
		vif->orphan = true;
	else
		vif_gone(store, vif);
}

void store_drop_orphans(struct store *store)
{
	struct map *vifs = &store->vifs->by_key;
	size_t i = 0;

	while (i < vifs->size) {
		struct xen_vif *vif = vifs->slots[i].value;

		if (vif && vif->orphan && (vif->domain->dying || !has_netdev(store, vif)))
			vif_gone(store, vif);
		else
			i++;
	}
}

static bool has_name(char **names, unsigned int count, const char *name)
{
	for (unsigned int i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

/* An absent one is NULL; what cannot be a sane value sets oversized. */
static int read_keys(struct store *store, struct xen_vif *vif, char **names, unsigned int count)
{
	struct { const char *key; char **value; } keys[] = {
		{ "script", &vif->script }, { "bridge", &vif->keys.bridge },
		{ "vlan", &vif->keys.vlan }, { "mac", &vif->keys.mac },
		{ "ip", &vif->keys.ip }, { "rate", &vif->keys.rate }, { "mtu", &vif->keys.mtu },
		{ "vifname", &vif->keys.vifname },
	};
	struct xenstore_value values[2 + ARRAY_SIZE(keys)];
	char **to[ARRAY_SIZE(values)];
	size_t n = 2;
	int r;

	_Static_assert(ARRAY_SIZE(values) <= XENSTORE_AT_ONCE, "they are asked for together");
	name_key(vif, "state", &values[0]);
	name_key(vif, "online", &values[1]);
	for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
		if (!has_name(names, count, keys[k].key))
			continue;
		name_key(vif, keys[k].key, &values[n]);
		to[n++] = keys[k].value;
	}
	r = xenstore_read_all(store->xs, values, n);
	if (r < 0)
		return r;
	xen_vif_forget_keys(vif);
	enter_state(vif, values);
	for (size_t i = 2; i < n; i++) {
		vif->oversized |= is_oversized(&values[i]);
		*to[i] = values[i].text;
	}
	return 0;
}

static int read_vif(struct store *store, struct xen_vif *vif)
{
	_cleanup_free_ char **names = NULL;
	unsigned int count;
	char path[64];
	int r;

	snprintf(path, sizeof(path), BACKEND "/%u/%u", vif->domid, vif->devid);
	r = xenstore_list(store->xs, path, &names, &count);
	if (r < 0) {
		if (!xenstore_lost(r))
			vif_missing(store, vif);
		return xenstore_lost(r) ? r : 0;
	}
	vif->orphan = false;
	/* State is written last: without it, what we knew before still holds. */
	vif->partial = !has_name(names, count, "state");
	if (vif->partial) {
		vif->dirty = vif->dirty_state = false;
		return 0;
	}
	r = read_keys(store, vif, names, count);
	if (r == 0)
		r = xapi_private_read(store->xs, vif);
	if (r < 0)
		return r;
	vif->exists = true;
	vif->dirty = vif->dirty_state = false;
	vif->changes++;
	store->changed = true;
	return 0;
}

static int scan_domain(struct store *store, uint32_t domid)
{
	_cleanup_free_ char **names = NULL;
	char path[64];
	unsigned int count = 0;
	struct xen_vif *vif;
	int r;

	snprintf(path, sizeof(path), BACKEND "/%u", domid);
	r = xenstore_list(store->xs, path, &names, &count);
	if (xenstore_lost(r))
		return r;
	for (unsigned int i = 0; r == 0 && i < count; i++) {
		uint64_t devid;

		if (number_parse(names[i], strlen(names[i]), 0, INT32_MAX, &devid))
			store_look_at(store, domid, devid);
	}
	/* Those of the domain that are not there any more find that out when read. */
	map_for_each(&store->vifs->by_key, i, vif)
		vif->dirty |= vif->domid == domid;
	return 0;
}

static int scan_all(struct store *store)
{
	_cleanup_free_ char **names = NULL;
	unsigned int count = 0;
	struct domain *domain;
	struct xen_vif *vif;
	int r;

	r = xenstore_list(store->xs, BACKEND, &names, &count);
	if (xenstore_lost(r))
		return r;
	map_for_each(&store->vifs->by_key, i, vif)
		vif->dirty = true;
	/* Among the events that were lost may be a name's, and that which a watch begins with. */
	map_for_each(&store->domains->by_domid, i, domain)
		domain->fresh = domain->greeting = false;
	store->domains->dirty = true;
	for (unsigned int i = 0; r == 0 && i < count; i++) {
		uint64_t domid;

		if (number_parse(names[i], strlen(names[i]), 0, DOMID_MAX, &domid))
			map_put(&store->rescan_domains, domid, store);
	}
	return 0;
}

static int scan(struct store *store)
{
	int r = 0;

	if (store->rescan)
		r = scan_all(store);
	for (size_t i = 0; i < store->rescan_domains.size && r == 0; i++) {
		if (store->rescan_domains.slots[i].value)
			r = scan_domain(store, store->rescan_domains.slots[i].key);
	}
	if (r < 0)
		return r;
	map_clear(&store->rescan_domains);
	return 0;
}

bool store_dirty(const struct store *store)
{
	const struct xen_vif *vif;

	if (!store->xs)
		return false;
	if (store->rescan || store->rescan_domains.count || store->domains->dirty)
		return true;
	map_for_each(&store->vifs->by_key, i, vif) {
		if (vif->dirty || vif->dirty_state)
			return true;
	}
	return xen_pcis_dirty(store->pcis);
}

/* One VIF that is marked; a removal moves slots, so the caller starts over. */
static int refresh_vif(struct store *store, struct xen_vif *vif)
{
	enum xenbus_state state = vif->state;
	bool online = vif->online;
	int r;

	if (vif->dirty)
		return read_vif(store, vif);
	r = read_state(store, vif);
	if (r < 0)
		return r;
	vif->dirty_state = false;
	/* The whole node may have gone: what is new decides. */
	if (vif->state == XENBUS_UNKNOWN) {
		vif->state = state;
		return read_vif(store, vif);
	}
	if (vif->state != state || vif->online != online) {
		vif->changes++;
		store->changed = true;
	}
	return 0;
}

int store_refresh(struct store *store)
{
	struct map *vifs = &store->vifs->by_key;
	int r = scan(store);
	size_t i = 0;

	while (i < vifs->size && r == 0) {
		struct xen_vif *vif = vifs->slots[i].value;

		if (vif && (vif->dirty || vif->dirty_state))
			r = refresh_vif(store, vif);
		if (vifs->slots[i].value == vif)
			i++;
	}
	if (r == 0)
		r = xen_pcis_refresh(store->pcis, store->xs);
	if (r == 0 && store->domains->dirty)
		r = store_refresh_domains(store);
	if (r < 0)
		return r;
	store->reconnected = false;
	if (store->rescan) {
		store->rescan = false;
		store->vifs->complete = true;
		store->changed = true;
	}
	return 0;
}
