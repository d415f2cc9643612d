// SPDX-License-Identifier: GPL-2.0-or-later
/* sh COMMAND...: the command in busybox sh; its status and output. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include "guest.h"

int verb_sh(int argc, char **argv)
{
	char command[4096] = "{ ", out[1500];
	size_t len = 2;
	FILE *pipe;
	int status;

	for (int i = 1; i < argc; i++)
		len += snprintf(command + len, sizeof(command) - len, "%s%s", i > 1 ? " " : "",
				argv[i]);
	snprintf(command + len, sizeof(command) - len, "; } 2>&1");
	pipe = popen(command, "r");
	if (!pipe)
		return fail("popen: %m");
	len = fread(out, 1, sizeof(out) - 1, pipe);
	out[len] = 0;
	status = pclose(pipe);
	say("\"rc\":%d", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	say_string("out", out);
	return 0;
}
