// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "base/json-value.h"
#include "base/log.h"
#include "base/mem.h"
#include "datapath/ko/flow-socket.h"
#include "network/networks-seal.h"
#include "show/event-document.h"
#include "vifswitchd/control-requests.h"
#include "vifswitchd/documents.h"
#include "mesh/mesh-here.h"
#include "vifswitchd/networks-here.h"
#include "vifswitchd/oam-told.h"
#include "vifswitchd/vfs-here.h"

#define ONLY_ROOT	"only root may do that; members of the group " VIFSWITCH_GROUP " may look"

static void reply(struct client *client, const struct json_rpc_request *request, json_t *result)
{
	client_send(client, json_rpc_result(request->id, result));
}

static void refuse(struct client *client, const struct json_rpc_request *request,
		   const char *code, const char *message)
{
	client_send(client, json_rpc_error(request->id, code, message));
}

static void on_version(struct daemon *d, struct client *client,
		       const struct json_rpc_request *request)
{
	reply(client, request, document_version(d));
}

static void on_show(struct daemon *d, struct client *client,
		    const struct json_rpc_request *request)
{
	if (d->store.xs && !xenstore_alive(d->store.xs))
		daemon_xenstore_lost(d, -EPIPE);
	reply(client, request, document_show(d));
}

/* @r: why there is no @list. */
static void reply_list(struct daemon *d, struct client *client,
		       const struct json_rpc_request *request, json_t *list, int r)
{
	if (list)
		reply(client, request, list);
	else
		refuse(client, request, r == -EPROTONOSUPPORT ? "unavailable" : "internal",
		       d->ops->error(d->dp));
}

static void on_fdb(struct daemon *d, struct client *client, const struct json_rpc_request *request)
{
	int r = 0;
	json_t *fdb = document_fdb(d, &r);

	reply_list(d, client, request, fdb, r);
}

static void on_multicast(struct daemon *d, struct client *client,
			 const struct json_rpc_request *request)
{
	int r = 0;
	json_t *members = document_multicast(d, &r);

	reply_list(d, client, request, members, r);
}

static void on_acls(struct daemon *d, struct client *client,
		    const struct json_rpc_request *request)
{
	reply(client, request, document_acls(d));
}

static void on_hits(struct daemon *d, struct client *client,
		    const struct json_rpc_request *request)
{
	reply(client, request, document_hits(d));
}

static void on_mirrors(struct daemon *d, struct client *client,
		       const struct json_rpc_request *request)
{
	reply(client, request, document_mirrors(d));
}

static void on_networks(struct daemon *d, struct client *client,
			const struct json_rpc_request *request)
{
	json_t *document = document_networks(&d->facts, d->ops, d->dp);

	oam_add_tunnels(d, document);
	reply(client, request, document);
}

static void on_vfs(struct daemon *d, struct client *client, const struct json_rpc_request *request)
{
	reply(client, request, document_vfs(d));
}

/* ---- what collectors are told ---- */

static void on_exporters(struct daemon *d, struct client *client,
			 const struct json_rpc_request *request)
{
	reply(client, request, document_exporters(d));
}

static void on_told(struct daemon *d, struct client *client,
		    const struct json_rpc_request *request)
{
	sd_event_now(d->event, CLOCK_MONOTONIC, &d->asked_by_exporter);
	reply(client, request, document_told(d, json_integer_value(
		json_object_get(request->param, "since"))));
}

/* One socket for as long as it is good, so that a new vifexportd reads on in it. */
static void on_flow_socket(struct daemon *d, struct client *client,
			   const struct json_rpc_request *request)
{
	if (d->flow_socket >= 0 && !flow_socket_listens(d->flow_socket)) {
		close(d->flow_socket);
		d->flow_socket = -1;
	}
	if (d->flow_socket < 0)
		d->flow_socket = d->ops->flow_socket(d->dp);
	if (d->flow_socket >= 0)
		client_send_fd(client, json_rpc_result(request->id, json_object()), d->flow_socket);
	else
		refuse(client, request, "unavailable", strerror(-d->flow_socket));
}

