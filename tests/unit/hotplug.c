// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The hotplug script without Xen: hostile words and environments, every kind
 * of reply, and whole runs against a daemon played by a child process.
 * backend-keys.c is replaced by one that notes what would have been written.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/control-client.h"
#include "base/control.h"
#include "hotplug/backend-keys.h"
#include "hotplug/invocation.h"
#include "hotplug/run.h"

static struct {
	int prepared, records, released, result;
	bool control_domain;
	struct hotplug_outcome last;
} store;

void store_prepare(void)
{
	store.prepared++;
}

int store_record(const struct hotplug_request *req, const struct hotplug_outcome *outcome)
{
	store.records++;
	store.last = *outcome;
	return store.result;
}

bool store_find_xapi(const struct hotplug_request *req, struct xapi_vif *ret)
{
	return false;
}

void store_release(const struct hotplug_request *req)
{
	store.released += req->domid == 3 && req->devid == 0;
}

bool store_is_control_domain(void)
{
	return store.control_domain;
}

#define ARGV(...)	((char *[]){ "vif-vifswitch", __VA_ARGS__, NULL })
#define ENVP(...)	((char *[]){ __VA_ARGS__, NULL })

static int count(char *const *v)
{
	int n = 0;

	while (v[n])
		n++;
	return n;
}

static int parse(char *const *argv, char *const *envp, struct hotplug_request *req,
		 struct hotplug_outcome *err)
{
	return hotplug_request_parse(count(argv), argv, envp, req, err);
}

static void test_words(void **state)
{
	static const struct {
		char *a1, *a2;
		enum hotplug_action action;
		enum hotplug_type type;
		const char *netdev;
	} good[] = {
		{ "online", "type_if=vif", HOTPLUG_ONLINE, HOTPLUG_VIF, "vif3.0" },
		{ "offline", "type_if=vif", HOTPLUG_OFFLINE, HOTPLUG_VIF, "vif3.0" },
		{ "add", "type_if=tap", HOTPLUG_ADD, HOTPLUG_TAP, "vif3.0-emu" },
		{ "remove", "type_if=tap", HOTPLUG_REMOVE, HOTPLUG_TAP, "vif3.0-emu" },
		{ "online", NULL, HOTPLUG_ONLINE, HOTPLUG_VIF, "vif3.0" },
		{ "add", NULL, HOTPLUG_ADD, HOTPLUG_TAP, "vif3.0-emu" },
		{ "move", NULL, HOTPLUG_ONLINE, HOTPLUG_VIF, "vif3.0" },
		{ "move", "type_if=tap", HOTPLUG_ONLINE, HOTPLUG_TAP, "vif3.0-emu" },
	};
	struct hotplug_outcome err;
	struct hotplug_request req;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(parse(ARGV(good[i].a1, good[i].a2),
				       ENVP("XENBUS_PATH=backend/vif/3/0"), &req, &err), 0);
		assert_int_equal(req.action, good[i].action);
		assert_int_equal(req.type, good[i].type);
		assert_string_equal(req.netdev, good[i].netdev);
		assert_string_equal(req.backend, "backend/vif/3/0");
	}
	assert_int_equal(parse(ARGV("online", "type_if=vif", "by=udev"),
			       ENVP("XENBUS_PATH=backend/vif/3/0"), &req, &err), 0);
	assert_true(req.by_udev);
}

static void test_words_refused(void **state)
{
	char *env[] = { "XENBUS_PATH=backend/vif/3/0", NULL };
	struct hotplug_outcome err;
	struct hotplug_request req = { .netdev = "untouched" };

	assert_int_equal(hotplug_request_parse(0, ARGV("x"), env, &req, &err), -EINVAL);
	assert_int_equal(hotplug_request_parse(1, ARGV("x"), env, &req, &err), -EINVAL);
	assert_int_equal(parse(ARGV(""), env, &req, &err), -EINVAL);
	assert_int_equal(parse(ARGV("on\nline"), env, &req, &err), -EINVAL);
	assert_null(strchr(err.message, '\n'));
	assert_int_equal(parse(ARGV("ONLINE"), env, &req, &err), -EINVAL);
	assert_int_equal(parse(ARGV("online", "type_if="), env, &req, &err), -EINVAL);
	assert_int_equal(parse(ARGV("online", "type_if=vif;reboot"), env, &req, &err), -EINVAL);
	assert_int_equal(parse(ARGV("online", "XENBUS_PATH=x"), env, &req, &err), -EINVAL);
	assert_string_equal(req.netdev, "untouched");
}

