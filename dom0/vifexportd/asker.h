/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What vifexportd asks vifswitchd: one question of each kind is under way at a time. */
#ifndef VIFEXPORTD_ASKER_H
#define VIFEXPORTD_ASKER_H

#include "base/control-asker.h"

enum question { ASK_TOLD, ASK_SHOW, ASK_STATUS, QUESTIONS };

struct asker {
	struct control_asker to;	/* with event and path; asker_init() sets the others */
	bool complained;		/* of what is not told; once, until it is */
	/* @result: NULL: there is none; is the callee's to keep by json_incref(). */
	void (*answer)(enum question question, const json_t *result, void *arg);
	/* It is another daemon, or none. */
	void (*lost)(void *arg);
	void *arg;
};

void asker_init(struct asker *a, sd_event *event, const char *path);
void asker_ask(struct asker *a, enum question question, json_t *param);
void asker_close(struct asker *a);
/* vifswitchd's socket of flow records and samples. Waits a second at most. */
int asker_flow_socket(const char *path);

#endif /* VIFEXPORTD_ASKER_H */
