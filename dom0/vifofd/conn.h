/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFOFD_CONN_H
#define VIFOFD_CONN_H

#include "vifofd/spoken.h"

#define PAUSE_OCTETS	(1u << 20)	/* wait to be taken: nothing is read meanwhile */
#define TURN_MESSAGES	256		/* then others have their turn */

struct stream;

struct conn {
	TAILQ_ENTRY(conn) link;
	struct bridge *bridge;
	struct controller *controller;	/* that it belongs to, or NULL */
	struct controller *listener;	/* that it came to, or NULL */
	struct stream *stream;
	struct of_session *session;
	sd_event_source *io;
	uint8_t *in;
	size_t in_len, in_size;
	size_t snooped;			/* of session->out: those who look on have it */
	bool more;			/* whole messages are left in @in */
	uint64_t since;			/* ms */
	uint64_t probed;		/* ms; 0: it has answered */
	uint64_t stalled;		/* ms since when it takes nothing; 0: it does */
};

/* Takes over @fd. @controller: whose it is, or that it came to. */
struct conn *conn_new(struct bridge *b, int fd, struct controller *controller, const char *name);
void conn_close(struct conn *c, const char *why);
/* What waits to be sent, as far as it is taken. */
void conn_send(struct conn *c);
/* Those who look on get what was added to its output. */
void conn_snoop_out(struct conn *c);
void conn_tick(struct conn *c);

#endif /* VIFOFD_CONN_H */
