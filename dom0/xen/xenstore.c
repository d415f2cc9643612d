// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>
#include <xenstore.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/unix-socket.h"
#include "xen/wire.h"
#include "xen/xenstore.h"

#define DEVICE	"/dev/xen/xenbus"

struct xenstore {
	struct wire wire;
};

/*
 * Where the store's daemon has a socket here, or had one, the kernel's device is no second way to
 * it: while the daemon is dead, who asks there waits for good. Elsewhere, in a driver domain,
 * there is no other way.
 */
static int open_way(bool *ret_is_socket)
{
	static bool had_socket;
	const char *path = xs_daemon_socket();
	struct stat st;
	int fd;

	if (stat(path, &st) == 0) {
		had_socket = true;
	} else {
		path = DEVICE;
		if (had_socket || stat(path, &st) < 0)
			return -errno;
	}
	*ret_is_socket = S_ISSOCK(st.st_mode);
	fd = *ret_is_socket ? unix_connect(path, 0) : open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 && !*ret_is_socket ? -errno : fd;
}

int xenstore_open(struct xenstore **ret)
{
	struct xenstore *xs;
	bool is_socket = false;
	int fd = open_way(&is_socket);

	if (fd < 0)
		return fd;
	xs = xmalloc(sizeof(*xs));
	wire_init(&xs->wire, fd, is_socket);
	*ret = xs;
	return 0;
}

struct xenstore *xenstore_close(struct xenstore *xs)
{
	if (xs)
		wire_close(&xs->wire);
	free(xs);
	return NULL;
}

int xenstore_fd(struct xenstore *xs)
{
	return xs->wire.fd;
}

bool xenstore_pending(const struct xenstore *xs)
{
	return wire_pending(&xs->wire);
}

bool xenstore_lost(int r)
{
	switch (r) {
	case -ENOENT:
	case -EACCES:
	case -E2BIG:
	case -EBADMSG:
		return false;
	default:
		return r < 0;
	}
}

/* Its answer is the caller's to free. */
static int ask_one(struct xenstore *xs, uint32_t type, const char *path, const char *token,
		   struct wire_ask *ret)
{
	int r;

	*ret = (struct wire_ask){ .type = type, .path = path, .token = token };
	r = wire_ask(&xs->wire, ret, 1);
	return r < 0 ? r : ret->r;
}

bool xenstore_alive(struct xenstore *xs)
{
	struct wire_ask ask;
	int r = ask_one(xs, XS_READ, "/tool/xenstored", NULL, &ask);

	free(ask.answer);
	return !xenstore_lost(r);
}

int xenstore_watch(struct xenstore *xs, const char *path, const char *token)
{
	struct wire_ask ask;
	int r = ask_one(xs, XS_WATCH, path, token, &ask);

	free(ask.answer);
	return r == -EEXIST ? 0 : r < 0 ? r : 1;
}

void xenstore_unwatch(struct xenstore *xs, const char *path, const char *token)
{
	struct wire_ask ask;

	ask_one(xs, XS_UNWATCH, path, token, &ask);
	free(ask.answer);
}

int xenstore_event(struct xenstore *xs,
		   void (*fn)(const char *path, const char *token, void *arg), void *arg)
{
	const char *path, *token;
	int r = wire_event(&xs->wire, &path, &token);

	if (r > 0)
		fn(path, token, arg);
	return r;
}

static int value_of(struct wire_ask *ask, size_t max, char **ret)
{
	if (ask->r < 0)
		return ask->r;
	if (ask->len > max)
		return -E2BIG;
	if (memchr(ask->answer, '\0', ask->len))
		return -EBADMSG;
	*ret = TAKE_PTR(ask->answer);
	return 0;
}

int xenstore_read_all(struct xenstore *xs, struct xenstore_value *values, size_t count)
{
	struct wire_ask asks[XENSTORE_AT_ONCE];
	int r;

	for (size_t i = 0; i < count; i++)
		asks[i] = (struct wire_ask){ .type = XS_READ, .path = values[i].path };
	r = wire_ask(&xs->wire, asks, count);
	for (size_t i = 0; i < count; i++) {
		values[i].text = NULL;
		values[i].r = r < 0 ? r : value_of(&asks[i], values[i].max, &values[i].text);
		free(asks[i].answer);
		if (r == 0 && xenstore_lost(values[i].r))
			r = values[i].r;
	}
	for (size_t i = 0; i < count && r < 0; i++) {
		free(values[i].text);
		values[i].text = NULL;
	}
	return r;
}

int xenstore_read(struct xenstore *xs, const char *path, size_t max, char **ret)
{
	struct wire_ask ask;
	int r = ask_one(xs, XS_READ, path, NULL, &ask);

	if (r == 0)
		r = value_of(&ask, max, ret);
	free(ask.answer);
	return r;
}

/* As xs_directory() has it: pointers, then what they point to. */
static char **names_of(const struct wire_ask *ask, unsigned int *ret_count)
{
	unsigned int count = 0, at = 0;
	char **names, *text;

	for (size_t i = 0; i < ask->len; i++)
		count += !ask->answer[i];
	names = xmalloc(count * sizeof(*names) + ask->len + 1);
	text = (char *)(names + count);
	memcpy(text, ask->answer, ask->len);
	for (size_t i = 0; at < count; i += strlen(text + i) + 1)
		names[at++] = text + i;
	*ret_count = count;
	return names;
}

/* What does not fit into a message, which takes several requests: the library knows how. */
static int list_large(const char *path, char ***ret, unsigned int *ret_count)
{
	struct xs_handle *xs = xs_open(0);
	char **names;
	int r;

	/* Whatever its errno is, it is no answer about the node. */
	if (!xs)
		return -ENOTCONN;
	names = xs_directory(xs, XBT_NULL, path, ret_count);
	r = names ? 0 : errno ? -errno : -EIO;
	xs_close(xs);
	if (r == 0)
		*ret = names;
	return r;
}

int xenstore_list(struct xenstore *xs, const char *path, char ***ret, unsigned int *ret_count)
{
	struct wire_ask ask;
	int r = ask_one(xs, XS_DIRECTORY, path, NULL, &ask);

	if (r == -E2BIG)
		return list_large(path, ret, ret_count);
	if (r < 0)
		return r;
	*ret = names_of(&ask, ret_count);
	free(ask.answer);
	return 0;
}

/* "n0", "r3": the first entry is the owner's, who may do everything; its rights are those of all others. */
int xenstore_trusted(struct xenstore *xs, const char *path)
{
	_cleanup_free_ char **perms = NULL;
	unsigned int count;
	struct wire_ask ask;
	int r = ask_one(xs, XS_GET_PERMS, path, NULL, &ask);

	if (r < 0)
		return r;
	perms = names_of(&ask, &count);
	free(ask.answer);
	if (!count || !*perms[0] || strcmp(perms[0] + 1, "0") != 0)
		return -EACCES;
	for (unsigned int i = 0; i < count; i++) {
		if (*perms[i] != 'n' && *perms[i] != 'r')
			return -EACCES;
	}
	return 0;
}
