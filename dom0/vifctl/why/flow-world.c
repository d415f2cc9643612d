// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/why/flow-world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/control-client.h"
#include "base/mac.h"
#include "base/mem.h"
#include "datapath/ovs/keeper.h"
#include "kmod/core/forward.h"
#include "vifctl/ask/fetch.h"
#include "vifctl/view/text.h"

/* Beside the control socket, where vifswitchd has it. */
static struct keeper open_files(void)
{
	const char *socket = control_client_path(), *slash = strrchr(socket, '/');
	_cleanup_free_ char *path = xprintf("%.*s" KEEPER_DIRECTORY,
					    slash ? (int)(slash + 1 - socket) : 0, socket);

	return (struct keeper){ .dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
}

struct reading {
	struct keeper files;
	dp_port_fn on_port;
	dp_fdb_fn on_entry;
	void *arg;
	int count, r;
};

static void read_port(uint32_t id, void *arg)
{
	struct reading *t = arg;
	_cleanup_(kept_deinit) struct kept kept = {};
	struct dp_port port = { .ifindex = id };

	if (t->r < 0 || !if_indextoname(id, port.name) ||
	    keeper_get(&t->files, KEPT_PORT, id, &kept) < 0)
		return;
	port.sw = kept.sw;
	port.flags = (id == kept.sw ? VIFSWITCH_PORT_LOCAL : 0) |
		     (kept.blob ? 0 : VIFSWITCH_PORT_CLOSED);
	port.claim = kept.claim;
	port.program = kept.blob;
	port.program_len = kept.blob_len;
	port.cookie = kept.cookie;
	port.cookie_len = kept.cookie_len;
	t->r = t->on_port(&port, t->arg);
	t->count++;
}

int flow_world_ports(dp_port_fn fn, void *arg)
{
	struct reading t = { .files = open_files(), .on_port = fn, .arg = arg };

	keeper_list(&t.files, KEPT_PORT, read_port, &t);
	keeper_close(&t.files);
	return t.r < 0 ? t.r : t.count;
}

static void read_own(uint32_t id, void *arg)
{
	struct reading *t = arg;
	_cleanup_(kept_deinit) struct kept kept = {};
	_cleanup_free_ struct vs_program *program = xzalloc(sizeof(*program));
	struct vs_program_error err;

	if (keeper_get(&t->files, KEPT_PORT, id, &kept) < 0 || !kept.blob ||
	    vs_program_parse(kept.blob, kept.blob_len, program, &err) < 0)
		return;
	for (unsigned int i = 0; t->r >= 0 && i < program->mac_count; i++) {
		bool own = vs_hold_of(program, program->macs[i]) == VS_HOLD_OWN;
		struct dp_fdb entry = {
			.sw = kept.sw, .port = id, .vlan = VIFSWITCH_VID_NONE,
			.flags = VIFSWITCH_FDB_STATIC | (own && kept.claim ==
				 VIFSWITCH_CLAIM_ACTIVE ? 0 : VIFSWITCH_FDB_DORMANT),
		};

		vs_mac_store(entry.mac, program->macs[i]);
		t->r = t->on_entry(&entry, t->arg);
	}
}

/* What vifswitchd learned: it alone knows. */
static void read_learned(struct reading *t)
{
	_cleanup_(json_decrefp) json_t *doc = NULL;
	struct control_client c;
	const json_t *one;
	size_t i;

	if (fetch_open(&c) != 0)
		return;
	fetch_call(&c, "fdb", &doc);
	control_client_close(&c);
	json_array_foreach(json_object_get(doc, "entries"), i, one) {
		uint32_t id = if_nametoindex(get_text(one, "netdev"));
		const json_t *vlan = json_object_get(one, "vlan");
		const char *mac = get_text(one, "mac");
		struct dp_fdb entry = { .port = id, .vlan = json_is_integer(vlan) ?
					(uint16_t)json_integer_value(vlan) : VIFSWITCH_VID_NONE };
		_cleanup_(kept_deinit) struct kept kept = {};

		entry.flags = json_is_true(json_object_get(one, "local")) ? VIFSWITCH_FDB_STATIC : 0;
		if (t->r < 0 || json_is_true(json_object_get(one, "guard")) ||
		    keeper_get(&t->files, KEPT_PORT, id, &kept) < 0 ||
		    !mac_parse(mac, strlen(mac), entry.mac))
			continue;
		entry.sw = kept.sw;
		t->r = t->on_entry(&entry, t->arg);
	}
}

int flow_world_fdb(dp_fdb_fn fn, void *arg)
{
	struct reading t = { .files = open_files(), .on_entry = fn, .arg = arg };

	if (t.files.dir < 0)
		return 0;
	keeper_list(&t.files, KEPT_PORT, read_own, &t);
	read_learned(&t);
	keeper_close(&t.files);
	return t.r;
}

void *flow_world_acl(uint32_t id, uint32_t *ret_len)
{
	struct keeper files = open_files();
	_cleanup_(kept_deinit) struct kept kept = {};
	void *blob = NULL;

	if (keeper_get(&files, KEPT_ACL, id, &kept) == 0) {
		blob = kept.blob;
		*ret_len = kept.blob_len;
		kept.blob = NULL;
	}
	keeper_close(&files);
	return blob;
}
