/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XenStore's protocol on one file descriptor: the socket of the store's daemon, or the
 * kernel's device. libxenstore asks one thing at a time, each in some six system calls and,
 * where there are watches, by way of a thread; VMs wait meanwhile. Here requests go out
 * together and their answers come back in one read.
 *
 * Watch events that come between answers wait in memory: the descriptor alone does not say
 * whether there are any, wire_pending() does.
 */
#ifndef XEN_WIRE_H
#define XEN_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_EVENTS_MAX	(1U << 20)	/* octets of events that wait; more, and all go */

struct wire {
	int fd;
	bool is_socket;
	int broken;			/* what ended it; 0: nothing */
	uint32_t last_id;
	char in[16384];			/* more than the largest message */
	size_t taken, have;
	char *events;			/* "path\0token\0" of each */
	size_t events_at, events_end, events_room;
	bool dropped;			/* some, for want of room */
};

struct wire_ask {
	uint32_t type;			/* XS_READ, ... */
	const char *path;
	const char *token;		/* or NULL */
	int r;				/* 0 or what the store answered: -ENOENT, ... */
	char *answer;			/* followed by a NUL, to be freed; NULL if r is negative */
	size_t len;
};

/* Takes @fd, which is closed with it. */
void wire_init(struct wire *wire, int fd, bool is_socket);
void wire_close(struct wire *wire);
/* All at once; negative if the connection is lost, and then there are no answers. */
int wire_ask(struct wire *wire, struct wire_ask *asks, size_t count);
/*
 * 1 and one event, to be read before the next call; 0: none has arrived; -ENOBUFS, once: some
 * were dropped, so look at everything; else negative: lost.
 */
int wire_event(struct wire *wire, const char **ret_path, const char **ret_token);
bool wire_pending(const struct wire *wire);

#endif /* XEN_WIRE_H */
