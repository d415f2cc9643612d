// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "vifexportd/asker.h"

#define ANSWER_MAX	(64U << 20)
#define ANSWERS_AT_ONCE	64
#define PATIENCE_MS	30000		/* with a daemon that does not answer */
#define SOCKET_MS	1000

static const char *const methods[] = { "told", "show", "exporter-status" };

void asker_close(struct asker *a)
{
	a->io = sd_event_source_disable_unref(a->io);
	if (a->client.fd >= 0 && a->lost)
		a->lost(a->arg);
	control_client_close(&a->client);
	memset(a->asked, 0, sizeof(a->asked));
}

static void complain(struct asker *a, const json_t *error)
{
	const char *text = json_string_value(json_object_get(error, "message"));

	if (!a->complained)
		log_warning("vifswitchd does not say what collectors are to be told: %s",
			    text ?: "its answer makes no sense");
	a->complained = true;
}

static bool take(struct asker *a, const char *line, size_t len)
{
	_cleanup_(json_decrefp) json_t *reply = json_loadb(line, len, 0, NULL);
	json_int_t id = json_integer_value(json_object_get(reply, "id"));
	const json_t *result = json_object_get(reply, "result");

	if (id < 1 || id > QUESTIONS)
		return false;
	a->asked[id - 1] = false;
	if (id - 1 == ASK_TOLD && !json_is_object(result))
		complain(a, json_object_get(reply, "error"));
	else if (id - 1 == ASK_TOLD)
		a->complained = false;
	a->answer((enum question)(id - 1), json_is_object(result) ? result : NULL, a->arg);
	return true;
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct asker *a = arg;
	const char *line;
	size_t len;

	for (int i = 0; i < ANSWERS_AT_ONCE && a->io; i++) {
		int r = control_client_receive(&a->client, 0, &line, &len);

		if (r == -ETIMEDOUT || r == -EINTR)
			return 0;
		if (r < 0 || !take(a, line, len)) {
			asker_close(a);
			return 0;
		}
	}
	return 0;
}

static int open_client(struct asker *a)
{
	int r = control_client_open(&a->client, a->path, ANSWER_MAX);

	if (r == 0)
		r = sd_event_add_io(a->event, &a->io, a->client.fd, EPOLLIN, on_io, a);
	if (r < 0)
		asker_close(a);
	return r;
}

void asker_ask(struct asker *a, enum question question, json_t *param)
{
	_cleanup_free_ char *request = json_rpc_request(question + 1, methods[question], param);
	int64_t now = clock_ms();

	if (a->asked[question] && question != ASK_STATUS) {
		if (now - a->asked_ms[question] > PATIENCE_MS)
			asker_close(a);
		return;
	}
	if (!request || (a->client.fd < 0 && open_client(a) < 0))
		return;
	a->asked[question] = true;
	a->asked_ms[question] = now;
	if (control_client_send(&a->client, request, strlen(request), now) < 0)
		asker_close(a);
}

/* ---- the socket ---- */

static bool is_flow_socket(int fd)
{
	int domain = 0, protocol = -1;
	socklen_t len = sizeof(domain), its = sizeof(protocol);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_NETLINK &&
	       getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &its) == 0 &&
	       protocol == NETLINK_GENERIC;
}

/* The descriptor that comes with the answer's first octets. */
static int receive_fd(int from)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	char text[1024];
	struct iovec iov = { .iov_base = text, .iov_len = sizeof(text) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	const struct cmsghdr *c;
	_cleanup_close_ int fd = -1;

	if (recvmsg(from, &msg, MSG_CMSG_CLOEXEC) <= 0)
		return -ECONNRESET;
	c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len != CMSG_LEN(sizeof(int)))
		return -EACCES;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	if (!is_flow_socket(fd))
		return -EPROTO;
	return TAKE_FD(fd);
}

int asker_flow_socket(const char *path)
{
	_cleanup_free_ char *request = json_rpc_request(1, "flow-socket", NULL);
	struct control_client client = CONTROL_CLIENT_INIT;
	int r = request ? control_client_open(&client, path, ANSWER_MAX) : -ENOMEM;

	if (r == 0)
		r = control_client_send(&client, request, strlen(request), clock_ms() + SOCKET_MS);
	if (r == 0)
		r = control_client_wait(&client, clock_ms() + SOCKET_MS);
	if (r == 0)
		r = receive_fd(client.fd);
	control_client_close(&client);
	return r;
}
