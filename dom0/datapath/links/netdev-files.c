// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "datapath/links/netdev-files.h"

bool netdev_text(const char *netdev, const char *file, char *ret, size_t size)
{
	char path[128];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", netdev, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, ret, size - 1);
	close(fd);
	if (n < 0)
		return false;
	ret[n] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	return true;
}

int64_t netdev_number(const char *netdev, const char *file)
{
	char text[32];
	uint64_t n;

	if (!netdev_text(netdev, file, text, sizeof(text)) ||
	    !number_parse(text, strlen(text), 0, INT64_MAX, &n))
		return -1;
	return (int64_t)n;
}

bool netdev_link(const char *netdev, const char *file, char *ret, size_t size)
{
	char path[128], target[256];
	const char *base;
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", netdev, file);
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return false;
	target[n] = '\0';
	base = strrchr(target, '/');
	snprintf(ret, size, "%s", base ? base + 1 : target);
	return true;
}