static void test_backend_paths(void **state)
{
	static char *const good[] = {
		"backend/vif/0/0", "backend/vif/32751/0", "backend/vif/3/2147483647",
		"/local/domain/0/backend/vif/3/0", "/local/domain/5/backend/vif/12/1",
	};
	static char *const bad[] = {
		"", "/", "backend", "backend/vif", "backend/vif/", "backend/vif/3",
		"backend/vif/3/",
		"backend/vif/3/0/", "backend/vif/3/0/state", "backend/vif/-3/0", "backend/vif/+3/0",
		"backend/vif/ 3/0", "backend/vif/03/0", "backend/vif/3/00", "backend/vif/3/0 ",
		"backend/vif/3/0\n", "backend/vif/32752/0", "backend/vif/3/2147483648",
		"backend/vif/99999999999999999999/0", "backend/vbd/3/0", "backend//vif/3/0",
		"/backend/vif/3/0", "//local/domain/0/backend/vif/3/0",
		"/local/domain/backend/vif/3/0",
		"/local/domain/x/backend/vif/3/0", "/local/domain/3/device/vif/0",
		"/local/domain/40000/backend/vif/3/0", "../backend/vif/3/0", "backend/vif/../0",
		"backend/vif/3/0\"},{\"x\":\"", "backend/vif/0x3/0",
		"/local/domain/0/backend/vif/3/0000000000000000000000000000000000000000000000",
	};
	char text[256], longest[3000];
	struct hotplug_outcome err;
	struct hotplug_request req;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(text, sizeof(text), "XENBUS_PATH=%s", good[i]);
		assert_int_equal(parse(ARGV("online"), ENVP(text, "vif=v"), &req, &err), 0);
		assert_string_equal(req.backend, good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "XENBUS_PATH=%s", bad[i]);
		if (parse(ARGV("online"), ENVP(text), &req, &err) != -EINVAL)
			fail_msg("accepted %s", text);
		assert_non_null(strstr(err.message, "backend/vif/DOMID/DEVID"));
		assert_null(strchr(err.message, '\n'));
	}
	assert_int_equal(parse(ARGV("online"), ENVP("XENBUS_PATH"), &req, &err), -EINVAL);
	assert_int_equal(parse(ARGV("online"), ENVP("NOT_XENBUS_PATH=backend/vif/3/0"), &req, &err),
			 -EINVAL);
	assert_int_equal(parse(ARGV("online"), ENVP(NULL), &req, &err), -EINVAL);
	assert_int_equal(parse(ARGV("online"), NULL, &req, &err), -EINVAL);

	memset(longest, 'A', sizeof(longest));
	memcpy(longest, "XENBUS_PATH=", 12);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(parse(ARGV("online"), ENVP(longest), &req, &err), -EINVAL);
	assert_true(strlen(err.message) < sizeof(err.message));
}

static void test_netdevs(void **state)
{
	static char *const bad[] = {
		"vif=a/b", "vif=..", "vif=.", "vif=a b", "vif=a\"b", "vif=1234567890123456",
		"vif=\x01", "vif=v\xc3\xa9", "vif=a\\b", "vif=$(reboot)",
	};
	char *path = "XENBUS_PATH=backend/vif/3/0";
	struct hotplug_outcome err;
	struct hotplug_request req;

	assert_int_equal(parse(ARGV("online"), ENVP(path, "vif=web-eth0"), &req, &err), 0);
	assert_string_equal(req.netdev, "web-eth0");
	assert_int_equal(parse(ARGV("online"), ENVP(path, "vif="), &req, &err), 0);
	assert_string_equal(req.netdev, "vif3.0");
	assert_int_equal(parse(ARGV("online"), ENVP(path, "vif=123456789012345"), &req, &err), 0);
	assert_int_equal(parse(ARGV("add"), ENVP(path, "INTERFACE=tap3.0", "vif=no"), &req, &err),
			 0);
	assert_string_equal(req.netdev, "tap3.0");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (parse(ARGV("online"), ENVP(path, bad[i]), &req, &err) != -EINVAL)
			fail_msg("accepted %s", bad[i]);
	/* A name we would have to make up and that no netdev can have. */
	assert_int_equal(parse(ARGV("add"), ENVP("XENBUS_PATH=backend/vif/32751/100000"), &req,
			       &err), -EINVAL);
}

