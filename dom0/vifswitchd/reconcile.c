// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One pass: look at what is marked, judge the VIFs it concerns, then plan and
 * apply until nothing is left to do. Passes are cheap when nothing changed, and
 * the only way anything ever changes: start-up, restarts, lost events and
 * reconnects all just mark more.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/uuid.h"
#include "vifswitchd/acl-users.h"
#include "vifswitchd/daemon.h"
#include "vifswitchd/status.h"

#define ROUNDS_MAX	8	/* of planning and applying in one pass */
#define JUDGE_AGAIN_MAX	2
#define STATUS_US	1000000		/* between status lines for systemd */
#define BREAK_FACTOR	4	/* so a storm of events costs a fifth of a CPU in passes */
#define BREAK_MAX_US	20000

static void refresh_ports(struct daemon *d)
{
	int r = 0;

	if (d->apply.ports_stale || d->dirty_port_count > DAEMON_DIRTY_PORTS) {
		r = apply_read_ports(&d->apply);
	} else {
		for (unsigned int i = 0; i < d->dirty_port_count && r == 0; i++)
			r = apply_read_port(&d->apply, d->dirty_ports[i]);
	}
	d->dirty_port_count = 0;
	if (r == -EPROTONOSUPPORT) {
		if (!d->module_missing)
			log_error("%s; VIFs wait for it", datapath_error(d->dp));
		d->module_missing = true;
	} else if (r < 0) {
		log_warning("reading the datapath's ports: %s", datapath_error(d->dp));
		d->apply.ports_stale = true;
	} else if (d->module_missing && datapath_present(d->dp)) {
		log_notice("the kernel module vifswitch is there");
		d->module_missing = false;
	}
}

/* The smallest MTU of a switch's uplinks. */
static uint32_t uplink_mtu(const char *name, const char **ret_uplink, void *arg)
{
	struct daemon *d = arg;
	const struct cfg_switch *sw = config_find(&d->facts.config, name);
	uint32_t mtu = 0;

	for (size_t i = 0; sw && i < sw->uplink_count; i++) {
		const struct link *link = links_by_name(&d->facts.links, sw->uplinks[i].name);
		uint32_t its = !link ? 0 : sw->mtu ? sw->mtu : link->mtu;

		if (its && (!mtu || its < mtu)) {
			mtu = its;
			*ret_uplink = sw->uplinks[i].name;
		}
	}
	return mtu;
}

/* The names bridge= may use: configured switches and those that exist anyway. */
static size_t switch_names(struct daemon *d, char (**ret)[IFNAMSIZ])
{
	size_t count = 0, max = d->facts.config.count + 1;
	const struct link *link;
	char (*names)[IFNAMSIZ];

	map_for_each(&d->facts.links.by_index, i, link)
		max += link->is_switch;
	names = calloc(max, sizeof(*names));
	if (!names)
		return 0;
	for (size_t i = 0; i < d->facts.config.count; i++)
		strcpy(names[count++], d->facts.config.switches[i].name);
	map_for_each(&d->facts.links.by_index, i, link) {
		if (link->is_switch && !config_find(&d->facts.config, link->name))
			strcpy(names[count++], link->name);
	}
	*ret = names;
	return count;
}

static void notice_policy_changes(struct daemon *d)
{
	uint64_t mtus = 0;

	for (size_t i = 0; i < d->facts.config.count; i++) {
		const char *uplink;

		mtus = mtus * 65599 + uplink_mtu(d->facts.config.switches[i].name, &uplink, d);
	}
	if (mtus != d->seen_uplink_mtus || d->policy.state != d->seen_policy ||
	    d->facts.links.switch_changes != d->seen_switch_changes)
		d->policy_generation++;
	d->seen_policy = d->policy.state;
	d->seen_uplink_mtus = mtus;
	d->seen_switch_changes = d->facts.links.switch_changes;
}

/* A netdev renamed to its vifname= (or NAME-emu) before we were started. */
static void adopt_renamed(struct daemon *d, const struct vif *vif)
{
	char name[IFNAMSIZ + 4];

	if (!vif->wanted.vifname[0] || vif->wanted.verdict != VIF_WANTED)
		return;
	for (int half = 0; half < HALF_COUNT; half++) {
		const struct link *link;
		struct link update;

		snprintf(name, sizeof(name), "%s%s", vif->wanted.vifname,
			 half == HALF_TAP ? "-emu" : "");
		link = links_by_name(&d->facts.links, name);
		if (!link || link->is_half || link->is_switch ||
		    links_by_half(&d->facts.links, vif->seen.domid, vif->seen.devid, half))
			continue;
		update = *link;
		update.is_half = true;
		update.half = half;
		update.domid = vif->seen.domid;
		update.devid = vif->seen.devid;
		links_update(&d->facts.links, &update);
	}
}

