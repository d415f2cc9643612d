/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection to charon's socket: requests one after the other, events between them. Nothing
 * here waits; whatever is wrong with the other end closes the connection.
 */
#ifndef IPSEC_CHARON_H
#define IPSEC_CHARON_H

#include <systemd/sd-event.h>

#include "vici/vici.h"

#define CHARON_WHO_MAX	72

struct charon_request {
	enum vici_kind kind;		/* VICI_REQUEST, VICI_REGISTER */
	char name[32];
	json_t *message;		/* NULL: none */
	char who[CHARON_WHO_MAX];	/* the asker's own */
};

struct charon {
	sd_event *event;
	sd_event_source *io;
	uint8_t *in, *out;
	size_t in_len, in_room, out_len, out_done;
	struct charon_request *queue;	/* the first is under way */
	size_t count, room;
	/* @message NULL: charon does not know the command. */
	void (*answer)(const struct charon_request *request, const json_t *message, void *arg);
	void (*said)(const char *event, const json_t *message, void *arg);
	void (*lost)(const char *why, void *arg);
	void *arg;
};

/* Negative errno. */
int charon_open(struct charon *c, const char *path);
void charon_close(struct charon *c);
static inline bool charon_is_open(const struct charon *c)
{
	return c->io;
}

/* Takes over @message, whatever comes. @who may be NULL. */
void charon_ask(struct charon *c, enum vici_kind kind, const char *name, json_t *message,
		const char *who);

#endif /* IPSEC_CHARON_H */
