// SPDX-License-Identifier: GPL-2.0-or-later
/* What every command ends with. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/vifctl.h"
#include "vifctl/view/columns.h"
#include "vifctl/view/safe.h"

static volatile sig_atomic_t stopped;

static void say(const char *before, const char *format, va_list ap)
{
	_cleanup_free_ char *text = NULL, *safe = NULL;

	if (vasprintf(&text, format, ap) < 0)
		mem_out();
	safe = safe_text(text);
	fprintf(stderr, "%s%s\n", before, safe);
}

int vifctl_fail(int status, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say("vifctl: ", format, ap);
	va_end(ap);
	return status;
}

int vifctl_fail_lines(int status, const char *text)
{
	const char *before = "vifctl: ";

	for (size_t n; *text; text += n + (text[n] != 0)) {
		n = strcspn(text, "\n");
		vifctl_say("%s%.*s", before, (int)n, text);
		before = "";
	}
	return status;
}

void vifctl_say(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say("", format, ap);
	va_end(ap);
}

int vifctl_finish(struct vifctl *v, int status)
{
	if (table_problem())
		return vifctl_fail(VIFCTL_USAGE, "%s", table_problem());
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
