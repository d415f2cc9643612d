// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/control.h"
#include "base/log.h"
#include "base/number.h"
#include "policydb/cache.h"
#include "vifswitchd/start.h"

enum {
	OPT_NO_HYPERVISOR = 256, OPT_CHECK_CONFIG, OPT_VERSION, OPT_DATABASE, OPT_POLICY_COPY,
	OPT_HOST_NAME, OPT_WHOLE_DATABASE, OPT_PRIVATE_KEY, OPT_CERTIFICATE, OPT_CA_CERT,
};

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "socket", required_argument, NULL, 's' },
	{ "database", required_argument, NULL, OPT_DATABASE },
	{ "policy-copy", required_argument, NULL, OPT_POLICY_COPY },
	{ "host-name", required_argument, NULL, OPT_HOST_NAME },
	{ "private-key", required_argument, NULL, OPT_PRIVATE_KEY },
	{ "certificate", required_argument, NULL, OPT_CERTIFICATE },
	{ "ca-cert", required_argument, NULL, OPT_CA_CERT },
	{ "whole-database", required_argument, NULL, OPT_WHOLE_DATABASE },
	{ "foreground", no_argument, NULL, 'f' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "no-hypervisor", no_argument, NULL, OPT_NO_HYPERVISOR },
	{ "check-config", no_argument, NULL, OPT_CHECK_CONFIG },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, 'h' },
	{}
};

static int usage(FILE *to, int status)
{
	fputs("Usage: vifswitchd [OPTION...]\n"
	      "Plugs Xen VIFs into vifswitch's kernel datapath.\n\n"
	      "  -c, --config=FILE   read FILE instead of " CONFIG_PATH "\n"
	      "  -s, --socket=PATH   control socket (default: $" VIFSWITCH_CONTROL_SOCKET_ENV
	      " or " VIFSWITCH_CONTROL_SOCKET ")\n"
	      "      --database=REMOTE  policy database (default: " VIFDB_DEFAULT_REMOTE "),\n"
	      "                      or none\n"
	      "      --policy-copy=FILE what the database last said (default:\n"
	      "                      " POLICY_COPY_PATH ")\n"
	      "      --host-name=NAME   this host's name in the database (default: its own)\n"
	      "      --private-key=FILE, --certificate=FILE, --ca-cert=FILE  for ssl: (default:\n"
	      "                      " DATABASE_FILES "key.pem, cert.pem, ca.pem)\n"
	      "      --whole-database=PORTS  a database of more ports is not followed whole\n"
	      "  -f, --foreground    log to standard error, not to the journal\n"
	      "  -v, --verbose       log every operation\n"
	      "      --no-hypervisor take VMs' UUIDs from XenStore (driver domains, tests)\n"
	      "      --check-config  check the configuration and exit\n"
	      "      --version       print the version and exit\n"
	      "  -h, --help          print this text and exit\n", to);
	return status;
}

static int check_config(const char *path)
{
	struct config config = {};
	struct problem problem;

	if (config_load(path, &config, &problem) < 0) {
		fprintf(stderr, "vifswitchd: %s\n", problem.text);
		return EXIT_FAILURE;
	}
	printf("%s: good, %zu switch%s\n", path, config.count, config.count == 1 ? "" : "es");
	config_deinit(&config);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	const char *socket_path = getenv(VIFSWITCH_CONTROL_SOCKET_ENV);
	struct daemon_options opts = {
		.config_path = CONFIG_PATH, .policy_copy = POLICY_COPY_PATH,
		.whole_max = POLICY_WHOLE_MAX,
	};
	bool foreground = false, verbose = false, check = false;
	uint64_t ports;
	static struct daemon d;
	int c, r;

	opts.socket_path = socket_path && *socket_path ? socket_path : VIFSWITCH_CONTROL_SOCKET;
	while ((c = getopt_long(argc, argv, "c:s:fvh", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			opts.config_path = optarg;
			opts.config_must_exist = true;
			break;
		case 's':
			opts.socket_path = optarg;
			break;
		case OPT_DATABASE:
			opts.database = optarg;
			break;
		case OPT_POLICY_COPY:
			opts.policy_copy = optarg;
			break;
		case OPT_HOST_NAME:
			opts.host_name = optarg;
			break;
		case OPT_PRIVATE_KEY:
			opts.private_key = optarg;
			break;
		case OPT_CERTIFICATE:
			opts.certificate = optarg;
			break;
		case OPT_CA_CERT:
			opts.ca_certificate = optarg;
			break;
		case OPT_WHOLE_DATABASE:
			if (!number_parse(optarg, strlen(optarg), 0, POLICIES_PORTS_MAX, &ports))
				return usage(stderr, EXIT_FAILURE);
			opts.whole_max = ports;
			break;
		case 'f':
			foreground = true;
			break;
		case 'v':
			verbose = true;
			break;
		case OPT_NO_HYPERVISOR:
			opts.no_hypervisor = true;
			break;
		case OPT_CHECK_CONFIG:
			check = true;
			break;
		case OPT_VERSION:
			printf("vifswitchd %s\n", VIFSWITCH_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			return usage(stdout, EXIT_SUCCESS);
		default:
			return usage(stderr, EXIT_FAILURE);
		}
	}
	if (optind < argc)
		return usage(stderr, EXIT_FAILURE);
	if (check)
		return check_config(opts.config_path);
	log_init(verbose ? LOG_DEBUG : LOG_INFO, foreground);
	if (strcmp(opts.socket_path, VIFSWITCH_CONTROL_SOCKET) == 0 &&
	    mkdir(VIFSWITCH_RUNDIR, 0755) < 0 && errno != EEXIST)
		log_warning("%s: %s", VIFSWITCH_RUNDIR, strerror(errno));
	if (strcmp(opts.policy_copy, POLICY_COPY_PATH) == 0 &&
	    mkdir(VIFSWITCH_STATEDIR, 0755) < 0 && errno != EEXIST)
		log_warning("%s: %s", VIFSWITCH_STATEDIR, strerror(errno));
	r = daemon_init(&d, &opts);
	if (r >= 0)
		r = daemon_run(&d);
	daemon_deinit(&d);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
