/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One mirror of the document "mirrors": how it does on this host. */
#ifndef SHOW_MIRROR_DOCUMENT_H
#define SHOW_MIRROR_DOCUMENT_H

#include <jansson.h>

#include "mirror/mirrors.h"

enum mirror_state {
	MIRROR_DOWN,		/* its row says so */
	MIRROR_REFUSED,		/* it cannot be */
	MIRROR_MODULE_OLD,	/* the module that is loaded has no mirrors */
	MIRROR_NO_SOURCE,	/* none of its sources is here */
	MIRROR_NO_OUTPUT,	/* what its copies go to is not here, or not yet */
	MIRROR_FAILED,		/* the kernel refused it */
	MIRROR_WAITING,
	MIRROR_IN_FORCE,
};

const char *mirror_state_word(enum mirror_state state);

/* On one switch. */
struct mirror_use_facts {
	const struct mirrors *all;
	const struct mirror_use *use;
	const char *error;		/* of its output's netdev; NULL: none */
	const char *output;		/* the netdev that copies leave by; NULL: none, or a VLAN */
	json_t *sources;		/* names of netdevs that are copied; stolen */
	const struct vifswitch_mirror_stats *stats;	/* NULL: the kernel has none */
};

json_t *mirror_use_json(const struct mirror_use_facts *facts);

/* Steals @notes, sentences of what is to know of it, and @switches, of mirror_use_json(). */
json_t *mirror_json(const struct mirrors *all, const struct mirror *m, json_t *notes,
		    json_t *switches);

#endif /* SHOW_MIRROR_DOCUMENT_H */
