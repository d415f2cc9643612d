// SPDX-License-Identifier: GPL-2.0-or-later
#include "hotplug/vif-hook.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hotplug/backend-keys.h"

void vif_hook_tell(const struct hotplug_request *req, const char *action)
{
	const char *path = getenv(VIF_HOOK_ENV) ?: VIF_HOOK;
	struct xapi_vif vif;
	pid_t pid;
	int r;

	if (access(path, X_OK) < 0 || !store_find_xapi(req, &vif))
		return;
	char *argv[] = {
		(char *)path, "-action", (char *)action, "-vifuuid", vif.vif, "-vmuuid", vif.vm,
		NULL,
	};

	r = posix_spawn(&pid, path, NULL, NULL, argv, environ);
	if (r)
		fprintf(stderr, "vif-vifswitch: %s: %s\n", path, strerror(r));
	else
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
}
