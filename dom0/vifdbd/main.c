// SPDX-License-Identifier: GPL-2.0-or-later
/* vifdbd: the vifswitch database server. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/log.h"
#include "vifdbd/net/pool-queue.h"
#include "vifdbd/net/remote.h"
#include "vifdbd/net/service.h"
#include "vifdbd/ovsdb/json-memory.h"
#include "vifdbd/tool.h"
#include "vifdbd/txn/dbfile.h"

#define REMOTES_MAX 64
#define PEER_NAMES_MAX 64
#define BEFORE_POOL_MAX 99

struct options {
	struct limits limits;
	struct tls_files tls;
	struct pool_config pool;
	const char *schema;
	const char *remotes[REMOTES_MAX];
	unsigned int n_remotes;
	const char *peer_names[PEER_NAMES_MAX];
	struct rights_rules rights;
};

enum {
	OPT_REMOTE = 256,
	OPT_SCHEMA,
	OPT_KEY,
	OPT_CERT,
	OPT_CA,
	OPT_PEER_NAME,
	OPT_RIGHTS,
	OPT_CLIENTS,
	OPT_MESSAGE,
	OPT_BACKLOG,
	OPT_MEMORY,
	OPT_PROBE,
	OPT_STORAGE,
	OPT_STORAGE_CA,
	OPT_STORAGE_CERT,
	OPT_STORAGE_KEY,
	OPT_STORAGE_PREFIX,
	OPT_HOST,
	OPT_POOL
};

static const struct option long_options[] = {
	{ "remote", required_argument, NULL, OPT_REMOTE },
	{ "schema", required_argument, NULL, OPT_SCHEMA },
	{ "private-key", required_argument, NULL, OPT_KEY },
	{ "certificate", required_argument, NULL, OPT_CERT },
	{ "ca-cert", required_argument, NULL, OPT_CA },
	{ "peer-name", required_argument, NULL, OPT_PEER_NAME },
	{ "rights", required_argument, NULL, OPT_RIGHTS },
	{ "max-clients", required_argument, NULL, OPT_CLIENTS },
	{ "max-message", required_argument, NULL, OPT_MESSAGE },
	{ "max-backlog", required_argument, NULL, OPT_BACKLOG },
	{ "max-memory", required_argument, NULL, OPT_MEMORY },
	{ "inactivity-probe", required_argument, NULL, OPT_PROBE },
	{ "storage", required_argument, NULL, OPT_STORAGE },
	{ "storage-ca-cert", required_argument, NULL, OPT_STORAGE_CA },
	{ "storage-certificate", required_argument, NULL, OPT_STORAGE_CERT },
	{ "storage-private-key", required_argument, NULL, OPT_STORAGE_KEY },
	{ "storage-prefix", required_argument, NULL, OPT_STORAGE_PREFIX },
	{ "host", required_argument, NULL, OPT_HOST },
	{ "pool", required_argument, NULL, OPT_POOL },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void help(void)
{
	unsigned int i;

	puts("vifdbd [OPTION...] DBFILE\n"
	     "vifdbd COMMAND ARGUMENT...\n\n"
	     "Serves a database to clients of RFC 7047 (OVSDB).\n\n"
	     "  --remote=REMOTE          punix:PATH, ptcp:PORT[:IP] or pssl:PORT[:IP] to listen "
	     "on;\n"
	     "                           unix:PATH, tcp:IP:PORT or ssl:IP:PORT to connect to;\n"
	     "                           db:DATABASE,TABLE,COLUMN for what a column says\n"
	     "  --schema=FILE            make the database if there is none, convert an older one\n"
	     "  --private-key=FILE       for pssl and ssl, which check the peer's certificate too\n"
	     "  --certificate=FILE\n"
	     "  --ca-cert=FILE\n"
	     "  --peer-name=NAME         in certificates of whom ssl: connects to, not the "
	     "address\n"
	     "  --rights=NAME:read|host|all\n"
	     "                           what a certificate of this name allows; * is any other\n"
	     "  --max-clients=N          4096 unless given\n"
	     "  --max-message=MIB        largest message from a client (32)\n"
	     "  --max-backlog=MIB        updates a client may leave unread (32)\n"
	     "  --max-memory=MIB         for what all clients together have in flight (512)\n"
	     "  --inactivity-probe=MS    of TCP and TLS clients, 0 for none (60000)\n"
	     "  --storage=etcd:URL,...   share the database with the pool that etcd's members "
	     "at\n"
	     "                           https://HOST:PORT keep; DBFILE is this host's copy\n"
	     "  --storage-ca-cert=FILE, --storage-certificate=FILE, --storage-private-key=FILE\n"
	     "                           for etcd, which is checked by the first\n"
	     "  --storage-prefix=TEXT    what the pool's keys begin with (/vifswitch/)\n"
	     "  --host=NAME              this host's name in the pool (the host's name)\n"
	     "  --pool=init|join         make a pool of DBFILE if there is none yet; take the\n"
	     "                           pool's database in place of DBFILE's, of which a copy\n"
	     "                           stays as DBFILE.before-pool\n"
	     "  --help, --version\n\n"
	     "Commands:");
	for (i = 0; i < n_tools; i++)
		printf("  %-13s%-16s%s\n", tools[i].name, tools[i].args, tools[i].help);
}

static int number(const char *name, const char *s, unsigned long max, unsigned long *ret)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(s, &end, 10);
	if (errno || *end || end == s || *s == '-' || v > max) {
		fprintf(stderr, "vifdbd: --%s=%s: expected a number from 0 to %lu\n", name, s, max);
		return -EINVAL;
	}
	*ret = v;
	return 0;
}

static int set_number(struct options *o, int opt, const char *name, const char *arg)
{
	unsigned long v, max = opt == OPT_CLIENTS ? 1000000 : opt == OPT_PROBE ? 86400000 : 1048576;
	int r = number(name, arg, max, &v);

	if (r)
		return r;
	if (opt == OPT_CLIENTS)
		o->limits.max_clients = v;
	else if (opt == OPT_PROBE)
		o->limits.probe_ms = v;
	else if (opt == OPT_MESSAGE)
		o->limits.max_message = v << 20;
	else if (opt == OPT_BACKLOG)
		o->limits.max_backlog = v << 20;
	else
		o->limits.max_memory = v << 20;
	return 0;
}

static int pool_word(struct options *o, const char *arg)
{
	o->pool.init = !strcmp(arg, "init");
	o->pool.join = !strcmp(arg, "join");
	if (o->pool.init || o->pool.join)
		return 0;
	fprintf(stderr, "vifdbd: --pool=%s: expected init or join\n", arg);
	return -EINVAL;
}

/* A part of a key: letters and the like, no surprise in a URL, a log or a shell. */
static int key_word(const char *name, const char *arg, const char **ret)
{
	size_t n = strspn(arg, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			       "-_./");

	if (n && !arg[n] && n <= 200) {
		*ret = arg;
		return 0;
	}
	fprintf(stderr, "vifdbd: --%s=%.200s: expected up to 200 of a-z, A-Z, 0-9, -, _, ., /\n",
		name, arg);
	return -EINVAL;
}

