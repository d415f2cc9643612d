// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/epoll.h>

#include "base/cleanup.h"
#include "base/json-value.h"
#include "base/log.h"
#include "base/netdev-name.h"
#include "openflow/of-session.h"
#include "policy/flow-settings.h"
#include "vifofd/conn.h"
#include "vifofd/of-host.h"
#include "vifofd/of-kept.h"
#include "vifofd/vm-flows.h"

#define ASK_MS		1000
#define STATUS_MS	2000

enum { ASK_TOLD, TELL_STATUS };

static struct bridge *find(struct host *h, const char *name)
{
	struct bridge *b;

	TAILQ_FOREACH(b, &h->bridges, link)
		if (!strcmp(b->sw.name, name))
			return b;
	return NULL;
}

/* ---- what is wanted ---- */

static bool read_settings(const json_t *told, struct bridge_settings *ret)
{
	const json_t *list = json_object_get(told, "controllers"), *c;
	const char *id = json_text_of(told, "datapath_id") ?: "";
	size_t i;

	ret->dpid = strtoull(id, NULL, 16);
	ret->versions = (uint32_t)json_integer_value(json_object_get(told, "versions")) &
			OF_VERSIONS;
	ret->fail_mode = strcmp(json_text_of(told, "fail_mode") ?: "", "secure") ?
			 FAIL_STANDALONE : FAIL_SECURE;
	json_array_foreach(list, i, c) {
		const char *text = json_string_value(c);

		if (!text || ret->controller_count == CONTROLLERS_MAX)
			return false;
		ret->controllers[ret->controller_count++] = text;
	}
	return true;
}

static void on_changed(void *arg, const struct of_journal *journal)
{
	kept_note(arg, journal);
}

static void restore(struct host *h, struct bridge *b)
{
	TAILQ_INSERT_TAIL(&h->bridges, b, link);
	b->kernel->restored = kept_load(b, h->directory) == 0;
	b->kernel->changed = on_changed;
	b->kernel->changed_arg = b;
}

/* Flows of VMs, and which of its ports are whose. */
static void take_vm_flows(struct bridge *b, const json_t *told)
{
	const json_t *list = json_object_get(told, "vms"), *vm;
	_cleanup_free_ struct vm_port *ports =
		xzalloc((json_array_size(list) + 1) * sizeof(*ports));
	size_t i, n = 0;

	json_array_foreach(list, i, vm) {
		snprintf(ports[n].identity, sizeof(ports[n].identity), "%s",
			 json_text_of(vm, "vm") ?: "");
		snprintf(ports[n].netdev, sizeof(ports[n].netdev), "%s",
			 json_text_of(vm, "netdev") ?: "");
		n++;
	}
	vm_flows_set(b, json_text_of(told, "vm_flows") ?: "", ports, n);
}

static void want_bridge(struct host *h, const json_t *told)
{
	const char *name = json_text_of(told, "switch") ?: "";
	json_int_t ifindex = json_integer_value(json_object_get(told, "ifindex"));
	struct bridge_settings settings = {};
	struct problem problem = {};
	char copy[IFNAMSIZ];
	struct bridge *b;
	int r = 0;

	if (!netdev_name_copy(copy, name, strlen(name)) || !read_settings(told, &settings) ||
	    ifindex <= 0)
		return;
	b = find(h, name);
	if (!b) {
		r = bridge_new(h->event, h->directory, name, h->tls, false, &b, &problem);
		if (r >= 0)
			restore(h, b);
	}
	if (r >= 0) {
		b->wanted = true;
		if (b->ifindex != (uint32_t)ifindex)
			kernel_close(b->kernel);
		b->ifindex = (uint32_t)ifindex;
		r = bridge_configure(b, &settings, &problem);
		take_vm_flows(b, told);
		snprintf(b->error, sizeof(b->error), "%s", r < 0 ? problem.text : "");
	}
	if (r < 0)
		log_error("%s: %s", name, *problem.text ? problem.text : strerror(-r));
}

static void take_told(struct host *h, const json_t *told)
{
	const json_t *list = json_object_get(told, "switches"), *sw;
	struct bridge *b, *next;
	size_t i;

	h->generation = json_integer_value(json_object_get(told, "generation"));
	if (!json_is_array(list))
		return;
	TAILQ_FOREACH(b, &h->bridges, link)
		b->wanted = false;
	json_array_foreach(list, i, sw)
		want_bridge(h, sw);
	for (b = TAILQ_FIRST(&h->bridges); b; b = next) {
		next = TAILQ_NEXT(b, link);
		if (b->wanted)
			continue;
		TAILQ_REMOVE(&h->bridges, b, link);
		kept_forget(b, h->directory);
		bridge_free(b);
	}
}

static void on_answer(unsigned int question, const json_t *result, const char *error, void *arg)
{
	struct host *h = arg;

	if (question != ASK_TOLD)
		return;
	if (!result && !h->complained)
		log_warning("vifswitchd does not say which switches have flow tables: %s",
			    error ?: "its answer makes no sense");
	h->complained = !result;
	if (result)
		take_told(h, result);
}

/* Another one counts its generations anew. What it told stays. */
static void on_lost(void *arg)
{
	struct host *h = arg;

	h->generation = 0;
}

