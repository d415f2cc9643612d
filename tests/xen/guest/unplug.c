// SPDX-License-Identifier: GPL-2.0-or-later
/* unplug: an HVM guest has its device model take all emulated NICs away (hvm-emulated-unplug). */
#include <sys/io.h>
#include "guest.h"

#define UNPLUG_PORT	0x10
#define UNPLUG_NICS	2

int verb_unplug(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if (ioperm(UNPLUG_PORT, 2, 1))
		return fail("ioperm: %m");
	outw(UNPLUG_NICS, UNPLUG_PORT);
	return 0;
}
