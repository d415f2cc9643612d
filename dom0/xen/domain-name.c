// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "xen/domain-name.h"

#define NAME_PATH	"/local/domain/%u/name"

/*
 * Each watch is asked for once: through the kernel's device, as in a driver domain, a second one
 * like it is another one, and the event that each begins with would ask for the next.
 */
int domain_name_watch(struct xenstore *xs, struct domain *d)
{
	char path[64];
	int r;

	if (d->watched)
		return 0;
	snprintf(path, sizeof(path), NAME_PATH, d->domid);
	r = xenstore_watch(xs, path, DOMAIN_TOKEN);
	if (r < 0)
		return xenstore_lost(r) ? r : 0;
	d->watched = true;
	d->greeting = r > 0;
	return 0;
}

void domain_name_leave(struct xenstore *xs, const struct domain *d)
{
	char path[64];

	if (!xs || d->holders != 1 || !d->watched)
		return;
	snprintf(path, sizeof(path), NAME_PATH, d->domid);
	xenstore_unwatch(xs, path, DOMAIN_TOKEN);
}
