/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ovs-appctl is answered in place of ovs-vswitchd, in the form that Open vSwitch 3.1
 * prints it. No I/O.
 */
#ifndef OVS_APPCTL_H
#define OVS_APPCTL_H

#include <jansson.h>
#include <stdbool.h>

/* What must be asked of vifswitchd first. */
enum appctl_question { APPCTL_NOTHING, APPCTL_UPLINKS, APPCTL_FDB, APPCTL_QUESTIONS };

struct appctl_request {
	const json_t *params;	/* array; whatever is no string is "" */
	const json_t *db;	/* Open_vSwitch, as ovs-view.h has databases */
	const json_t *answer;	/* vifswitchd's document, docs/schema; NULL if nothing was asked */
};

struct appctl_command {
	const char *name, *usage;
	size_t least, most;	/* parameters */
	enum appctl_question question;
	/* To be freed; *ret_bad: it is what is wrong. */
	char *(*run)(const struct appctl_request *request, bool *ret_bad);
};

/*
 * NULL, and what is wrong with the request, to be freed, in *ret_wrong: there is no such
 * command, or not with so many parameters.
 */
const struct appctl_command *appctl_find(const char *name, size_t params, char **ret_wrong);

#endif /* OVS_APPCTL_H */