static void on_exporter_status(struct daemon *d, struct client *client,
			       const struct json_rpc_request *request)
{
	int r = exporters_note(&d->facts.exporters, request->param);

	if (r < 0)
		refuse(client, request, r == -ENOENT ? "not-found" : "invalid",
		       "\"uuid\" and \"collectors\" of an exporter are needed");
	else
		reply(client, request, json_object());
}

/* ---- what vifoamd does ---- */

static void on_oam(struct daemon *d, struct client *client, const struct json_rpc_request *request)
{
	reply(client, request, document_oam(d));
}

static void on_oam_told(struct daemon *d, struct client *client,
			const struct json_rpc_request *request)
{
	sd_event_now(d->event, CLOCK_MONOTONIC, &d->asked_by_oam);
	reply(client, request, document_oam_told(d, json_integer_value(
		json_object_get(request->param, "since"))));
}

static void on_oam_status(struct daemon *d, struct client *client,
			  const struct json_rpc_request *request)
{
	if (oam_note(d, request->param) < 0)
		refuse(client, request, "invalid", "how a link of an uplink does is needed");
	else
		reply(client, request, json_object());
}

/* ---- what vifofd does ---- */

static void on_openflow(struct daemon *d, struct client *client,
			const struct json_rpc_request *request)
{
	reply(client, request, document_openflow(d));
}

static void on_openflow_told(struct daemon *d, struct client *client,
			     const struct json_rpc_request *request)
{
	sd_event_now(d->event, CLOCK_MONOTONIC, &d->asked_by_openflow);
	reply(client, request, document_openflow_told(d, json_integer_value(
		json_object_get(request->param, "since"))));
}

/* Of a switch that is configured to have flow tables, and has them. */
static void on_openflow_socket(struct daemon *d, struct client *client,
			       const struct json_rpc_request *request)
{
	json_int_t ifindex = json_integer_value(json_object_get(request->param, "ifindex"));
	const struct link *link = links_get(&d->facts.links, (uint32_t)ifindex);
	const struct cfg_switch *sw = link ? config_find(&d->facts.config, link->name) : NULL;
	uint16_t family = 0;
	_cleanup_close_ int fd = -1;

	if (!sw || !sw->flows.on || !link->flow_mode) {
		refuse(client, request, "not-found", "no switch with that ifindex has flow tables");
		return;
	}
	fd = d->ops->tables_socket ? d->ops->tables_socket(d->dp, link->ifindex, &family) :
	     -EOPNOTSUPP;
	if (fd >= 0)
		client_send_fd(client, json_rpc_result(request->id, json_pack(
			"{s:i, s:I}", "family", (int)family, "ifindex", ifindex)), fd);
	else
		refuse(client, request, "unavailable", strerror(-fd));
}

static void on_openflow_status(struct daemon *d, struct client *client,
			       const struct json_rpc_request *request)
{
	if (document_openflow_note(d, request->param) < 0)
		refuse(client, request, "invalid", "how the controllers of a switch do is needed");
	else
		reply(client, request, json_object());
}

static void on_uplinks(struct daemon *d, struct client *client,
		       const struct json_rpc_request *request)
{
	reply(client, request, document_uplinks(d));
}

static void on_rekey(struct daemon *d, struct client *client,
		     const struct json_rpc_request *request)
{
	struct mesh *mesh = &d->facts.networks.mesh;
	struct problem problem;
	int r = mesh_rekey(mesh, &problem);

	if (r < 0) {
		refuse(client, request, "refused", problem.text);
		return;
	}
	reply(client, request, json_pack("{s:i, s:s, s:o}", "format", VIFSWITCH_OUTPUT_FORMAT,
					 "source", "vifswitchd", "keys", mesh_keys_json(mesh)));
	daemon_want_pass(d);
}

