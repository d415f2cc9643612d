// SPDX-License-Identifier: GPL-2.0-or-later
/* vifexportd: metrics and a status page of this host's switches. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/control-client.h"
#include "base/control.h"
#include "base/log.h"
#include "base/service-event.h"
#include "vifexportd/exporting.h"
#include "vifexportd/http.h"
#include "vifexportd/listen.h"

#define STATIC_DIR	"/usr/share/vifswitch/page"
#define DEFAULT_PLACE	"127.0.0.1:9797"

enum { OPT_STATIC = 256, OPT_NAME, OPT_VERSION };

static const struct option options[] = {
	{ "listen", required_argument, NULL, 'l' },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "socket", required_argument, NULL, 's' },
	{ "static", required_argument, NULL, OPT_STATIC },
	{ "foreground", no_argument, NULL, 'f' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, 'h' },
	{}
};

struct settings {
	const char *places[HTTP_LISTENERS_MAX];
	unsigned int place_count;
	bool foreground;
};

static int usage(FILE *to, int status)
{
	fputs("Usage: vifexportd [OPTION...]\n"
	      "Serves metrics (/metrics) and a status page (/) of this host's switches.\n\n"
	      "  -l, --listen=PLACE  unix:PATH, ADDRESS:PORT or [ADDRESS]:PORT; may be given\n"
	      "                      " "several times (default: what systemd gives, else\n"
	      "                      " DEFAULT_PLACE ")\n"
	      "      --name=HOST     a name by which requests may call this host, besides\n"
	      "                      addresses and localhost\n"
	      "  -s, --socket=PATH   control socket of vifswitchd (default: $" VIFSWITCH_CONTROL_SOCKET_ENV "\n"
	      "                      or " VIFSWITCH_CONTROL_SOCKET ")\n"
	      "      --static=DIR    the page's script and style (default:\n"
	      "                      " STATIC_DIR ")\n"
	      "  -f, --foreground    log to standard error, not to the journal\n"
	      "      --version       print the version and exit\n"
	      "  -h, --help          print this text and exit\n", to);
	return status;
}

/* -1: go on; else the exit status. */
static int parse_options(int argc, char **argv, struct http *h, struct settings *s)
{
	int c;

	while ((c = getopt_long(argc, argv, "l:s:fh", options, NULL)) != -1) {
		switch (c) {
		case 'l':
			if (s->place_count == HTTP_LISTENERS_MAX) {
				fprintf(stderr, "vifexportd: --listen: at most %d\n", HTTP_LISTENERS_MAX);
				return EXIT_FAILURE;
			}
			s->places[s->place_count++] = optarg;
			break;
		case OPT_NAME:
			if (h->name_count == HTTP_NAMES_MAX) {
				fprintf(stderr, "vifexportd: --name: at most %d\n", HTTP_NAMES_MAX);
				return EXIT_FAILURE;
			}
			h->names[h->name_count++] = optarg;
			break;
		case 's':
			h->source->path = optarg;
			break;
		case OPT_STATIC:
			h->static_dir = optarg;
			break;
		case 'f':
			s->foreground = true;
			break;
		case OPT_VERSION:
			printf("vifexportd %s\n", VIFSWITCH_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			return usage(stdout, EXIT_SUCCESS);
		default:
			return usage(stderr, EXIT_FAILURE);
		}
	}
	return optind < argc ? usage(stderr, EXIT_FAILURE) : -1;
}

static int listen_all(struct http *h, struct settings *s)
{
	int given = sd_listen_fds(1), r = 0;

	for (int i = 0; i < given && r == 0; i++)
		r = http_listen(h, SD_LISTEN_FDS_START + i);
	if (given <= 0 && !s->place_count)
		s->places[s->place_count++] = DEFAULT_PLACE;
	for (unsigned int i = 0; i < s->place_count && r == 0; i++) {
		struct problem problem;
		int fd = listen_at(s->places[i], &problem);

		if (fd < 0) {
			log_error("%s", problem.text);
			return fd;
		}
		r = http_listen(h, fd);
	}
	if (r < 0)
		log_error("cannot serve HTTP: %s", strerror(-r));
	return r;
}

static int serve(struct http *h, struct settings *s)
{
	struct exporting exporting;
	int r = service_event_new(&h->event);

	if (r < 0)
		return r;
	h->source->counts = &exporting.counts;
	h->drops->event = h->event;
	h->drops->path = h->source->path;
	r = listen_all(h, s);
	if (r == 0)
		r = exporting_start(&exporting, h->event, h->source->path);
	if (r >= 0) {
		sd_notify(0, "READY=1");
		r = sd_event_loop(h->event);
		exporting_stop(&exporting);
	}
	http_deinit(h);
	drop_log_deinit(h->drops);
	sd_event_unref(h->event);
	return r;
}

int main(int argc, char **argv)
{
	struct source source = { .path = control_client_path() };
	struct drop_log drops = { .client = CONTROL_CLIENT_INIT };
	struct http h = { .source = &source, .drops = &drops, .static_dir = STATIC_DIR };
	struct settings s = {};
	int r = parse_options(argc, argv, &h, &s);

	if (r >= 0)
		return r;
	log_init(LOG_INFO, s.foreground);
	signal(SIGPIPE, SIG_IGN);
	r = serve(&h, &s);
	source_deinit(&source);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
