// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl uplink adopt, confirm and release: vifswitchd does it. */
#include <net/if.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mac.h"
#include "base/mem.h"
#include "base/netdev-name.h"
#include "datapath/links/host-network.h"
#include "vifctl/ask/fetch.h"
#include "vifctl/doctor/doctor.h"
#include "vifctl/here/here.h"
#include "vifctl/view.h"
#include "vifctl/view/stanza.h"
#include "vifctl/view/text.h"
#include "vifctl/vifctl.h"

#define PLUG_WAIT_MS	10000
#define PLUG_LOOK_MS	100

#define CONFIRM_SECONDS	60

static long confirm_seconds(const struct vifctl *v)
{
	return v->confirm ? v->confirm : CONFIRM_SECONDS;
}

static bool is_plugged(const json_t *show, const char *uplink, const char *sw)
{
	const json_t *port;
	size_t i;

	json_array_foreach(json_object_get(show, "ports"), i, port)
		if (!strcmp(get_text(port, "netdev"), uplink) &&
		    !strcmp(get_text(port, "switch"), sw))
			return true;
	return false;
}

/* The first of @done's ports that is not in its switch; "": none. */
static const char *missing(const json_t *show, const json_t *done)
{
	const json_t *port;
	size_t i;

	json_array_foreach(json_object_get(done, "ports"), i, port)
		if (!is_plugged(show, json_string_value(port), get_text(done, "switch")))
			return json_string_value(port);
	return "";
}

/* Until the ports carry what was moved. */
static int wait_plugged(const json_t *done)
{
	int64_t end = clock_ms() + PLUG_WAIT_MS;
	const char *port = "";

	do {
		json_t *show = NULL;
		int status = fetch_daemon("show", NULL, &show);

		port = missing(show, done);
		json_decref(show);
		if (status || !*port)
			return status;
		nanosleep(&(struct timespec){ .tv_nsec = PLUG_LOOK_MS * 1000000L }, NULL);
	} while (clock_ms() < end);
	return vifctl_fail(VIFCTL_FAILED, "%s is not a port of %s yet: vifctl show says why; without "
			   "confirm all goes back", port, get_text(done, "switch"));
}

static bool is_bridge(const json_t *done)
{
	return !strcmp(get_text(done, "uplink"), get_text(done, "switch"));
}

/* The DHCP client renews it where it was, not on the switch. */
static void tell_lease(struct vifctl *v, const json_t *done)
{
	json_int_t lease = json_integer_value(json_object_get(done, "lease_s"));
	const char *sw = get_text(done, "switch");

	if (lease)
		fprintf(v->out, "An address is leased and runs out in %lld s: write %s down for the "
			"next boot (vifctl uplink stanza %s ...) and start DHCP on %s before that\n",
			(long long)lease, sw, get_text(done, "uplink"), sw);
}

/* "bridge xenbr0 is a switch, with eth0, vif1.0 and 192.0.2.2/24" */
static void tell_bridge(struct vifctl *v, const json_t *done)
{
	const char *moved = get_text(done, "moved"), *between = ", with ";
	const json_t *port;
	size_t i;

	fprintf(v->out, "bridge %s is a switch", get_text(done, "switch"));
	json_array_foreach(json_object_get(done, "ports"), i, port) {
		fprintf(v->out, "%s%s", between, json_string_value(port));
		between = ", ";
	}
	fprintf(v->out, "%s%s\n", *moved ? "; it bears " : "", moved);
}

static void tell_adopted(struct vifctl *v, const json_t *done)
{
	const char *uplink = get_text(done, "uplink"), *sw = get_text(done, "switch");

	if (is_bridge(done))
		tell_bridge(v, done);
	else
		fprintf(v->out, "%s went from %s to %s\n", get_text(done, "moved"), uplink, sw);
	fprintf(v->out, "and back in %ld s, unless you still reach this host and say so:\n",
		confirm_seconds(v));
	fprintf(v->out, "    vifctl uplink confirm %s\n", uplink);
	fputs("After that write it down for the next boot, with one of\n", v->out);
	fprintf(v->out, "    vifctl uplink stanza %s ifupdown|networkd|netplan\n", uplink);
	tell_lease(v, done);
	fflush(v->out);
}

