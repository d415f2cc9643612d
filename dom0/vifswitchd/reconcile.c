// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One pass: look at what is marked, judge the VIFs it concerns, then plan and
 * apply until nothing is left to do. Passes are cheap when nothing changed, and
 * the only way anything ever changes: start-up, restarts, lost events and
 * reconnects all just mark more.
 */
#include <errno.h>
#include <systemd/sd-daemon.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "vifswitchd/flowers-here.h"
#include "vifswitchd/judge.h"
#include "vifswitchd/oam-told.h"
#include "vifswitchd/publish-vifs.h"
#include "vifswitchd/reconcile.h"
#include "vifswitchd/report.h"
#include "vifswitchd/vfs-here.h"

#define ROUNDS_MAX	8	/* of planning and applying in one pass */
#define STATUS_US	1000000		/* between status lines for systemd */

static void refresh_ports(struct daemon *d)
{
	int r = 0;

	if (d->apply.ports_stale || d->dirty_port_count > DAEMON_DIRTY_PORTS) {
		r = apply_read_ports(&d->apply);
	} else {
		for (unsigned int i = 0; i < d->dirty_port_count && r == 0; i++)
			r = apply_read_port(&d->apply, d->dirty_ports[i]);
		/* Who left may have been an output. */
		if (r == 0 && d->facts.mirrors.kernel_count)
			r = apply_read_mirrors(&d->apply);
	}
	d->dirty_port_count = 0;
	if (r == -EPROTONOSUPPORT) {
		if (!d->module_missing)
			log_error("%s; VIFs wait for it", d->ops->error(d->dp));
		d->module_missing = true;
	} else if (r < 0) {
		log_warning("reading the datapath's ports: %s", d->ops->error(d->dp));
		d->apply.ports_stale = true;
	} else if (d->module_missing && d->ops->module(d->dp)) {
		log_notice("the kernel module vifswitch is there");
		d->module_missing = false;
	}
}

/*
 * @oam_at: when it may be over that vifoamd is heard; @vfs_at: when to set one again;
 * @flowers_at: when to look at what NICs switch again.
 */
static void set_retry(struct daemon *d, uint64_t oam_at, uint64_t vfs_at, uint64_t flowers_at)
{
	const uint64_t others[] = {
		hotplug_deadline(&d->hotplug), d->handovers.wake,
		policy_db_numbers_due(&d->policy, clock_us()), d->facts.networks.look_at,
		d->facts.networks.mesh.look_at,
		oam_faults_next(&d->facts.oam_faults, clock_us()), oam_at, vfs_at,
		flowers_at,
	};
	uint64_t at = d->plan.retry_at;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (others[i] && (!at || others[i] < at))
			at = others[i];
	}
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

/* From now on, if it is not looked at already. */
static void look_at_lacp(struct daemon *d)
{
	int on = SD_EVENT_OFF;

	sd_event_source_get_enabled(d->lacp, &on);
	for (size_t i = 0; i < d->facts.config.count; i++) {
		const struct cfg_switch *sw = &d->facts.config.switches[i];

		for (size_t j = 0; j < sw->uplink_count && on == SD_EVENT_OFF; j++) {
			const struct cfg_uplink *uplink = &sw->uplinks[j];

			if (!bond_speaks_lacp(links_by_name(&d->facts.links, uplink->name)))
				continue;
			daemon_again_in(d, d->lacp, DAEMON_LACP_US);
			on = SD_EVENT_ONESHOT;
		}
	}
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

/*
 * A storm of events costs a fifth of a CPU in passes. One VIF has several, for as much as there
 * is to read between them; its VM does not wait for a break.
 */
static void take_a_break(struct daemon *d, uint64_t started)
{
	uint64_t now = clock_us();

	d->next_pass = allowance_spend(&d->pass_time, now, now - started);
}

void reconcile(struct daemon *d)
{
	int64_t next_cfg = d->policy.next_cfg;
	uint64_t now = clock_us(), oam_at = oam_look(d, now), vfs_at, flowers_at;
	bool complete = false, links_changed;
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
		/* Who has an uplink keeps it, so that had to be known. */
		if (d->facts.ports.complete && !d->holders_known)
			daemon_merge_config(d);
		judge_vifs(d);
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
	links_changed = d->rtnl.changed;
	d->store.changed = d->rtnl.changed = false;
	d->passes++;
	if (d->facts.vifs.complete && d->facts.links.complete)
		hand_over_vifs(d, now);
	/* A VM waits for this answer, which is of what the kernel has. Others are told after it. */
	hotplug_check(&d->hotplug, &d->facts, &d->handovers, now,
		      d->store.xs && d->facts.vifs.complete);
	vfs_at = vfs_reconcile(d, links_changed, now);
	flowers_at = flowers_reconcile(d, links_changed, now);
	report_changes(d, now);
	if (complete && d->facts.vifs.complete && d->facts.links.complete)
		adoption_note_ports(&d->adoption);
	if (complete && !d->policy.waits && d->facts.vifs.complete && d->facts.links.complete)
		publish_vifs(d, next_cfg, report_host_problem(d));
	set_retry(d, oam_at, vfs_at, flowers_at);
	look_at_lacp(d);
	announce_ready(d, now);
	take_a_break(d, now);
}