/* ---- how it does ---- */

static const char *role_word(const struct of_session *s)
{
	return s->role == ROLE_PRIMARY ? "primary" : s->role == ROLE_SECONDARY ? "secondary" :
	       "equal";
}

static json_t *controller_json(const struct controller *c)
{
	const struct of_session *s = c->conn ? c->conn->session : NULL;
	bool up = s && s->state == SESSION_UP;

	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "target", c->text, "state",
			 up ? "connected" : c->place.passive && c->fd >= 0 ? "listening" :
			 s || c->fd >= 0 ? "connecting" : "waiting",
			 "role", json_text(up ? role_word(s) : NULL),
			 "version", json_text(up ? flow_protocol_name(s->version) : NULL),
			 "connections", c->place.passive ? json_integer(c->served) : json_null(),
			 "error", json_text(up ? NULL : c->retry.error));
}

static void tell_status(struct host *h, const struct bridge *b)
{
	json_t *list = json_array();
	const char *error = *b->error ? b->error : kernel_is_open(b->kernel) ? NULL :
			    b->attach.error ?: "its tables in the kernel are not open yet";

	for (size_t i = 0; i < b->controller_count; i++)
		json_array_append_new(list, controller_json(b->controllers[i]));
	control_asker_ask(&h->asker, TELL_STATUS, "openflow-status",
			  json_pack("{s:s, s:I, s:b, s:o, s:o, s:o}", "switch", b->sw.name, "flows",
				    (json_int_t)b->sw.flow_count, "alone", b->sw.standalone, "error",
				    json_text(error), "vm_flows_error",
				    json_text(vm_flows_problem(b)), "controllers", list), true);
}

/* ---- the kernel ---- */

static void attach(struct host *h, struct bridge *b)
{
	_cleanup_(json_decrefp) json_t *result = NULL;
	struct kernel_grant grant = { .ifindex = b->ifindex };
	int r = control_client_fetch(h->control, "openflow-socket",
				     json_pack("{s:I}", "ifindex", (json_int_t)b->ifindex), &result);

	if (r >= 0) {
		grant.fd = r;
		grant.family = (uint16_t)json_integer_value(json_object_get(result, "family"));
		r = bridge_attach(b, &grant);
		if (r < 0 && !kernel_is_open(b->kernel))
			log_warning("%s: its tables in the kernel: %s", b->sw.name, strerror(-r));
	}
	if (r < 0)
		retry_failed(&b->attach, clock_us(), r, "its tables in the kernel cannot be opened: %s",
			     strerror(-r));
	else
		retry_reset(&b->attach);
}

static int on_link(const struct nlmsghdr *h, void *arg)
{
	struct host *host = arg;

	host->ports_changed = true;
	return 0;
}

static void read_ports(struct host *h)
{
	struct bridge *b;

	h->ports_changed = false;
	TAILQ_FOREACH(b, &h->bridges, link) {
		bridge_set_now(b);
		if (kernel_is_open(b->kernel))
			kernel_read_ports(b->kernel);
		bridge_flush(b);
	}
}

static int on_links(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct host *h = arg;

	if (netlink_receive(&h->links, 256, on_link, h) == -ENOBUFS)
		h->ports_changed = true;
	if (h->ports_changed)
		read_ports(h);
	return 0;
}

static int watch_links(struct host *h)
{
	int r = netlink_open(&h->links, NETLINK_ROUTE);

	if (r == 0)
		r = netlink_join(&h->links, RTNLGRP_LINK);
	if (r < 0)
		return r;
	return sd_event_add_io(h->event, &h->links_io, h->links.fd, EPOLLIN, on_links, h);
}

/* ---- time ---- */

int host_start(struct host *h)
{
	TAILQ_INIT(&h->bridges);
	h->links.fd = -1;
	h->asker = (struct control_asker){ .event = h->event, .path = h->control,
					   .client = CONTROL_CLIENT_INIT, .answer = on_answer,
					   .lost = on_lost, .arg = h };
	return watch_links(h);
}

void host_tick(struct host *h)
{
	uint64_t now = (uint64_t)clock_ms();
	bool tell = now >= h->told + STATUS_MS;
	struct bridge *b;

	if (now >= h->asked + ASK_MS) {
		h->asked = now;
		control_asker_ask(&h->asker, ASK_TOLD, "openflow-told",
				  json_pack("{s:I}", "since", h->generation), false);
	}
	TAILQ_FOREACH(b, &h->bridges, link) {
		if (!kernel_is_open(b->kernel) && clock_us() >= b->attach.at)
			attach(h, b);
		bridge_tick(b);
		kept_save(b, h->directory, false);
		if (tell)
			tell_status(h, b);
	}
	if (tell)
		h->told = now;
}

void host_stop(struct host *h)
{
	struct bridge *b;

	while ((b = TAILQ_FIRST(&h->bridges))) {
		TAILQ_REMOVE(&h->bridges, b, link);
		kept_save(b, h->directory, true);
		bridge_free(b);
	}
	control_asker_close(&h->asker);
	h->links_io = sd_event_source_disable_unref(h->links_io);
	netlink_close(&h->links);
}
