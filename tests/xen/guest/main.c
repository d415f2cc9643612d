// SPDX-License-Identifier: GPL-2.0-or-later
/* /init of the guests: set up, then serve requests from the console (guest.h). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "guest.h"

#define ANSWER_MAX	3800
#define ARGS_MAX	512
#define RUNNING_MAX	64

volatile bool stopping;

static char answer[ANSWER_MAX + 1];
static size_t answer_len;
static bool failed;

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{ "ping", verb_ping },	{ "reach", verb_reach },   { "sink", verb_sink },
	{ "send", verb_send },	{ "raw", verb_raw },	   { "sniff", verb_sniff },
	{ "xs", verb_xs },	{ "xsloop", verb_xsloop }, { "sh", verb_sh },
	{ "flood", verb_flood }, { "serve", verb_serve },  { "talk", verb_talk },
	{ "unplug", verb_unplug }, { "hear", verb_hear },
};

static struct {
	char id[16];
	pid_t pid;
} running[RUNNING_MAX];

void say(const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(answer + answer_len, ANSWER_MAX - answer_len, format, args);
	va_end(args);
	if (n > 0 && answer_len + n < ANSWER_MAX)
		answer_len += n;
}

void say_string(const char *name, const char *text)
{
	say("%s\"%s\":\"", answer_len ? "," : "", name);
	for (; *text && answer_len < ANSWER_MAX - 16; text++) {
		unsigned char c = *text;

		if (c == '"' || c == '\\')
			say("\\%c", c);
		else if (c < 0x20 || c > 0x7e)
			say("\\u%04x", c);
		else
			say("%c", c);
	}
	say("\"");
}

int fail(const char *format, ...)
{
	char text[512];
	int error = errno;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	answer_len = 0;
	say_string("error", text);
	say(",\"errno\":%d", error);
	failed = true;
	return -1;
}

uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void sleep_until_us(uint64_t when)
{
	struct timespec t = { .tv_sec = when / 1000000, .tv_nsec = when % 1000000 * 1000 };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

long number(const char *text, long fallback)
{
	return text ? strtol(text, NULL, 0) : fallback;
}

static void emit(const char *id)
{
	char line[ANSWER_MAX + 64];
	int n = snprintf(line, sizeof(line), "\n=%s {%s}\n", id, answer);

	for (int done = 0; done < n;) {
		ssize_t w = write(1, line + done, n - done);

		if (w > 0)
			done += w;
		else if (errno != EINTR && errno != EAGAIN)
			break;
	}
}

static void on_term(int sig)
{
	(void)sig;
	stopping = true;
}

static void serve_one(const char *id, int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_term };

	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	answer_len = 0;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(argv[0], verbs[i].name))
			continue;
		if (verbs[i].run(argc, argv) < 0 && !failed)
			fail("%s failed", argv[0]);
		emit(id);
		_exit(0);
	}
	fail("no verb %s", argv[0]);
	emit(id);
	_exit(0);
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (int i = 0; i < RUNNING_MAX; i++) {
			if (running[i].pid != pid)
				continue;
			running[i].pid = 0;
			if (WIFSIGNALED(status)) {
				fail("killed by signal %d", WTERMSIG(status));
				emit(running[i].id);
			}
		}
	}
}

static void stop_other(const char *id, const char *other)
{
	answer_len = 0;
	for (int i = 0; i < RUNNING_MAX; i++) {
		if (running[i].pid && other && !strcmp(running[i].id, other)) {
			kill(running[i].pid, SIGTERM);
			say("\"stopped\":true");
			emit(id);
			return;
		}
	}
	say("\"stopped\":false");
	emit(id);
}

static void handle(char *line)
{
	char *argv[ARGS_MAX + 1], *save = NULL, *id = strtok_r(line, " ", &save);
	int argc = 0, slot = 0;

	if (!id)
		return;
	while (argc < ARGS_MAX && (argv[argc] = strtok_r(NULL, " ", &save)))
		argc++;
	argv[argc] = NULL;
	if (!argc)
		return;
	if (!strcmp(argv[0], "stop")) {
		stop_other(id, argv[1]);
		return;
	}
	reap();
	while (slot < RUNNING_MAX && running[slot].pid)
		slot++;
	if (slot == RUNNING_MAX) {
		fail("too many requests at once");
		emit(id);
		return;
	}
	snprintf(running[slot].id, sizeof(running[slot].id), "%s", id);
	running[slot].pid = fork();
	if (!running[slot].pid)
		serve_one(id, argc, argv);
}

static void load_module(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST))
		fprintf(stderr, "guest: %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void set_up(void)
{
	char path[256];
	FILE *list;

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	list = fopen("/modules", "re");
	while (list && fgets(path, sizeof(path), list)) {
		path[strcspn(path, "\n")] = 0;
		load_module(path);
	}
	if (list)
		fclose(list);
}

static void raw_console(void)
{
	struct termios t;
	int fd = open("/dev/hvc0", O_RDWR | O_NOCTTY);

	if (fd < 0)
		return;
	dup2(fd, 0);
	dup2(fd, 1);
	if (fd > 1)
		close(fd);
	if (!tcgetattr(0, &t)) {
		cfmakeraw(&t);
		tcsetattr(0, TCSANOW, &t);
	}
}

int main(int argc, char **argv)
{
	static char line[8192];
	size_t len = 0;

	if (argc > 1)
		serve_one("0", argc - 1, argv + 1);
	setenv("PATH", "/bin", 1);
	if (getpid() == 1)
		set_up();
	raw_console();
	say("\"ready\":true");
	emit("0");
	for (;;) {
		ssize_t n = read(0, line + len, sizeof(line) - 1 - len);
		char *end;

		reap();
		if (n <= 0) {
			usleep(100000);
			continue;
		}
		len += n;
		line[len] = 0;
		while ((end = strpbrk(line, "\r\n"))) {
			*end++ = 0;
			handle(line);
			len -= end - line;
			memmove(line, end, len + 1);
		}
		if (len == sizeof(line) - 1)
			len = 0;
	}
}
