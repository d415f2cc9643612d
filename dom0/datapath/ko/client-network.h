/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networks over IP in the datapath (vifswitch/network-abi.h). */
#ifndef DATAPATH_KO_CLIENT_NETWORK_H
#define DATAPATH_KO_CLIENT_NETWORK_H

#include "datapath/ko/client.h"

int datapath_network_set(struct datapath *dp, uint32_t port, uint16_t vlan,
			 const struct dp_network_spec *spec, const void *cookie,
			 uint32_t cookie_len);
int datapath_network_del(struct datapath *dp, uint32_t port, uint16_t vlan);
int datapath_fdb_tell(struct datapath *dp, uint32_t port, const uint8_t mac[6], uint16_t vlan,
		      const uint8_t *remote);
/* Packets that had to be encrypted and were not, in this namespace. */
int datapath_sealed_drops(struct datapath *dp, struct vifswitch_sealed_drops *ret);
int datapath_network_dump(struct datapath *dp, dp_network_fn fn, void *arg);
int datapath_underlay_set(struct datapath *dp, uint32_t sw,
			  const uint8_t (*hosts)[VIFSWITCH_ADDRESS_LEN], uint32_t count);

#endif /* DATAPATH_KO_CLIENT_NETWORK_H */
