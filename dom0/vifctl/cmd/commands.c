// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands that ask what is now, from fetching to exit status. */
#include "vifctl/vifctl.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "show/drops-document.h"
#include "show/list-document.h"
#include "vifctl/ask/drops-mark.h"
#include "vifctl/ask/fetch.h"
#include "vifctl/ask/follow-until.h"
#include "vifctl/pool/pool-ask.h"
#include "vifctl/view.h"
#include "vifctl/view/text.h"

/* A document of our own form, with the daemon's or the kernel's source in it. */
static void print_list(struct vifctl *v, const json_t *doc, const char *key, const json_t *list)
{
	json_t *out = list_document(get_text(doc, "source"), key, json_incref((json_t *)list));

	vifctl_print_json(v, out, JSON_INDENT(2));
	json_decref(out);
}

/* The database server answers, but what it has may be old. */
static void show_pool_age(struct vifctl *v)
{
	json_t *status = NULL;

	if (pool_status_try(v, &status) == VIFCTL_OK)
		view_pool_age(status, v->out);
	json_decref(status);
}

int run_show(struct vifctl *v)
{
	json_t *doc;
	int status;

	if (v->json + v->tree + v->dot > 1)
		return vifctl_fail(VIFCTL_USAGE, "one of --tree, --dot and --json is enough");
	status = fetch_document("show", &doc);
	if (status)
		return status;
	if (v->json)
		vifctl_print_json(v, doc, JSON_INDENT(2));
	else if (v->dot)
		view_dot(doc, v->out);
	else
		view_tree(doc, v->utf8, v->out);
	if (!v->json && !v->dot && !strcmp(get_text(json_object_get(doc, "database"), "state"),
					   "connected"))
		show_pool_age(v);
	json_decref(doc);
	return vifctl_finish(v, VIFCTL_OK);
}

int run_port_list(struct vifctl *v)
{
	json_t *doc, *ports;
	int status = fetch_ports(operand(v, 0), &doc, &ports);

	if (status)
		return status;
	if (v->json)
		print_list(v, doc, "ports", ports);
	else
		view_port_list(ports, v->out);
	json_decref(ports);
	json_decref(doc);
	return vifctl_finish(v, VIFCTL_OK);
}

int run_port_show(struct vifctl *v)
{
	json_t *doc, *ports, *port;
	int status = fetch_ports(operand(v, 0), &doc, &ports);
	size_t i;

	if (status)
		return status;
	if (v->hits) {
		status = show_port_hits(v, ports);
		json_decref(ports);
		json_decref(doc);
		return status;
	}
	if (v->json)
		print_list(v, doc, "ports", ports);
	else
		json_array_foreach(ports, i, port) {
			if (i)
				fputc('\n', v->out);
			view_port(port, v->out);
		}
	json_decref(ports);
	json_decref(doc);
	return vifctl_finish(v, VIFCTL_OK);
}

static json_t *entries_behind(const json_t *entries, const json_t *ports)
{
	json_t *list = json_array(), *entry, *port;
	size_t i, j;

	json_array_foreach(entries, i, entry)
		json_array_foreach(ports, j, port)
			if (json_equal(json_object_get(entry, "ifindex"),
				       json_object_get(port, "ifindex")))
				json_array_append(list, entry);
	return list;
}

/* The document @method, all of it or what is behind the port that is named. */
static int list_entries(struct vifctl *v, const char *method,
			void (*view)(const json_t *entries, FILE *out))
{
	json_t *doc, *show = NULL, *ports = NULL, *entries;
	int status = VIFCTL_OK;

	if (operand(v, 0))
		status = fetch_ports(operand(v, 0), &show, &ports);
	if (status == VIFCTL_OK)
		status = fetch_document(method, &doc);
	if (status == VIFCTL_OK) {
		entries = json_object_get(doc, "entries");
		entries = ports ? entries_behind(entries, ports) : json_incref(entries);
		if (v->json)
			print_list(v, doc, "entries", entries);
		else
			view(entries, v->out);
		json_decref(entries);
		json_decref(doc);
	}
	json_decref(ports);
	json_decref(show);
	return status ? status : vifctl_finish(v, VIFCTL_OK);
}

