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

#define ANSWER_MAX	1024
#define SOCKET_MS	1000

static void on_answer(unsigned int question, const json_t *result, const char *error, void *arg)
{
	struct asker *a = arg;

	if (question >= QUESTIONS)
		return;
	if (question == ASK_TOLD) {
		if (!result && !a->complained)
			log_warning("vifswitchd does not say what collectors are to be told: %s",
				    error ?: "its answer makes no sense");
		a->complained = !result;
	}
	a->answer((enum question)question, result, a->arg);
}

static void on_lost(void *arg)
{
	struct asker *a = arg;

	if (a->lost)
		a->lost(a->arg);
}

void asker_init(struct asker *a, sd_event *event, const char *path)
{
	a->to = (struct control_asker){ .event = event, .path = path, .client = CONTROL_CLIENT_INIT,
					.answer = on_answer, .lost = on_lost, .arg = a };
}

void asker_close(struct asker *a)
{
	control_asker_close(&a->to);
}

void asker_ask(struct asker *a, enum question question, json_t *param)
{
	static const char *const methods[] = { "told", "show", "exporter-status" };

	control_asker_ask(&a->to, question, methods[question], param, question == ASK_STATUS);
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
