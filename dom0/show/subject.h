/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a port, an FDB entry, an event or a count of drops is about. Every
 * document says it with the same members: "switch", "netdev", "ifindex", "vm",
 * "devid".
 */
#ifndef SHOW_SUBJECT_H
#define SHOW_SUBJECT_H

#include <jansson.h>

#include "xen/identity.h"

/* The VM's interface that a netdev belongs to. */
struct owner {
	bool known;		/* else the netdev is no VM's */
	const char *name;	/* of the VM; NULL: not known */
	int64_t domid;		/* negative: not known */
	struct identity identity;
};

struct subject {
	const char *sw;		/* NULL: in none */
	const char *netdev;	/* NULL: there is none yet */
	uint32_t ifindex;	/* 0: likewise */
	struct owner owner;
};

/* As far as a port's cookie tells; the VM's name is not in it. */
void owner_from_cookie(struct owner *ret, const void *cookie, uint32_t len);
json_t *subject_json(const struct subject *subject);
/* The same subject as that of another document. */
json_t *subject_copy(const json_t *document);

#endif /* SHOW_SUBJECT_H */
