// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/flow/flow-link.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/netdev-name.h"
#include "base/unix-socket.h"
#include "openflow/text/flow-error.h"
#include "vifctl/ask/fetch.h"
#include "vifctl/vifctl.h"

#define CHUNK	(256u << 10)
#define XID_FIRST	0x40000000u	/* below are numbers of what callers send */

int flow_link_fail(const struct flow_link *l, int status, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = xvprintf(format, ap);
	va_end(ap);
	return l->silent ? status : vifctl_fail(status, "%s", text);
}

static int gone(const struct flow_link *l, int error)
{
	return flow_link_fail(l, VIFCTL_UNAVAILABLE, "%s: vifofd: %s", l->name,
			      error ? strerror(error) : "it closed the connection");
}

static const char *directory(void)
{
	const char *said = secure_getenv(VIFOFD_DIRECTORY_ENV);

	return said && *said ? said : VIFOFD_DIRECTORY;
}

static int connect_to(struct flow_link *l, const char *name)
{
	_cleanup_free_ char *path = NULL;

	if (!strncmp(name, "unix:", 5))
		path = xstrdup(name + 5);
	else if (!netdev_name_valid(name, strlen(name)))
		return flow_link_fail(l, VIFCTL_USAGE, "\"%s\" is not the name of a switch", name);
	else
		path = xprintf("%s/%s.mgmt", directory(), name);
	l->fd = unix_connect(path, SOCK_NONBLOCK);
	if (l->fd >= 0)
		return VIFCTL_OK;
	if (l->fd == -ENOENT || l->fd == -ECONNREFUSED)
		return flow_link_fail(l, VIFCTL_UNAVAILABLE, "%s: vifofd does not listen at %s: does "
				      "it run (systemctl start vifofd), and has the switch flow tables "
				      "(vifctl switch set %s openflow=on)?", name, path, name);
	return flow_link_fail(l, VIFCTL_UNAVAILABLE, "%s: %s: %s", name, path, strerror(-l->fd));
}

static int wait_for(const struct flow_link *l, short events)
{
	struct pollfd p = { .fd = l->fd, .events = events };
	int r = poll(&p, 1, FETCH_LIMIT_MS);

	return r > 0 ? 0 : r ? -errno : -ETIMEDOUT;
}

