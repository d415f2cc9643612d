// SPDX-License-Identifier: GPL-2.0-or-later
/* vifxapid: what a XAPI pool says of its VIFs becomes rows of the policy database. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "vifxapid/xapi-http.h"
#include "vifxapid/xapi-rows.h"
#include "xapi/xapi-sync.h"

#define SOCKET		"/var/lib/xcp/xapi"
#define WAIT_MAX_MS	5000		/* between two words to systemd's watchdog */

enum { OPT_VERSION = 256 };

static const struct option options[] = {
	{ "xapi", required_argument, NULL, 'x' },
	{ "db", required_argument, NULL, 'd' },
	{ "foreground", no_argument, NULL, 'f' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, 'h' },
	{}
};

struct settings {
	const char *xapi, *db;
	bool foreground;
};

static int usage(FILE *to, int status)
{
	fputs("Usage: vifxapid [OPTION...]\n"
	      "Keeps the policy database in step with what XAPI says of its VIFs.\n\n"
	      "  -x, --xapi=PATH     XAPI's local socket (default: " SOCKET ")\n"
	      "  -d, --db=REMOTE     the policy database (default: $" VIFDB_REMOTE_ENV "\n"
	      "                      or " VIFDB_DEFAULT_REMOTE ")\n"
	      "  -f, --foreground    log to standard error, not to the journal\n"
	      "      --version       print the version and exit\n"
	      "  -h, --help          print this text and exit\n", to);
	return status;
}

/* -1: go on; else the exit status. */
static int parse_options(int argc, char **argv, struct settings *settings)
{
	int c;

	while ((c = getopt_long(argc, argv, "x:d:fh", options, NULL)) != -1) {
		switch (c) {
		case 'x':
			settings->xapi = optarg;
			break;
		case 'd':
			settings->db = optarg;
			break;
		case 'f':
			settings->foreground = true;
			break;
		case OPT_VERSION:
			printf("vifxapid %s\n", VIFSWITCH_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			return usage(stdout, EXIT_SUCCESS);
		default:
			return usage(stderr, EXIT_FAILURE);
		}
	}
	return optind < argc ? usage(stderr, EXIT_FAILURE) : -1;
}

static int signals_open(void)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* A state that lasts is said once. */
static void tell(const struct xapi_sync *sync)
{
	static struct problem last;
	static bool followed;

	if (strcmp(last.text, sync->problem.text) != 0 && *sync->problem.text)
		log_warning("XAPI: %s; the database stays as it is", sync->problem.text);
	if (sync->state == XAPI_FOLLOW && (!followed || *last.text) && !*sync->problem.text)
		log_info("follows XAPI: %zu VIFs", json_object_size(sync->model.objects[XAPI_VIF]));
	followed = sync->state == XAPI_FOLLOW;
	last = sync->problem;
}

static void talk(struct xapi_sync *sync, struct xapi_http *http)
{
	const char *text;
	size_t len;
	int r = xapi_http_done(http, &text, &len);

	if (r > 0)
		xapi_sync_answer(sync, text, len, clock_ms());
	else if (r < 0)
		xapi_sync_failed(sync, text, clock_ms());
	if (r != 0)
		tell(sync);
	if (!xapi_http_is_busy(http) && sync->retry_at <= clock_ms())
		xapi_http_post(http, xapi_sync_request(sync));
}

static int64_t sooner(int64_t wait, int64_t at, int64_t now)
{
	int64_t left = at > now ? at - now : 0;

	return left < wait ? left : wait;
}

static void wait_for_any(const struct xapi_sync *sync, struct xapi_http *http, struct vifdb *db,
			 int signals)
{
	struct pollfd fds[2] = {
		{ .fd = vifdb_fd(db), .events = vifdb_events(db) },
		{ .fd = signals, .events = POLLIN },
	};
	int64_t now = clock_ms(), wait = WAIT_MAX_MS;

	wait = sooner(wait, (int64_t)(vifdb_deadline(db) / 1000) + 1, now);
	if (vifdb_deadline(db) == 0)
		wait = 0;
	if (!xapi_http_is_busy(http))
		wait = sooner(wait, sync->retry_at, now);
	xapi_http_wait(http, fds, 2, (int)wait);
}

static int serve(const struct settings *settings, int signals)
{
	struct xapi_http *http = xapi_http_new(settings->xapi);
	struct signalfd_siginfo info;
	struct xapi_rows rows;
	struct xapi_sync sync;
	int r = xapi_rows_open(&rows, settings->db);

	if (!http || r < 0) {
		log_error("cannot start: %s", r < 0 ? strerror(-r) : "libcurl is not to be had");
		return EXIT_FAILURE;
	}
	xapi_sync_init(&sync);
	sd_notify(0, "READY=1");
	while (read(signals, &info, sizeof(info)) < 0) {
		talk(&sync, http);
		xapi_rows_run(&rows, &sync.model);
		wait_for_any(&sync, http, rows.db, signals);
		sd_notify(0, "WATCHDOG=1");
	}
	xapi_http_free(http);
	xapi_rows_close(&rows);
	xapi_sync_deinit(&sync);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct settings settings = { .xapi = SOCKET };
	int signals, r = parse_options(argc, argv, &settings);

	if (r >= 0)
		return r;
	log_init(LOG_INFO, settings.foreground);
	signals = signals_open();
	return signals < 0 ? EXIT_FAILURE : serve(&settings, signals);
}
