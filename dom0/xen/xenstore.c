// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenstore.h>

#include "base/cleanup.h"
#include "xen/xenstore.h"

struct xenstore {
	struct xs_handle *xs;
};

/*
 * Where the store's daemon has a socket here, the kernel's device is no second way to it: while
 * the daemon is dead, who asks there waits for good. Elsewhere, in a driver domain, there is no
 * other way. The library knows one path for both.
 */
static int keep_to_socket(void)
{
	const char *path = xs_daemon_socket();

	if (access(path, F_OK) != 0)
		return 0;
	return setenv("XENSTORED_PATH", path, 0) == 0 ? 0 : -errno;
}

int xenstore_open(struct xenstore **ret)
{
	struct xenstore *xs = calloc(1, sizeof(*xs));
	int r;

	if (!xs)
		return -ENOMEM;
	r = keep_to_socket();
	xs->xs = r < 0 ? NULL : xs_open(XS_UNWATCH_FILTER);
	if (!xs->xs) {
		r = errno ? -errno : -ENOTCONN;
		free(xs);
		return r;
	}
	*ret = xs;
	return 0;
}

struct xenstore *xenstore_close(struct xenstore *xs)
{
	if (xs) {
		xs_close(xs->xs);
		free(xs);
	}
	return NULL;
}

int xenstore_fd(struct xenstore *xs)
{
	return xs_fileno(xs->xs);
}

bool xenstore_lost(int r)
{
	switch (r) {
	case -ENOENT:
	case -EACCES:
	case -E2BIG:
	case -EBADMSG:
	case -ENOMEM:
	case -EINVAL:
		return false;
	default:
		return r < 0;
	}
}

bool xenstore_alive(struct xenstore *xs)
{
	_cleanup_free_ char *value = xs_read(xs->xs, XBT_NULL, "/tool/xenstored", NULL);

	return value || !xenstore_lost(errno ? -errno : -EIO);
}

int xenstore_watch(struct xenstore *xs, const char *path, const char *token)
{
	return xs_watch(xs->xs, path, token) || errno == EEXIST ? 0 : -errno;
}

void xenstore_unwatch(struct xenstore *xs, const char *path, const char *token)
{
	xs_unwatch(xs->xs, path, token);
}

int xenstore_event(struct xenstore *xs,
		   void (*fn)(const char *path, const char *token, void *arg), void *arg)
{
	_cleanup_free_ char **event = xs_check_watch(xs->xs);

	if (!event)
		return errno == EAGAIN ? 0 : errno ? -errno : -EIO;
	fn(event[XS_WATCH_PATH], event[XS_WATCH_TOKEN], arg);
	return 1;
}

int xenstore_read(struct xenstore *xs, const char *path, size_t max, char **ret)
{
	unsigned int len = 0;
	char *value = xs_read(xs->xs, XBT_NULL, path, &len);
	int r = 0;

	if (!value)
		return errno ? -errno : -EIO;
	if (len > max)
		r = -E2BIG;
	else if (memchr(value, '\0', len))
		r = -EBADMSG;
	if (r < 0) {
		free(value);
		return r;
	}
	*ret = value;
	return 0;
}

int xenstore_list(struct xenstore *xs, const char *path, char ***ret, unsigned int *ret_count)
{
	char **names = xs_directory(xs->xs, XBT_NULL, path, ret_count);

	if (!names)
		return errno ? -errno : -EIO;
	*ret = names;
	return 0;
}

/* The first entry is the owner's, who may do everything; its rights are those of all others. */
int xenstore_trusted(struct xenstore *xs, const char *path)
{
	unsigned int count = 0;
	_cleanup_free_ struct xs_permissions *perms =
		xs_get_permissions(xs->xs, XBT_NULL, path, &count);

	if (!perms)
		return errno ? -errno : -EIO;
	if (!count || perms[0].id != 0)
		return -EACCES;
	for (unsigned int i = 0; i < count; i++) {
		if (perms[i].perms & XS_PERM_WRITE)
			return -EACCES;
	}
	return 0;
}
