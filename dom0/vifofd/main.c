// SPDX-License-Identifier: GPL-2.0-or-later
/* vifofd: OpenFlow sessions of this host's switches. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "base/control-client.h"
#include "base/control.h"
#include "base/log.h"
#include "base/service-event.h"
#include "vifdbd/net/stream.h"
#include "vifofd/of-host.h"
#include "vifofd/trial-control.h"

#define TICK_US	250000

enum { OPT_TRIAL = 256, OPT_KEY, OPT_CERTIFICATE, OPT_CA, OPT_DIRECTORY, OPT_VERSION };

static const struct option options[] = {
	{ "socket", required_argument, NULL, 's' },
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
	const char *trial, *directory, *control;
	struct tls_files files;
	bool foreground;
};

static int usage(FILE *to, int status)
{
	fputs("Usage: vifofd [OPTION...]\n"
	      "Speaks OpenFlow for this host's switches.\n\n"
	      "  -s, --socket=PATH       control socket of vifswitchd (default: $" VIFSWITCH_CONTROL_SOCKET_ENV "\n"
	      "                          or " VIFSWITCH_CONTROL_SOCKET ")\n"
	      "      --trial=PATH        switches are kept in memory: a Unix socket for commands\n"
	      "                          that make them and their ports\n"
	      "      --directory=DIR     where NAME.mgmt and NAME.snoop are (default:\n"
	      "                          /run/vifofd)\n"
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

	while ((c = getopt_long(argc, argv, "s:fh", options, NULL)) != -1) {
		switch (c) {
		case 's':
			s->control = optarg;
			break;
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
	return optind < argc ? usage(stderr, EXIT_FAILURE) : -1;
}

static int again(sd_event_source *source)
{
	sd_event_source_set_time(source, clock_us() + TICK_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_trial_tick(sd_event_source *source, uint64_t now, void *arg)
{
	struct trial_control *t = arg;
	struct bridge *b;

	TAILQ_FOREACH(b, &t->bridges, link)
		bridge_tick(b);
	return again(source);
}

static int on_tick(sd_event_source *source, uint64_t now, void *arg)
{
	host_tick(arg);
	return again(source);
}

static int loop(sd_event *event, sd_event_time_handler_t tick, void *arg)
{
	int r = sd_event_add_time(event, NULL, CLOCK_MONOTONIC, clock_us() + TICK_US, 0, tick, arg);

	if (r < 0)
		return r;
	sd_notify(0, "READY=1");
	return sd_event_loop(event);
}

static int serve_trial(sd_event *event, const struct settings *s, struct tls *tls)
{
	struct trial_control t = { .event = event, .directory = s->directory, .tls = tls };
	int r = trial_control_start(&t, s->trial);

	if (r < 0)
		log_error("%s: %s", s->trial, strerror(-r));
	else
		r = loop(event, on_trial_tick, &t);
	trial_control_stop(&t);
	return r;
}

static int serve_host(sd_event *event, const struct settings *s, struct tls *tls)
{
	struct host h = {
		.event = event, .directory = s->directory, .control = s->control, .tls = tls,
	};
	int r = host_start(&h);

	if (r < 0)
		log_error("cannot start: %s", strerror(-r));
	else
		r = loop(event, on_tick, &h);
	host_stop(&h);
	return r;
}

static int serve(const struct settings *s, struct tls *tls)
{
	sd_event *event = NULL;
	int r = service_event_new(&event);

	if (r < 0)
		return r;
	sd_event_set_watchdog(event, true);
	r = s->trial ? serve_trial(event, s, tls) : serve_host(event, s, tls);
	sd_event_unref(event);
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
	struct settings s = { .directory = "/run/vifofd", .control = control_client_path() };
	struct tls *tls = NULL;
	int r = parse_options(argc, argv, &s);

	if (r >= 0)
		return r;
	log_init(LOG_INFO, s.foreground);
	signal(SIGPIPE, SIG_IGN);
	r = make_tls(&s.files, &tls);
	if (r >= 0)
		r = serve(&s, tls);
	tls_free(tls);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
