/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection to vifswitchd on which questions are asked without waiting for answers. A
 * daemon that goes away is connected to again at the next question.
 */
#ifndef BASE_CONTROL_ASKER_H
#define BASE_CONTROL_ASKER_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "base/control-client.h"

#define CONTROL_QUESTIONS_MAX	8

struct control_asker {
	sd_event *event;
	const char *path;		/* of the control socket */
	struct control_client client;
	sd_event_source *io;
	bool asked[CONTROL_QUESTIONS_MAX];
	int64_t asked_ms[CONTROL_QUESTIONS_MAX];
	/*
	 * @result NULL: there is none, and @error says why, or is NULL, too. @result is the
	 * callee's to keep by json_incref().
	 */
	void (*answer)(unsigned int question, const json_t *result, const char *error, void *arg);
	/* It is another daemon, or none. */
	void (*lost)(void *arg);
	void *arg;
};

/*
 * @question is the asker's own number, below CONTROL_QUESTIONS_MAX, for @method. One that is
 * under way is not asked again, unless @again says that each is another. Takes over @param.
 */
void control_asker_ask(struct control_asker *a, unsigned int question, const char *method,
		       json_t *param, bool again);
void control_asker_close(struct control_asker *a);

#endif /* BASE_CONTROL_ASKER_H */
