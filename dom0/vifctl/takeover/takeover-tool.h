/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that a take-over runs: Open vSwitch's, systemd's, ours. Found by PATH. */
#ifndef VIFCTL_TAKEOVER_TOOL_H
#define VIFCTL_TAKEOVER_TOOL_H

#include <stdbool.h>
#include <sys/types.h>

struct tool_files {
	const char *in, *out;	/* paths; NULL: nothing, and what vifctl itself has */
	char **ret_out;		/* what it prints, to be freed, if it ends with 0 or 1; NULL */
	bool quiet;		/* what it complains of is not shown */
};

/* Its exit status; negative errno if it cannot be started, -EINTR if a signal ended it. */
int tool_run(const char *const argv[], const struct tool_files *files);
/* Goes on beside, and ends with us, however we end. Negative errno. */
pid_t tool_start(const char *const argv[], const char *log);
/* By SIGTERM, and then by SIGKILL; waits. */
void tool_stop(pid_t pid);

#endif /* VIFCTL_TAKEOVER_TOOL_H */
