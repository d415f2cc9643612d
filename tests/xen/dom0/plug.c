// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Drives a VIF's backend as libxl does, and times it.
 *
 *   plug add DOMID DEVID MAC BRIDGE [KEY=VALUE...]
 *       writes frontend and backend keys in one transaction, waits for netback
 *       to publish state 2. Runs no script.
 *   plug del DOMID DEVID
 *       takes the backend away as "xl network-detach --force" does.
 *   plug bench DOMID DEVID MAC BRIDGE SCRIPT COUNT
 *       COUNT times: add, the script "online" as libxl runs it, until it has
 *       ended; then "offline" and del. One line each: microseconds from the
 *       watch event of state 2 to that of hotplug-status=connected, then those
 *       to the script's end.
 *   plug watch PATH
 *       every event below PATH with the value then there, until killed.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xenstore.h>

#define LIMIT_US	40000000ULL

static struct xs_handle *xs;
static char backend[128], frontend[128];

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	va_list args;

	fputs("plug: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static void name_paths(const char *domid, const char *devid)
{
	snprintf(backend, sizeof(backend), "/local/domain/0/backend/vif/%s/%s", domid, devid);
	snprintf(frontend, sizeof(frontend), "/local/domain/%s/device/vif/%s", domid, devid);
}

static void put(xs_transaction_t t, const char *dir, const char *key, const char *value)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, key);
	if (!xs_write(xs, t, path, value, strlen(value)))
		die("write %s: %s", path, strerror(errno));
}

static bool is(const char *key, const char *want)
{
	char path[256], *value;
	bool same;

	snprintf(path, sizeof(path), "%s/%s", backend, key);
	value = xs_read(xs, XBT_NULL, path, NULL);
	same = want ? value && !strcmp(value, want) : !value;
	free(value);
	return same;
}

/* Read events until key has the value (NULL: is gone); when that was. */
static uint64_t wait_for(const char *key, const char *want, pid_t *script)
{
	uint64_t limit = now_us() + LIMIT_US;

	while (!is(key, want)) {
		struct pollfd p = { .fd = xs_fileno(xs), .events = POLLIN };
		char **event;
		int status;

		if (now_us() > limit)
			die("waited %llu s for %s/%s to be %s", LIMIT_US / 1000000, backend, key,
			    want ? want : "gone");
		if (poll(&p, 1, 100) > 0)
			while ((event = xs_check_watch(xs)))
				free(event);
		if (script && *script > 0 && waitpid(*script, &status, WNOHANG) == *script) {
			*script = 0;
			if (status)
				die("the script ended with status %#x", status);
		}
	}
	return now_us();
}

static void set_permissions(xs_transaction_t t, const char *path, unsigned int owner,
			    unsigned int reader)
{
	struct xs_permissions perms[2] = {
		{ .id = owner }, { .id = reader, .perms = XS_PERM_READ },
	};

	xs_set_permissions(xs, t, path, perms, 2);
}

static void add(const char *domid, const char *devid, const char *mac, const char *bridge,
		int extra, char **keys, const char *script)
{
	xs_transaction_t t;

	do {
		t = xs_transaction_start(xs);
		xs_mkdir(xs, t, frontend);
		set_permissions(t, frontend, atoi(domid), 0);
		put(t, frontend, "backend", backend);
		put(t, frontend, "backend-id", "0");
		put(t, frontend, "handle", devid);
		put(t, frontend, "mac", mac);
		put(t, frontend, "state", "1");
		xs_mkdir(xs, t, backend);
		set_permissions(t, backend, 0, atoi(domid));
		put(t, backend, "frontend", frontend);
		put(t, backend, "frontend-id", domid);
		put(t, backend, "online", "1");
		put(t, backend, "script", script);
		put(t, backend, "mac", mac);
		put(t, backend, "bridge", bridge);
		put(t, backend, "handle", devid);
		put(t, backend, "type", "vif");
		put(t, backend, "hotplug-status", "");
		for (int i = 0; i < extra; i++) {
			char *equals = strchr(keys[i], '=');

			if (!equals)
				die("%s: not KEY=VALUE", keys[i]);
			*equals = 0;
			put(t, backend, keys[i], equals + 1);
			*equals = '=';
		}
		put(t, backend, "state", "1");
	} while (!xs_transaction_end(xs, t, false) && errno == EAGAIN);
}

