/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection to vifswitchd on which questions are asked without waiting for answers. One
 * of each method is under way at a time; a daemon that goes away is connected to again at
 * the next question.
 */
#ifndef VIFEXPORTD_ASKER_H
#define VIFEXPORTD_ASKER_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "base/control-client.h"

enum question { ASK_TOLD, ASK_SHOW, ASK_STATUS, QUESTIONS };

struct asker {
	sd_event *event;
	const char *path;		/* of the control socket */
	struct control_client client;
	sd_event_source *io;
	bool asked[QUESTIONS];
	int64_t asked_ms[QUESTIONS];
	bool complained;		/* of what is not told; once, until it is */
	/* @result: NULL: there is none; is the callee's to keep by json_incref(). */
	void (*answer)(enum question question, const json_t *result, void *arg);
	/* It is another daemon, or none. */
	void (*lost)(void *arg);
	void *arg;
};

void asker_ask(struct asker *a, enum question question, json_t *param);
void asker_close(struct asker *a);
/* vifswitchd's socket of flow records and samples. Waits a second at most. */
int asker_flow_socket(const char *path);

#endif /* VIFEXPORTD_ASKER_H */
