// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/ko/client-acl.h"
#include "datapath/ko/client-memory.h"
#include "datapath/ko/client-mirror.h"
#include "datapath/ko/client-network.h"
#include "datapath/ko/client-loop.h"
#include "datapath/ko/client-snoop.h"
#include "datapath/ko/features.h"
#include "datapath/ko/flow-socket.h"
#include "datapath/ko/ko.h"
#include "datapath/ko/tables-socket.h"

/* All is in the kernel. */
static int open_ko(const char *dir, struct datapath **ret)
{
	return datapath_new(ret);
}

const struct datapath_ops datapath_ko = {
	.open = open_ko,
	.close = datapath_free,
	.resolve = datapath_resolve,
	.module = datapath_module,
	.error = datapath_error,
	.check = program_check,
	.lacking = features_lacking,
	.switch_get = datapath_switch_get,
	.switch_dump = datapath_switch_dump,
	.switch_set = datapath_switch_set,
	.switch_snoop = datapath_switch_snoop,
	.switch_loop = datapath_switch_loop,
	.group_dump = datapath_group_dump,
	.port_get = datapath_port_get,
	.port_dump = datapath_port_dump,
	.port_new = datapath_port_new,
	.port_set = datapath_port_set,
	.port_del = datapath_port_del,
	.port_announce = datapath_port_announce,
	.fdb_dump = datapath_fdb_dump,
	.state_get = datapath_state_get,
	.state_add = datapath_state_add,
	.fdb_carry = datapath_fdb_carry,
	.session_dump = datapath_session_dump,
	.session_put = datapath_session_put,
	.acl_load = datapath_acl_load,
	.acl_del = datapath_acl_del,
	.acl_dump = datapath_acl_dump,
	.acl_hits = datapath_acl_hits,
	.port_hits = datapath_port_hits,
	.hits_add = datapath_hits_add,
	.mirror_set = datapath_mirror_set,
	.mirror_del = datapath_mirror_del,
	.mirror_dump = datapath_mirror_dump,
	.network_set = datapath_network_set,
	.fdb_tell = datapath_fdb_tell,
	.network_del = datapath_network_del,
	.network_dump = datapath_network_dump,
	.sealed_drops = datapath_sealed_drops,
	.underlay_set = datapath_underlay_set,
	.flow_socket = flow_socket_open,
	.tables_socket = tables_socket_open,
	.events_fd = datapath_events_fd,
	.events = datapath_events,
};
