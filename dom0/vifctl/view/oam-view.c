// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/view.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/columns.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

static void line(FILE *out, const char *name, const char *value)
{
	_cleanup_free_ char *safe = value ? safe_text(value) : NULL;

	if (safe && *safe)
		fprintf(out, "  %-10s %s\n", name, safe);
}

static long long count(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void print_remotes(const json_t *remotes, FILE *out)
{
	static const char *const titles[] = {
		">MPID", "STATE", "MAC", ">HEALTH", ">HEARD", NULL,
	};
	_cleanup_(table_freep) struct table *t = table_new(titles);
	const json_t *remote;
	size_t i;

	json_array_foreach(remotes, i, remote) {
		_cleanup_free_ char *mpid = text_integer(remote, "mpid"),
				    *health = text_integer(remote, "health"),
				    *heard = text_integer(remote, "heard"), *per_cent = NULL;

		per_cent = health ? xprintf("%s %%", health) : NULL;
		table_row(t, (const char *[]){
			mpid, !json_is_true(json_object_get(remote, "alive")) ? "silent" :
			      json_is_true(json_object_get(remote, "rdi")) ? "heard, misses" : "heard",
			get_text(remote, "mac"), per_cent, heard });
	}
	if (i)
		table_print(t, out);
}

static void print_cfm(const json_t *wanted, const json_t *cfm, FILE *out)
{
	_cleanup_free_ char *faults = text_join(json_object_get(cfm, "faults"), ", "), *text = NULL;

	if (!json_is_object(wanted))
		return;
	text = xprintf("%s%s; MPID %lld, level %lld, %s/%s, each %lld ms; %lld flaps",
		       !json_is_object(cfm) ? "not known" : *faults ? "fault: " : "ok",
		       json_is_object(cfm) ? faults : "", count(wanted, "mpid"),
		       count(wanted, "level"), get_text(wanted, "md"), get_text(wanted, "ma"),
		       count(wanted, "interval_ms"), count(cfm, "flaps"));
	line(out, "CFM", text);
	print_remotes(json_object_get(cfm, "remotes"), out);
}

static void print_bfd(const json_t *wanted, const json_t *bfd, FILE *out)
{
	_cleanup_free_ char *text = NULL, *path = text_path_mtu(bfd);

	if (!json_is_object(wanted))
		return;
	if (json_is_object(bfd))
		text = xprintf("%s%s%s; %s to %s, which says %s; %lld flaps%s", get_text(bfd, "state"),
			       strcmp(get_text(bfd, "diagnostic"), "none") ? ", " : "",
			       strcmp(get_text(bfd, "diagnostic"), "none") ?
			       get_text(bfd, "diagnostic") : "", get_text(wanted, "src"),
			       get_text(wanted, "dst"), get_text(bfd, "remote_state"),
			       count(bfd, "flaps"), path);
	line(out, "BFD", text ?: "not known");
}

/* "leaf1, port swp1 (to host-a); VLAN 5, tagged 10, 20; MTU 9000; 10.0.0.3" */
static char *neighbour_text(const json_t *n)
{
	_cleanup_free_ char *pvid = text_integer(n, "pvid"), *vlans = NULL, *frame = NULL;
	const json_t *list = json_object_get(n, "vlans"), *vid;
	long long max_frame = count(n, "max_frame");
	const char *port = get_text(n, "port"), *description = get_text(n, "port_description");
	const char *system = get_text(n, "system"), *management = get_text(n, "management");
	size_t i;

	vlans = xstrdup("");
	json_array_foreach(list, i, vid) {
		char *more = xprintf("%s%s%lld", vlans, i ? "," : "; VLANs ", (long long)json_integer_value(vid));

		free(vlans);
		vlans = more;
	}
	frame = max_frame ? xprintf("; frames of %lld octets", max_frame) : xstrdup("");
	return xprintf("%s, port %s%s%s%s%s%s%s%s%s%s", *system ? system : get_text(n, "chassis"), port,
		       *description && strcmp(description, port) ? " (" : "",
		       *description && strcmp(description, port) ? description : "",
		       *description && strcmp(description, port) ? ")" : "", pvid ? "; untagged VLAN " : "",
		       pvid ?: "", vlans, frame, *management ? "; " : "", management);
}

void view_oam(const json_t *link, FILE *out)
{
	_cleanup_free_ char *name = safe_text(get_text(link, "netdev")), *place = NULL;
	const json_t *wanted = json_object_get(link, "wanted"), *n;
	size_t i;

	place = json_is_true(json_object_get(link, "member")) ?
		xprintf("member of %s, uplink of %s", get_text(link, "uplink"), get_text(link, "switch")) :
		xprintf("uplink of %s", get_text(link, "switch"));
	fprintf(out, "%s\n", name);
	line(out, "link", place);
	line(out, "error", get_text(link, "error"));
	print_cfm(json_object_get(wanted, "cfm"), json_object_get(link, "cfm"), out);
	print_bfd(json_object_get(wanted, "bfd"), json_object_get(link, "bfd"), out);
	line(out, "LLDP", get_text(wanted, "lldp"));
	json_array_foreach(json_object_get(json_object_get(link, "lldp"), "neighbours"), i, n) {
		_cleanup_free_ char *text = neighbour_text(n);

		line(out, "neighbour", text);
	}
}
