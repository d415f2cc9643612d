// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl doctor: gathers facts, by reading and by ICMP's echoes, and shows what it finds. */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "show/switch-document.h"
#include "vifctl/ask/ask-echo.h"
#include "vifctl/ask/drops-mark.h"
#include "vifctl/ask/fetch.h"
#include "vifctl/doctor/doctor.h"
#include "vifctl/flow/flow-ports.h"
#include "vifctl/policy/database.h"
#include "vifctl/pool/pool-ask.h"
#include "vifctl/view.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"
#include "vifctl/view/wrap.h"

#define INDENT		9	/* columns of a severity */
#define SAMPLE_SECONDS	2	/* between two looks at the counters of drops */

/* The first line of a file, or NULL; to be freed. */
static char *file_line(const char *path)
{
	char text[128] = "";
	FILE *f = fopen(path, "re");

	if (!f)
		return NULL;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	text[strcspn(text, "\n")] = '\0';
	return xprintf("%s", text);
}

/* True, false, or null if the driver does not say. */
static json_t *tx_checksum(int fd, const char *netdev)
{
	struct ethtool_value value = { .cmd = ETHTOOL_GTXCSUM };
	struct ifreq request = { .ifr_data = (void *)&value };

	strncpy(request.ifr_name, netdev, IFNAMSIZ - 1);
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &request))
		return json_null();
	return json_boolean(value.data);
}

static json_t *netdev_facts(int fd, const char *netdev)
{
	_cleanup_free_ char *carrier_path = xprintf("/sys/class/net/%s/carrier", netdev);
	_cleanup_free_ char *flags_path = xprintf("/sys/class/net/%s/flags", netdev);
	_cleanup_free_ char *carrier = file_line(carrier_path), *flags = file_line(flags_path);

	if (!flags)
		return NULL;
	return json_pack("{s:b, s:b, s:o}", "up", !!(strtoul(flags, NULL, 16) & IFF_UP),
			 "carrier", carrier && !strcmp(carrier, "1"), "tx_checksum",
			 tx_checksum(fd, netdev));
}

static json_t *netdevs_facts(const json_t *ports)
{
	json_t *netdevs = json_object(), *facts;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const json_t *port;
	size_t i;

	json_array_foreach(ports, i, port) {
		const char *netdev = get_text(port, "netdev");

		facts = *netdev && !strchr(netdev, '/') ? netdev_facts(fd, netdev) : NULL;
		if (facts)
			json_object_set_new(netdevs, netdev, facts);
	}
	if (fd >= 0)
		close(fd);
	return netdevs;
}

static json_t *hosts_facts(const struct vifdb *db)
{
	json_t *hosts = json_array(), *host;
	int64_t cur;

	for (const struct vifdb_row *row = vifdb_first(db, "Host"); row; row = vifdb_next(row)) {
		host = json_pack("{s:s?, s:s?, s:s?}", "name", vifdb_string(row, "name"),
				 "last_error", vifdb_string(row, "last_error"), "presence",
				 vifdb_string(row, "presence"));
		json_object_set_new(host, "cur_cfg", vifdb_integer(row, "cur_cfg", &cur) ?
				    json_integer(cur) : json_null());
		json_array_append_new(hosts, host);
	}
	return hosts;
}

static json_t *locations_facts(const struct vifdb *db)
{
	json_t *locations = json_array();
	char uuid[UUID_TEXT_LEN + 1];
	int64_t devid;

	for (const struct vifdb_row *row = vifdb_first(db, "Location"); row;
	     row = vifdb_next(row)) {
		devid = 0;
		vifdb_integer(row, "devid", &devid);
		uuid_format(vifdb_uuid(row, "vm"), uuid);
		json_array_append_new(locations, json_pack(
			"{s:s?, s:s, s:I, s:s?, s:s?}", "host", vifdb_string(row, "host"), "vm", uuid,
			"devid", (json_int_t)devid, "last_error",
			vifdb_string(row, "last_error"), "state", vifdb_string(row, "state")));
	}
	return locations;
}

