/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells collectors of this host's traffic: flow records and samples that come by the socket
 * that vifswitchd hands over, ports and exporters that it tells each second, counters of
 * ports that it is asked for. All of it may go and come back: the socket stays with us when
 * vifswitchd ends, and with vifswitchd when we do, so what was not read yet is read later.
 */
#ifndef VIFEXPORTD_EXPORTING_H
#define VIFEXPORTD_EXPORTING_H

#include "datapath/ko/flow-reader.h"
#include "vifexportd/asker.h"
#include "vifexportd/target.h"
#include "vifexportd/told-ports.h"

#define WAITING_MAX	4096

struct waiting_flow {
	uint32_t ifindex;
	struct vifswitch_flow flow;
};

/* What came to nobody. */
struct exporting_counts {
	uint64_t overruns;		/* times that the socket had no room for records */
	uint64_t unclaimed;		/* records and samples that no exporter is told */
};

struct exporting {
	struct asker asker;
	json_int_t generation;		/* of what vifswitchd told last; 0: nothing yet */
	struct target *targets[TARGETS_MAX];
	size_t target_count;
	struct told_ports ports;
	struct flow_reader *reader;
	sd_event_source *flows, *timer;
	int socket_error;		/* that was logged */
	size_t queued;			/* octets in all outlets */
	/*
	 * Records that no exporter is told yet. vifswitchd knows whose they are by then, so
	 * they wait for the answer to a question that was asked after they came.
	 */
	struct waiting_flow *waiting;
	size_t waiting_count;
	size_t waiting_asked;		/* so many of them came before it was asked */
	struct exporting_counts counts;
};

int exporting_start(struct exporting *x, sd_event *event, const char *path);
void exporting_stop(struct exporting *x);

#endif /* VIFEXPORTD_EXPORTING_H */
