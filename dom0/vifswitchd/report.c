// SPDX-License-Identifier: GPL-2.0-or-later
/* What changed goes to the log, and to those who follow events; bounded for each VIF. */
#include "base/log.h"
#include "base/uuid.h"
#include "uplink/bond.h"
#include "vifswitchd/acl-users.h"
#include "vifswitchd/notify.h"
#include "vifswitchd/report.h"
#include "vifswitchd/status.h"

static bool log_allowed(struct vif *vif, uint64_t now)
{
	if (now - vif->logged.window > VIF_LOG_WINDOW_US) {
		vif->logged.window = now;
		vif->logged.count = 0;
	}
	return vif->logged.count++ < VIF_LOG_MAX;
}

/* One record for each change of a port, bounded for each VIF. */
static void report_half(struct daemon *d, struct vif *vif, enum half half, uint64_t now)
{
	struct progress *progress = &vif->progress[half];
	struct log_subject about = LOG_SUBJECT_INIT;
	char uuid[UUID_TEXT_LEN + 1] = "", title[DOMAIN_NAME_MAX + 32];
	struct status status;
	const struct retry *acl = acl_users_retry(&d->facts, vif);
	uint64_t digest;

	status_of_half_brief(&d->facts, vif, half, &status);
	if (half == HALF_TAP && !status.link)
		return;
	/* Whatever the text would be made from. */
	digest = (uint64_t)(status.state + 1) << 60 ^ (uint64_t)vif->wanted.verdict << 56 ^
		 (status.link ? status.link->ifindex : 0) ^ vif->wanted.problem_digest ^
		 (uint64_t)(uint32_t)progress->retry.code << 32 ^
		 (uintptr_t)vif->wanted.rival << 4 ^
		 (uint64_t)(acl ? (uint32_t)acl->code : 0) << 16;
	if (vif->logged.digest[half] == digest)
		return;
	vif->logged.digest[half] = digest;
	status_of_half(&d->facts, vif, half, &status);
	if (status.state == STATE_WAITING || status.state == STATE_FOREIGN ||
	    status.state == STATE_GONE)
		return;
	if (vif->seen.domain->has_uuid)
		uuid_format(vif->seen.domain->uuid, uuid);
	about.vm = vif->seen.domain->name;
	about.uuid = uuid;
	about.domid = vif->seen.domid;
	about.devid = vif->seen.devid;
	about.netdev = status.link ? status.link->name : NULL;
	about.sw = vif->wanted.sw;
	xen_vif_title(&vif->seen, title, sizeof(title));
	if (status.state == STATE_FAILED || (status.code && status.state != STATE_WAITING)) {
		if (log_allowed(vif, now))
			log_record(LOG_ERR, &about, "%s", status.text);
		notify_vif(d, "refused", vif, status.link, status.text);
		return;
	}
	/* What was found in place is not logged as a change. */
	if (!progress->ifindex)
		return;
	if (log_allowed(vif, now))
		log_record(LOG_INFO, &about, "%s: %s is %s in %s", title, status.link->name,
			   port_state_word(status.state), vif->wanted.sw);
	if (status.state == STATE_PLUGGED)
		notify_vif(d, "plugged", vif, status.link, NULL);
}

static void report_classes(struct daemon *d, const struct wanted_uplink *uplink)
{
	struct named_progress *named = named_progress_get(&d->facts.progress, uplink->name);
	const char *problem = uplink->classes.problem.text;
	uint64_t digest = problem[0] ? map_name_key(problem) : 0;

	if (!named)
		return;
	if (digest && digest != named->reported)
		log_warning("%s", problem);
	named->reported = digest;
}

/* The first failure of several in a row, once however many passes see it. */
static void report_failure(const struct daemon *d, const char *sw, const char *uplink)
{
	struct named_progress *named = named_progress_get(&d->facts.progress, uplink ? uplink : sw);

	if (!named)
		return;
	if (named->progress.retry.error && !named->told)
		log_error("switch %s: %s%s%s%s", sw, uplink ? "uplink " : "",
			  uplink ? uplink : "", uplink ? ": " : "", named->progress.retry.error);
	named->told = named->progress.retry.error;
}