static int pool_option(struct options *o, int opt, const char *arg)
{
	if (opt == OPT_POOL)
		return pool_word(o, arg);
	if (opt == OPT_STORAGE_PREFIX)
		return key_word("storage-prefix", arg, &o->pool.prefix);
	if (opt == OPT_HOST)
		return key_word("host", arg, &o->pool.host);
	if (opt == OPT_STORAGE_CA)
		o->pool.tls.ca = arg;
	else if (opt == OPT_STORAGE_CERT)
		o->pool.tls.certificate = arg;
	else if (opt == OPT_STORAGE_KEY)
		o->pool.tls.key = arg;
	else if (!strncmp(arg, "etcd:", 5))
		o->pool.urls = arg + 5;
	if (opt != OPT_STORAGE || o->pool.urls)
		return 0;
	fprintf(stderr, "vifdbd: --storage=%s: expected etcd:https://HOST:PORT,...\n", arg);
	return -EINVAL;
}

/* 0, or the exit status + 1 if there is nothing more to do. */
static int parse_options(int argc, char **argv, struct options *o)
{
	int c, index = 0;

	while ((c = getopt_long(argc, argv, "+hV", long_options, &index)) != -1) {
		switch (c) {
		case 'h':
			help();
			return 1;
		case 'V':
			puts("vifdbd " VIFSWITCH_VERSION);
			return 1;
		case OPT_REMOTE:
			if (o->n_remotes == REMOTES_MAX) {
				fprintf(stderr, "vifdbd: more than %u remotes\n", REMOTES_MAX);
				return 2;
			}
			o->remotes[o->n_remotes++] = optarg;
			break;
		case OPT_PEER_NAME:
			if (o->tls.n_peer_names == PEER_NAMES_MAX) {
				fprintf(stderr, "vifdbd: more than %u names\n", PEER_NAMES_MAX);
				return 2;
			}
			o->peer_names[o->tls.n_peer_names++] = optarg;
			o->tls.peer_names = o->peer_names;
			break;
		case OPT_RIGHTS:
			if (!rights_add(&o->rights, optarg)) {
				fprintf(stderr,
					"vifdbd: --rights=%s: expected NAME:read, NAME:host or "
					"NAME:all, at most %u\n",
					optarg, RIGHTS_MAX);
				return 2;
			}
			break;
		case OPT_STORAGE:
		case OPT_STORAGE_CA:
		case OPT_STORAGE_CERT:
		case OPT_STORAGE_KEY:
		case OPT_STORAGE_PREFIX:
		case OPT_HOST:
		case OPT_POOL:
			if (pool_option(o, c, optarg))
				return 2;
			break;
		case OPT_SCHEMA:
			o->schema = optarg;
			break;
		case OPT_KEY:
			o->tls.private_key = optarg;
			break;
		case OPT_CERT:
			o->tls.certificate = optarg;
			break;
		case OPT_CA:
			o->tls.ca_cert = optarg;
			break;
		case '?':
			fputs("Try vifdbd --help.\n", stderr);
			return 2;
		default:
			if (set_number(o, c, long_options[index].name, optarg))
				return 2;
		}
	}
	return 0;
}

