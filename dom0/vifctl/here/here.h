/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects of the database beside how they do on this host: mirrors and exporters. */
#ifndef VIFCTL_HERE_HERE_H
#define VIFCTL_HERE_HERE_H

#include <jansson.h>

#include "vifctl/policy.h"
#include "vifctl/policy/object-view.h"

/* What vifswitchd says of all of the kind; NULL if nobody answers. */
json_t *here_ask(enum object_kind kind);
/* Of that one; NULL: it is not known. */
json_t *here_of(const json_t *doc, const struct object *o);
/* "  title   text", unless the text is empty. */
void here_line(FILE *out, const char *title, const char *text);

/* All of the kind in order, or the one that is named, with what is said of them here. */
struct here_view {
	enum object_kind kind;
	void (*list)(struct vifctl *v, struct object **objects, size_t count, const json_t *doc);
	void (*show)(const json_t *here, FILE *out);
};

int here_list(struct vifctl *v, const struct here_view *view);
int here_show(struct vifctl *v, const struct here_view *view);

/* A list that vifswitchd tells whole: its entries as text, or as JSON. */
struct here_told {
	const char *method, *entries;	/* the request, and the key of the list in its answer */
	const char *names[2];		/* by which keys of an entry it can be named; NULL: none */
	const char *unknown;		/* "NAME": this */
	void (*show)(const json_t *entry, FILE *out);
	void (*complete)(json_t *doc);	/* by what is found out here; NULL: nothing is */
};

/* All of the list, or what the first operand names. */
int here_show_told(struct vifctl *v, const struct here_told *told);

#endif /* VIFCTL_HERE_HERE_H */
