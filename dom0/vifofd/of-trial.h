/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A datapath in memory, for trying out controllers and for tests: frames are given to it, it
 * carries out flows one by one, plainly, and keeps what it would have sent. It is no switch:
 * NORMAL is FLOOD, and nothing is learned.
 */
#ifndef VIFOFD_TRIAL_H
#define VIFOFD_TRIAL_H

#include "openflow/of-switch.h"

#define TRIAL_SENT_MAX	1024	/* frames; older ones go */

struct trial_sent {
	uint32_t port;
	size_t len;
	uint8_t *data;
};

struct trial {
	struct of_switch *sw;
	enum of_miss miss;
	struct trial_sent sent[TRIAL_SENT_MAX];
	size_t sent_count;
};

extern const struct of_datapath_ops trial_ops;

/* A frame came in by that port. */
void trial_receive(struct trial *t, uint32_t port, const uint8_t *frame, size_t len);
void trial_forget_sent(struct trial *t);

#endif /* VIFOFD_TRIAL_H */
