/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFOFD_BRIDGE_H
#define VIFOFD_BRIDGE_H

#include "vifofd/spoken.h"

struct bridge_settings {
	uint64_t dpid;
	enum fail_mode fail_mode;
	const char *controllers[CONTROLLERS_MAX];
	size_t controller_count;
};

int bridge_new(sd_event *event, const char *directory, const char *name, struct tls *tls,
	       struct bridge **ret, struct problem *problem);
void bridge_free(struct bridge *b);
/* All or nothing; what stays the same is left alone. */
int bridge_configure(struct bridge *b, const struct bridge_settings *settings,
		     struct problem *problem);
/* Several times a second. */
void bridge_tick(struct bridge *b);
/* Send what sessions have to send. After whatever may have made them. */
void bridge_flush(struct bridge *b);

#endif /* VIFOFD_BRIDGE_H */
