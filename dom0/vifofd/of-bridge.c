// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "openflow/of-txn.h"
#include "vifofd/conn.h"
#include "vifofd/of-bridge.h"
#include "vifofd/vm-flows.h"

static void controller_stop(struct controller *c)
{
	c->io = sd_event_source_disable_unref(c->io);
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static void controller_free(struct controller *c)
{
	struct bridge *b;
	struct conn *conn, *next;

	if (!c)
		return;
	b = c->bridge;
	for (conn = TAILQ_FIRST(&b->conns); conn; conn = next) {
		next = TAILQ_NEXT(conn, link);
		if (conn->controller == c)
			conn_close(conn, "it is no longer configured");
	}
	if (*c->place.local && c->place.passive && c->fd >= 0)
		unlink(c->place.local);	/* it listens, so it is ours */
	controller_stop(c);
	retry_reset(&c->retry);
	free(c->text);
	free(c);
}

static void serve(struct controller *c, int fd)
{
	static unsigned int count;
	struct bridge *b = c->bridge;
	char name[96];

	if (c->served == CONNECTIONS_MAX) {
		close(fd);
		return;
	}
	snprintf(name, sizeof(name), "%.80s#%u", c->text, ++count);
	conn_new(b, fd, c, name);
}

static int on_accept(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct controller *c = arg;
	struct bridge *b = c->bridge;

	bridge_set_now(b);
	for (int i = 0; i < 64; i++) {
		int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (client < 0)
			break;
		serve(c, client);
	}
	bridge_flush(b);
	return 0;
}

static int on_connect(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct controller *c = arg;
	struct bridge *b = c->bridge;
	socklen_t len = sizeof(int);
	int error = 0;

	bridge_set_now(b);
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	c->io = sd_event_source_disable_unref(c->io);
	c->fd = -1;
	if (error) {
		close(fd);
		if (!c->retry.failures)
			log_warning("%s: %s: %s", b->sw.name, c->text, strerror(error));
		retry_failed(&c->retry, clock_us(), -error, "%s", strerror(error));
		return 0;
	}
	conn_new(b, fd, c, c->text);
	bridge_flush(b);
	return 0;
}

static int listen_at(struct controller *c)
{
	int r;

	c->fd = place_listen(&c->place);
	if (c->fd < 0) {
		r = c->fd;
		c->fd = -1;
		return r;
	}
	return sd_event_add_io(c->bridge->event, &c->io, c->fd, EPOLLIN, on_accept, c);
}

static void connect_to(struct controller *c)
{
	int r = place_connect(&c->place);

	if (r >= 0) {
		c->fd = r;
		r = sd_event_add_io(c->bridge->event, &c->io, c->fd, EPOLLOUT, on_connect, c);
	}
	if (r < 0) {
		controller_stop(c);
		retry_failed(&c->retry, clock_us(), r, "%s", strerror(-r));
	}
}

static struct controller *controller_new(struct bridge *b, const char *text,
	const struct place *place)
{
	struct controller *c = xzalloc(sizeof(*c));

	c->bridge = b;
	c->text = xstrdup(text);
	c->place = *place;
	c->fd = -1;
	return c;
}

static int add_service(struct bridge *b, const char *directory, const char *suffix,
		       struct controller **ret, struct problem *problem)
{
	_cleanup_free_ char *text = xprintf("punix:%s/%s.%s", directory, b->sw.name, suffix);
	struct place place;
	int r = place_parse(text, &place, problem);

	if (r < 0)
		return r;
	*ret = controller_new(b, text, &place);
	r = listen_at(*ret);
	if (r < 0)
		problem_set(problem, "%s: %s", text + 1, strerror(-r));
	return r;
}

int bridge_new(sd_event *event, const char *directory, const char *name, struct tls *tls,
	       bool trial, struct bridge **ret, struct problem *problem)
{
	struct bridge *b = xzalloc(sizeof(*b));
	int r;

	b->event = event;
	b->tls = tls;
	b->flush = bridge_flush;
	b->kept_log = -1;
	TAILQ_INIT(&b->conns);
	if (trial) {
		b->trial = xzalloc(sizeof(*b->trial));
		b->trial->sw = &b->sw;
		switch_init(&b->sw, name, 0, &trial_ops, b->trial);
	} else {
		b->kernel = xzalloc(sizeof(*b->kernel));
		kernel_init(b->kernel, &b->sw);
		switch_init(&b->sw, name, 0, &kernel_ops, b->kernel);
		b->sw.datapath_times = true;
	}
	bridge_set_now(b);
	r = add_service(b, directory, "mgmt", &b->mgmt, problem);
	if (r >= 0)
		r = add_service(b, directory, "snoop", &b->snoop, problem);
	if (r < 0)
		bridge_free(b);
	else
		*ret = b;
	return r;
}

void bridge_free(struct bridge *b)
{
	if (!b)
		return;
	while (!TAILQ_EMPTY(&b->conns))
		conn_close(TAILQ_FIRST(&b->conns), "the switch is gone");
	for (size_t i = 0; i < b->controller_count; i++)
		controller_free(b->controllers[i]);
	controller_free(b->mgmt);
	controller_free(b->snoop);
	vm_flows_free(b);
	if (b->kept_log >= 0)
		close(b->kept_log);
	switch_deinit(&b->sw);
	b->kernel_io = sd_event_source_disable_unref(b->kernel_io);
	if (b->kernel)
		kernel_deinit(b->kernel);
	free(b->kernel);
	retry_reset(&b->attach);
	if (b->trial)
		trial_forget_sent(b->trial);
	free(b->trial);
	free(b);
}

/* ---- configuration ---- */

/* Without controllers, and without fail mode secure, the switch is a plain one. */
static void settle_default_flow(struct bridge *b)
{
	bool wanted = !b->controller_count && b->fail_mode == FAIL_STANDALONE;
	struct of_flow_mod fm = {
		.version = OF15, .command = wanted ? FLOW_ADD : FLOW_DELETE_STRICT,
		.out_port = OFPP_ANY, .out_group = OFPG_ANY,
	};
	struct of_txn txn = { .sw = &b->sw };

	if (wanted == b->default_flow)
		return;
	b->default_flow = wanted;
	if (wanted)
		actions_add(&fm.actions, ACT_OUTPUT)->a[0] = OFPP_NORMAL;
	txn_end(&txn, txn_flow_mod(&txn, &fm));
	flow_mod_deinit(&fm);
}

static struct controller *find(struct bridge *b, const char *text)
{
	for (size_t i = 0; i < b->controller_count; i++)
		if (!strcmp(b->controllers[i]->text, text))
			return b->controllers[i];
	return NULL;
}

static int check(struct bridge *b, const struct bridge_settings *s, struct place *places,
		 struct problem *problem)
{
	for (size_t i = 0; i < s->controller_count; i++) {
		int r = place_parse(s->controllers[i], &places[i], problem);

		if (r < 0)
			return r;
		if (places[i].tls && !b->tls)
			return problem_set(problem, "%s needs --private-key, --certificate and --ca-cert",
					   QUOTE(s->controllers[i], strlen(s->controllers[i])));
	}
	return 0;
}

static void add_controller(struct bridge *b, const char *text, const struct place *place)
{
	struct controller *c = find(b, text);
	int r;

	if (c) {
		c->keep = true;
		return;
	}
	c = controller_new(b, text, place);
	c->keep = true;
	b->controllers[b->controller_count++] = c;
	if (!place->passive) {
		connect_to(c);
		return;
	}
	r = listen_at(c);
	if (r < 0) {
		log_error("%s: %s: %s", b->sw.name, text, strerror(-r));
		retry_failed(&c->retry, clock_us(), r, "%s", strerror(-r));
	}
}

int bridge_configure(struct bridge *b, const struct bridge_settings *s, struct problem *problem)
{
	struct controller *kept[CONTROLLERS_MAX];
	struct place places[CONTROLLERS_MAX];
	size_t n = 0;
	int r = check(b, s, places, problem);

	if (r < 0)
		return r;
	b->sw.dpid = s->dpid;
	b->fail_mode = s->fail_mode;
	b->versions = s->versions;
	for (size_t i = 0; i < b->controller_count; i++) {
		b->controllers[i]->keep = false;
		for (size_t k = 0; k < s->controller_count; k++)
			b->controllers[i]->keep |= !strcmp(b->controllers[i]->text,
				s->controllers[k]);
	}
	for (size_t i = 0; i < b->controller_count; i++) {
		if (b->controllers[i]->keep)
			kept[n++] = b->controllers[i];
		else
			controller_free(b->controllers[i]);
	}
	memcpy(b->controllers, kept, n * sizeof(kept[0]));
	b->controller_count = n;
	for (size_t i = 0; i < s->controller_count; i++)
		add_controller(b, s->controllers[i], &places[i]);
	settle_default_flow(b);
	bridge_flush(b);
	return 0;
}

/* ---- the kernel ---- */

static int on_kernel(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct bridge *b = arg;

	bridge_set_now(b);
	if (kernel_receive(b->kernel) < 0)
		kernel_close(b->kernel);
	bridge_flush(b);
	return 0;
}

int bridge_attach(struct bridge *b, const struct kernel_grant *grant)
{
	int r;

	bridge_set_now(b);
	b->kernel_io = sd_event_source_disable_unref(b->kernel_io);
	r = kernel_open(b->kernel, grant);
	if (r >= 0)
		r = sd_event_add_io(b->event, &b->kernel_io, grant->fd, EPOLLIN, on_kernel, b);
	bridge_flush(b);
	return r;
}

/* ---- time ---- */

static bool has_controller(const struct bridge *b)
{
	const struct conn *c;

	TAILQ_FOREACH(c, &b->conns, link)
		if (c->controller && c->session->state == SESSION_UP)
			return true;
	return false;
}

static void settle_fail_mode(struct bridge *b)
{
	if (!b->controller_count || b->fail_mode == FAIL_SECURE || has_controller(b)) {
		b->alone_since = 0;
		if (b->sw.standalone)
			log_notice("%s: a controller is there again", b->sw.name);
		if (b->sw.standalone)
			switch_set_standalone(&b->sw, false);
		return;
	}
	if (!b->alone_since)
		b->alone_since = b->sw.now;
	if (b->sw.standalone || b->sw.now < b->alone_since + STANDALONE_MS)
		return;
	log_warning("%s: no controller is there: fail mode standalone is in force", b->sw.name);
	switch_set_standalone(&b->sw, true);
}

void bridge_tick(struct bridge *b)
{
	struct conn *c;

	bridge_set_now(b);
	for (size_t i = 0; i < b->controller_count; i++) {
		struct controller *ctl = b->controllers[i];

		if (ctl->conn || ctl->fd >= 0 || clock_us() < ctl->retry.at)
			continue;
		if (!ctl->place.passive)
			connect_to(ctl);
		else if (listen_at(ctl) < 0)
			retry_failed(&ctl->retry, clock_us(), -EADDRINUSE, "cannot listen");
	}
	TAILQ_FOREACH(c, &b->conns, link)
		conn_tick(c);
	switch_tick(&b->sw);
	vm_flows_settle(b);
	bridge_flush(b);
}

static void reap(struct bridge *b)
{
	struct conn *c, *next;

	for (c = TAILQ_FIRST(&b->conns); c; c = next) {
		next = TAILQ_NEXT(c, link);
		if (c->controller && c->session->state == SESSION_UP &&
		    c->controller->retry.failures)
			retry_reset(&c->controller->retry);
		if (c->session->state == SESSION_DOOMED && !session_waiting(c->session))
			conn_close(c, c->session->doom);
		else if (c->session->state == SESSION_DOOMED && b->sw.now > c->since + HELLO_MS &&
			 c->stalled)
			conn_close(c, c->session->doom);
	}
}

void bridge_flush(struct bridge *b)
{
	struct conn *c;

	if (b->kernel)
		kernel_tell(b->kernel);
	if (b->kernel && !kernel_is_open(b->kernel))
		b->kernel_io = sd_event_source_disable_unref(b->kernel_io);
	settle_fail_mode(b);
	TAILQ_FOREACH(c, &b->conns, link)
		conn_snoop_out(c);
	TAILQ_FOREACH(c, &b->conns, link)
		conn_send(c);
	reap(b);
}