int run_fdb_list(struct vifctl *v)
{
	return list_entries(v, "fdb", view_fdb);
}

int run_multicast_list(struct vifctl *v)
{
	return list_entries(v, "multicast", view_multicast);
}

int run_vf_list(struct vifctl *v)
{
	json_t *doc;
	int status = fetch_daemon("vfs", NULL, &doc);

	if (status)
		return status;
	if (v->json)
		print_list(v, doc, "vfs", json_object_get(doc, "vfs"));
	else
		view_vfs(json_object_get(doc, "vfs"), v->out);
	json_decref(doc);
	return vifctl_finish(v, VIFCTL_OK);
}

int run_drops(struct vifctl *v)
{
	json_t *doc, *ports, *drops;
	int status;

	if ((v->reset || v->all) && (v->follow || v->count || v->seconds || v->capture))
		return vifctl_fail(VIFCTL_USAGE, "--reset and --all are about what was counted, and do "
				   "not go with --follow, --count, --seconds and --pcap");
	if (v->follow || v->count || v->seconds || v->capture)
		return run_drops_follow(v);
	status = fetch_ports(operand(v, 0), &doc, &ports);
	if (status)
		return status;
	if (v->reset)
		status = drops_mark_set(ports, !operand(v, 0));
	if (!v->all)
		drops_mark_apply(ports);
	drops = drops_of(ports);
	if (v->json)
		print_list(v, doc, "drops", drops);
	else
		view_drops(drops, v->out);
	json_decref(drops);
	json_decref(ports);
	json_decref(doc);
	return vifctl_finish(v, status);
}

static void print_event(json_t *event, void *arg)
{
	struct watch *w = arg;
	struct vifctl *v = w->v;

	if (v->json) {
		vifctl_print_json(v, event, JSON_COMPACT);
	} else {
		view_event(event, v->out);
	}
	fflush(v->out);
	w->shown++;
}

int run_events(struct vifctl *v)
{
	struct watch w = { .v = v };
	int status;

	vifctl_catch_stop();
	watch_start(&w, WATCH_SECONDS);
	status = watch_daemon(&w, print_event, &w);
	if (status == VIFCTL_UNAVAILABLE && !w.shown)
		return vifctl_fail(status, "vifswitchd is not running: "
				   "systemctl status vifswitchd");
	return status ? status : vifctl_finish(v, VIFCTL_OK);
}

int run_version(struct vifctl *v)
{
	_cleanup_(control_client_close) struct control_client c = CONTROL_CLIENT_INIT;
	json_t *daemon = NULL, *doc;
	const char *module;
	int status = fetch_open(&c);

	if (status == VIFCTL_OK)
		status = fetch_call(&c, "version", &daemon);
	if (status != VIFCTL_OK && status != VIFCTL_UNAVAILABLE)
		return status;
	module = json_string_value(json_object_get(daemon, "module"));
	if (v->json) {
		doc = json_pack("{s:i, s:s, s:s?, s:O, s:s?}", "format", VIFSWITCH_OUTPUT_FORMAT,
				"vifctl", VIFSWITCH_VERSION, "vifswitchd",
				json_string_value(json_object_get(daemon, "version")), "abi",
				json_object_get(daemon, "abi") ?: json_null(), "module", module);
		vifctl_print_json(v, doc, JSON_INDENT(2));
		json_decref(doc);
	} else {
		fprintf(v->out, "vifctl      %s\n", VIFSWITCH_VERSION);
		fprintf(v->out, "vifswitchd  %s\n", daemon ? get_text(daemon, "version") :
			"not running");
		if (daemon)
			fprintf(v->out, "module      %s\n", module ? module : "not loaded");
	}
	json_decref(daemon);
	return vifctl_finish(v, VIFCTL_OK);
}
