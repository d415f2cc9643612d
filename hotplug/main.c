// SPDX-License-Identifier: GPL-2.0-or-later
#include <unistd.h>

#include "hotplug/run.h"

/* XenStore calls have no time limit of their own; end before libxl's SIGKILL. */
#define LAST_RESORT_S	35

int main(int argc, char **argv)
{
	alarm(LAST_RESORT_S);
	return hotplug_run(argc, argv, environ);
}
