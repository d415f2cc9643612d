/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a hotplug script is asked and what it answers, without I/O: the words
 * and environment libxl (or udev) gives become a request for vifswitchd, the
 * daemon's reply becomes an outcome.
 */
#ifndef HOTPLUG_INVOCATION_H
#define HOTPLUG_INVOCATION_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOTPLUG_BACKEND_MAX	80	/* "/local/domain/B/backend/vif/D/V" with room */
#define HOTPLUG_MESSAGE_MAX	1024	/* a driver domain's XenStore nodes hold 2048 */
#define HOTPLUG_LINE_MAX	512
#define HOTPLUG_DOMID_MAX	0x7fefU	/* the last below Xen's reserved ones */
#define HOTPLUG_DEVID_MAX	0x7fffffffU

enum hotplug_action {
	HOTPLUG_ONLINE,
	HOTPLUG_OFFLINE,
	HOTPLUG_ADD,
	HOTPLUG_REMOVE,
};

enum hotplug_type {
	HOTPLUG_VIF,
	HOTPLUG_TAP,
};

struct hotplug_request {
	enum hotplug_action action;
	enum hotplug_type type;
	bool by_udev;				/* udev runs us, not a toolstack */
	char backend[HOTPLUG_BACKEND_MAX];	/* as given: absolute or relative */
	uint32_t domid, devid;			/* of it */
	char netdev[IFNAMSIZ];
};

struct hotplug_outcome {
	bool ok;
	char message[HOTPLUG_MESSAGE_MAX];	/* why not; printable, one line */
};

/* True when the port is to be there afterwards. */
bool hotplug_plugs(const struct hotplug_request *req);

/* On failure (-EINVAL) err says what is wrong and what would be accepted. */
int hotplug_request_parse(int argc, char *const *argv, char *const *envp,
			  struct hotplug_request *ret, struct hotplug_outcome *err);

/* The request as a line for the control socket; returns its length. */
size_t hotplug_request_line(const struct hotplug_request *req, unsigned int timeout_ms,
			    char line[HOTPLUG_LINE_MAX]);

void hotplug_outcome_reply(const struct hotplug_request *req, const char *line, size_t len,
			   struct hotplug_outcome *ret);
void hotplug_outcome_fail(struct hotplug_outcome *ret, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* HOTPLUG_INVOCATION_H */
