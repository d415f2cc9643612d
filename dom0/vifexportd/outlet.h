/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One collector: its socket, what its encoder wrote and the socket has not taken yet, and
 * what it lost. Nothing here waits, and what it keeps is bounded, for itself and for all
 * outlets together: a collector that is away or slow costs its own records, which are
 * counted, and nobody else's.
 *
 * Nothing that a collector sends is read. One that does not take what TCP brings it, or is
 * not there, is tried again at longer and longer intervals; a new connection begins with
 * templates and a sequence of its own.
 */
#ifndef VIFEXPORTD_OUTLET_H
#define VIFEXPORTD_OUTLET_H

#include <jansson.h>
#include <systemd/sd-event.h>

#include "base/endpoint.h"
#include "export/tell.h"

#define OUTLET_QUEUE_MAX	(256U << 10)	/* octets of one */
#define OUTLETS_QUEUE_MAX	(32U << 20)	/* of all */

struct outlet_slot {
	struct outlet_slot *next;
	uint32_t records;
	size_t len, done;
	uint8_t octets[];
};

enum outlet_state { OUTLET_DOWN, OUTLET_CONNECTING, OUTLET_UP };

struct outlet {
	sd_event *event;
	struct endpoint to;
	bool tcp;
	bool own_agent;			/* sFlow's agent is the address that it is sent from */
	size_t *queued_all;		/* octets in the queues of all outlets */
	struct encoder_settings settings;
	struct encoder encoder;
	bool encoding;			/* the encoder is there */
	enum outlet_state state;
	int fd;
	sd_event_source *io;
	uint64_t since_us;		/* in that state */
	uint64_t taken_us;		/* when something was taken last, or began to wait */
	uint64_t retry_us, delay_us;
	struct outlet_slot *first, **last;
	size_t queued;
	uint32_t last_records;		/* of what was sent last */
	uint64_t records, datagrams, lost;
	uint64_t left_out;		/* by encoders that are gone */
	int error;			/* errno of what was wrong last; 0: nothing */
};

/* @settings: but for send and arg; agent where it is given. Copies. */
void outlet_init(struct outlet *o, sd_event *event, const struct endpoint *to, bool tcp,
		 const struct encoder_settings *settings, bool own_agent, size_t *queued_all);
void outlet_deinit(struct outlet *o);
/* Once a second: opens what is to be open; what was begun goes out. */
void outlet_tick(struct outlet *o, uint64_t now_ms);
/* What it is told by now, if it can be told anything; else the record is lost: NULL. */
struct encoder *outlet_encoder(struct outlet *o);
json_t *outlet_json(const struct outlet *o);

#endif /* VIFEXPORTD_OUTLET_H */