static void on_unseal(struct daemon *d, struct client *client,
		      const struct json_rpc_request *request)
{
	const char *sw = json_text_of(request->param, "switch");
	json_int_t vlan = json_integer_value(json_object_get(request->param, "vlan"));
	struct problem problem;

	if (!sw || vlan < 1 || vlan > VIFSWITCH_VID_MAX) {
		refuse(client, request, "invalid", "a switch and a VLAN are needed");
		return;
	}
	if (networks_unseal(&d->facts.networks, sw, (uint16_t)vlan, &problem) < 0) {
		refuse(client, request, "refused", problem.text);
		return;
	}
	reply(client, request, json_pack("{s:i, s:s, s:s, s:I}", "format", VIFSWITCH_OUTPUT_FORMAT,
					 "source", "vifswitchd", "switch", sw, "vlan", vlan));
	daemon_want_pass(d);
}

static void on_follow(struct daemon *d, struct client *client,
		      const struct json_rpc_request *request)
{
	client_follow(client);
	reply(client, request, json_object());
}

static void on_hotplug(struct daemon *d, struct client *client,
		       const struct json_rpc_request *request)
{
	struct hotplug_wait wait = { .client = client, .id = request->id };
	struct hotplug_params params;
	struct problem problem;
	struct vif *vif;
	uint64_t now;

	if (!hotplug_params_parse(request->param, &params, &problem)) {
		refuse(client, request, "invalid", problem.text);
		return;
	}
	if (!store_parse_backend(&d->store, params.backend, &wait.domid, &wait.devid)) {
		problem_set(&problem, "\"backend\" %s is not /local/domain/%u/backend/vif/DOMID/DEVID",
			    QUOTE(params.backend, strlen(params.backend)), d->store.own_domid);
		refuse(client, request, "invalid", problem.text);
		return;
	}
	sd_event_now(d->event, CLOCK_MONOTONIC, &now);
	wait.deadline = now + params.timeout_ms * 1000ULL;
	wait.half = params.half;
	wait.plug = params.plug;
	if (hotplug_add(&d->hotplug, &wait) < 0) {
		refuse(client, request, "internal", "too many hotplug requests are waiting");
		return;
	}
	/* Its helper was run, so the VIF is ours whatever its keys say. */
	if (params.plug)
		store_look_at(&d->store, wait.domid, wait.devid);
	vif = vifs_get(&d->facts.vifs, wait.domid, wait.devid);
	if (vif) {
		if (params.plug && !vif->seen.asked) {
			vif->seen.asked = true;
			vif->seen.changes++;
		}
		vif->seen.released[wait.half] = !params.plug;
	}
	daemon_want_pass(d);
}

/* ---- uplinks ---- */

static int adopt(struct daemon *d, const char *uplink, const char *sw, const json_t *param,
		 char **ret_moved, struct problem *problem)
{
	const json_t *seconds = json_object_get(param, "confirm_s");
	json_int_t s = json_integer_value(seconds);

	if (!json_is_integer(seconds) || s < LEASE_SECONDS_MIN || s > LEASE_SECONDS_MAX)
		return problem_set(problem, "\"confirm_s\" must be %d to %d seconds",
				   LEASE_SECONDS_MIN, LEASE_SECONDS_MAX);
	return adoption_begin(&d->adoption, uplink, sw, s, ret_moved, problem);
}

/* What will be plugged, or was, so that one can wait for it. */
static json_t *adopted_ports(const struct daemon *d, const char *uplink)
{
	const struct bridge *bridge = &d->adoption.pending.bridge;
	json_t *ports = json_array();

	for (size_t i = 0; i < bridge->count; i++) {
		const struct link *link = links_get(&d->facts.links, bridge->ports[i]);

		if (link)
			json_array_append_new(ports, json_string(link->name));
	}
	if (!json_array_size(ports) && !config_find(&d->facts.config, uplink))
		json_array_append_new(ports, json_string(uplink));
	return ports;
}

