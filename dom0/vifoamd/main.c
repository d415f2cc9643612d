// SPDX-License-Identifier: GPL-2.0-or-later
/* vifoamd: CFM, BFD and LLDP on the links of this host's uplinks. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <systemd/sd-daemon.h>

#include "base/control.h"
#include "base/log.h"
#include "vifoamd/oam-links.h"

/*
 * How it is told that another one goes on where it ends (RestartKillSignal= of the unit):
 * then nobody at the other end of a link is told anything.
 */
#define SIGNAL_RESTART	SIGINT

enum { OPT_VERSION = 256 };

static const struct option options[] = {
	{ "socket", required_argument, NULL, 's' },
	{ "foreground", no_argument, NULL, 'f' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, 'h' },
	{}
};

static int usage(FILE *to, int status)
{
	fputs("Usage: vifoamd [OPTION...]\n"
	      "Speaks CFM, BFD and LLDP on the links of this host's uplinks.\n\n"
	      "  -s, --socket=PATH   control socket of vifswitchd (default: $" VIFSWITCH_CONTROL_SOCKET_ENV "\n"
	      "                      or " VIFSWITCH_CONTROL_SOCKET ")\n"
	      "  -f, --foreground    log to standard error, not to the journal\n"
	      "      --version       print the version and exit\n"
	      "  -h, --help          print this text and exit\n", to);
	return status;
}

/* -1: go on; else the exit status. */
static int parse_options(int argc, char **argv, const char **path, bool *foreground)
{
	int c;

	while ((c = getopt_long(argc, argv, "s:fh", options, NULL)) != -1) {
		switch (c) {
		case 's':
			*path = optarg;
			break;
		case 'f':
			*foreground = true;
			break;
		case OPT_VERSION:
			printf("vifoamd %s\n", VIFSWITCH_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			return usage(stdout, EXIT_SUCCESS);
		default:
			return usage(stderr, EXIT_FAILURE);
		}
	}
	return optind < argc ? usage(stderr, EXIT_FAILURE) : -1;
}

/* The loop ends with the signal's number. */
static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *arg)
{
	return sd_event_exit(sd_event_source_get_event(source), (int)info->ssi_signo);
}

static int watch_signals(sd_event *event)
{
	sigset_t mask;
	int r;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGNAL_RESTART);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	r = sd_event_add_signal(event, NULL, SIGTERM, on_signal, NULL);
	return r < 0 ? r : sd_event_add_signal(event, NULL, SIGNAL_RESTART, on_signal, NULL);
}

static int serve(sd_event *event, const char *path)
{
	static struct oam_links links;
	struct oam_kept *kept;
	int r = oam_kept_open(&kept);

	if (r == 0)
		r = oam_links_start(&links, kept, event, path);
	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
		return r;
	}
	/* A page that must be read first would be late for every frame. */
	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		log_warning("cannot lock memory: %s, going on", strerror(errno));
	sd_notify(0, "READY=1");
	r = sd_event_loop(event);
	oam_links_stop(&links, r != SIGNAL_RESTART);
	return r;
}

int main(int argc, char **argv)
{
	const char *path = control_client_path();
	bool foreground = false;
	sd_event *event = NULL;
	int r = parse_options(argc, argv, &path, &foreground);

	if (r >= 0)
		return r;
	log_init(LOG_INFO, foreground);
	signal(SIGPIPE, SIG_IGN);
	r = sd_event_default(&event);
	if (r >= 0)
		r = watch_signals(event);
	if (r >= 0)
		sd_event_set_watchdog(event, true);
	if (r >= 0)
		r = serve(event, path);
	sd_event_unref(event);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
