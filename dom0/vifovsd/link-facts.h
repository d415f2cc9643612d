/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of this host's network devices. */
#ifndef VIFOVSD_LINK_FACTS_H
#define VIFOVSD_LINK_FACTS_H

#include <jansson.h>

struct nl_sock;

/* A socket that tells that links changed; whoever reads it reads all. */
int link_facts_watch(struct nl_sock **ret);
void link_facts_drain(struct nl_sock *watch);
/* "links" of ovs/ovs-report.h, of the devices that are members of @names. NULL: the kernel said nothing. */
json_t *link_facts(const json_t *names);

#endif /* VIFOVSD_LINK_FACTS_H */