/* What waits to be sent or read, once. */
static int turn(struct flow_link *l)
{
	bool sends = l->out.len > 0;
	ssize_t n;
	int r = wait_for(l, sends ? POLLIN | POLLOUT : POLLIN);

	if (r < 0)
		return r;
	if (sends) {
		n = send(l->fd, l->out.data, l->out.len, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			return -errno;
		if (n > 0) {
			l->out.len -= (size_t)n;
			memmove(l->out.data, l->out.data + n, l->out.len);
		}
	}
	out_room(&l->in, CHUNK);
	l->in.len -= CHUNK;
	n = recv(l->fd, l->in.data + l->in.len, CHUNK, 0);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (!n)
		return -EPIPE;
	l->in.len += (size_t)n;
	return 0;
}

/* The first whole message of what came; false: there is none yet. */
static bool next_message(const struct of_out *in, size_t at, struct of_message *ret)
{
	size_t len;

	if (in->len - at < OF_HEADER)
		return false;
	len = (size_t)wire_get(in->data + at + 2, 2);
	return len >= OF_HEADER && in->len - at >= len && message_parse(in->data + at, len, ret);
}

static void note_refusal(struct flow_link *l, struct of_message *m)
{
	struct of_in body = m->body;

	if (l->refused)
		return;
	l->refused = true;
	l->refused_xid = m->xid;
	l->refused_type = in_u16(&body);
	l->refused_code = in_u16(&body);
	l->error = error_decode(m->version, &m->body);
}

static int take_group(struct flow_link *l, struct of_in *in, uint8_t version)
{
	uint16_t len = in_u16(in), type = in_u16(in);
	uint32_t id = in_u32(in);
	struct of_group_mod gm;
	struct of_out as_mod = {};
	struct of_in body;
	int r;

	if (in->bad || len < 8)
		return -EBADMSG;
	body = in_part(in, len - 8u);
	out_u16(&as_mod, GROUP_ADD);
	out_u16(&as_mod, type);
	out_u32(&as_mod, id);
	if (version >= OF15) {
		out_u16(&as_mod, in_u16(&body));
		out_zero(&as_mod, 2);
		out_u32(&as_mod, BUCKET_ALL);
		in_skip(&body, 6);
	}
	out_bytes(&as_mod, body.p, body.left);
	body = (struct of_in){ .p = as_mod.data, .left = as_mod.len };
	r = in->bad || group_mod_decode(&body, version, &gm) ? -EBADMSG : 0;
	out_deinit(&as_mod);
	if (r < 0)
		return r;
	l->groups = xgrow(l->groups, l->group_count, &l->group_room, sizeof(*l->groups));
	l->groups[l->group_count++] = gm.group;
	return 0;
}

static int take_groups(struct flow_link *l, struct of_message *m)
{
	int r = 0;

	in_skip(&m->body, 8);
	while (!r && m->body.left)
		r = take_group(l, &m->body, m->version);
	return r;
}

static int take_answer(struct flow_link *l, struct of_message *m)
{
	uint16_t type = m->body.left >= 2 ? (uint16_t)wire_get(m->body.p, 2) : 0xffff;

	switch (type) {
	case STATS_FLOW:
		return wire_told_flows(m, &l->flows);
	case STATS_PORT_DESC:
		return wire_told_ports(m, &l->ports, &l->port_count, &l->port_room);
	case STATS_GROUP_DESC:
		return take_groups(l, m);
	}
	return 0;
}

static int take(struct flow_link *l, struct of_message *m)
{
	if (m->type == OFPT_ERROR)
		note_refusal(l, m);
	else if (m->type == WIRE_MULTIPART_REPLY)
		return take_answer(l, m);
	else if (m->type == OFPT_ECHO_REQUEST)
		wire_request(&l->out, l->version, OFPT_ECHO_REPLY, m->xid);
	return 0;
}

/* All that came; 1: the barrier's answer was among it. */
static int take_all(struct flow_link *l, uint32_t barrier)
{
	size_t at = 0;
	int r = 0;
	struct of_message m;

	while (r >= 0 && next_message(&l->in, at, &m)) {
		at += m.len;
		if (m.type == WIRE_BARRIER_REPLY && m.xid == barrier) {
			r = 1;
			break;
		}
		r = take(l, &m);
	}
	l->in.len -= at;
	memmove(l->in.data, l->in.data + at, l->in.len);
	return r;
}

int flow_link_run(struct flow_link *l)
{
	uint32_t barrier = l->xid++;
	size_t octets = 0;
	int r = 0;

	wire_request(&l->out, l->version, WIRE_BARRIER_REQUEST, barrier);
	while (!r) {
		size_t before = l->in.len;

		r = turn(l);
		if (r < 0)
			break;
		octets += l->in.len - before;
		r = octets > FLOW_ANSWERS_MAX ? -E2BIG : take_all(l, barrier);
	}
	return r < 0 ? gone(l, r == -EPIPE ? 0 : -r) : VIFCTL_OK;
}

/* Theirs comes first: it says what can be spoken. */
static int greet(struct flow_link *l)
{
	struct of_message hello;
	int r = 0;

	while (!r && !next_message(&l->in, 0, &hello))
		r = turn(l);
	if (r < 0)
		return gone(l, r == -EPIPE ? 0 : -r);
	l->version = hello.type == OFPT_HELLO ? wire_common_version(&hello) : 0;
	if (!l->version)
		return flow_link_fail(l, VIFCTL_UNAVAILABLE, "%s: it speaks OpenFlow 1.0 alone, as "
				      "\"vifctl switch set %s protocols=...\" says; 1.3 or later is needed",
				      l->name, l->name);
	l->in.len -= hello.len;
	memmove(l->in.data, l->in.data + hello.len, l->in.len);
	wire_hello(&l->out, l->version);
	return VIFCTL_OK;
}

static void name_ports(struct flow_link *l)
{
	l->port_names = xzalloc((l->port_count + 1) * sizeof(*l->port_names));
	for (size_t i = 0; i < l->port_count; i++) {
		l->port_names[i].number = l->ports[i].number;
		snprintf(l->port_names[i].name, sizeof(l->port_names[i].name), "%s",
			 l->ports[i].name);
	}
	l->names = (struct port_names){ l->port_names, l->port_count };
}

int flow_link_open(struct flow_link *l, const char *name)
{
	int status;

	*l = (struct flow_link){ .fd = -1, .name = name, .xid = XID_FIRST, .silent = l->silent };
	status = connect_to(l, name);
	if (status == VIFCTL_OK)
		status = greet(l);
	if (status != VIFCTL_OK)
		return status;
	wire_ask_ports(&l->out, l->version, l->xid++);
	status = flow_link_run(l);
	if (status == VIFCTL_OK)
		name_ports(l);
	return status;
}

void flow_link_close(struct flow_link *l)
{
	if (l->fd >= 0)
		close(l->fd);
	out_deinit(&l->out);
	out_deinit(&l->in);
	free(l->ports);
	free(l->port_names);
	flows_told_deinit(&l->flows);
	for (size_t i = 0; i < l->group_count; i++)
		group_free(l->groups[i]);
	free(l->groups);
}

int flow_link_flows(struct flow_link *l, const struct of_flow_mod *filter)
{
	static const struct of_flow_mod all = {
		.table = OF_TABLE_ALL, .out_port = OFPP_ANY, .out_group = OFPG_ANY,
	};

	flows_told_deinit(&l->flows);
	wire_ask_flows(&l->out, l->version, l->xid++, filter ?: &all);
	return flow_link_run(l);
}

char *flow_link_refusal(const struct flow_link *l)
{
	const char *text = flow_error_text(l->error), *word = error_name(l->error);

	if (!l->error)
		return xprintf("error %u, %u", l->refused_type, l->refused_code);
	return text == word ? xstrdup(word) : xprintf("%s: %s", word, text);
}
