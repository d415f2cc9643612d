/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFOFD_BRIDGE_H
#define VIFOFD_BRIDGE_H

#include "vifofd/spoken.h"

struct bridge_settings {
	uint64_t dpid;
	enum fail_mode fail_mode;
	uint32_t versions;		/* bits that are spoken; 0: all that can be */
	const char *controllers[CONTROLLERS_MAX];
	size_t controller_count;
};

/* @trial: it is kept in memory, else in the kernel. */
int bridge_new(sd_event *event, const char *directory, const char *name, struct tls *tls,
	       bool trial, struct bridge **ret, struct problem *problem);
void bridge_free(struct bridge *b);
/* All or nothing; what stays the same is left alone. */
int bridge_configure(struct bridge *b, const struct bridge_settings *settings,
		     struct problem *problem);
/* What the kernel holds is by this socket, which it takes over; what is there becomes ours. */
int bridge_attach(struct bridge *b, const struct kernel_grant *grant);
/* Several times a second. */
void bridge_tick(struct bridge *b);
/* Send what sessions have to send. After whatever may have made them. */
void bridge_flush(struct bridge *b);

#endif /* VIFOFD_BRIDGE_H */
