// SPDX-License-Identifier: GPL-2.0-or-later
/* vifovsd: the Open_vSwitch database, for those who bring it. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <systemd/sd-daemon.h>

#include "base/control-client.h"
#include "base/control.h"
#include "base/log.h"
#include "base/service-event.h"
#include "vifovsd/ovs-check.h"
#include "vifovsd/ovs-clear.h"
#include "vifovsd/sync.h"
#include "vifovsd/unixctl.h"

#define OVS_DIRECTORY	"/run/openvswitch"
#define FLOWS_DIRECTORY	"/run/vifofd"
#define OVS_REMOTE	"unix:" OVS_DIRECTORY "/db.sock"

enum {
	OPT_VERSION = 256, OPT_OVS, OPT_DB, OPT_HOST, OPT_DIRECTORY, OPT_FLOWS, OPT_CHECK, OPT_CLEAR
};

static const struct option options[] = {
	{ "ovs", required_argument, NULL, OPT_OVS },
	{ "db", required_argument, NULL, OPT_DB },
	{ "host", required_argument, NULL, OPT_HOST },
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "clear", no_argument, NULL, OPT_CLEAR },
	{ "directory", required_argument, NULL, OPT_DIRECTORY },
	{ "openflow", required_argument, NULL, OPT_FLOWS },
	{ "socket", required_argument, NULL, 's' },
	{ "foreground", no_argument, NULL, 'f' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, 'h' },
	{}
};

struct settings {
	struct ovs_places at;
	bool foreground, check, clear;
};

static int usage(FILE *to, int status)
{
	fputs("Usage: vifovsd [OPTION...]\n"
	      "Keeps vifswitch's database in step with an Open_vSwitch database.\n\n"
	      "      --ovs=REMOTE   the Open_vSwitch database (default: " OVS_REMOTE ")\n"
	      "      --db=REMOTE    vifswitch's (default: $" VIFDB_REMOTE_ENV " or\n"
	      "                     " VIFDB_DEFAULT_REMOTE ")\n"
	      "      --host=NAME    this host's name in vifswitch's database (default: its own)\n"
	      "      --directory=DIR  where ovs-appctl looks for ovs-vswitchd (default:\n"
	      "                     " OVS_DIRECTORY ")\n"
	      "      --openflow=DIR where vifofd's sockets are, for ovs-ofctl (default: " FLOWS_DIRECTORY ")\n"
	      "  -s, --socket=PATH  control socket of vifswitchd (default: $" VIFSWITCH_CONTROL_SOCKET_ENV "\n"
	      "                     or " VIFSWITCH_CONTROL_SOCKET ")\n"
	      "      --check        print what would become of the Open_vSwitch database, which may be\n"
	      "                     of Open vSwitch itself, and what is refused; do nothing\n"
	      "      --clear        take out of vifswitch's database what was put there, and end\n"
	      "  -f, --foreground   log to standard error, not to the journal\n"
	      "      --version      print the version and exit\n"
	      "  -h, --help         print this text and exit\n", to);
	return status;
}

/* -1: go on; else the exit status. */
static int parse_options(int argc, char **argv, struct settings *s)
{
	int c;

	while ((c = getopt_long(argc, argv, "s:fh", options, NULL)) != -1) {
		switch (c) {
		case OPT_OVS:
			s->at.ovs = optarg;
			break;
		case OPT_DB:
			s->at.own = optarg;
			break;
		case OPT_HOST:
			s->at.host = optarg;
			break;
		case OPT_DIRECTORY:
			s->at.directory = optarg;
			break;
		case OPT_FLOWS:
			s->at.flows = optarg;
			break;
		case 's':
			s->at.control = optarg;
			break;
		case OPT_CHECK:
			s->check = true;
			break;
		case OPT_CLEAR:
			s->clear = true;
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

/* ovs-appctl is a convenience: without its socket everything else goes on. */
static int serve(sd_event *event, const struct ovs_places *at)
{
	struct ovs_sync sync;
	struct unixctl unixctl = { .database = ovs_sync_database, .arg = &sync };
	int r = ovs_sync_start(&sync, event, at), answers;

	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
		return r;
	}
	answers = unixctl_start(&unixctl, event, at->directory, at->control);
	if (answers < 0)
		log_warning("%s: %s; ovs-appctl is not answered", at->directory, strerror(-answers));
	sd_notify(0, "READY=1");
	r = sd_event_loop(event);
	if (answers == 0)
		unixctl_stop(&unixctl);
	ovs_sync_stop(&sync);
	return r;
}

int main(int argc, char **argv)
{
	struct settings settings = {
		.at = { .ovs = OVS_REMOTE, .directory = OVS_DIRECTORY, .flows = FLOWS_DIRECTORY,
			.control = control_client_path() },
	};
	struct utsname names;
	sd_event *event = NULL;
	int r = parse_options(argc, argv, &settings);

	if (r >= 0)
		return r;
	log_init(LOG_INFO, settings.foreground);
	signal(SIGPIPE, SIG_IGN);
	if (settings.check) {
		log_init(LOG_INFO, true);
		return ovs_check(settings.at.ovs) ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	uname(&names);
	settings.at.host = settings.at.host ?: names.nodename;
	if (settings.clear) {
		log_init(LOG_INFO, true);
		return ovs_clear(settings.at.own, settings.at.host) ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	r = service_event_new(&event);
	if (r >= 0)
		r = serve(event, &settings.at);
	sd_event_unref(event);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
