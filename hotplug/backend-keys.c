// SPDX-License-Identifier: GPL-2.0-or-later
#include "hotplug/backend-keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenstore.h>

#define ATTEMPTS	16	/* of a transaction that conflicts with another */

static struct xs_handle *store;

void store_prepare(void)
{
	if (!store)
		store = xs_open(0);
}

static bool write_key(xs_transaction_t t, const char *backend, const char *key, const char *value)
{
	char path[HOTPLUG_BACKEND_MAX + 32];

	snprintf(path, sizeof(path), "%s/%s", backend, key);
	return xs_write(store, t, path, value, strlen(value));
}

static bool remove_key(xs_transaction_t t, const char *backend, const char *key)
{
	char path[HOTPLUG_BACKEND_MAX + 32];

	snprintf(path, sizeof(path), "%s/%s", backend, key);
	return xs_rm(store, t, path) || errno == ENOENT;
}

/* A backend whose own keys are gone is a leftover, not a device. */
static int look(xs_transaction_t t, const char *backend, bool *ret_error_there)
{
	bool device = false, error_there = false;
	unsigned int n;
	char **keys;

	keys = xs_directory(store, t, backend, &n);
	if (!keys)
		return -errno;
	for (unsigned int i = 0; i < n; i++) {
		device |= !strcmp(keys[i], "frontend-id");
		error_there |= !strcmp(keys[i], "hotplug-error");
	}
	free(keys);
	if (!device)
		return -ENOENT;
	*ret_error_there = error_there;
	return 0;
}

static int record_once(const struct hotplug_request *req, const struct hotplug_outcome *outcome)
{
	const char *backend = req->backend;
	xs_transaction_t t;
	bool error_there = false;
	int r;

	t = xs_transaction_start(store);
	if (t == XBT_NULL)
		return -errno;

	r = look(t, backend, &error_there);
	if (r < 0)
		goto abort;
	if (outcome->ok) {
		if ((error_there && !remove_key(t, backend, "hotplug-error")) ||
		    !write_key(t, backend, "hotplug-status", "connected"))
			r = -errno;
	} else {
		if (!write_key(t, backend, "hotplug-error", outcome->message) ||
		    !write_key(t, backend, "hotplug-status", "error"))
			r = -errno;
	}
	if (r < 0)
		goto abort;
	return xs_transaction_end(store, t, false) ? 0 : -errno;
abort:
	xs_transaction_end(store, t, true);
	return r;
}

int store_record(const struct hotplug_request *req, const struct hotplug_outcome *outcome)
{
	int r = -EAGAIN;

	errno = ECONNREFUSED;
	store_prepare();
	if (!store)
		return -errno;
	for (int i = 0; i < ATTEMPTS && r == -EAGAIN; i++)
		r = record_once(req, outcome);
	return r;
}

bool store_is_control_domain(void)
{
	char text[64] = "";
	ssize_t n;
	int fd;

	fd = open("/proc/xen/capabilities", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	return n > 0 && strstr(text, "control_d");
}
