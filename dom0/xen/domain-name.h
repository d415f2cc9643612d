/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The watch on a domain's name, which lasts as long as the domain is held. */
#ifndef XEN_DOMAIN_NAME_H
#define XEN_DOMAIN_NAME_H

#include "xen/domain.h"
#include "xen/xenstore.h"

#define DOMAIN_TOKEN	"domain"	/* of all watches about domains */

/* Negative if the connection is lost. */
int domain_name_watch(struct xenstore *xs, struct domain *d);
/* Before it is released: the last holder takes the watch away. @xs NULL: there is none. */
void domain_name_leave(struct xenstore *xs, const struct domain *d);

#endif /* XEN_DOMAIN_NAME_H */
