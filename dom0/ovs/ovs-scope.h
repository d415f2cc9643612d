/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is said about a row of the Open_vSwitch database, and about those that belong to it:
 * sentences in the order in which they are found. Of one that is closed nothing is made.
 */
#ifndef OVS_SCOPE_H
#define OVS_SCOPE_H

#include <jansson.h>
#include <stdbool.h>

#define OVS_SENTENCES_MAX	16	/* kept of one row; each is bounded by struct problem */

struct ovs_scope {
	json_t *texts;		/* array of strings */
	bool closed;
};

void ovs_scope_init(struct ovs_scope *s);
void ovs_scope_deinit(struct ovs_scope *s);
void ovs_say(struct ovs_scope *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void ovs_close(struct ovs_scope *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void ovs_scope_add(struct ovs_scope *s, const struct ovs_scope *more);
/* Each column of the row that the table of columns refuses. */
void ovs_scope_refuse(struct ovs_scope *s, const char *table, const json_t *row);

#endif /* OVS_SCOPE_H */
