// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/unix-socket.h"

int unix_connect(const char *path, int flags)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = -1;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

void unix_remove_stale(const char *path)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	/* A file is refused like a socket without a listener, and is not ours to remove. */
	if (lstat(path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return;
	fd = unix_connect(path, SOCK_NONBLOCK);
	if (fd == -ECONNREFUSED)
		unlink(path);
}