static int add_remotes(struct server *server, const struct options *o, char **ret_message)
{
	int r, fd, n = sd_listen_fds(true);
	unsigned int i;

	if (n < 0)
		return n;
	if (o->tls.private_key || o->tls.certificate || o->tls.ca_cert) {
		if (!o->tls.private_key || !o->tls.certificate || !o->tls.ca_cert) {
			*ret_message = xstrdup("--private-key, --certificate and --ca-cert "
					       "only work together");
			return -EINVAL;
		}
		r = tls_new(&o->tls, &server->tls, ret_message);
		if (r)
			return r;
	}
	for (fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + n; fd++) {
		r = remote_add_fd(server, fd, ret_message);
		if (r)
			return r;
	}
	for (i = 0; i < o->n_remotes; i++) {
		if (!strncmp(o->remotes[i], "db:", 3))
			r = remotes_set_column(server, o->remotes[i], ret_message);
		else
			r = remote_add(server, o->remotes[i], false, ret_message);
		if (r)
			return r;
	}
	remotes_sync(server);
	return 0;
}

/*
 * What a pool's database will replace: each time a copy of its own, none is written over.
 * A later start finds a copy of a pool, which is none of its own.
 */
static int keep_aside(const struct db *db, const char *path, char **ret_message)
{
	_cleanup_free_ char *copy = xprintf("%s.before-pool", path), *note = NULL;
	unsigned int i;

	if (db->storage->ops->noted(db->storage, STORAGE_POOL, &note) < 0) {
		*ret_message = xstrdup(db->storage->ops->message(db->storage));
		return -EIO;
	}
	if (note && *note && !access(copy, F_OK))
		return 0;
	for (i = 2; !access(copy, F_OK) && i <= BEFORE_POOL_MAX; i++) {
		free(copy);
		copy = xprintf("%s.before-pool.%u", path, i);
	}
	if (!access(copy, F_OK)) {
		*ret_message = xprintf("%s: there are %u such copies already; move some away", copy,
				       BEFORE_POOL_MAX);
		return -EEXIST;
	}
	return storage_sqlite_backup(path, copy, ret_message);
}

