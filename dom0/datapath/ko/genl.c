// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "datapath/ko/genl.h"

#define NETLINK_RCVBUF		(8 * 1024 * 1024)
#define NETLINK_TIMEOUT_S	10

int netlink_open(struct netlink *nl, int protocol)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	struct timeval timeout = { .tv_sec = NETLINK_TIMEOUT_S };
	int on = 1, size = NETLINK_RCVBUF;
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *buf = NULL;

	buf = malloc(NETLINK_BUF_SIZE);
	if (!buf)
		return -ENOMEM;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		return -errno;
	/* Old kernels know less: no extack then, only the errno. */
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	*nl = (struct netlink){ .fd = TAKE_FD(fd), .buf = TAKE_PTR(buf) };
	return 0;
}

int netlink_take(struct netlink *nl, int fd)
{
	char *buf = malloc(NETLINK_BUF_SIZE);

	if (!buf)
		return -ENOMEM;
	*nl = (struct netlink){ .fd = fd, .buf = buf };
	return 0;
}

void netlink_close(struct netlink *nl)
{
	closep(&nl->fd);
	free(nl->buf);
	*nl = (struct netlink){ .fd = -1 };
}

int netlink_join(struct netlink *nl, uint32_t group)
{
	if (setsockopt(nl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		return -errno;
	return 0;
}

static ssize_t receive(struct netlink *nl, int flags)
{
	struct sockaddr_nl from;
	socklen_t from_len;
	ssize_t n;

	for (;;) {
		from_len = sizeof(from);
		n = recvfrom(nl->fd, nl->buf, NETLINK_BUF_SIZE, flags | MSG_TRUNC,
			     (struct sockaddr *)&from, &from_len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n > NETLINK_BUF_SIZE)
			return -ENOBUFS;
		/* Only the kernel (port 0) may tell us anything. */
		if (from_len == sizeof(from) && from.nl_pid == 0)
			return n;
	}
}

/* What the policy of a refused attribute accepts: of the kernel's own checks. */
static void tell_policy(struct netlink *nl, struct nlattr *policy)
{
	struct nlattr *low = nla_find(nla_data(policy), nla_len(policy),
				      NL_POLICY_TYPE_ATTR_MIN_VALUE_U);
	struct nlattr *high = nla_find(nla_data(policy), nla_len(policy),
				       NL_POLICY_TYPE_ATTR_MAX_VALUE_U);
	size_t used = strlen(nl->error);

	if (low && high && nla_len(low) == sizeof(uint64_t) && nla_len(high) == sizeof(uint64_t))
		snprintf(nl->error + used, sizeof(nl->error) - used,
			 "; accepted: %" PRIu64 " to %" PRIu64, nla_get_u64(low),
			 nla_get_u64(high));
}

/* The text and errno of an NLMSG_ERROR message; 0 for a plain ACK. */
static int error_of(struct netlink *nl, const struct nlmsghdr *h)
{
	const struct nlmsgerr *err = NLMSG_DATA(h);
	size_t skip = sizeof(*err);
	struct nlattr *first, *a;
	int len;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*err)))
		return -EBADMSG;
	if (!err->error)
		return 0;
	snprintf(nl->error, sizeof(nl->error), "%s", strerror(-err->error));
	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return err->error;
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		skip += err->msg.nlmsg_len - sizeof(err->msg);
	if (NLMSG_LENGTH(NLMSG_ALIGN(skip)) >= h->nlmsg_len)
		return err->error;
	first = (struct nlattr *)((char *)err + NLMSG_ALIGN(skip));
	len = (int)(h->nlmsg_len - NLMSG_LENGTH(NLMSG_ALIGN(skip)));
	a = nla_find(first, len, NLMSGERR_ATTR_MSG);
	if (a && nla_len(a) > 0)
		snprintf(nl->error, sizeof(nl->error), "%.*s", nla_len(a), (char *)nla_data(a));
	a = nla_find(first, len, NLMSGERR_ATTR_POLICY);
	if (a)
		tell_policy(nl, a);
	return err->error;
}

/* 1: the answer is complete; 0: more to come; negative: failed. */
static int consume(struct netlink *nl, size_t len, netlink_fn fn, void *arg, bool *intr)
{
	for (struct nlmsghdr *h = (void *)nl->buf; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
		int r;

		if (!h->nlmsg_seq && nl->other)
			nl->other(h, nl->other_arg);
		if (h->nlmsg_seq != nl->seq)
			continue;
		if (h->nlmsg_flags & NLM_F_DUMP_INTR)
			*intr = true;
		if (h->nlmsg_type == NLMSG_ERROR) {
			r = error_of(nl, h);
			return r ? r : 1;
		}
		if (h->nlmsg_type == NLMSG_DONE) {
			r = h->nlmsg_len >= NLMSG_LENGTH(sizeof(int)) ? *(int *)NLMSG_DATA(h) : 0;
			if (r < 0)
				snprintf(nl->error, sizeof(nl->error), "%s", strerror(-r));
			return r < 0 ? r : 1;
		}
		r = fn ? fn(h, arg) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

struct nl_msg *netlink_message(int type, int flags, const void *head, size_t len)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

	if (msg && nlmsg_append(msg, (void *)head, len, NLMSG_ALIGNTO) < 0) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

/* Leave no answer of an abandoned request behind: later ones have another seq. */
int netlink_request(struct netlink *nl, struct nl_msg *msg, netlink_fn fn, void *arg)
{
	_cleanup_(nlmsg_freep) struct nl_msg *owned = msg;
	struct nlmsghdr *h;
	bool intr = false;
	ssize_t n;
	int r;

	if (!msg) {
		snprintf(nl->error, sizeof(nl->error), "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	h = nlmsg_hdr(owned);
	h->nlmsg_seq = ++nl->seq;
	h->nlmsg_pid = 0;
	h->nlmsg_flags |= NLM_F_REQUEST;
	if ((h->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		h->nlmsg_flags |= NLM_F_ACK;
	nl->error[0] = '\0';
	if (send(nl->fd, h, h->nlmsg_len, 0) < 0)
		goto failed;
	do {
		n = receive(nl, 0);
		if (n < 0) {
			errno = n == -EAGAIN ? ETIMEDOUT : -n;
			goto failed;
		}
		r = consume(nl, n, fn, arg, &intr);
	} while (r == 0);
	if (r < 0)
		return r;
	return intr ? -EINTR : 0;
failed:
	r = -errno;
	snprintf(nl->error, sizeof(nl->error), "%s", strerror(-r));
	return r;
}

int netlink_receive(struct netlink *nl, int limit, netlink_fn fn, void *arg)
{
	int count = 0;

	while (count < limit) {
		ssize_t n = receive(nl, MSG_DONTWAIT);
		size_t left;

		if (n == -EAGAIN)
			break;
		if (n < 0)
			return n;
		count++;
		left = n;
		for (struct nlmsghdr *h = (void *)nl->buf; NLMSG_OK(h, left);
		     h = NLMSG_NEXT(h, left)) {
			int r = h->nlmsg_type >= NLMSG_MIN_TYPE ? fn(h, arg) : 0;

			if (r < 0)
				return r;
		}
	}
	return count;
}