int run_uplink_adopt(struct vifctl *v)
{
	json_t *done = NULL;
	int status = fetch_daemon("adopt", json_pack("{s:s, s:I}", "uplink", operand(v, 0), "confirm_s",
						     (json_int_t)confirm_seconds(v)), &done);

	if (status)
		return status;
	if (v->json)
		vifctl_print_json(v, done, JSON_INDENT(2));
	else
		tell_adopted(v, done);
	status = wait_plugged(done);
	json_decref(done);
	return vifctl_finish(v, status);
}

/* confirm and release */
static int simple(struct vifctl *v, const char *method, void (*tell)(struct vifctl *v,
								     const json_t *done))
{
	json_t *done = NULL;
	int status = fetch_daemon(method, json_pack("{s:s}", "uplink", operand(v, 0)), &done);

	if (status)
		return status;
	if (v->json) {
		vifctl_print_json(v, done, JSON_INDENT(2));
	} else {
		tell(v, done);
		tell_lease(v, done);
	}
	json_decref(done);
	return vifctl_finish(v, VIFCTL_OK);
}

static void tell_confirmed(struct vifctl *v, const json_t *done)
{
	const char *sw = get_text(done, "switch");

	if (is_bridge(done))
		fprintf(v->out, "%s stays a switch\n", sw);
	else
		fprintf(v->out, "what %s bore stays on %s\n", get_text(done, "uplink"), sw);
}

static void tell_released(struct vifctl *v, const json_t *done)
{
	const char *sw = get_text(done, "switch");

	if (is_bridge(done))
		fprintf(v->out, "%s is a bridge again\n", sw);
	else
		fprintf(v->out, "%s has the network back that %s had, and left it\n",
			get_text(done, "uplink"), sw);
}

int run_uplink_confirm(struct vifctl *v)
{
	return simple(v, "confirm", tell_confirmed);
}

int run_uplink_release(struct vifctl *v)
{
	return simple(v, "release", tell_released);
}

/* ---- show ---- */

static bool is_about(const json_t *finding, const json_t *uplink)
{
	const char *subject = get_text(finding, "subject");
	const json_t *member;
	size_t i;

	json_array_foreach(json_object_get(uplink, "members"), i, member)
		if (!strcmp(get_text(member, "netdev"), subject))
			return true;
	return !strcmp(get_text(uplink, "uplink"), subject);
}

/* What doctor says of each, with what else it knows them by. */
static void add_troubles(json_t *doc)
{
	_cleanup_(control_client_close) struct control_client c = CONTROL_CLIENT_INIT;
	json_t *oam = NULL, *show = NULL, *facts, *findings, *uplink, *finding, *its;
	size_t i, k;

	if (fetch_open(&c) == VIFCTL_OK) {
		fetch_call_optional(&c, "oam", &oam);
		fetch_call_optional(&c, "show", &show);
	}
	facts = json_pack("{s:O?, s:O?, s:o?}", "uplinks", json_object_get(doc, "uplinks"), "oam",
			  json_object_get(oam, "links"), "show", show);
	findings = doctor_uplink_findings(facts);
	json_array_foreach(json_object_get(doc, "uplinks"), i, uplink) {
		its = json_array();
		json_array_foreach(findings, k, finding)
			if (is_about(finding, uplink))
				json_array_append(its, finding);
		json_object_set_new(uplink, "troubles", its);
	}
	json_decref(findings);
	json_decref(facts);
	json_decref(oam);
}