/*
 * "online" first: netback then closes for good when the frontend is gone. While
 * it waits for hotplug-status it publishes no state, so there is none to wait for.
 */
static void del(void)
{
	bool publishes = is("hotplug-status", "connected");

	put(XBT_NULL, backend, "online", "0");
	xs_rm(xs, XBT_NULL, frontend);
	if (publishes)
		wait_for("state", "6", NULL);
	xs_rm(xs, XBT_NULL, backend);
}

static pid_t run_script(const char *script, const char *action, const char *domid,
			const char *devid)
{
	pid_t pid = fork();
	char vif[32];

	if (pid)
		return pid;
	snprintf(vif, sizeof(vif), "vif%s.%s", domid, devid);
	setenv("script", script, 1);
	setenv("XENBUS_TYPE", "vif", 1);
	setenv("XENBUS_PATH", backend + strlen("/local/domain/0/"), 1);
	setenv("XENBUS_BASE_PATH", "backend", 1);
	setenv("netdev", "", 1);
	setenv("vif", vif, 1);
	execl(script, script, action, "type_if=vif", NULL);
	_exit(127);
}

static void end_script(pid_t pid, const char *what)
{
	int status = 0;

	if (pid > 0 && waitpid(pid, &status, 0) == pid && status)
		die("%s ended with status %#x", what, status);
}

static void bench(char **argv)
{
	const char *domid = argv[0], *devid = argv[1], *script = argv[4];

	for (long i = atol(argv[5]); i > 0; i--) {
		uint64_t start, plugged, end;
		pid_t pid;

		add(domid, devid, argv[2], argv[3], 0, NULL, script);
		start = wait_for("state", "2", NULL);
		pid = run_script(script, "online", domid, devid);
		plugged = wait_for("hotplug-status", "connected", &pid);
		end_script(pid, "online");
		end = now_us();
		printf("%llu %llu\n", (unsigned long long)(plugged - start),
		       (unsigned long long)(end - start));
		fflush(stdout);
		end_script(run_script(script, "offline", domid, devid), "offline");
		del();
		usleep(200000);
	}
}

static void watch(const char *path)
{
	char **event, *value;
	unsigned int n;

	xs_watch(xs, path, "t");
	while ((event = xs_read_watch(xs, &n))) {
		value = xs_read(xs, XBT_NULL, event[XS_WATCH_PATH], NULL);
		printf("%llu %s %s\n", (unsigned long long)now_us(), event[XS_WATCH_PATH],
		       value ? value : "(gone)");
		fflush(stdout);
		free(value);
		free(event);
	}
}

int main(int argc, char **argv)
{
	xs = xs_open(0);
	if (!xs)
		die("xenstore: %s", strerror(errno));
	if (argc == 3 && !strcmp(argv[1], "watch")) {
		watch(argv[2]);
		return 0;
	}
	if (argc < 4)
		die("add|del|bench|watch, see plug.c");
	name_paths(argv[2], argv[3]);
	xs_watch(xs, backend, "plug");
	if (!strcmp(argv[1], "add") && argc >= 6) {
		add(argv[2], argv[3], argv[4], argv[5], argc - 6, argv + 6,
		    "/etc/xen/scripts/vif-vifswitch");
		wait_for("state", "2", NULL);
	} else if (!strcmp(argv[1], "del")) {
		del();
	} else if (!strcmp(argv[1], "bench") && argc == 8) {
		bench(argv + 2);
	} else {
		die("add|del|bench|watch, see plug.c");
	}
	return 0;
}