/* What the database has said, and how much that is worth by now. */
static void look_at_database(struct daemon *d, struct resolve_context *ctx)
{
	const struct policy_db *policy = &d->policy;

	d->facts.uplinks_unknown = policy->waits || policy->state == POLICY_UNHEARD;
	if (policy->state == POLICY_OFF || policy->state == POLICY_ABSENT)
		return;
	ctx->policies = &policy->policies;
	ctx->acl_rows = &d->policy.policies.acl;
	ctx->acls = &d->facts.acls;
	ctx->unheard = policy->state == POLICY_UNHEARD;
	ctx->lasting = !ctx->unheard;
	ctx->ports = &d->facts.ports;
	ctx->links = &d->facts.links;
}

static void judge_all(struct daemon *d, const struct resolve_context *ctx)
{
	struct vif *vif;

	map_for_each(&d->facts.vifs.by_key, i, vif) {
		/* Without the database's word a VIF waits, and keeps what it has. */
		if (!vif->seen.exists || vif->seen.state == XENBUS_UNKNOWN || d->policy.waits)
			continue;
		if (vif_is_stale(vif, ctx)) {
			vif_resolve(vif, ctx);
			d->facts.judged = true;
		}
		adopt_renamed(d, vif);
	}
}

static void resolve(struct daemon *d)
{
	char (*names)[IFNAMSIZ] = NULL;
	struct switch_names known = {};
	struct class_minors minors = {};
	struct resolve_context ctx = {
		.switches = &known, .vifs = &d->facts.vifs, .minors = &minors,
		.cannot_know_uuids = d->cannot_know_uuids,
		.uplink_mtu = uplink_mtu, .arg = d,
	};
	unsigned int again = 0;
	uint64_t verdicts;

	look_at_database(d, &ctx);
	notice_policy_changes(d);
	ctx.policy_generation = d->policy_generation;
	known.count = switch_names(d, &names);
	known.names = (const char (*)[IFNAMSIZ])names;
	/* Again when a change of an ACL is one of who may have a port. */
	do {
		verdicts = d->facts.acls.verdicts;
		judge_all(d, &ctx);
		acl_users_update(&d->facts, &d->policy.policies);
	} while (d->facts.acls.verdicts != verdicts && again++ < JUDGE_AGAIN_MAX);
	free(names);
}

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
	const struct effort *acl = acl_users_effort(&d->facts, vif);
	uint64_t digest;

	status_of_half_brief(&d->facts, vif, half, &status);
	if (half == HALF_TAP && !status.link)
		return;
	/* Whatever the text would be made from. */
	digest = (uint64_t)(status.state + 1) << 60 ^ (uint64_t)vif->wanted.verdict << 56 ^
		 (status.link ? status.link->ifindex : 0) ^ vif->wanted.problem_digest ^
		 (uint64_t)(uint32_t)progress->effort.code << 32 ^
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
		daemon_notify(d, "refused", vif, status.link, status.text);
		return;
	}
	/* One that was found in place is no news. */
	if (!progress->ifindex)
		return;
	if (log_allowed(vif, now))
		log_record(LOG_INFO, &about, "%s: %s is %s in %s", title, status.link->name,
			   port_state_word(status.state), vif->wanted.sw);
	if (status.state == STATE_PLUGGED)
		daemon_notify(d, "plugged", vif, status.link, NULL);
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

/* The first failure of several in a row. */
static void report_failure(const struct daemon *d, const char *sw, const char *uplink)
{
	const struct named_progress *named = named_progress_get(&d->facts.progress,
								uplink ? uplink : sw);

	if (named && named->progress.effort.failures == 1)
		log_error("switch %s: %s%s%s%s", sw, uplink ? "uplink " : "",
			  uplink ? uplink : "", uplink ? ": " : "", named->progress.effort.error);
}

static void report_acls(struct daemon *d)
{
	struct acl_object *object;

	map_for_each(&d->facts.acls.by_id, i, object) {
		if (object->problem && object->reported != object->verdict)
			log_error("%s", object->problem->text);
		object->reported = object->verdict;
		if (object->effort.failures == 1)
			log_error("%s", object->effort.error);
	}
}

