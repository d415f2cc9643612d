/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documents as text. Nothing here talks to anybody. */
#ifndef VIFCTL_VIEW_H
#define VIFCTL_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

void view_tree(const json_t *doc, bool utf8, FILE *out);		/* of "show" */
/* Of "pool status": a line if this host's copy of the pool's database is old. */
void view_pool_age(const json_t *status, FILE *out);
void view_dot(const json_t *doc, FILE *out);				/* the same for graphviz */
void view_port_list(const json_t *ports, FILE *out);
void view_port(const json_t *port, FILE *out);				/* everything of one */
void view_oam(const json_t *link, FILE *out);				/* of "links" */
void view_openflow(const json_t *sw, FILE *out);			/* of "switches" */
void view_uplink(const json_t *uplink, FILE *out);			/* of "uplinks" */
void view_fdb(const json_t *entries, FILE *out);
void view_vfs(const json_t *vfs, FILE *out);
void view_multicast(const json_t *entries, FILE *out);
void view_sessions(const json_t *sessions, const json_t *port, FILE *out);	/* of one port */
void view_drops(const json_t *drops, FILE *out);			/* of drops_of() */
/* Of why_explain(); @all: every rule that was tried, else the nearest few. */
void view_why(const json_t *doc, bool all, FILE *out);
void view_event(const json_t *event, FILE *out);			/* one line */

void view_drop_event(const json_t *event, FILE *out);			/* one line, in words */

/* "  (rule R of ACL A)", or "": to be freed. */
char *event_rule_text(const json_t *event);

#endif /* VIFCTL_VIEW_H */
