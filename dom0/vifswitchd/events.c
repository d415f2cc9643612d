// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Event sources. Handlers only mark; the pass runs once for all that arrived
 * together. All sources have one priority, so a flood on one of them cannot
 * keep the others, or the pass, from their turn.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "uplink/bond-link.h"
#include "vifswitchd/events.h"
#include "vifswitchd/flowers-here.h"
#include "vifswitchd/notify.h"
#include "vifswitchd/reconcile.h"

#define EVENTS_AT_ONCE		256
#define XENSTORE_CHECK_US	1000000ULL	/* between looks whether it is alive */
#define XENSTORE_RETRY_MAX_US	5000000ULL

static int on_pass(sd_event_source *source, uint64_t usec, void *arg)
{
	reconcile(arg);
	return 0;
}

static int on_retry(sd_event_source *source, uint64_t usec, void *arg)
{
	daemon_want_pass(arg);
	return 0;
}

static int on_suspended(sd_event_source *source, uint64_t usec, void *arg)
{
	struct daemon *d = arg;

	d->facts.domains.dirty = true;
	daemon_want_pass(d);
	return 0;
}

static int on_links(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct daemon *d = arg;

	if (rtnl_events(&d->rtnl) < 0)
		log_warning("rtnetlink: %s", rtnl_error(&d->rtnl));
	if (d->rtnl.changed)
		daemon_want_pass(d);
	return 0;
}

/* Who answers a bond's LACP, and since when nobody does. */
static int on_lacp(sd_event_source *source, uint64_t usec, void *arg)
{
	struct daemon *d = arg;
	bool any = false;

	for (size_t i = 0; i < d->facts.config.count; i++) {
		const struct cfg_switch *sw = &d->facts.config.switches[i];

		for (size_t j = 0; j < sw->uplink_count; j++) {
			const struct link *link = links_by_name(&d->facts.links,
								sw->uplinks[j].name);

			if (!bond_speaks_lacp(link))
				continue;
			any = true;
			if (bond_link_look(&d->rtnl, link->ifindex) < 0)
				log_debug("uplink %s: %s", sw->uplinks[j].name, rtnl_error(&d->rtnl));
		}
	}
	if (d->rtnl.changed)
		daemon_want_pass(d);
	if (any)
		daemon_again_in(d, source, DAEMON_LACP_US);
	return 0;
}

static void port_changed(struct daemon *d, uint32_t ifindex)
{
	for (unsigned int i = 0; i < d->dirty_port_count && i < DAEMON_DIRTY_PORTS; i++) {
		if (d->dirty_ports[i] == ifindex)
			return;
	}
	/* One more than fits means: read them all. */
	if (d->dirty_port_count < DAEMON_DIRTY_PORTS)
		d->dirty_ports[d->dirty_port_count] = ifindex;
	if (d->dirty_port_count <= DAEMON_DIRTY_PORTS)
		d->dirty_port_count++;
}

/* It was done from here, and is in the facts: no need to ask for what the kernel tells of it. */
static bool is_known(const struct port *port, const struct dp_event *event)
{
	bool closed;

	if (!port)
		return event->event == VIFSWITCH_EV_PORT_LEFT;
	if (port->sw != event->sw || port->cookie_len != event->cookie_len ||
	    (port->cookie_len && memcmp(port->cookie, event->cookie, port->cookie_len) != 0))
		return false;
	closed = port->flags & VIFSWITCH_PORT_CLOSED;
	return event->event == VIFSWITCH_EV_PORT_JOINED ||
	       event->event == (closed ? VIFSWITCH_EV_PORT_CLOSED : VIFSWITCH_EV_PORT_OPENED);
}

static void on_port_event(const struct dp_event *event, void *arg)
{
	struct daemon *d = arg;
	struct port *port = ports_get(&d->facts.ports, event->port);

	switch (event->event) {
	case VIFSWITCH_EV_PORT_LEFT:
	case VIFSWITCH_EV_PORT_JOINED:
	case VIFSWITCH_EV_PORT_OPENED:
	case VIFSWITCH_EV_PORT_CLOSED:
		if (is_known(port, event))
			break;
		port_changed(d, event->port);
		daemon_want_pass(d);
		break;
	case VIFSWITCH_EV_CLAIMED:
		if (port)
			port->claim = VIFSWITCH_CLAIM_ACTIVE;
		break;
	default:
		break;
	}
	flowers_note(d, event);
	notify_datapath(d, event);
}

