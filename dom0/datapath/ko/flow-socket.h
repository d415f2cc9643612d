/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DATAPATH_KO_FLOW_SOCKET_H
#define DATAPATH_KO_FLOW_SOCKET_H

#include <stdbool.h>

#include "datapath/ops.h"

/*
 * A socket that flow records and samples come to (vifswitch/flow-abi.h), for who reads it
 * with flow-reader.h; needs CAP_NET_ADMIN. -EOPNOTSUPP: the module has none of them.
 */
int flow_socket_open(struct datapath *dp);
/* False: the module that it listened to is gone, and another one needs another socket. */
bool flow_socket_listens(int fd);

#endif /* DATAPATH_KO_FLOW_SOCKET_H */
