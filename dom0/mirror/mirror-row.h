/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A Mirror row, as it is meant: whose frames, and where copies go. It is the same on
 * every host; what of it is here, mirrors.h finds out, and where its sensor is: on another
 * host that is sent the copies (relay.h), until the sensor is here.
 */
#ifndef MIRROR_MIRROR_ROW_H
#define MIRROR_MIRROR_ROW_H

#include "datapath/messages.h"
#include "mirror/erspan.h"
#include "mirror/relay.h"
#include "policy/port-choice.h"
#include "policydb/place.h"

enum mirror_output {
	MIRROR_TO_VIF,
	MIRROR_TO_NETDEV,
	MIRROR_TO_VLAN,
	MIRROR_TO_REMOTE,
};

struct mirror {
	uint8_t uuid[16];
	char name[POLICY_NAME_MAX + 1];
	bool enabled;
	struct problem *problem;	/* it cannot be; what else it says is not meant */

	unsigned int direction;		/* MIRROR_FROM, MIRROR_TO */
	struct port_choice sources;
	bool has_filter;
	uint8_t filter[16];		/* the ACL's UUID */
	uint32_t filter_id;		/* its number, when it has one */

	enum mirror_output output;
	struct row_vif to_vif;
	char to_netdev[IFNAMSIZ];
	struct erspan remote;
	struct dp_mirror_spec spec;	/* but for output_port and acl */

	/* Of MIRROR_TO_VIF, where the sensor is: */
	bool here;
	struct policy_place place;	/* another host that has it */
	bool away;			/* copies go there, by @relay */
	struct relay relay;
	/* It is no row: copies that come to a sensor here, by @relay, if that has a name. */
	bool inbound;
};

struct mirror *mirror_read(const uint8_t uuid[16], const struct policy_row *row);
void mirror_free(struct mirror *m);
/* It is meant, and nothing speaks against it. */
static inline bool mirror_is_on(const struct mirror *m)
{
	return m->enabled && !m->problem;
}
/* The first problem stays. */
void mirror_refuse(struct mirror *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* How its copies leave this host. */
static inline enum mirror_output mirror_goes(const struct mirror *m)
{
	return m->away ? MIRROR_TO_REMOTE : m->output;
}
/* What the netdev is made as that copies leave by; NULL: it is not made for them. */
static inline const struct link_spec *mirror_link(const struct mirror *m)
{
	return m->away ? &m->relay.spec : m->output == MIRROR_TO_REMOTE ? &m->remote.spec : NULL;
}
/* Is that VIF its sensor? */
bool mirror_has_sensor(const struct mirror *m, const uint8_t vm[16], uint32_t devid);
/* Have both the same VIF as sensor? */
bool mirror_same_sensor(const struct mirror *a, const struct mirror *b);
/* Do copies of both go to one port? */
bool mirror_same_output(const struct mirror *a, const struct mirror *b);
/* The netdev that copies leave by, if that is how its output is known; else NULL. */
const char *mirror_netdev(const struct mirror *m);

#endif /* MIRROR_MIRROR_ROW_H */
