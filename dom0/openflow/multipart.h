/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who answers what. */
#ifndef OPENFLOW_MULTIPART_H
#define OPENFLOW_MULTIPART_H

#include "openflow/of-reply.h"

typedef enum of_error of_stats(struct of_session *s, struct of_in *in, struct of_reply *r);
of_stats stats_desc, stats_flow, stats_aggregate, stats_table, stats_port, stats_queue, stats_group,
	stats_group_desc, stats_group_features, stats_meter, stats_meter_config,
	stats_meter_features, stats_table_features, stats_port_desc, stats_table_desc,
	stats_queue_desc;

#endif /* OPENFLOW_MULTIPART_H */