/* NULL unless vifswitchd uses a database, or one was named. */
static json_t *database_facts(struct vifctl *v, const json_t *show)
{
	static const char *const tables[] = { "Global", "Host", "Location", NULL };
	const json_t *seen = json_object_get(show, "database");
	struct vifdb *db = NULL;
	const struct vifdb_row *global;
	int64_t next = 0;
	json_t *facts;

	if (!v->db && strcmp(get_text(seen, "state"), "connected"))
		return NULL;
	if (database_session(v, tables, &db))
		return json_pack("{s:s}", "error", "the database does not answer");
	global = vifdb_first(db, "Global");
	if (global)
		vifdb_integer(global, "next_cfg", &next);
	facts = json_pack("{s:I, s:o, s:o}", "next_cfg", (json_int_t)next, "hosts",
			  hosts_facts(db), "locations", locations_facts(db));
	vifdb_free(db);
	return facts;
}

/* What else the daemon says, where it runs; a member is NULL where nobody answers. */
struct answers {
	json_t *version, *mirrors, *exporters, *uplinks, *oam, *networks, *vfs, *openflow;
};

/* "show", and the rest if @ret is not NULL. */
static json_t *ask(struct answers *ret)
{
	_cleanup_(control_client_close) struct control_client c = CONTROL_CLIENT_INIT;
	json_t *show = NULL;
	int status = fetch_open(&c);

	if (status == VIFCTL_OK) {
		if (ret) {
			fetch_call(&c, "version", &ret->version);
			fetch_call_optional(&c, "mirrors", &ret->mirrors);
			fetch_call_optional(&c, "exporters", &ret->exporters);
			fetch_call_optional(&c, "uplinks", &ret->uplinks);
			fetch_call_optional(&c, "oam", &ret->oam);
			fetch_call_optional(&c, "networks", &ret->networks);
			fetch_call_optional(&c, "vfs", &ret->vfs);
			fetch_call_optional(&c, "openflow", &ret->openflow);
		}
		fetch_call(&c, "show", &show);
	} else if (status == VIFCTL_UNAVAILABLE) {
		fetch_kernel("show", &show);
	}
	return show;
}

/* Asked by ourselves: the daemon may be of a release that says nothing of it. */
static json_t *module_facts(void)
{
	_cleanup_(datapath_freep) struct datapath *dp = NULL;

	if (datapath_new(&dp) < 0 || datapath_resolve(dp) < 0)
		return json_null();
	return module_json(datapath_module(dp));
}

/* Of each switch with flow tables: ports that its flows name and that are not there. */
static json_t *flow_ports(const json_t *switches)
{
	json_t *facts = json_object(), *missing;
	const json_t *sw;
	size_t i;

	json_array_foreach(switches, i, sw) {
		missing = *get_text(sw, "error") ? NULL : flow_ports_missing(get_text(sw, "switch"));
		if (missing)
			json_object_set_new(facts, get_text(sw, "switch"), missing);
	}
	return facts;
}