static void report(struct daemon *d, uint64_t now)
{
	struct vif *vif;

	map_for_each(&d->facts.vifs.by_key, i, vif) {
		for (int half = 0; half < HALF_COUNT; half++)
			report_half(d, vif, half, now);
	}
	report_acls(d);
	for (size_t i = 0; i < d->facts.config.count; i++) {
		struct cfg_switch *sw = &d->facts.config.switches[i];

		report_failure(d, sw->name, NULL);
		for (size_t j = 0; j < sw->uplink_count; j++)
			report_failure(d, sw->name, sw->uplinks[j].name);
	}
	for (size_t i = 0; i < d->wanted.uplink_count; i++)
		report_classes(d, &d->wanted.uplinks[i]);
}

/* What keeps this host from something that is no single VIF's business. */
static const char *host_problem(const struct daemon *d)
{
	const struct acl_object *acl;

	for (size_t i = 0; i < d->wanted.count; i++) {
		const struct wanted_port *port = &d->wanted.ports[i];

		if (port->netdev && port->progress->effort.error)
			return port->progress->effort.error;
	}
	for (size_t i = 0; i < d->wanted.uplink_count; i++) {
		if (d->wanted.uplinks[i].classes.problem.text[0])
			return d->wanted.uplinks[i].classes.problem.text;
	}
	map_for_each(&d->facts.acls.by_id, i, acl) {
		if (acl->problem || acl->effort.error)
			return acl->problem ? acl->problem->text : acl->effort.error;
	}
	return d->config_problem;
}

static void set_retry(struct daemon *d)
{
	uint64_t at = d->plan.retry_at, deadline = hotplug_deadline(&d->hotplug);

	if (deadline && (!at || deadline < at))
		at = deadline;
	if (at)
		sd_event_source_set_time(d->retry, at);
	sd_event_source_set_enabled(d->retry, at ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
	if (d->store.any_suspended) {
		uint64_t now;

		sd_event_now(d->event, CLOCK_MONOTONIC, &now);
		sd_event_source_set_time(d->suspended, now + 1000000);
	}
	sd_event_source_set_enabled(d->suspended, d->store.any_suspended ? SD_EVENT_ONESHOT :
				    SD_EVENT_OFF);
}

static void announce_ready(struct daemon *d, uint64_t now)
{
	if (d->ready && now < d->next_status)
		return;
	if (!d->ready)
		sd_notify(0, "READY=1");
	d->ready = true;
	d->next_status = now + STATUS_US;
	sd_notifyf(0, "STATUS=%zu VIFs, %zu ports, XenStore %s%s", d->facts.vifs.by_key.count,
		   d->facts.ports.by_index.count, d->store.xs ? "connected" : "not connected",
		   d->module_missing ? ", kernel module vifswitch missing" : "");
}

/* Leave time between passes, in proportion to what one costs. */
static void take_a_break(struct daemon *d, uint64_t started)
{
	uint64_t took = clock_us() - started;

	took *= BREAK_FACTOR;
	d->next_pass = clock_us() + (took < BREAK_MAX_US ? took : BREAK_MAX_US);
}

void daemon_pass(struct daemon *d)
{
	int64_t next_cfg = d->policy.next_cfg;
	uint64_t now = clock_us();
	bool complete = false;
	int r;

	/* First, because it marks what the rounds then read. */
	if (d->policy.policies.switch_generation != d->seen_switch_rows)
		daemon_merge_config(d);
	if (d->store.xs && d->rtnl.changed)
		store_look_at_new_links(&d->store);
	for (int round = 0; round < ROUNDS_MAX; round++) {
		if (store_dirty(&d->store)) {
			r = store_refresh(&d->store);
			if (r < 0)
				daemon_xenstore_lost(d, r);
		}
		store_drop_orphans(&d->store);
		if (d->apply.ports_stale || d->dirty_port_count)
			refresh_ports(d);
		resolve(d);
		if (wanted_make(&d->facts, &d->wanted) < 0 ||
		    plan_make(&d->facts, &d->wanted, now, &d->plan) < 0) {
			log_error("out of memory while planning");
			break;
		}
		complete = !d->plan.count;
		if (complete)
			break;
		apply_plan(&d->apply, &d->plan, now);
	}
	d->store.changed = d->rtnl.changed = false;
	report(d, now);
	if (complete && !d->policy.waits && d->facts.vifs.complete && d->facts.links.complete)
		daemon_publish(d, next_cfg, host_problem(d));
	hotplug_check(&d->hotplug, &d->facts, now, d->store.xs && d->facts.vifs.complete);
	set_retry(d);
	announce_ready(d, now);
	take_a_break(d, now);
}
