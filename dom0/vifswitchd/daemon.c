// SPDX-License-Identifier: GPL-2.0-or-later
/* What any part of the daemon may do to it as a whole. */
#include <string.h>

#include "base/log.h"
#include "vifswitchd/daemon.h"

void daemon_again_in(struct daemon *d, sd_event_source *source, uint64_t us)
{
	uint64_t now;

	sd_event_now(d->event, CLOCK_MONOTONIC, &now);
	sd_event_source_set_time(source, now + us);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

void daemon_want_pass(struct daemon *d)
{
	int enabled;

	if (sd_event_source_get_enabled(d->pass, &enabled) >= 0 && enabled != SD_EVENT_OFF)
		return;
	/* A time that has passed means: in this turn of the loop. */
	sd_event_source_set_time(d->pass, d->next_pass);
	sd_event_source_set_enabled(d->pass, SD_EVENT_ONESHOT);
}

void daemon_xenstore_lost(struct daemon *d, int r)
{
	log_warning("the connection to XenStore is lost (%s); ports stay as they are",
		    strerror(-r));
	d->xenstore = sd_event_source_disable_unref(d->xenstore);
	store_disconnect(&d->store);
	d->xenstore_failures = 0;
	daemon_again_in(d, d->xenstore_check, XENSTORE_RETRY_US);
}

/* The name of the switch that an uplink of ours is in. */
static const char *holder_of(const char *uplink, void *arg)
{
	const struct facts *facts = arg;
	const struct link *link = links_by_name(&facts->links, uplink), *sw = NULL;
	const struct port *port = link ? ports_get(&facts->ports, link->ifindex) : NULL;

	if (port && cookie_kind(port->cookie, port->cookie_len) == COOKIE_UPLINK)
		sw = links_get(&facts->links, port->sw);
	return sw ? sw->name : NULL;
}

void daemon_set_config(struct daemon *d, struct config *file)
{
	config_deinit(&d->file);
	d->file = *file;
	*file = (struct config){};
	daemon_merge_config(d);
	daemon_want_pass(d);
}

int daemon_reload(struct daemon *d, unsigned int seconds, struct problem *problem)
{
	struct config config = {};
	int r = config_load(d->options.config_path, &config, problem);

	if (r < 0)
		return r;
	if (seconds || d->trial.waits)
		r = config_check_trial(&d->file, &config, problem);
	if (r == 0)
		r = seconds ?
		    config_trial_begin(&d->trial, d->file.text, config.text, seconds, problem) :
		    config_trial_read_again(&d->trial, config.text, problem);
	if (r < 0) {
		config_deinit(&config);
		return r;
	}
	log_notice("configuration read again: %zu switches", config.count);
	daemon_set_config(d, &config);
	return 0;
}

void daemon_merge_config(struct daemon *d)
{
	struct config config;
	struct problem problem;

	config_merge(&d->file, &d->policy.policies, holder_of, &d->facts, &config, &problem);
	d->holders_known = d->facts.ports.complete;
	config.generation = d->facts.config.generation + 1;
	config_deinit(&d->facts.config);
	d->facts.config = config;
	d->seen_switch_rows = d->policy.policies.switch_generation;
	d->policy_generation++;
	/* The ageing times of switches that are new here. */
	d->apply.ports_stale = true;
	if (problem.text[0] && (!d->config_problem || strcmp(d->config_problem, problem.text) != 0))
		log_error("%s", problem.text);
	free(d->config_problem);
	d->config_problem = problem.text[0] ? strdup(problem.text) : NULL;
}
