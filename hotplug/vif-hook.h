/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A XAPI host's operators have a program told of each VIF that comes or goes. */
#ifndef HOTPLUG_VIF_HOOK_H
#define HOTPLUG_VIF_HOOK_H

#include "hotplug/invocation.h"

#define VIF_HOOK	"/etc/xapi.d/vif-hotplug"
#define VIF_HOOK_ENV	"VIFSWITCH_VIF_HOOK"	/* another one, for tests */

/* Run it, if there is one and the VIF is XAPI's, and wait for it. @action: "online", "remove". */
void vif_hook_tell(const struct hotplug_request *req, const char *action);

#endif /* HOTPLUG_VIF_HOOK_H */
