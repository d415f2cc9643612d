// SPDX-License-Identifier: GPL-2.0-or-later
/* What a client that asks without reading costs, by whom it may be: root, or the group. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "base/mem.h"
#include "vifswitchd/control-server.h"

#define GROUP	64999
#define OTHER	65534
#define MIB	((size_t)1 << 20)

struct world {
	sd_event *event;
	struct server *server;
	char path[64];
	size_t reply;			/* octets of each */
	unsigned int asked, gone;
	bool exports;			/* who asked last may tell collectors */
};

static bool has_exporter;		/* its user is there */
static unsigned int looked_up;

/* Whatever groups this machine has. An entry is an octet of the file here, so that it ends. */
struct group *fgetgrent(FILE *file)
{
	static struct group group = { .gr_name = (char *)VIFSWITCH_GROUP, .gr_gid = GROUP };

	return fgetc(file) == EOF ? NULL : &group;
}

/* Likewise. */
struct passwd *fgetpwent(FILE *file)
{
	static struct passwd user = { .pw_name = (char *)VIFSWITCH_EXPORTER, .pw_uid = OTHER };

	looked_up++;
	return fgetc(file) == EOF || !has_exporter ? NULL : &user;
}

static void on_request(struct client *client, const struct json_rpc_request *request, void *arg)
{
	struct world *w = arg;
	char *line = xzalloc(w->reply + 2);

	memset(line, 'a' + w->asked % 26, w->reply);
	line[w->reply] = '\n';
	w->asked++;
	w->exports = client_may_help(client, HELPER_EXPORTER);
	client_send(client, line);
}

static void on_gone(struct client *client, void *arg)
{
	((struct world *)arg)->gone++;
}

static const struct server_ops ops = { .request = on_request, .gone = on_gone };

static int setup(void **state)
{
	struct world *w = xzalloc(sizeof(*w));

	*state = w;
	snprintf(w->path, sizeof(w->path), "/tmp/vifswitch-control-%d", getpid());
	assert_true(sd_event_new(&w->event) >= 0);
	assert_int_equal(server_new(w->event, w->path, &ops, w, &w->server), 0);
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	server_free(w->server);
	sd_event_unref(w->event);
	free(w);
	return 0;
}

/* Until there is nothing left to do. */
static void turn(struct world *w)
{
	while (sd_event_run(w->event, 0) > 0)
		;
}

static int connect_as(struct world *w, uid_t uid, gid_t gid)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	strcpy(addr.sun_path, w->path);
	assert_true(setegid(gid) == 0 && seteuid(uid) == 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_true(seteuid(0) == 0 && setegid(0) == 0);
	turn(w);
	return fd;
}

static void ask(int fd, unsigned int times)
{
	static const char line[] = "{\"id\":1,\"method\":\"x\",\"params\":[]}\n";

	while (times--)
		assert_int_equal(send(fd, line, strlen(line), MSG_NOSIGNAL), strlen(line));
}

/* All that comes, how many lines; the last one begins with @ret_last. */
static unsigned int read_all(struct world *w, int fd, char *ret_last)
{
	static char buf[65536];
	unsigned int lines = 0;
	bool begins = true;
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
		for (char *at = buf, *end; at < buf + n; at = end + 1) {
			if (begins)
				*ret_last = *at;
			end = memchr(at, '\n', buf + n - at);
			begins = end;
			lines += begins;
			if (!end)
				break;
		}
		turn(w);
	}
	return lines;
}

