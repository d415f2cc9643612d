/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What doctor's checks have in common: the facts, and what was found in them. */
#ifndef VIFCTL_DOCTOR_FINDING_H
#define VIFCTL_DOCTOR_FINDING_H

#include <jansson.h>
#include <stdbool.h>

enum severity { ERROR, WARNING, HINT, SEVERITIES };

struct doctor {
	const json_t *facts, *ports, *switches;
	json_t *found[SEVERITIES];
};

/* Frees @text and @command. */
void find(struct doctor *d, enum severity severity, const char *check, const char *subject,
	  char *text, char *command);

/* @command with @name in place of its one "%s". */
char *command_with(const char *command, const char *name);
bool is(const json_t *object, const char *key, const char *value);
json_int_t number(const json_t *object, const char *key);
bool is_vif(const json_t *port);
bool in_force(const json_t *port);
/* "web/0", or the netdev's name; to be freed. */
char *label_of(const json_t *port);

#endif /* VIFCTL_DOCTOR_FINDING_H */
