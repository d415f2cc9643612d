/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connection to XenStore. Reads are bounded and synchronous; watches are
 * drained in portions. The kernel's device says nothing when the store goes away while
 * we only wait, so the owner calls xenstore_alive() now and then. After any
 * -EIO, -EPIPE, ... close, open again and read everything anew.
 */
#ifndef XEN_XENSTORE_H
#define XEN_XENSTORE_H

#include <stdbool.h>
#include <stddef.h>

struct xenstore;

int xenstore_open(struct xenstore **ret);
struct xenstore *xenstore_close(struct xenstore *xs);
int xenstore_fd(struct xenstore *xs);
/* Events wait in memory, of which the descriptor says nothing. */
bool xenstore_pending(const struct xenstore *xs);
bool xenstore_alive(struct xenstore *xs);
/* 1: it begins with an event of itself; 0: it was there. */
int xenstore_watch(struct xenstore *xs, const char *path, const char *token);
void xenstore_unwatch(struct xenstore *xs, const char *path, const char *token);
/* 1 and a call of @fn for one event; 0: none left; -ENOBUFS, once: some were dropped; else lost. */
int xenstore_event(struct xenstore *xs,
		   void (*fn)(const char *path, const char *token, void *arg), void *arg);
/*
 * The value of a node, NUL-terminated, to be freed. -ENOENT: no such node;
 * -E2BIG: longer than @max octets; -EBADMSG: holds a NUL; -ENOTCONN and others:
 * the connection is lost.
 */
int xenstore_read(struct xenstore *xs, const char *path, size_t max, char **ret);
#define XENSTORE_AT_ONCE	16
struct xenstore_value {
	char path[96];
	size_t max;
	int r;			/* as of xenstore_read() */
	char *text;		/* to be freed; NULL where r is negative */
};
/* Up to XENSTORE_AT_ONCE, for the price of one; negative if the connection is lost. */
int xenstore_read_all(struct xenstore *xs, struct xenstore_value *values, size_t count);
/* Names of a node's children in one block to be freed; -ENOENT as above. */
int xenstore_list(struct xenstore *xs, const char *path, char ***ret, unsigned int *ret_count);
/* 0 if nobody but the control domain can write a node; else -EACCES. -ENOENT as above. */
int xenstore_trusted(struct xenstore *xs, const char *path);
/* Is a negative return from the above the end of the connection? */
bool xenstore_lost(int r);

#endif /* XEN_XENSTORE_H */