static json_t *gather(struct vifctl *v)
{
	struct answers a = {};
	json_t *show = ask(&a), *later = NULL, *echoes = NULL;
	json_t *facts, *database, *pool = NULL;
	const json_t *ports = json_object_get(show, "ports");

	if (json_array_size(ports)) {
		echoes = ask_echo(json_object_get(a.networks, "networks"), SAMPLE_SECONDS * 1000);
		later = ask(NULL);
	}
	drops_mark_apply(json_object_get(show, "ports"));
	drops_mark_apply(json_object_get(later, "ports"));
	database = database_facts(v, show);
	if (json_is_object(database) && !*get_text(database, "error"))
		pool_status_try(v, &pool);
	facts = json_pack("{s:s, s:o, s:o}", "version", VIFSWITCH_VERSION,
			  "module", module_facts(), "netdevs", netdevs_facts(ports));
	json_object_set_new(facts, "daemon", a.version ?: json_null());
	json_object_set(facts, "later", json_object_get(later, "ports") ?: json_null());
	json_object_set(facts, "mirrors", json_object_get(a.mirrors, "mirrors") ?: json_null());
	json_object_set(facts, "exporters", json_object_get(a.exporters, "exporters") ?: json_null());
	json_object_set(facts, "uplinks", json_object_get(a.uplinks, "uplinks") ?: json_null());
	json_object_set(facts, "networks", json_object_get(a.networks, "networks") ?: json_null());
	json_object_set(facts, "vfs", json_object_get(a.vfs, "vfs") ?: json_null());
	json_object_set(facts, "held_vlans", json_object_get(a.networks, "held_vlans") ?: json_null());
	json_decref(a.networks);
	json_decref(a.vfs);
	json_decref(a.mirrors);
	json_decref(a.exporters);
	json_object_set(facts, "oam", json_object_get(a.oam, "links") ?: json_null());
	json_object_set(facts, "openflow", json_object_get(a.openflow, "switches") ?: json_null());
	json_object_set_new(facts, "flow_ports", flow_ports(json_object_get(a.openflow, "switches")));
	json_decref(a.openflow);
	json_decref(a.uplinks);
	json_decref(a.oam);
	json_object_set_new(facts, "database", database ?: json_null());
	json_object_set_new(facts, "pool", pool ?: json_null());
	json_object_set_new(facts, "echoes", echoes ?: json_null());
	json_object_set_new(facts, "show", show ?: json_null());
	json_decref(later);
	return facts;
}

/* A sentence that ends with the command needs not say it: that comes below. */
static void cut_command(char *sentence, const char *command)
{
	const size_t len = strlen(sentence), tail = strlen(command);
	char *blank;

	if (tail >= len)
		return;
	blank = sentence + len - tail - 1;
	if (*blank == ' ' && !strcmp(blank + 1, command))
		*blank = '\0';
}

static enum paint paint_of(const char *severity)
{
	return !strcmp(severity, "error") ? PAINT_WRONG :
	       !strcmp(severity, "warning") ? PAINT_DOUBT : PAINT_NONE;
}

static void view_findings(const json_t *findings, const char *none, FILE *out)
{
	const json_t *finding;
	size_t i;

	json_array_foreach(findings, i, finding) {
		_cleanup_free_ char *subject = safe_text(get_text(finding, "subject"));
		_cleanup_free_ char *text = safe_text(get_text(finding, "text"));
		_cleanup_free_ char *command = safe_text(get_text(finding, "command"));
		_cleanup_free_ char *sentence = xprintf("%s (%s): %s", subject,
							get_text(finding, "check"), text);

		cut_command(sentence, command);
		paint(out, paint_of(get_text(finding, "severity")));
		fprintf(out, "%-*s", INDENT, get_text(finding, "severity"));
		paint(out, PAINT_NONE);
		print_sentence(sentence, INDENT, INDENT, out);
		fprintf(out, "%*s", INDENT, "");
		print_sentence(command, INDENT, INDENT, out);
	}
	if (!i)
		fputs(none, out);
}

int show_findings(struct vifctl *v, json_t *findings, const char *none)
{
	const json_t *finding;
	int status = VIFCTL_OK;
	json_t *doc;
	size_t i;

	json_array_foreach(findings, i, finding)
		if (strcmp(get_text(finding, "severity"), "hint"))
			status = VIFCTL_FAILED;
	if (v->json) {
		doc = json_pack("{s:i, s:O}", "format", VIFSWITCH_OUTPUT_FORMAT, "findings",
				findings);
		vifctl_print_json(v, doc, JSON_INDENT(2));
		json_decref(doc);
	} else {
		view_findings(findings, none, v->out);
	}
	return vifctl_finish(v, status);
}

int run_doctor(struct vifctl *v)
{
	json_t *facts = gather(v), *findings = doctor_findings(facts);
	int status = show_findings(v, findings, "nothing is wrong here\n");

	json_decref(findings);
	json_decref(facts);
	return status;
}