static void report_uplink(struct daemon *d, const char *sw, const struct cfg_uplink *uplink,
			  uint64_t now)
{
	report_failure(d, sw, uplink->name);
	bond_history_note(&d->bonds, &d->facts.links, uplink->name, now);
	for (size_t i = 0; uplink->bond && i < uplink->bond->count; i++)
		report_failure(d, sw, uplink->bond->members[i]);
}

static void report_acls(struct daemon *d)
{
	struct acl_object *object;

	map_for_each(&d->facts.acls.by_id, i, object) {
		if (object->problem && object->reported != object->verdict)
			log_error("%s", object->problem->text);
		object->reported = object->verdict;
		if (object->retry.failures == 1)
			log_error("%s", object->retry.error);
	}
}

static void report_module(struct daemon *d)
{
	const struct dp_module *module = &d->facts.module;
	char lacking[1024];

	if (module->features == d->reported_features)
		return;
	d->reported_features = module->features;
	d->ops->lacking(module, lacking, sizeof(lacking));
	if (*lacking)
		log_warning("the kernel module that is loaded, vifswitch %s, lacks: %s; what needs that is not in force, and ports whose policy does stay as they are, until a reboot",
			    module->version, lacking);
	else if (d->ops->module(d->dp))
		log_notice("the kernel module that is loaded, vifswitch %s, lacks nothing",
			   module->version);
}

void report_changes(struct daemon *d, uint64_t now)
{
	const struct link *link;
	struct vif *vif;

	report_module(d);
	map_for_each(&d->facts.vifs.by_key, i, vif) {
		for (int half = 0; half < HALF_COUNT; half++)
			report_half(d, vif, half, now);
	}
	report_acls(d);
	for (size_t i = 0; i < d->facts.config.count; i++) {
		struct cfg_switch *sw = &d->facts.config.switches[i];

		report_failure(d, sw->name, NULL);
		for (size_t j = 0; j < sw->uplink_count; j++)
			report_uplink(d, sw->name, &sw->uplinks[j], now);
	}
	map_for_each(&d->facts.links.by_index, i, link)
		if (link->is_switch && !config_find(&d->facts.config, link->name))
			report_failure(d, link->name, NULL);
	if (d->facts.links.complete)
		bond_history_keep(&d->bonds, &d->facts.links);
	for (size_t i = 0; i < d->wanted.uplink_count; i++)
		report_classes(d, &d->wanted.uplinks[i]);
}

static const char *member_problem(const struct daemon *d, const struct bond *bond)
{
	for (size_t i = 0; bond && i < bond->count; i++) {
		const struct named_progress *its =
			named_progress_get(&d->facts.progress, bond->members[i]);

		if (its && its->progress.retry.error)
			return its->progress.retry.error;
	}
	return bond ? bond_problem(&d->facts.links, bond) : NULL;
}

const char *report_host_problem(const struct daemon *d)
{
	const struct acl_object *acl;

	for (size_t i = 0; i < d->wanted.count; i++) {
		const struct wanted_port *port = &d->wanted.ports[i];

		if (port->netdev && port->progress->retry.error)
			return port->progress->retry.error;
		if (member_problem(d, port->bond))
			return member_problem(d, port->bond);
	}
	for (size_t i = 0; i < d->wanted.uplink_count; i++) {
		if (d->wanted.uplinks[i].classes.problem.text[0])
			return d->wanted.uplinks[i].classes.problem.text;
	}
	map_for_each(&d->facts.acls.by_id, i, acl) {
		if (acl->problem || acl->retry.error)
			return acl->problem ? acl->problem->text : acl->retry.error;
	}
	return d->config_problem;
}