/* "adopt", "confirm" and "release". */
static void on_uplink(struct daemon *d, struct client *client,
		      const struct json_rpc_request *request)
{
	const char *uplink = json_string_value(json_object_get(request->param, "uplink")) ?: "";
	const struct cfg_switch *sw = config_switch_of(&d->facts.config, uplink) ?:
				      config_find(&d->facts.config, uplink);
	struct named_progress *named = named_progress_get(&d->facts.progress, uplink);
	/* Confirmed, it is forgotten. */
	uint32_t lease = adoption_lease(&d->adoption);
	_cleanup_free_ char *moved = NULL;
	struct problem problem;
	int r;

	if (!sw)
		r = problem_set(&problem, "uplink %s: no switch has it, or is called so; see vifswitch.conf(5) or vifctl switch set",
				QUOTE(uplink, strlen(uplink)));
	else if (strcmp(request->method, "adopt") == 0)
		r = adopt(d, uplink, sw->name, request->param, &moved, &problem);
	else if (strcmp(request->method, "confirm") == 0)
		r = adoption_confirm(&d->adoption, uplink, &problem);
	else
		r = adoption_release(&d->adoption, uplink, sw->name, &moved, &problem);
	if (r < 0) {
		refuse(client, request, r == -EINVAL ? "invalid" : "refused", problem.text);
		return;
	}
	if (named)
		retry_reset(&named->progress.retry);
	if (strcmp(request->method, "confirm") != 0)
		lease = adoption_lease(&d->adoption);
	reply(client, request, json_pack("{s:i, s:s, s:s, s:o, s:o, s:o}", "format",
					 VIFSWITCH_OUTPUT_FORMAT, "uplink", uplink, "switch",
					 sw->name, "moved", json_text(moved), "lease_s",
					 json_number(lease), "ports", adopted_ports(d, uplink)));
	daemon_want_pass(d);
}

/* ---- the file ---- */

/* {"confirm_s": seconds}, {"confirm": true} for what waits, or neither. */
static int reload(struct daemon *d, const json_t *param, struct problem *problem)
{
	const json_t *seconds = json_object_get(param, "confirm_s");
	json_int_t s = json_integer_value(seconds);

	if (json_is_true(json_object_get(param, "confirm")))
		return config_trial_confirm(&d->trial, problem);
	if (seconds && (!json_is_integer(seconds) || s < LEASE_SECONDS_MIN ||
			s > LEASE_SECONDS_MAX))
		return problem_set(problem, "\"confirm_s\" must be %d to %d seconds",
				   LEASE_SECONDS_MIN, LEASE_SECONDS_MAX);
	return daemon_reload(d, (unsigned int)s, problem);
}

static void on_config(struct daemon *d, struct client *client,
		      const struct json_rpc_request *request)
{
	struct problem problem;
	int r = reload(d, request->param, &problem);

	if (r < 0)
		refuse(client, request, r == -EINVAL ? "invalid" : "refused", problem.text);
	else
		reply(client, request, json_pack("{s:i, s:s, s:s, s:i, s:b}", "format",
						 VIFSWITCH_OUTPUT_FORMAT, "source", "vifswitchd",
						 "file", d->options.config_path, "switches",
						 (int)d->file.count, "waits", d->trial.waits));
}

/* ---- the log ---- */

static int set_level(const json_t *level, struct problem *problem)
{
	const char *word = json_string_value(level) ?: "";
	int priority = log_level_parse(word);

	if (priority < 0)
		return problem_set(problem, "\"level\" %s is not one of %s",
				   QUOTE(word, strlen(word)), LOG_LEVEL_WORDS);
	log_set_level(priority);
	return 0;
}

static void on_log(struct daemon *d, struct client *client, const struct json_rpc_request *request)
{
	const json_t *level = json_object_get(request->param, "level");
	struct problem problem;

	if (level && !client_may_change(client))
		refuse(client, request, "denied", ONLY_ROOT);
	else if (level && set_level(level, &problem) < 0)
		refuse(client, request, "invalid", problem.text);
	else
		reply(client, request, json_pack("{s:i, s:s}", "format", VIFSWITCH_OUTPUT_FORMAT,
						 "level", log_level_word()));
}

