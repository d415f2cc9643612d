// SPDX-License-Identifier: GPL-2.0-or-later
/* What every command ends with. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include "vifctl/vifctl.h"

static volatile sig_atomic_t stopped;

int vifctl_fail(int status, const char *format, ...)
{
	va_list ap;

	fputs("vifctl: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	return status;
}

int vifctl_finish(struct vifctl *v, int status)
{
	if (fflush(v->out) || ferror(v->out))
		return vifctl_fail(VIFCTL_FAILED, "cannot write the output: %s", strerror(errno));
	return status;
}

void vifctl_print_json(struct vifctl *v, const json_t *doc, size_t flags)
{
	json_dumpf(doc, v->out, flags);
	fputc('\n', v->out);
}

static void stop(int signal_number)
{
	stopped = 1;
}

void vifctl_catch_stop(void)
{
	struct sigaction action = { .sa_handler = stop };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

bool vifctl_stopped(void)
{
	return stopped;
}