/* Who may only look is served as fast as it reads, and in order. */
static void test_reader(void **state)
{
	struct world *w = *state;
	_cleanup_close_ int fd = -1;
	char last = 0;

	if (geteuid() != 0)
		skip();
	w->reply = MIB;
	fd = connect_as(w, OTHER, GROUP);
	ask(fd, 10);
	turn(w);
	assert_int_equal(w->asked, 1);
	assert_int_equal(read_all(w, fd, &last), 10);
	assert_int_equal(last, 'a' + 9);
	assert_int_equal(w->asked, 10);
	/* It still may. */
	ask(fd, 1);
	turn(w);
	assert_int_equal(read_all(w, fd, &last), 1);
	/* Away without a word, with requests and a reply left. */
	ask(fd, 10);
	turn(w);
	closep(&fd);
	fd = -1;
	turn(w);
	assert_int_equal(w->gone, 1);
	assert_int_equal(w->asked, 12);
}

/* Replies that are read at once, or fit the kernel's buffer: one a turn all the same. */
static void test_turns(void **state)
{
	struct world *w = *state;
	_cleanup_close_ int fd = -1;
	unsigned int before, most = 0;

	if (geteuid() != 0)
		skip();
	w->reply = 10;
	fd = connect_as(w, OTHER, GROUP);
	ask(fd, 50);
	do {
		before = w->asked;
		if (sd_event_run(w->event, 0) <= 0)
			break;
		if (w->asked - before > most)
			most = w->asked - before;
	} while (true);
	assert_int_equal(w->asked, 50);
	assert_int_equal(most, 1);
}

/* The library and the hotplug scripts are root's: all at once. */
static void test_root(void **state)
{
	struct world *w = *state;
	_cleanup_close_ int fd = -1;
	char last = 0;

	if (geteuid() != 0)
		skip();
	w->reply = 7 * MIB;
	fd = connect_as(w, 0, 0);
	ask(fd, 3);
	turn(w);
	assert_int_equal(w->asked, 3);
	assert_int_equal(read_all(w, fd, &last), 3);
	/* One that never reads is gone at last. */
	ask(fd, 10);
	turn(w);
	assert_int_equal(w->gone, 1);
}

/* All who may only look share what one of root's clients may leave unread. */
static void test_together(void **state)
{
	struct world *w = *state;
	_cleanup_close_ int a = -1, b = -1, root = -1;
	char last = 0;

	if (geteuid() != 0)
		skip();
	w->reply = 33 * MIB;
	a = connect_as(w, OTHER, GROUP);
	b = connect_as(w, OTHER, GROUP);
	root = connect_as(w, 0, 0);
	ask(a, 1);
	turn(w);
	ask(b, 1);
	ask(root, 1);
	turn(w);
	assert_int_equal(w->asked, 3);
	/* It is told why. */
	assert_int_equal(read_all(w, b, &last), 1);
	assert_int_equal(last, '{');
	assert_int_equal(w->gone, 1);
	/* The others have theirs. */
	assert_int_equal(recv(a, &last, 1, 0), 1);
	assert_int_equal(last, 'a');
	assert_int_equal(recv(root, &last, 1, 0), 1);
	assert_int_equal(last, 'c');
}

static bool may_export(struct world *w, int fd)
{
	ask(fd, 1);
	turn(w);
	return w->exports;
}

/* vifexportd's package comes when we run already: its user is looked for when it asks. */
static void test_exporter(void **state)
{
	struct world *w = *state;
	_cleanup_close_ int fd = -1, root = -1, third = -1;
	unsigned int before;
	char last = 0;

	if (geteuid() != 0)
		skip();
	has_exporter = false;
	fd = connect_as(w, OTHER, GROUP);
	third = connect_as(w, OTHER - 1, GROUP);
	root = connect_as(w, 0, 0);
	assert_true(may_export(w, root));
	assert_false(may_export(w, fd));
	assert_int_equal(read_all(w, fd, &last), 1);
	has_exporter = true;
	assert_true(may_export(w, fd));
	before = looked_up;
	assert_false(may_export(w, third));
	assert_int_equal(looked_up, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_reader, setup, teardown),
		cmocka_unit_test_setup_teardown(test_turns, setup, teardown),
		cmocka_unit_test_setup_teardown(test_root, setup, teardown),
		cmocka_unit_test_setup_teardown(test_together, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exporter, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
