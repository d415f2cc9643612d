/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One network of the document "networks": how it does on this host. */
#ifndef SHOW_NETWORK_DOCUMENT_H
#define SHOW_NETWORK_DOCUMENT_H

#include <jansson.h>

#include "network/networks.h"

struct network_facts {
	const struct networks *all;
	const struct network *network;
	const char *error;		/* of the netdev that it leaves by; NULL: none */
	uint32_t port;			/* that netdev, as a port of the switch; 0: none yet */
	const struct dp_port *counts;	/* of that port; NULL: not known */
	uint32_t mtu;			/* of that netdev now */
	const struct vifswitch_sealed_drops *sealed;	/* NULL: not known */
	int64_t now;			/* seconds since 1970 */
};

json_t *network_json(const struct network_facts *facts);

#endif /* SHOW_NETWORK_DOCUMENT_H */