/* Whose a method is: a helper's, or: */
enum { ANYONE = HELPERS, ROOT };

static const struct method {
	const char *name;
	void (*handle)(struct daemon *d, struct client *client,
		       const struct json_rpc_request *request);
	int whose;
} methods[] = {
	{ "version", on_version, ANYONE }, { "show", on_show, ANYONE },
	{ "fdb", on_fdb, ANYONE }, { "multicast", on_multicast, ANYONE },
	{ "acls", on_acls, ANYONE }, { "hits", on_hits, ANYONE },
	{ "mirrors", on_mirrors, ANYONE }, { "exporters", on_exporters, ANYONE },
	{ "uplinks", on_uplinks, ANYONE }, { "networks", on_networks, ANYONE },
	{ "vfs", on_vfs, ANYONE }, { "rekey", on_rekey, ROOT }, { "unseal", on_unseal, ROOT },
	{ "told", on_told, HELPER_EXPORTER }, { "flow-socket", on_flow_socket, HELPER_EXPORTER },
	{ "exporter-status", on_exporter_status, HELPER_EXPORTER },
	{ "oam", on_oam, ANYONE }, { "oam-told", on_oam_told, HELPER_OAM },
	{ "oam-status", on_oam_status, HELPER_OAM },
	{ "openflow", on_openflow, ANYONE },
	{ "openflow-told", on_openflow_told, HELPER_OPENFLOW },
	{ "openflow-socket", on_openflow_socket, HELPER_OPENFLOW },
	{ "openflow-status", on_openflow_status, HELPER_OPENFLOW },
	{ "follow", on_follow, ANYONE }, { "log", on_log, ANYONE },
	{ "hotplug", on_hotplug, ROOT }, { "adopt", on_uplink, ROOT },
	{ "confirm", on_uplink, ROOT }, { "release", on_uplink, ROOT },
	{ "reload", on_config, ROOT },
};

static bool may_ask(const struct client *client, int whose)
{
	if (whose == ROOT)
		return client_may_change(client);
	return whose == ANYONE || client_may_help(client, (enum helper)whose);
}

static void deny(struct daemon *d, struct client *client, const struct json_rpc_request *request,
		 int whose)
{
	struct problem problem;

	if (whose == ROOT) {
		refuse(client, request, "denied", ONLY_ROOT);
		return;
	}
	/* of such as take themselves for vifexportd */
	if (whose == HELPER_EXPORTER)
		sd_event_now(d->event, CLOCK_MONOTONIC, &d->refused_exporter);
	problem_set(&problem, "only root and %s may do that", helper_user((enum helper)whose));
	refuse(client, request, "denied", problem.text);
}

/* All of the names: they are too many for a struct problem. */
static void refuse_method(struct client *client, const struct json_rpc_request *request)
{
	_cleanup_free_ char *text = xprintf("there is no method %s; there are ",
					    QUOTE(request->method, strlen(request->method)));

	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		char *more = xprintf("%s%s%s", text, i ? ", " : "", methods[i].name);

		free(text);
		text = more;
	}
	refuse(client, request, "invalid", text);
}

static void on_request(struct client *client, const struct json_rpc_request *request, void *arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		if (strcmp(methods[i].name, request->method) != 0)
			continue;
		if (may_ask(client, methods[i].whose))
			methods[i].handle(arg, client, request);
		else
			deny(arg, client, request, methods[i].whose);
		return;
	}
	refuse_method(client, request);
}

static void on_gone(struct client *client, void *arg)
{
	struct daemon *d = arg;

	hotplug_forget_client(&d->hotplug, client);
}

static char *on_lost(unsigned int count, void *arg)
{
	json_t *event = event_json("lost", NULL);

	json_object_set_new(event, "count", json_integer(count));
	return json_rpc_notification("event", event);
}

const struct server_ops control_ops = {
	.request = on_request, .gone = on_gone, .lost = on_lost,
};
