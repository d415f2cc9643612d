/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A netlink socket with synchronous requests and the kernel's own words (extack)
 * when it refuses one. Messages are built with libnl; receiving is done here,
 * because libnl 3.7 drops the error attributes. Not thread-safe.
 */
#ifndef DATAPATH_KO_GENL_H
#define DATAPATH_KO_GENL_H

#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdint.h>

#include "base/cleanup.h"

#define NETLINK_BUF_SIZE	(256 * 1024)	/* octets at buf */

/* Called for each message received; a negative return ends the request with it. */
typedef int (*netlink_fn)(const struct nlmsghdr *h, void *arg);

struct netlink {
	int fd;
	uint32_t seq;
	char *buf;
	/* What nobody asked for and comes while an answer is waited for; NULL: it is lost. */
	netlink_fn other;
	void *other_arg;
	char error[320];	/* why the last request failed */
};

int netlink_open(struct netlink *nl, int protocol);
/* Takes over a socket that somebody else opened, when it succeeds. */
int netlink_take(struct netlink *nl, int fd);
void netlink_close(struct netlink *nl);
int netlink_join(struct netlink *nl, uint32_t group);
/* One that begins with @head, of @len octets, for attributes to be added; NULL: out of memory. */
struct nl_msg *netlink_message(int type, int flags, const void *head, size_t len);
/*
 * Send @msg (flags REQUEST and, unless it is a dump, ACK are added) and wait for
 * the answer. 0 or negative errno, with nl->error filled. Takes @msg over, NULL
 * counts as out of memory. A dump the kernel calls inconsistent is -EINTR.
 */
int netlink_request(struct netlink *nl, struct nl_msg *msg, netlink_fn fn, void *arg);
/*
 * Hand what has arrived to @fn, at most @limit datagrams, without blocking.
 * Number of datagrams read, or negative; -ENOBUFS: some were lost.
 */
int netlink_receive(struct netlink *nl, int limit, netlink_fn fn, void *arg);

static inline void nlmsg_freep(struct nl_msg **msg)
{
	if (*msg)
		nlmsg_free(*msg);
}

#endif /* DATAPATH_KO_GENL_H */