int run_uplink_show(struct vifctl *v)
{
	static const struct here_told uplinks = {
		"uplinks", "uplinks", { "uplink" }, "no switch here has such an uplink", view_uplink,
		add_troubles,
	};

	return here_show_told(v, &uplinks);
}

/* ---- stanza ---- */

/* The first uplink of a switch of that name; else the name is one. */
static const char *uplink_of(const json_t *show, const char *name)
{
	const json_t *port;
	size_t i;

	json_array_foreach(json_object_get(show, "ports"), i, port)
		if (!strcmp(get_text(port, "switch"), name) &&
		    !strcmp(get_text(port, "role"), "uplink"))
			return get_text(port, "netdev");
	return name;
}

/* The switch that an uplink is in, or should be in; "" if there is none. */
static const char *switch_of(const json_t *show, const char *uplink)
{
	const json_t *port, *sw, *failed;
	size_t i, j;

	json_array_foreach(json_object_get(show, "ports"), i, port)
		if (!strcmp(get_text(port, "netdev"), uplink) &&
		    !strcmp(get_text(port, "role"), "uplink"))
			return get_text(port, "switch");
	json_array_foreach(json_object_get(show, "switches"), i, sw)
		json_array_foreach(json_object_get(sw, "uplink_errors"), j, failed)
			if (!strcmp(get_text(failed, "uplink"), uplink))
				return get_text(sw, "name");
	return "";
}

static bool read_mac(const char *netdev, char ret[18])
{
	_cleanup_free_ char *path = xprintf("/sys/class/net/%s/address", netdev);
	FILE *in = netdev_name_valid(netdev, strlen(netdev)) ? fopen(path, "re") : NULL;
	uint8_t mac[6];
	bool read;

	if (!in)
		return false;
	read = fgets(ret, 18, in) && mac_parse(ret, strlen(ret), mac);
	fclose(in);
	return read;
}

/* What hangs on the switch, or on the uplink if that is nothing. */
static int read_network(const char *sw, const char *uplink, struct host_network *ret)
{
	struct netlink nl = { .fd = -1 };
	int r = netlink_open(&nl, NETLINK_ROUTE);

	if (r == 0)
		r = host_network_read(&nl, if_nametoindex(sw), ret);
	if (r == 0 && !ret->count)
		r = host_network_read(&nl, if_nametoindex(uplink), ret);
	netlink_close(&nl);
	return r < 0 ? vifctl_fail(VIFCTL_FAILED, "asking the kernel: %s", strerror(-r)) : VIFCTL_OK;
}

static int print_stanza(struct vifctl *v, const char *uplink, const char *sw)
{
	_cleanup_(host_network_deinit) struct host_network network = {};
	struct stanza stanza = { .uplink = uplink, .sw = sw };
	char mac[18] = "";
	json_t *facts;
	int status;

	if (!*sw || !read_mac(stanza.uplink, mac))
		return vifctl_fail(VIFCTL_NOT_FOUND, "\"%s\": no switch here has such an uplink",
				   stanza.uplink);
	status = read_network(sw, stanza.uplink, &network);
	if (status)
		return status;
	facts = host_network_facts(&network);
	stanza.mac = mac;
	stanza.facts = facts;
	if (!stanza_print(&stanza, operand(v, 1), v->out))
		status = vifctl_fail(VIFCTL_USAGE, "\"%s\" is not one of ifupdown, networkd, netplan",
				     operand(v, 1));
	json_decref(facts);
	return status;
}

int run_uplink_stanza(struct vifctl *v)
{
	const char *uplink;
	json_t *show = NULL;
	int status;

	if (v->json)
		return vifctl_fail(VIFCTL_USAGE, "--json does not go with \"vifctl uplink stanza\"");
	status = fetch_document("show", &show);
	if (status)
		return status;
	uplink = uplink_of(show, operand(v, 0));
	status = print_stanza(v, uplink, switch_of(show, uplink));
	json_decref(show);
	return vifctl_finish(v, status);
}
