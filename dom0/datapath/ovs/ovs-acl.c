// SPDX-License-Identifier: GPL-2.0-or-later
/* ACLs: objects that programs name. Who names one that is replaced is held to the new one. */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "datapath/ovs/ovs-acl.h"
#include "datapath/ovs/ovs-port.h"

void ovs_acl_free(struct ovs_acl *acl)
{
	if (!acl)
		return;
	kept_deinit(&acl->kept);
	free(acl);
}

/* Takes @kept over if it is sound. */
static struct ovs_acl *acl_of(struct kept *kept, struct vs_program_error *err)
{
	struct ovs_acl *acl = xzalloc(sizeof(*acl));

	acl->kept = *kept;
	if (vs_acl_parse(acl->kept.blob, acl->kept.blob_len, &acl->view, err) < 0) {
		free(acl);
		return NULL;
	}
	kept->blob = NULL;
	return acl;
}

/* In force for every port that names it, whatever came before. */
static int put(struct ovs_datapath *dp, struct ovs_acl *acl)
{
	struct ovs_acl *old = map_get(&dp->acls, acl->kept.id);
	struct ovs_port *port;
	int r = 0;

	if (map_put(&dp->acls, acl->kept.id, acl) < 0)
		return -ENOMEM;
	map_for_each(&dp->ports, i, port) {
		if (ovs_port_acl(port) != acl->kept.id)
			continue;
		r = ovs_port_apply(dp, port) ?: r;
	}
	ovs_acl_free(old);
	return r;
}

int ovs_dp_acl_load(struct ovs_datapath *dp, uint32_t id, const void *blob, uint32_t len,
		    const void *cookie, uint32_t cookie_len)
{
	struct kept kept = { .id = id, .cookie_len = cookie_len, .blob_len = len };
	struct vs_program_error err = {};
	struct ovs_acl *acl;
	int r;

	if (cookie_len > sizeof(kept.cookie))
		return ovs_dp_refuse(dp, -EINVAL, "ACL: its cookie is too long");
	memcpy(kept.cookie, cookie, cookie_len);
	kept.blob = xmalloc(len ? len : 1);
	memcpy(kept.blob, blob, len);
	acl = acl_of(&kept, &err);
	kept_deinit(&kept);
	if (!acl)
		return ovs_dp_refuse(dp, -EINVAL, err.field ? err.field : "ACL: it is none");
	r = keeper_put(&dp->keeper, KEPT_ACL, &acl->kept);
	if (r < 0) {
		ovs_acl_free(acl);
		return ovs_dp_refuse(dp, r, "ACL: it cannot be kept");
	}
	return put(dp, acl);
}

int ovs_dp_acl_del(struct ovs_datapath *dp, uint32_t id)
{
	const struct ovs_port *port;

	map_for_each(&dp->ports, i, port)
		if (ovs_port_acl(port) == id)
			return ovs_dp_refuse(dp, -EBUSY, "ACL: a port names it");
	if (!map_get(&dp->acls, id))
		return -ENOENT;
	keeper_drop(&dp->keeper, KEPT_ACL, id);
	ovs_acl_free(map_remove(&dp->acls, id));
	return 0;
}

int ovs_dp_acl_dump(struct ovs_datapath *dp, dp_acl_fn fn, void *arg)
{
	const struct ovs_acl *acl;

	map_for_each(&dp->acls, i, acl) {
		struct dp_acl told = {
			.id = acl->kept.id, .len = acl->kept.blob_len,
			.cookie = acl->kept.cookie, .cookie_len = acl->kept.cookie_len,
		};
		const struct ovs_port *port;
		int r;

		map_for_each(&dp->ports, j, port)
			told.port_count += ovs_port_acl(port) == told.id;
		r = fn(&told, arg);
		if (r < 0)
			return r;
	}
	return 0;
}

bool ovs_dp_acl_is(const struct ovs_datapath *dp, uint32_t id, const void *cookie,
		   uint32_t cookie_len)
{
	const struct ovs_acl *acl = map_get(&dp->acls, id);

	return acl && acl->kept.cookie_len == cookie_len &&
	       !memcmp(acl->kept.cookie, cookie, cookie_len);
}

static void adopt(uint32_t id, void *arg)
{
	struct ovs_datapath *dp = arg;
	struct vs_program_error err;
	struct kept kept = {};
	struct ovs_acl *acl = NULL;

	if (keeper_get(&dp->keeper, KEPT_ACL, id, &kept) == 0)
		acl = acl_of(&kept, &err);
	kept_deinit(&kept);
	if (!acl)
		keeper_drop(&dp->keeper, KEPT_ACL, id);
	else if (map_put(&dp->acls, id, acl) < 0)
		ovs_acl_free(acl);
}

void ovs_acls_adopt(struct ovs_datapath *dp)
{
	keeper_list(&dp->keeper, KEPT_ACL, adopt, dp);
}