static int join_pool(struct server *server, const struct options *o, const char *path,
		     char **ret_message)
{
	struct pool_config config = o->pool;
	int r;

	if (!config.urls)
		return pool_forget(server->db, ret_message);
	config.host = server->host;
	if (!config.prefix)
		config.prefix = "/vifswitch/";
	/* It talks to nobody before the loop runs; a copy is kept only where it can begin. */
	r = pool_queue_new(server, &config, ret_message);
	return r >= 0 && config.join ? keep_aside(server->db, path, ret_message) : r;
}

static char *host_name(const struct options *o)
{
	char name[256] = "";

	if (o->pool.host)
		return xstrdup(o->pool.host);
	gethostname(name, sizeof(name) - 1);
	return xstrdup(*name ? name : "-");
}

static void raise_file_limit(void)
{
	struct rlimit rl;

	if (!getrlimit(RLIMIT_NOFILE, &rl)) {
		rl.rlim_cur = rl.rlim_max;
		setrlimit(RLIMIT_NOFILE, &rl);
	}
}

static int serve(const struct options *o, const char *path, char **ret_message)
{
	struct server *server = NULL;
	struct db *db = NULL;
	sigset_t set;
	int r;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	raise_file_limit();
	if (o->schema)
		r = dbfile_provide(path, o->schema, &db, ret_message);
	else
		r = dbfile_open(path, STORAGE_WRITE, &db, ret_message);
	if (r)
		return r;
	r = service_new(&o->limits, db, path, &server);
	if (r)
		return r;
	free(server->host);
	server->host = host_name(o);
	server->rights = &o->rights;
	r = join_pool(server, o, path, ret_message);
	if (r >= 0)
		r = add_remotes(server, o, ret_message);
	if (r >= 0)
		r = sd_event_add_signal(server->sessions.event, NULL, SIGTERM, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(server->sessions.event, NULL, SIGINT, NULL, NULL);
	if (r >= 0)
		r = sd_event_set_watchdog(server->sessions.event, true);
	if (r >= 0) {
		sd_notify(0, "READY=1");
		r = sd_event_loop(server->sessions.event);
		sd_notify(0, "STOPPING=1");
	}
	service_free(server);
	return r;
}

static int run_tool(const struct tool *t, char **args, int n, char **ret_message)
{
	if (n < t->min_args || n > t->max_args) {
		*ret_message = xprintf("usage: vifdbd %s %s", t->name, t->args);
		return -EINVAL;
	}
	return t->run(args, n, ret_message);
}

int main(int argc, char **argv)
{
	struct options o = { .limits = { .max_message = 32u << 20,
					 .max_backlog = 32u << 20,
					 .max_memory = 512u << 20,
					 .max_clients = 4096,
					 .probe_ms = 60000 } };
	_cleanup_free_ char *message = NULL;
	unsigned int i;
	int r = parse_options(argc, argv, &o);

	json_memory_init();
	log_init(getenv("VIFDBD_DEBUG") ? LOG_DEBUG : LOG_INFO, false);
	if (r)
		return r - 1;
	argv += optind;
	argc -= optind;
	for (i = 0; i < n_tools && argc; i++)
		if (!strcmp(argv[0], tools[i].name))
			break;
	/* Every command has arguments: one word is a database file, if there is one. */
	if (argc && i < n_tools && !(argc == 1 && (o.n_remotes || !access(argv[0], F_OK)))) {
		r = run_tool(&tools[i], argv + 1, argc - 1, &message);
	} else if (argc == 1) {
		r = serve(&o, argv[0], &message);
	} else {
		fputs("vifdbd: expected a database file or a command. Try vifdbd --help.\n",
		      stderr);
		return 1;
	}
	if (r < 0)
		fprintf(stderr, "vifdbd: %s\n", message ? message : strerror(-r));
	return r < 0;
}
