/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DATAPATH_KO_TABLES_SOCKET_H
#define DATAPATH_KO_TABLES_SOCKET_H

#include "datapath/ops.h"

/*
 * A socket that was granted the flow tables of @sw (vifswitch/openflow-abi.h), for a process
 * without capabilities. Who had one before has it no more. -EOPNOTSUPP: the module cannot.
 */
int tables_socket_open(struct datapath *dp, uint32_t sw, uint16_t *ret_family);

#endif /* DATAPATH_KO_TABLES_SOCKET_H */
