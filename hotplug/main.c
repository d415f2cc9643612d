// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/resource.h>
#include <unistd.h>

#include "hotplug/run.h"

/* XenStore calls have no time limit of their own; end before libxl's SIGKILL. */
#define LAST_RESORT_S	35

/*
 * The netdev that this is about has just appeared, and udev runs its programs for it in the
 * same moment, some ten times the work that is left here; a VM's start, or the silence of its
 * migration, ends with ours.
 */
#define PRIORITY	(-10)

int main(int argc, char **argv)
{
	setpriority(PRIO_PROCESS, 0, PRIORITY);		/* as urgent as the service's own */
	alarm(LAST_RESORT_S);
	return hotplug_run(argc, argv, environ);
}
