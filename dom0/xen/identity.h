/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cookies: what the kernel keeps on a port so that a restarted daemon knows
 * whose it is. "UUID/DEVID" for a VM's port; "domid:N/DEVID" where a driver
 * domain cannot learn UUIDs; "uplink:NETDEV"; "sensor:NETDEV"; "tunnel:NETDEV"; "local".
 */
#ifndef XEN_IDENTITY_H
#define XEN_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "vifswitch/abi.h"

#define COOKIE_LOCAL	"local"

struct cookie {
	char text[VIFSWITCH_COOKIE_MAX + 1];
	uint32_t len;
};

enum cookie_kind {
	COOKIE_FOREIGN,		/* none of ours, or none at all: hands off */
	COOKIE_VIF,
	COOKIE_UPLINK,
	COOKIE_SENSOR,
	COOKIE_TUNNEL,
	COOKIE_IS_LOCAL,
};

/* What the cookie of a VM's port says. */
struct identity {
	bool has_uuid;
	uint8_t uuid[16];
	uint32_t domid;		/* without a UUID */
	uint32_t devid;
};

void cookie_for_vif(struct cookie *c, const uint8_t uuid[16], uint32_t devid);
void cookie_for_domid(struct cookie *c, uint32_t domid, uint32_t devid);
void cookie_for_uplink(struct cookie *c, const char *netdev);
void cookie_for_sensor(struct cookie *c, const char *netdev);
void cookie_for_tunnel(struct cookie *c, const char *netdev);
void cookie_for_local(struct cookie *c);
/* Sets @ret with COOKIE_VIF only. */
enum cookie_kind cookie_parse(const void *data, uint32_t len, struct identity *ret);
enum cookie_kind cookie_kind(const void *data, uint32_t len);
bool cookie_equal(const struct cookie *c, const void *data, uint32_t len);
/* The UUID of a "/vm/UUID" value of XenStore. */
bool identity_from_vm_path(const char *path, uint8_t ret_uuid[16]);
/*
 * During a migration XAPI gives the two halves of a VM temporary UUIDs that end
 * in 000000000001 (destination) or 000000000000 (source). Returns the node under
 * /vm/UUID that holds the real one, or NULL for an ordinary UUID.
 */
const char *identity_alias_node(const uint8_t uuid[16]);
/* Does it look like the one of a destination? */
bool identity_arrives(const uint8_t uuid[16]);

#endif /* XEN_IDENTITY_H */
