// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vifswitchd/hotplug-wait.h"

bool hotplug_params_parse(json_t *param, struct hotplug_params *ret, struct problem *problem)
{
	const char *action = json_string_value(json_object_get(param, "action"));
	const char *type = json_string_value(json_object_get(param, "type"));
	const char *backend = json_string_value(json_object_get(param, "backend"));
	json_t *timeout = json_object_get(param, "timeout_ms");
	struct hotplug_params params = { .backend = backend, .timeout_ms = 30000 };

	if (action && (!strcmp(action, "online") || !strcmp(action, "add"))) {
		params.plug = true;
	} else if (!action || (strcmp(action, "offline") && strcmp(action, "remove"))) {
		problem_set(problem, "\"action\" must be online, offline, add or remove");
		return false;
	}
	if (!type || (strcmp(type, "vif") && strcmp(type, "tap"))) {
		problem_set(problem, "\"type\" must be vif or tap");
		return false;
	}
	params.half = strcmp(type, "tap") == 0 ? HALF_TAP : HALF_VIF;
	if (!backend) {
		problem_set(problem, "\"backend\" must be a path, as /local/domain/0/backend/vif/3/0");
		return false;
	}
	if (timeout) {
		json_int_t ms = json_integer_value(timeout);

		if (!json_is_integer(timeout) || ms < 0 || ms > HOTPLUG_TIMEOUT_MAX_MS) {
			problem_set(problem, "\"timeout_ms\" must be a number in 0-%d",
				    HOTPLUG_TIMEOUT_MAX_MS);
			return false;
		}
		params.timeout_ms = ms;
	}
	*ret = params;
	return true;
}

int hotplug_add(struct hotplug *hotplug, const struct hotplug_wait *wait)
{
	struct hotplug_wait *copy;

	if (hotplug->count >= HOTPLUG_WAITING_MAX)
		return -ENOSPC;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *wait;
	json_incref(copy->id);
	copy->next = hotplug->waiting;
	hotplug->waiting = copy;
	hotplug->count++;
	return 0;
}

static void unlink_wait(struct hotplug *hotplug, struct hotplug_wait **at)
{
	struct hotplug_wait *wait = *at;

	*at = wait->next;
	hotplug->count--;
	json_decref(wait->id);
	free(wait);
}

void hotplug_forget_client(struct hotplug *hotplug, const struct client *client)
{
	struct hotplug_wait **at = &hotplug->waiting;

	while (*at) {
		if ((*at)->client == client)
			unlink_wait(hotplug, at);
		else
			at = &(*at)->next;
	}
}

static char *answer_plug(const struct hotplug_wait *wait, const struct facts *facts,
			 const struct handovers *handovers, bool settled, bool late)
{
	const struct vif *vif = vifs_get(&facts->vifs, wait->domid, wait->devid);
	struct status status;
	char text[128];

	if (!vif) {
		snprintf(text, sizeof(text), "there is no VIF %u of domain %u in XenStore",
			 wait->devid, wait->domid);
		return settled || late ? json_rpc_error(wait->id, "not-found", text) : NULL;
	}
	status_of_half_brief(facts, vif, wait->half, &status);
	if (!late && handovers_hold(handovers, wait->domid, wait->devid))
		return NULL;
	/* Closed is what its policy wants: all is done that is to be done. */
	if (status.state == STATE_PLUGGED || status.state == STATE_ACTIVE ||
	    status.state == STATE_CLOSED)
		return json_rpc_result(wait->id, json_pack("{ss}", "state", "plugged"));
	if (!late && (!settled || (!status.code && status.state != STATE_GONE)))
		return NULL;
	status_of_half(facts, vif, wait->half, &status);
	if (status.code)
		return json_rpc_error(wait->id, status.code, status.text);
	if (status.state == STATE_GONE)
		return json_rpc_error(wait->id, "refused", "the VIF is being removed");
	return json_rpc_error(wait->id, "timeout", status.text);
}

static char *answer_unplug(const struct hotplug_wait *wait, const struct facts *facts, bool late)
{
	const struct link *link = links_by_half(&facts->links, wait->domid, wait->devid,
						wait->half);
	const struct vif *vif = vifs_get(&facts->vifs, wait->domid, wait->devid);

	/* A VIF of another script is not ours to unplug, and so it is "gone". */
	if (!link || !ports_get(&facts->ports, link->ifindex) ||
	    (vif && vif_is_judged(vif) && !vif_is_ours(vif)))
		return json_rpc_result(wait->id, json_pack("{ss}", "state", "gone"));
	return late ? json_rpc_error(wait->id, "timeout", "the netdev is still in its switch") :
	       NULL;
}

void hotplug_check(struct hotplug *hotplug, const struct facts *facts,
		   const struct handovers *handovers, uint64_t now, bool settled)
{
	struct hotplug_wait **at = &hotplug->waiting;

	while (*at) {
		struct hotplug_wait *wait = *at;
		bool late = wait->deadline <= now;
		struct client *client = wait->client;
		char *line = wait->plug ? answer_plug(wait, facts, handovers, settled, late) :
			     answer_unplug(wait, facts, late);

		if (!line) {
			at = &wait->next;
			continue;
		}
		unlink_wait(hotplug, at);
		/* Sending may drop the client and with it others of its requests. */
		client_send(client, line);
		at = &hotplug->waiting;
	}
}

uint64_t hotplug_deadline(const struct hotplug *hotplug)
{
	uint64_t deadline = 0;

	for (const struct hotplug_wait *wait = hotplug->waiting; wait; wait = wait->next) {
		if (!deadline || wait->deadline < deadline)
			deadline = wait->deadline;
	}
	return deadline;
}

void hotplug_deinit(struct hotplug *hotplug)
{
	while (hotplug->waiting)
		unlink_wait(hotplug, &hotplug->waiting);
}
