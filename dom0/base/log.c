// SPDX-License-Identifier: GPL-2.0-or-later
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

#include "base/cleanup.h"
#include "base/log.h"

static int log_max = LOG_INFO;
static bool log_journal;

/* True if standard error is the stream systemd connected to the journal. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long dev, ino;
	struct stat st;

	if (!stream || sscanf(stream, "%lu:%lu", &dev, &ino) != 2)
		return false;
	return fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

void log_init(int max_priority, bool force_stderr)
{
	log_max = max_priority;
	log_journal = !force_stderr && stderr_is_journal();
}

static const struct level {
	const char *word;
	int priority;
} levels[] = {
	{ "error", LOG_ERR }, { "warning", LOG_WARNING }, { "notice", LOG_NOTICE },
	{ "info", LOG_INFO }, { "debug", LOG_DEBUG },
};

int log_level_parse(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		if (strcmp(levels[i].word, word) == 0)
			return levels[i].priority;
	}
	return -1;
}

const char *log_level_word(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		if (levels[i].priority == log_max)
			return levels[i].word;
	}
	return "";
}

void log_set_level(int max_priority)
{
	log_max = max_priority;
}

static void add_text(struct iovec *iov, int *n, char **store, const char *field, const char *value)
{
	if (!value || !*value || asprintf(&store[*n], "%s=%s", field, value) < 0)
		return;
	iov[*n] = (struct iovec){ store[*n], strlen(store[*n]) };
	(*n)++;
}

static void add_number(struct iovec *iov, int *n, char **store, const char *field, int value)
{
	char text[16];

	if (value < 0)
		return;
	snprintf(text, sizeof(text), "%d", value);
	add_text(iov, n, store, field, text);
}

static void to_journal(int priority, const struct log_subject *about, const char *text)
{
	struct iovec iov[8];
	char *store[8];
	int n = 0;

	add_text(iov, &n, store, "MESSAGE", text);
	add_number(iov, &n, store, "PRIORITY", priority);
	if (about) {
		add_text(iov, &n, store, "VIFSWITCH_VM", about->vm);
		add_text(iov, &n, store, "VIFSWITCH_VM_UUID", about->uuid);
		add_number(iov, &n, store, "VIFSWITCH_DOMID", about->domid);
		add_number(iov, &n, store, "VIFSWITCH_DEVID", about->devid);
		add_text(iov, &n, store, "VIFSWITCH_NETDEV", about->netdev);
		add_text(iov, &n, store, "VIFSWITCH_SWITCH", about->sw);
	}
	sd_journal_sendv(iov, n);
	while (n--)
		free(store[n]);
}

void log_record(int priority, const struct log_subject *about, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;
	int r;

	if (priority > log_max)
		return;
	va_start(ap, fmt);
	r = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (r < 0) {
		text = NULL;
		return;
	}
	if (log_journal)
		to_journal(priority, about, text);
	else
		fprintf(stderr, "%s%s\n", priority <= LOG_ERR ? "error: " :
			priority == LOG_WARNING ? "warning: " : "", text);
}
