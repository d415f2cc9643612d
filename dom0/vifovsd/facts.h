/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is read of an Open_vSwitch database, and of the host for it. */
#ifndef VIFOVSD_FACTS_H
#define VIFOVSD_FACTS_H

#include "vifovsd/db-view.h"

extern const char *const ovs_tables_followed[];	/* NULL at the end */

/* "links" of ovs-report.h, of devices that it speaks of. NULL: the kernel said nothing. */
json_t *facts_links(const json_t *db);

#endif /* VIFOVSD_FACTS_H */
