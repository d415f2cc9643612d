// SPDX-License-Identifier: GPL-2.0-or-later
/* vifovsd: the Open_vSwitch database, for those who bring it. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "base/service-event.h"
#include "vifovsd/sync.h"

#define OVS_REMOTE	"unix:/run/openvswitch/db.sock"

enum { OPT_VERSION = 256, OPT_OVS, OPT_DB, OPT_HOST };

static const struct option options[] = {
	{ "ovs", required_argument, NULL, OPT_OVS },
	{ "db", required_argument, NULL, OPT_DB },
	{ "host", required_argument, NULL, OPT_HOST },
	{ "foreground", no_argument, NULL, 'f' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, 'h' },
	{}
};

struct settings {
	const char *ovs, *db, *host;
	bool foreground;
};

static int usage(FILE *to, int status)
{
	fputs("Usage: vifovsd [OPTION...]\n"
	      "Keeps vifswitch's database in step with an Open_vSwitch database.\n\n"
	      "      --ovs=REMOTE   the Open_vSwitch database (default: " OVS_REMOTE ")\n"
	      "      --db=REMOTE    vifswitch's (default: $" VIFDB_REMOTE_ENV " or\n"
	      "                     " VIFDB_DEFAULT_REMOTE ")\n"
	      "      --host=NAME    this host's name in vifswitch's database (default: its own)\n"
	      "  -f, --foreground   log to standard error, not to the journal\n"
	      "      --version      print the version and exit\n"
	      "  -h, --help         print this text and exit\n", to);
	return status;
}

/* -1: go on; else the exit status. */
static int parse_options(int argc, char **argv, struct settings *s)
{
	int c;

	while ((c = getopt_long(argc, argv, "fh", options, NULL)) != -1) {
		switch (c) {
		case OPT_OVS:
			s->ovs = optarg;
			break;
		case OPT_DB:
			s->db = optarg;
			break;
		case OPT_HOST:
			s->host = optarg;
			break;
		case 'f':
			s->foreground = true;
			break;
		case OPT_VERSION:
			printf("vifovsd %s\n", VIFSWITCH_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			return usage(stdout, EXIT_SUCCESS);
		default:
			return usage(stderr, EXIT_FAILURE);
		}
	}
	return optind < argc ? usage(stderr, EXIT_FAILURE) : -1;
}

int main(int argc, char **argv)
{
	struct settings settings = { .ovs = OVS_REMOTE };
	struct utsname names;
	struct ovs_sync sync;
	sd_event *event = NULL;
	int r = parse_options(argc, argv, &settings);

	if (r >= 0)
		return r;
	log_init(LOG_INFO, settings.foreground);
	signal(SIGPIPE, SIG_IGN);
	uname(&names);
	r = service_event_new(&event);
	if (r >= 0)
		r = ovs_sync_start(&sync, event, settings.ovs, settings.db,
				   settings.host ?: names.nodename);
	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
	} else {
		sd_notify(0, "READY=1");
		r = sd_event_loop(event);
		ovs_sync_stop(&sync);
	}
	sd_event_unref(event);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
