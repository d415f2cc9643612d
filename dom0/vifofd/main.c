// SPDX-License-Identifier: GPL-2.0-or-later
/* vifofd: OpenFlow sessions of this host's switches. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/service-event.h"
#include "vifdbd/net/stream.h"
#include "vifofd/trial-control.h"

#define TICK_US	250000

enum { OPT_TRIAL = 256, OPT_KEY, OPT_CERTIFICATE, OPT_CA, OPT_DIRECTORY, OPT_VERSION };

static const struct option options[] = {
	{ "trial", required_argument, NULL, OPT_TRIAL },
	{ "directory", required_argument, NULL, OPT_DIRECTORY },
	{ "private-key", required_argument, NULL, OPT_KEY },
	{ "certificate", required_argument, NULL, OPT_CERTIFICATE },
	{ "ca-cert", required_argument, NULL, OPT_CA },
	{ "foreground", no_argument, NULL, 'f' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, 'h' },
	{}
};

struct settings {
	const char *trial, *directory;
	struct tls_files files;
	bool foreground;
};

static int usage(FILE *to, int status)
{
	fputs("Usage: vifofd --trial=PATH [OPTION...]\n"
	      "Speaks OpenFlow for switches that are kept in memory.\n\n"
	      "      --trial=PATH        a Unix socket for commands that make switches and ports\n"
	      "      --directory=DIR     where NAME.mgmt and NAME.snoop are (default:\n"
	      "                          /run/vifswitch)\n"
	      "      --private-key=FILE  our key, in PEM, for ssl: and pssl:\n"
	      "      --certificate=FILE  our certificate\n"
	      "      --ca-cert=FILE      the authority of those we speak with\n"
	      "  -f, --foreground        log to standard error, not to the journal\n"
	      "      --version           print the version and exit\n"
	      "  -h, --help              print this text and exit\n", to);
	return status;
}

/* -1: go on; else the exit status. */
static int parse_options(int argc, char **argv, struct settings *s)
{
	int c;

	while ((c = getopt_long(argc, argv, "fh", options, NULL)) != -1) {
		switch (c) {
		case OPT_TRIAL:
			s->trial = optarg;
			break;
		case OPT_DIRECTORY:
			s->directory = optarg;
			break;
		case OPT_KEY:
			s->files.private_key = optarg;
			break;
		case OPT_CERTIFICATE:
			s->files.certificate = optarg;
			break;
		case OPT_CA:
			s->files.ca_cert = optarg;
			break;
		case 'f':
			s->foreground = true;
			break;
		case OPT_VERSION:
			printf("vifofd %s\n", VIFSWITCH_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			return usage(stdout, EXIT_SUCCESS);
		default:
			return usage(stderr, EXIT_FAILURE);
		}
	}
	return optind < argc || !s->trial ? usage(stderr, EXIT_FAILURE) : -1;
}

static int on_tick(sd_event_source *source, uint64_t now, void *arg)
{
	struct trial_control *t = arg;
	struct bridge *b;

	TAILQ_FOREACH(b, &t->bridges, link)
		bridge_tick(b);
	sd_event_source_set_time(source, clock_us() + TICK_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int serve(struct trial_control *t, const struct settings *s)
{
	int r = service_event_new(&t->event);

	if (r < 0)
		return r;
	r = trial_control_start(t, s->trial);
	if (r >= 0)
		r = sd_event_add_time(t->event, NULL, CLOCK_MONOTONIC, clock_us() + TICK_US, 0,
			on_tick, t);
	if (r < 0) {
		log_error("%s: %s", s->trial, strerror(-r));
	} else {
		sd_notify(0, "READY=1");
		r = sd_event_loop(t->event);
	}
	trial_control_stop(t);
	sd_event_unref(t->event);
	return r;
}

static int make_tls(const struct tls_files *files, struct tls **ret)
{
	char *message = NULL;
	int r;

	if (!files->private_key && !files->certificate && !files->ca_cert)
		return 0;
	if (!files->private_key || !files->certificate || !files->ca_cert) {
		log_error("--private-key, --certificate and --ca-cert belong together");
		return -1;
	}
	r = tls_new(files, ret, &message);
	if (r < 0)
		log_error("%s", message);
	free(message);
	return r;
}

int main(int argc, char **argv)
{
	struct settings s = { .directory = "/run/vifswitch" };
	struct trial_control t = {};
	int r = parse_options(argc, argv, &s);

	if (r >= 0)
		return r;
	log_init(LOG_INFO, s.foreground);
	signal(SIGPIPE, SIG_IGN);
	t.directory = s.directory;
	r = make_tls(&s.files, &t.tls);
	if (r >= 0)
		r = serve(&t, &s);
	tls_free(t.tls);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