static void test_request_line(void **state)
{
	struct hotplug_request req = {
		.action = HOTPLUG_ONLINE, .type = HOTPLUG_VIF,
		.backend = "/local/domain/32751/backend/vif/32751/2147483647",
		.netdev = "123456789012345",
	};
	char line[HOTPLUG_LINE_MAX];
	size_t len;

	len = hotplug_request_line(&req, 29000, line);
	assert_int_equal(len, strlen(line));
	assert_string_equal(line, "{\"id\":1,\"method\":\"hotplug\",\"params\":[{\"action\":"
			    "\"online\",\"type\":\"vif\",\"backend\":"
			    "\"/local/domain/32751/backend/vif/32751/2147483647\","
			    "\"netdev\":\"123456789012345\",\"timeout_ms\":29000}]}\n");
	req = (struct hotplug_request){ .action = HOTPLUG_REMOVE, .type = HOTPLUG_TAP,
					.backend = "b", .netdev = "n" };
	hotplug_request_line(&req, UINT32_MAX, line);
	assert_non_null(strstr(line, "\"action\":\"remove\",\"type\":\"tap\""));
}

#define REPLY "{\"id\":1,\"result\":{"

static void test_replies(void **state)
{
	static const struct {
		enum hotplug_action action;
		const char *line, *message;	/* NULL: success */
	} cases[] = {
		{ HOTPLUG_ONLINE, REPLY "\"state\":\"plugged\"},\"error\":null}", NULL },
		{ HOTPLUG_ADD, "{\"error\":null,\"result\":{\"x\":[],\"state\":\"plugged\"},"
		  "\"id\":1}", NULL },
		{ HOTPLUG_ONLINE, REPLY "\"state\":\"plugged\"}}", NULL },
		{ HOTPLUG_OFFLINE, REPLY "\"state\":\"gone\"},\"error\":null}", NULL },
		{ HOTPLUG_OFFLINE, REPLY "\"state\":\"plugged\"},\"error\":null}",
		  "\"gone\" was expected" },
		{ HOTPLUG_ONLINE, REPLY "\"state\":\"gone\"},\"error\":null}",
		  "\"plugged\" was expected" },
		{ HOTPLUG_ONLINE, REPLY "},\"error\":null}", "expected" },
		{ HOTPLUG_ONLINE, "{\"id\":1,\"result\":null,\"error\":null}", "expected" },
		{ HOTPLUG_ONLINE, REPLY "\"state\":7},\"error\":null}", "expected" },
		{ HOTPLUG_ONLINE, "{\"id\":2,\"result\":{\"state\":\"plugged\"},\"error\":null}",
		  "not a reply" },
		{ HOTPLUG_ONLINE, "{\"result\":{\"state\":\"plugged\"}}", "not a reply" },
		{ HOTPLUG_ONLINE, "", "not a reply" },
		{ HOTPLUG_ONLINE, "[1]", "not a reply" },
		{ HOTPLUG_ONLINE, REPLY "\"state\":\"plugged\"}", "not a reply" },
		{ HOTPLUG_ONLINE, REPLY "\"state\":\"plugged\"}}x", "not a reply" },
		{ HOTPLUG_ONLINE, REPLY "\"state\":\"plugged\"},"
		  "\"error\":{\"code\":\"refused\",\"message\":\"web: no\"}}", "web: no" },
		{ HOTPLUG_ONLINE, "{\"id\":1,\"error\":{\"message\":\"a\\nb\\u001b[31m\"}}",
		  "a b [31m" },
		{ HOTPLUG_ONLINE, "{\"id\":1,\"error\":{}}", "without saying why" },
		{ HOTPLUG_ONLINE, "{\"id\":1,\"error\":7}", "without saying why" },
		{ HOTPLUG_ONLINE, "{\"id\":1,\"error\":{\"message\":\"\"}}", "without saying why" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hotplug_request req = { .action = cases[i].action };
		struct hotplug_outcome out;

		hotplug_outcome_reply(&req, cases[i].line, strlen(cases[i].line), &out);
		if (out.ok != !cases[i].message)
			fail_msg("%s: ok is %d", cases[i].line, out.ok);
		if (cases[i].message && !strstr(out.message, cases[i].message))
			fail_msg("%s: \"%s\"", cases[i].line, out.message);
	}
}

static void test_long_message(void **state)
{
	struct hotplug_request req = { .action = HOTPLUG_ONLINE };
	struct hotplug_outcome out;
	char line[9000];
	int n;

	n = snprintf(line, sizeof(line), "{\"id\":1,\"error\":{\"message\":\"%08000d\"}}", 0);
	hotplug_outcome_reply(&req, line, (size_t)n, &out);
	assert_false(out.ok);
	assert_int_equal(strlen(out.message), HOTPLUG_MESSAGE_MAX - 1);
}

/*
 * Whole runs: each string is one connection's answer; "" closes it instead, and
 * AWAY closes it and nobody listens for longer than a first try would wait.
 */
#define AWAY	"~"

static char dir[] = "/tmp/hotplug-test.XXXXXX", path[64];

static int daemon_listen(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(addr.sun_path, path);
	unlink(path);
	return bind(s, (struct sockaddr *)&addr, sizeof(addr)) || listen(s, 4) ? -1 : s;
}

/* Two pieces, so that the client has to put a line together. */
static bool daemon_answer(int s, const char *answer)
{
	int c = accept(s, NULL, NULL);
	char buf[1024];
	bool ok;

	ok = c >= 0 && read(c, buf, sizeof(buf)) > 0;
	if (ok && *answer && *answer != AWAY[0])
		ok = write(c, answer, 5) == 5 && !usleep(2000) &&
		     write(c, answer + 5, strlen(answer + 5)) > 0;
	close(c);
	return ok;
}

static pid_t daemon_start(const char *const *answers, int delay_ms)
{
	int s = delay_ms ? -1 : daemon_listen();
	pid_t pid = fork();

	if (pid) {
		close(s);
		return pid;
	}
	alarm(20);
	usleep((useconds_t)delay_ms * 1000);
	if (delay_ms)
		s = daemon_listen();
	for (; *answers; answers++) {
		if (!daemon_answer(s, *answers))
			_exit(1);
		if (strcmp(*answers, AWAY))
			continue;
		close(s);
		usleep((HOTPLUG_REACH_LIMIT_MS + 400) * 1000);
		s = daemon_listen();
	}
	_exit(0);
}

static int run(const char *const *answers, int delay_ms, char *const *argv)
{
	char *env[] = { "XENBUS_PATH=backend/vif/3/0", "vif=vif3.0", NULL };
	pid_t pid = answers ? daemon_start(answers, delay_ms) : 0;
	int r, status = 0;

	memset(&store, 0, sizeof(store));
	r = hotplug_run(count(argv), argv, env);
	if (pid) {
		waitpid(pid, &status, 0);
		assert_int_equal(status, 0);
	}
	unlink(path);
	return r;
}

#define PLUGGED	"{\"id\":1,\"result\":{\"state\":\"plugged\"},\"error\":null}\n"
#define GONE	"{\"id\":1,\"result\":{\"state\":\"gone\"},\"error\":null}\n"
#define REFUSED	"{\"id\":1,\"result\":null,\"error\":{\"code\":\"refused\",\"message\":\"no\"}}\n"
#define ANSWERS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void test_run_plugged(void **state)
{
	assert_int_equal(run(ANSWERS(PLUGGED), 0, ARGV("online", "type_if=vif")), 0);
	assert_int_equal(store.prepared, 1);
	assert_int_equal(store.records, 1);
	assert_true(store.last.ok);

	assert_int_equal(run(ANSWERS(PLUGGED), 0, ARGV("add", "type_if=tap")), 0);
	assert_int_equal(store.records, 0);
}

static void test_run_refused(void **state)
{
	assert_int_equal(run(ANSWERS(REFUSED), 0, ARGV("online", "type_if=vif")), 1);
	assert_int_equal(store.records, 1);
	assert_string_equal(store.last.message, "no");
	assert_int_equal(run(ANSWERS(REFUSED), 0, ARGV("add", "type_if=tap")), 1);
	assert_int_equal(store.records, 1);
}

static void test_run_restart(void **state)
{
	/* Starting while we try, and going away twice with our request in hand. */
	assert_int_equal(run(ANSWERS("", "", PLUGGED), 300, ARGV("online")), 0);
	assert_true(store.last.ok);
}

static void test_run_slow_restart(void **state)
{
	assert_int_equal(run(ANSWERS(AWAY, PLUGGED), 0, ARGV("online")), 0);
	assert_true(store.last.ok);
}

static void test_run_no_daemon(void **state)
{
	assert_int_equal(run(NULL, 0, ARGV("online")), 1);
	assert_int_equal(store.records, 1);
	assert_false(store.last.ok);
	assert_string_equal(store.last.message,
			    "vifswitchd is not running: systemctl status vifswitchd");
}

static void test_run_unplug(void **state)
{
	assert_int_equal(run(NULL, 0, ARGV("offline")), 0);
	assert_int_equal(run(ANSWERS(GONE), 0, ARGV("offline")), 0);
	assert_int_equal(run(ANSWERS(REFUSED), 0, ARGV("remove", "type_if=tap")), 0);
	assert_int_equal(store.released, 0);
	/* XAPI's word, which waits for a node that must go also if nobody answers. */
	assert_int_equal(run(NULL, 0, ARGV("remove", "type_if=vif")), 0);
	assert_int_equal(store.released, 1);
	assert_int_equal(run(ANSWERS(""), 0, ARGV("offline")), 0);
	assert_int_equal(store.records, 0);
}

static void test_run_store_fails(void **state)
{
	char *env[] = { "XENBUS_PATH=backend/vif/3/0", NULL }, **argv = ARGV("online");
	pid_t pid = daemon_start(ANSWERS(PLUGGED), 0);

	memset(&store, 0, sizeof(store));
	store.result = -ENOENT;
	assert_int_equal(hotplug_run(count(argv), argv, env), 1);
	waitpid(pid, NULL, 0);
	unlink(path);
}

static void test_run_udev(void **state)
{
	char *env[] = { "XENBUS_PATH=backend/vif/3/0", NULL }, **argv = ARGV("online", "by=udev");

	memset(&store, 0, sizeof(store));
	store.control_domain = true;	/* libxl runs the script there */
	assert_int_equal(hotplug_run(count(argv), argv, env), 0);
	assert_int_equal(store.records, 0);
	assert_int_equal(run(ANSWERS(PLUGGED), 0, ARGV("online", "type_if=vif", "by=udev")), 0);
	assert_int_equal(store.records, 1);
}

static void expect_line(struct control_client *c, const char *want)
{
	const char *line;
	size_t len;

	assert_int_equal(control_client_receive(c, 0, &line, &len), 0);
	assert_int_equal(len, strlen(want));
	assert_memory_equal(line, want, len);
}

static void test_client_limits(void **state)
{
	struct control_client c = CONTROL_CLIENT_INIT;
	const char *line;
	size_t len;
	int sv[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv), 0);
	c.fd = sv[0];
	json_rpc_input_init(&c.in, 8);
	assert_int_equal(control_client_receive(&c, clock_ms(), &line, &len),
			 -ETIMEDOUT);
	assert_int_equal(write(sv[1], "one\ntwo\n\nfo", 11), 11);
	expect_line(&c, "one");
	expect_line(&c, "two");
	expect_line(&c, "");
	assert_int_equal(control_client_receive(&c, 0, &line, &len), -ETIMEDOUT);
	assert_int_equal(write(sv[1], "ur\n", 3), 3);
	expect_line(&c, "four");
	assert_int_equal(write(sv[1], "nine-octets", 11), 11);
	assert_int_equal(control_client_receive(&c, 0, &line, &len), -EMSGSIZE);
	control_client_close(&c);
	assert_int_equal(control_client_open(&c, "/nonexistent/socket", 8), -ENOENT);
	control_client_close(&c);
	close(sv[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_words_refused),
		cmocka_unit_test(test_backend_paths),
		cmocka_unit_test(test_netdevs),
		cmocka_unit_test(test_request_line),
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_long_message),
		cmocka_unit_test(test_run_plugged),
		cmocka_unit_test(test_run_refused),
		cmocka_unit_test(test_run_restart),
		cmocka_unit_test(test_run_slow_restart),
		cmocka_unit_test(test_run_no_daemon),
		cmocka_unit_test(test_run_unplug),
		cmocka_unit_test(test_run_store_fails),
		cmocka_unit_test(test_run_udev),
		cmocka_unit_test(test_client_limits),
	};
	int r;

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/control", dir);
	setenv(VIFSWITCH_CONTROL_SOCKET_ENV, path, 1);
	r = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return r;
}
