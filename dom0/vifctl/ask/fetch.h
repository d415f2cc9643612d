/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documents from vifswitchd. All return an exit status and say what went wrong. */
#ifndef VIFCTL_ASK_FETCH_H
#define VIFCTL_ASK_FETCH_H

#include <jansson.h>

#include "base/control-client.h"

#define FETCH_LIMIT_MS	10000
#define FETCH_LINE_MAX	(256U << 20)	/* a full forwarding table is about 60 MB */

/* VIFCTL_UNAVAILABLE, silently, if nobody listens. */
int fetch_open(struct control_client *c);
/* One request, one reply; *ret is the result. */
int fetch_call(struct control_client *c, const char *method, json_t **ret);
/* The same with a parameter, which is stolen. */
int fetch_call_with(struct control_client *c, const char *method, json_t *param, json_t **ret);
/* The same of what vifswitchd alone can do: says so if it does not run. */
int fetch_daemon(const char *method, json_t *param, json_t **ret);
/* *ret stays as it is if the daemon is of a release that does not know the method. */
int fetch_call_optional(struct control_client *c, const char *method, json_t **ret);
/* "show", "fdb" or "multicast" from the kernel, with a warning that it is. */
int fetch_kernel(const char *method, json_t **ret);
/* "show", "fdb" or "multicast" from the daemon, else from the kernel with a warning. */
int fetch_document(const char *method, json_t **ret);
/* Of "show": the ports that @word means (select.h), or all if it is NULL. */
int fetch_ports(const char *word, json_t **ret_doc, json_t **ret_ports);

#endif /* VIFCTL_ASK_FETCH_H */
