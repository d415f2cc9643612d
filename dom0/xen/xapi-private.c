// SPDX-License-Identifier: GPL-2.0-or-later
#include "xen/xapi-private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/uuid.h"
#include "policy/fields.h"
#include "xapi/xapi-port.h"
#include "xen/identity.h"

#define TOKEN		"private:"
#define LIST_MAX	2048		/* octets of a list of addresses; a node has no more */

enum private_key { BRIDGE, MTU, LOCKING, IPV4, IPV6, TRUNKS, PRIVATE_KEYS };

static const struct {
	const char *name;
	size_t max;
} keys[PRIVATE_KEYS] = {
	[BRIDGE] = { "bridge", VIF_VALUE_MAX }, [MTU] = { "MTU", VIF_VALUE_MAX },
	[LOCKING] = { "locking-mode", 64 }, [IPV4] = { "ipv4-allowed", LIST_MAX },
	[IPV6] = { "ipv6-allowed", LIST_MAX }, [TRUNKS] = { "trunks", LIST_MAX * 8 },
};

static void token_of(const struct xen_vif *vif, char ret[40])
{
	snprintf(ret, 40, TOKEN "%u/%u", vif->domid, vif->devid);
}

/* Both numbers of a token that is one of ours. */
static bool token_parse(const char *token, uint32_t *ret_domid, uint32_t *ret_devid)
{
	uint64_t domid, devid;
	size_t left;

	if (strncmp(token, TOKEN, strlen(TOKEN)) != 0)
		return false;
	token += strlen(TOKEN);
	left = strlen(token);
	if (!take_number(&token, &left, UINT32_MAX, &domid) || *token != '/')
		return false;
	*ret_domid = domid;
	if (!number_parse(token + 1, left - 1, 0, UINT32_MAX, &devid))
		return false;
	*ret_devid = devid;
	return true;
}

bool xapi_private_event(const struct xen_vifs *vifs, const char *token)
{
	uint32_t domid, devid;
	struct xen_vif *vif;

	if (!token_parse(token, &domid, &devid))
		return false;
	vif = xen_vifs_get(vifs, domid, devid);
	if (vif)
		vif->dirty = true;
	return true;
}

void xapi_private_moved(const struct xen_vifs *vifs, uint32_t domid)
{
	struct xen_vif *vif;

	map_for_each(&vifs->by_key, i, vif)
		vif->dirty |= vif->domid == domid && vif->private_keys;
}

void xapi_private_unwatch(struct xenstore *xs, struct xen_vif *vif)
{
	char token[40];

	if (!vif->private_keys)
		return;
	token_of(vif, token);
	if (xs)
		xenstore_unwatch(xs, vif->private_keys, token);
	free(vif->private_keys);
	vif->private_keys = NULL;
}

void xapi_private_forget(const struct xen_vifs *vifs)
{
	struct xen_vif *vif;

	map_for_each(&vifs->by_key, i, vif) {
		free(vif->private_keys);
		vif->private_keys = NULL;
	}
}

/* Where its keys are by what node "vm" says now; NULL: it says nothing. -errno: lost. */
static int find_keys(struct xenstore *xs, const struct xen_vif *vif, char **ret)
{
	_cleanup_free_ char *vm = NULL;
	char path[64], uuid[UUID_TEXT_LEN + 1];
	uint8_t id[16];
	int r;

	snprintf(path, sizeof(path), "/local/domain/%u/vm", vif->domid);
	if (!vif->domain->vm_watched) {
		r = xenstore_watch(xs, path, "domain");
		if (xenstore_lost(r))
			return r;
		vif->domain->vm_watched = r >= 0;
	}
	r = xenstore_read(xs, path, 64, &vm);
	if (xenstore_lost(r))
		return r;
	if (r == 0 && identity_from_vm_path(vm, id)) {
		uuid_format(id, uuid);
		*ret = xprintf("/xapi/%s/private/vif/%u", uuid, vif->devid);
	}
	return 0;
}

/* Watched before it is read, so that no change gets lost between both. */
static int watch_keys(struct xenstore *xs, struct xen_vif *vif, char *path)
{
	char token[40];
	int r;

	if (vif->private_keys && strcmp(vif->private_keys, path) == 0) {
		free(path);
		return 0;
	}
	xapi_private_unwatch(xs, vif);
	vif->private_keys = path;
	token_of(vif, token);
	r = xenstore_watch(xs, path, token);
	return xenstore_lost(r) ? r : 0;
}

static json_t *list_of(const struct xenstore_value *value)
{
	return value->text ? xapi_list(value->text) : NULL;
}

/* UINT32_MAX, which is refused, for what is none. */
static uint32_t mtu_of(const char *text)
{
	uint64_t mtu = 0;

	if (*text && !number_parse(text, strlen(text), 1, UINT32_MAX, &mtu))
		mtu = UINT32_MAX;
	return (uint32_t)mtu;
}

static struct policy_row *row_of(const struct xenstore_value values[PRIVATE_KEYS])
{
	const char *locking = values[LOCKING].text ?: "unlocked";
	const char *mtu = values[MTU].text ?: "";
	struct xapi_port port = {
		.sw = values[BRIDGE].text, .mtu = mtu_of(mtu),
		.ipv4 = list_of(&values[IPV4]), .ipv6 = list_of(&values[IPV6]),
		.trunks = list_of(&values[TRUNKS]),
	};
	struct policy_row *row = NULL;
	struct problem problem;
	json_t *columns;
	int r;

	if (!xapi_locking_parse(locking, &port.locking))
		port.locking = XAPI_DISABLED;
	r = xapi_port_columns(&port, &columns, &problem);
	if (policy_row_read(&object_kinds[OBJECT_PORT], columns, &row) < 0)
		mem_out();
	if (r < 0 && !row->problem)
		row->problem = xstrdup(problem.text);
	json_decref((json_t *)port.ipv4);
	json_decref((json_t *)port.ipv6);
	json_decref((json_t *)port.trunks);
	json_decref(columns);
	return row;
}

static int read_values(struct xenstore *xs, const struct xen_vif *vif,
		       struct xenstore_value values[PRIVATE_KEYS])
{
	for (int i = 0; i < PRIVATE_KEYS; i++) {
		values[i] = (struct xenstore_value){ .max = keys[i].max };
		snprintf(values[i].path, sizeof(values[i].path), "%s/%s", vif->private_keys,
			 keys[i].name);
	}
	return xenstore_read_all(xs, values, PRIVATE_KEYS);
}

static void forget_config(struct xen_vif *vif)
{
	if (vif->config)
		policy_row_free(vif->config);
	vif->config = NULL;
}

int xapi_private_read(struct xenstore *xs, struct xen_vif *vif)
{
	struct xenstore_value values[PRIVATE_KEYS];
	char *path = NULL;
	int r;

	if (vif->keys.bridge) {
		forget_config(vif);
		xapi_private_unwatch(xs, vif);
		return 0;
	}
	r = find_keys(xs, vif, &path);
	if (r < 0 || !path)
		return r;
	r = watch_keys(xs, vif, path);
	if (r == 0)
		r = read_values(xs, vif, values);
	if (r < 0)
		return r;
	for (int i = 0; i < PRIVATE_KEYS; i++)
		vif->oversized |= values[i].r == -E2BIG || values[i].r == -EBADMSG;
	if (values[BRIDGE].text) {
		forget_config(vif);
		vif->config = row_of(values);
	}
	for (int i = 0; i < PRIVATE_KEYS; i++)
		free(values[i].text);
	return 0;
}