static int on_datapath(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct daemon *d = arg;
	int r = d->ops->events(d->dp, EVENTS_AT_ONCE, on_port_event, d);

	if (r == -ESTALE || r == -ENOBUFS) {
		if (r == -ESTALE)
			d->ops->resolve(d->dp);
		d->apply.ports_stale = true;
		daemon_want_pass(d);
	}
	return 0;
}

static void take_xenstore_events(struct daemon *d)
{
	int r = store_events(&d->store);

	if (r < 0)
		daemon_xenstore_lost(d, r);
	else if (store_dirty(&d->store))
		daemon_want_pass(d);
}

static int on_xenstore(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	take_xenstore_events(arg);
	return 0;
}

/* Before each sleep: what came between the answers to our requests, no poll() tells of. */
static int on_xenstore_idle(sd_event_source *source, void *arg)
{
	struct daemon *d = arg;

	if (d->store.xs && xenstore_pending(d->store.xs))
		take_xenstore_events(d);
	return 0;
}

static void try_xenstore(struct daemon *d)
{
	uint64_t delay = XENSTORE_RETRY_US;
	int r = store_connect(&d->store);

	if (r == 0)
		r = sd_event_add_io(d->event, &d->xenstore, xenstore_fd(d->store.xs), EPOLLIN,
				    on_xenstore, d);
	if (r >= 0)
		r = sd_event_source_set_prepare(d->xenstore, on_xenstore_idle);
	if (r >= 0) {
		if (d->xenstore_failures)
			log_notice("connected to XenStore");
		d->xenstore_failures = 0;
		daemon_again_in(d, d->xenstore_check, XENSTORE_CHECK_US);
		daemon_want_pass(d);
		return;
	}
	d->xenstore = sd_event_source_disable_unref(d->xenstore);
	store_disconnect(&d->store);
	if (d->xenstore_failures++ == 0)
		log_warning("XenStore cannot be reached (%s); trying again", strerror(-r));
	for (unsigned int i = 0; i < d->xenstore_failures && delay < XENSTORE_RETRY_MAX_US; i++)
		delay *= 2;
	daemon_again_in(d, d->xenstore_check, delay);
}

static int on_xenstore_check(sd_event_source *source, uint64_t usec, void *arg)
{
	struct daemon *d = arg;

	if (!d->store.xs)
		try_xenstore(d);
	else if (!xenstore_alive(d->store.xs))
		daemon_xenstore_lost(d, -EPIPE);
	else
		daemon_again_in(d, source, XENSTORE_CHECK_US);
	store_tick(&d->store);
	if (store_dirty(&d->store))
		daemon_want_pass(d);
	return 0;
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *arg)
{
	struct daemon *d = arg;
	struct problem problem;
	uint64_t now;

	sd_event_now(d->event, CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)now);
	if (daemon_reload(d, 0, &problem) < 0)
		log_error("%s; the old configuration stays in force", problem.text);
	sd_notify(0, "READY=1");
	return 0;
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *arg)
{
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int add_timer(struct daemon *d, sd_event_source **ret, sd_event_time_handler_t handler)
{
	int r = sd_event_add_time(d->event, ret, CLOCK_MONOTONIC, 0, 1000, handler, d);

	return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

int events_watch(struct daemon *d)
{
	int r;

	r = sd_event_add_signal(d->event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, on_stop, d);
	if (r >= 0)
		r = sd_event_add_signal(d->event, NULL, SIGINT | SD_EVENT_SIGNAL_PROCMASK,
					on_stop, d);
	if (r >= 0)
		r = sd_event_add_signal(d->event, NULL, SIGHUP | SD_EVENT_SIGNAL_PROCMASK,
					on_reload, d);
	if (r >= 0)
		r = sd_event_set_watchdog(d->event, true);
	if (r >= 0)
		r = sd_event_add_time(d->event, &d->pass, CLOCK_MONOTONIC, 0, 1, on_pass, d);
	if (r >= 0)
		r = add_timer(d, &d->retry, on_retry);
	if (r >= 0)
		r = add_timer(d, &d->suspended, on_suspended);
	if (r >= 0)
		r = add_timer(d, &d->lacp, on_lacp);
	if (r >= 0)
		r = add_timer(d, &d->xenstore_check, on_xenstore_check);
	if (r >= 0)
		r = sd_event_add_io(d->event, NULL, d->rtnl.events.fd, EPOLLIN, on_links, d);
	if (r >= 0)
		r = sd_event_add_io(d->event, NULL, d->ops->events_fd(d->dp), EPOLLIN,
				    on_datapath, d);
	if (r < 0)
		return r;
	try_xenstore(d);
	return 0;
}
