// SPDX-License-Identifier: GPL-2.0-or-later
#include "show/from-kernel.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "base/number.h"
#include "base/uuid.h"
#include "datapath/ko/client.h"
#include "show/port-document.h"
#include "show/program-view.h"
#include "vifctl/vifctl.h"

#define DEVID_MAX	0x7fffffffU

static const char *switch_name(const json_t *switches, uint32_t ifindex)
{
	json_t *sw;
	size_t i;

	json_array_foreach(switches, i, sw)
		if (json_integer_value(json_object_get(sw, "ifindex")) == (json_int_t)ifindex)
			return json_string_value(json_object_get(sw, "name"));
	return NULL;
}

/* Cookies are "UUID/DEVID"; anything else is some other program's. */
static bool cookie_read(const char *cookie, size_t len, char uuid[UUID_TEXT_LEN + 1],
			uint32_t *ret_devid)
{
	const char *p = cookie + UUID_TEXT_LEN + 1;
	uint8_t octets[16];
	uint64_t devid;
	size_t left;

	if (len < UUID_TEXT_LEN + 2 || cookie[UUID_TEXT_LEN] != '/' ||
	    !uuid_parse(cookie, UUID_TEXT_LEN, octets))
		return false;
	left = len - UUID_TEXT_LEN - 1;
	if (!take_number(&p, &left, DEVID_MAX, &devid) || left)
		return false;
	uuid_format(octets, uuid);
	*ret_devid = (uint32_t)devid;
	return true;
}

static const char *role_of(const struct dp_port *port, bool of_vm)
{
	size_t len = strlen(port->name);

	if (port->flags & VIFSWITCH_PORT_LOCAL)
		return "local";
	if (program_flags(port->program, port->program_len) & VIFSWITCH_PF_UPLINK)
		return "uplink";
	if (!of_vm)
		return "other";
	return len > 4 && !strcmp(port->name + len - 4, "-emu") ? "tap" : "vif";
}

/* One that just went counts as down. */
static bool is_up(const char *netdev)
{
	struct ifreq request = {};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool up;

	if (fd < 0)
		return false;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", netdev);
	up = !ioctl(fd, SIOCGIFFLAGS, &request) && request.ifr_flags & IFF_UP;
	close(fd);
	return up;
}

static int add_switch(const struct dp_switch *sw, void *arg)
{
	json_t *doc = arg;

	json_array_append_new(json_object_get(doc, "switches"), json_pack(
		"{s:s, s:I, s:s, s:n, s:I, s:I, s:n}", "name", sw->name,
		"ifindex", (json_int_t)sw->ifindex, "state", is_up(sw->name) ? "up" : "down",
		"mtu",
		"ageing_ms", (json_int_t)sw->ageing_ms, "fdb", (json_int_t)sw->fdb_count, "error"));
	return 0;
}

static int add_port(const struct dp_port *port, void *arg)
{
	json_t *doc = arg, *entry;
	char uuid[UUID_TEXT_LEN + 1];
	uint32_t devid = 0;
	bool of_vm;

	of_vm = port->cookie && cookie_read(port->cookie, port->cookie_len, uuid, &devid);
	entry = json_pack("{s:s?, s:s, s:I, s:n, s:n, s:n, s:n, s:s, s:n, s:n, s:n, s:o}",
			  "switch", switch_name(json_object_get(doc, "switches"), port->sw),
			  "netdev", port->name, "ifindex", (json_int_t)port->ifindex,
			  "vm", "devid", "identity", "backend",
			  "state", port->flags & VIFSWITCH_PORT_CLOSED ? "closed" : "plugged",
			  "error", "mtu", "rate_from_vm", "counters", port_json_counters(port));
	port_json_program(entry, port->program, port->program_len);
	json_object_set_new(entry, "acl", json_null());
	json_object_set_new(entry, "connections", json_integer(port->connections));
	json_object_set_new(entry, "role", json_string(role_of(port, of_vm)));
	if (of_vm) {
		json_object_set_new(entry, "vm", json_pack("{s:n, s:s, s:n}", "name", "uuid", uuid,
							   "domid"));
		json_object_set_new(entry, "devid", json_integer(devid));
		json_object_set_new(entry, "identity", json_sprintf("%s/%u", uuid, devid));
	}
	return json_array_append_new(json_object_get(doc, "ports"), entry) ? -ENOMEM : 0;
}

