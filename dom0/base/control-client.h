/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client's end of vifswitchd's control socket (see control.h): lines out,
 * lines in, each with a deadline. What the lines say is the callers' business.
 *
 * Deadlines are milliseconds of clock_ms(); CONTROL_CLIENT_FOREVER
 * waits without one. All calls return 0 or a negative errno:
 *   -ETIMEDOUT   the deadline passed; what was received so far is kept
 *   -ECONNRESET  the daemon went away; close and open again
 *   -EMSGSIZE    a line is longer than the caller allows
 *   -EINTR       a signal arrived; calling again goes on where it stopped
 */
#ifndef VIFSWITCH_CONTROL_CLIENT_H
#define VIFSWITCH_CONTROL_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/json-rpc.h"

#define CONTROL_CLIENT_FOREVER	INT64_MAX

struct control_client {
	int fd;
	struct json_rpc_input in;
};

#define CONTROL_CLIENT_INIT	{ .fd = -1 }

/* The path of the socket: $VIFSWITCH_CONTROL or the built-in one. */
const char *control_client_path(void);

/*
 * Connects without waiting. -ENOENT, -ECONNREFUSED: nobody listens; -EAGAIN:
 * the daemon's backlog is full, try again; -EPERM: the listener is neither
 * root nor ourselves. The descriptor is close-on-exec. @max limits a line.
 */
int control_client_open(struct control_client *c, const char *path, size_t max);

/* Accepts a client that was never opened or is closed already. */
void control_client_close(struct control_client *c);

/* Until there is something to read, for who reads the descriptor. */
int control_client_wait(const struct control_client *c, int64_t deadline);

/* The newline is part of what the caller gives. */
int control_client_send(struct control_client *c, const char *line, size_t len, int64_t deadline);

/* The next line, without its newline; valid until the next call. */
int control_client_receive(struct control_client *c, int64_t deadline,
			   const char **ret_line, size_t *ret_len);

/*
 * Ask for a netlink socket: the descriptor, which is generic netlink's, or a negative errno;
 * -EACCES: it was refused. The answer, a short one, is *ret_result. Takes over @param. Waits a
 * second at most.
 */
int control_client_fetch(const char *path, const char *method, json_t *param,
			 json_t **ret_result);

#endif /* VIFSWITCH_CONTROL_CLIENT_H */
