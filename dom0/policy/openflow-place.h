/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where OpenFlow is spoken, as Open vSwitch writes it: [p]tcp:, [p]ssl:, [p]unix:. */
#ifndef POLICY_OPENFLOW_PLACE_H
#define POLICY_OPENFLOW_PLACE_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/endpoint.h"
#include "base/problem.h"

#define OPENFLOW_PORT	6653
#define PLACE_WORDS	"tcp:ADDRESS[:PORT], ssl:ADDRESS[:PORT], ptcp:[PORT][:ADDRESS], pssl:[PORT][:ADDRESS]"

struct place {
	bool passive, tls;
	struct endpoint at;		/* passive without an address: 127.0.0.1 */
	char local[sizeof(((struct sockaddr_un *)NULL)->sun_path)];	/* "": no Unix socket */
};

/* 0 or -EINVAL with what is wrong in words. */
int place_parse(const char *text, struct place *ret, struct problem *problem);
#endif /* POLICY_OPENFLOW_PLACE_H */
