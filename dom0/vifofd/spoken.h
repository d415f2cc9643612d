/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A switch with those who speak OpenFlow with it: the sockets NAME.mgmt and NAME.snoop, and the
 * controllers that are configured.
 */
#ifndef VIFOFD_SPOKEN_H
#define VIFOFD_SPOKEN_H

#include <systemd/sd-event.h>

#include "base/clock.h"
#include "base/retry.h"
#include "openflow/of-peer.h"
#include "policy/bounds.h"
#include "vifofd/of-kernel.h"
#include "vifofd/of-place.h"
#include "vifofd/of-trial.h"

#define CONNECTIONS_MAX		64	/* to one socket of a switch */
#define PROBE_MS		5000	/* of silence, then it is asked, and then it is gone */
#define HELLO_MS		10000	/* for TLS and hello */
#define IDLE_MS			60000	/* of those who came to us, between probes */
#define STANDALONE_MS		15000	/* without a controller, before fail mode standalone acts */

struct tls;
struct bridge;
struct conn;
struct vm_flows;

enum fail_mode { FAIL_STANDALONE, FAIL_SECURE };

struct controller {
	struct bridge *bridge;
	char *text;
	struct place place;
	struct conn *conn;		/* of an active one */
	int fd;				/* of one that listens, or that is on its way; -1 */
	sd_event_source *io;
	struct retry retry;		/* at 0: now */
	unsigned int served;		/* connections that came to it */
	bool keep;
};

struct bridge {
	TAILQ_ENTRY(bridge) link;
	sd_event *event;
	struct tls *tls;		/* NULL: there are no keys */
	struct of_switch sw;
	struct trial *trial;		/* NULL: not in memory, but */
	struct kernel *kernel;		/* in the kernel */
	sd_event_source *kernel_io;
	struct retry attach;		/* to the kernel */
	uint64_t kept_changes, kept_next, kept_generation;	/* of-kept.c's */
	int kept_log;			/* -1: none */
	uint32_t ifindex;		/* of the switch there */
	bool wanted;			/* was told of in the last answer */
	char error[PROBLEM_MAX];	/* what is wrong with what was told */
	uint32_t versions;		/* bits that are spoken; 0: all that can be */
	void (*flush)(struct bridge *b);	/* send what sessions have to send */
	enum fail_mode fail_mode;
	struct vm_flows *vm_flows;	/* NULL: none were ever told */
	bool default_flow;		/* no controller is configured, so NORMAL was put in */
	struct controller *controllers[CONTROLLERS_MAX];
	size_t controller_count;
	struct controller *mgmt, *snoop;
	TAILQ_HEAD(, conn) conns;
	uint64_t alone_since;		/* ms; 0: a controller is there */
	uint64_t warp;			/* ms that the clock was moved, for tests */
};

static inline void bridge_set_now(struct bridge *b)
{
	b->sw.now = (uint64_t)clock_ms() + b->warp;
}

#endif /* VIFOFD_SPOKEN_H */
