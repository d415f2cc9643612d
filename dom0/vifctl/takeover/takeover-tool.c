// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "vifctl/takeover/takeover-tool.h"

#define OUT_MAX		(1U << 20)
#define STOP_MS		10000

/* In the child. */
static void redirect(const char *path, int flags, int to)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0 || dup2(fd, to) < 0)
		_exit(127);
}

static pid_t start(const char *const argv[], const struct tool_files *files, int out)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid < 0 ? -errno : pid;
	signal(SIGHUP, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	redirect(files->in ?: "/dev/null", O_RDONLY, STDIN_FILENO);
	if (files->out)
		redirect(files->out, O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
	else if (out >= 0 && dup2(out, STDOUT_FILENO) < 0)
		_exit(127);
	if (files->quiet)
		redirect("/dev/null", O_WRONLY, STDERR_FILENO);
	/* Nothing goes on that a resumed take-over would not know of. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(127);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

static char *read_all(int fd)
{
	char *text = xmalloc(OUT_MAX);
	size_t used = 0;
	ssize_t n;

	while (used < OUT_MAX - 1 &&
	       ((n = read(fd, text + used, OUT_MAX - 1 - used)) > 0 || (n < 0 && errno == EINTR)))
		used += n > 0 ? (size_t)n : 0;
	text[used] = '\0';
	return text;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (!WIFEXITED(status))
		return -EINTR;
	return WEXITSTATUS(status) == 127 ? -ENOENT : WEXITSTATUS(status);
}

int tool_run(const char *const argv[], const struct tool_files *files)
{
	static const struct tool_files none;
	_cleanup_free_ char *text = NULL;
	int pipes[2] = { -1, -1 }, r;
	pid_t pid;

	files = files ?: &none;
	if (files->ret_out && pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	pid = start(argv, files, pipes[1]);
	if (pipes[1] >= 0)
		close(pipes[1]);
	if (pid > 0 && files->ret_out)
		text = read_all(pipes[0]);
	if (pipes[0] >= 0)
		close(pipes[0]);
	if (pid < 0)
		return pid;
	r = wait_for(pid);
	if (files->ret_out && (r == 0 || r == 1))
		*files->ret_out = TAKE_PTR(text);
	return r;
}

pid_t tool_start(const char *const argv[], const char *log)
{
	return start(argv, &(struct tool_files){ .out = log, .quiet = true }, -1);
}

void tool_stop(pid_t pid)
{
	int64_t until = clock_ms() + STOP_MS;

	if (pid <= 0)
		return;
	kill(pid, SIGTERM);
	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (clock_ms() > until)
			kill(pid, SIGKILL);
		usleep(10000);
	}
}