struct fdb_walk {
	json_t *doc;		/* the "show" document: names and identities */
	json_t *entries;
};

static int add_entry(const struct dp_fdb *fdb, void *arg)
{
	struct fdb_walk *walk = arg;
	json_t *ports = json_object_get(walk->doc, "ports"), *port = NULL, *entry;
	size_t i;

	json_array_foreach(ports, i, port)
		if (json_integer_value(json_object_get(port, "ifindex")) == (json_int_t)fdb->port)
			break;
	if (i == json_array_size(ports))
		port = NULL;
	entry = json_pack("{s:s?, s:O*, s:I, s:o, s:o, s:b, s:b, s:b, s:b, s:I, s:O*, s:O*}",
			  "switch", switch_name(json_object_get(walk->doc, "switches"), fdb->sw),
			  "netdev", json_object_get(port, "netdev"),
			  "ifindex", (json_int_t)fdb->port,
			  "mac", mac_json(fdb->mac),
			  "vlan", fdb->vlan == VIFSWITCH_VID_NONE ? json_null() :
				  json_integer(fdb->vlan),
			  "static", !!(fdb->flags & VIFSWITCH_FDB_STATIC),
			  "guard", !!(fdb->flags & VIFSWITCH_FDB_GUARD),
			  "dormant", !!(fdb->flags & VIFSWITCH_FDB_DORMANT),
			  "local", !!(fdb->flags & VIFSWITCH_FDB_LOCAL),
			  "age_ms", (json_int_t)fdb->age_ms,
			  "vm", json_object_get(port, "vm"),
			  "devid", json_object_get(port, "devid"));
	return json_array_append_new(walk->entries, entry) ? -ENOMEM : 0;
}

static int fill(struct datapath *dp, const char *method, json_t *doc)
{
	struct fdb_walk walk = { .doc = doc };
	int r;

	r = datapath_resolve(dp);
	if (r < 0)
		return r;
	r = datapath_switch_dump(dp, add_switch, doc);
	if (r < 0)
		return r;
	r = datapath_port_dump(dp, 0, add_port, doc);
	if (r < 0 || strcmp(method, "fdb"))
		return r;
	walk.entries = json_array();
	json_object_set_new(doc, "entries", walk.entries);
	return datapath_fdb_dump(dp, 0, 0, add_entry, &walk);
}

static const char *why_not(int r)
{
	if (r == -EOPNOTSUPP || r == -EPROTONOSUPPORT)
		return "the module vifswitch is not loaded";
	return r == -EPERM ? "only root may" : strerror(-r);
}

int kernel_document(const char *method, json_t **ret)
{
	_cleanup_(datapath_freep) struct datapath *dp = NULL;
	char host[256] = "";
	json_t *doc;
	int r;

	gethostname(host, sizeof(host) - 1);
	doc = json_pack("{s:i, s:s, s:s, s:b, s:[], s:[]}", "format", VIFSWITCH_OUTPUT_FORMAT,
			"source", "kernel", "host", host, "xenstore", 0, "switches", "ports");
	json_object_set_new(doc, "xenstore", json_null());
	r = datapath_new(&dp);
	if (r == 0)
		r = fill(dp, method, doc);
	if (r < 0) {
		json_decref(doc);
		return vifctl_fail(VIFCTL_UNAVAILABLE, "vifswitchd is not running (systemctl "
				   "status vifswitchd), and the kernel cannot be asked: %s",
				   why_not(r));
	}
	if (!strcmp(method, "fdb")) {
		json_object_del(doc, "switches");
		json_object_del(doc, "ports");
	}
	vifctl_fail(VIFCTL_OK, "vifswitchd is not running; kernel view");
	*ret = doc;
	return VIFCTL_OK;
}
