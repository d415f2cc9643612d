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
#define UUID_LEN	(HOTPLUG_UUID_MAX - 1)
#define PATH_MAX_OURS	160

static struct xs_handle *store;

void store_prepare(void)
{
	if (!store)
		store = xs_open(0);
}

static bool write_key(xs_transaction_t t, const char *parent, const char *key, const char *value)
{
	char path[PATH_MAX_OURS + 32];

	snprintf(path, sizeof(path), "%s/%s", parent, key);
	return xs_write(store, t, path, value, strlen(value));
}

static bool remove_key(xs_transaction_t t, const char *parent, const char *key)
{
	char path[PATH_MAX_OURS + 32];

	snprintf(path, sizeof(path), "%s/%s", parent, key);
	return xs_rm(store, t, path) || errno == ENOENT;
}

static bool read_key(xs_transaction_t t, const char *parent, const char *key, size_t size,
		     char *ret)
{
	char path[PATH_MAX_OURS + 32], *text;
	unsigned int len;
	bool ok;

	snprintf(path, sizeof(path), "%s/%s", parent, key);
	text = xs_read(store, t, path, &len);
	ok = text && len && len < size;
	if (ok)
		memcpy(ret, text, len + 1);
	free(text);
	return ok;
}

static bool is_uuid(const char *text)
{
	return strlen(text) == UUID_LEN && strspn(text, "0123456789abcdefABCDEF-") == UUID_LEN;
}

/* The VM's UUID as its toolstack has it now. */
static bool read_vm(xs_transaction_t t, const struct hotplug_request *req,
		    char ret[HOTPLUG_UUID_MAX])
{
	char domain[48], vm[64];

	snprintf(domain, sizeof(domain), "/local/domain/%u", req->domid);
	if (!read_key(t, domain, "vm", sizeof(vm), vm) || strncmp(vm, "/vm/", 4) || !is_uuid(vm + 4))
		return false;
	memcpy(ret, vm + 4, HOTPLUG_UUID_MAX);
	return true;
}

static void hotplug_path(const struct hotplug_request *req, const char *vm,
			 char ret[PATH_MAX_OURS])
{
	snprintf(ret, PATH_MAX_OURS, "/xapi/%s/hotplug/%u/vif/%u", vm, req->domid, req->devid);
}

/* What XAPI looks at, in a transaction with what netback does; false only for an error. */
static bool tell_xapi(xs_transaction_t t, const struct hotplug_request *req)
{
	char vm[HOTPLUG_UUID_MAX], path[PATH_MAX_OURS];
	unsigned int n;
	char **keys;

	if (!read_vm(t, req, vm))
		return true;
	hotplug_path(req, vm, path);
	keys = xs_directory(store, t, path, &n);
	if (!keys)
		return errno == ENOENT;
	free(keys);
	return write_key(t, path, "vif", req->netdev) && write_key(t, path, "hotplug", "online");
}

/* A backend whose own keys are gone is a leftover, not a device. */
static int look(xs_transaction_t t, const char *backend, bool *ret_error_there, bool *ret_libxl)
{
	bool device = false, error_there = false, libxl = false;
	unsigned int n;
	char **keys;

	keys = xs_directory(store, t, backend, &n);
	if (!keys)
		return -errno;
	for (unsigned int i = 0; i < n; i++) {
		device |= !strcmp(keys[i], "frontend-id");
		error_there |= !strcmp(keys[i], "hotplug-error");
		libxl |= !strcmp(keys[i], "bridge");
	}
	free(keys);
	if (!device)
		return -ENOENT;
	*ret_error_there = error_there;
	*ret_libxl = libxl;
	return 0;
}

static int record_once(const struct hotplug_request *req, const struct hotplug_outcome *outcome)
{
	const char *backend = req->backend;
	xs_transaction_t t;
	bool error_there = false, libxl = false;
	int r;

	t = xs_transaction_start(store);
	if (t == XBT_NULL)
		return -errno;

	r = look(t, backend, &error_there, &libxl);
	if (r < 0)
		goto abort;
	if (outcome->ok) {
		if ((error_there && !remove_key(t, backend, "hotplug-error")) ||
		    (!libxl && !tell_xapi(t, req)) || !write_key(t, backend, "hotplug-status", "connected"))
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

bool store_find_xapi(const struct hotplug_request *req, struct xapi_vif *ret)
{
	char path[PATH_MAX_OURS];

	store_prepare();
	if (!store || !read_vm(XBT_NULL, req, ret->vm))
		return false;
	snprintf(path, sizeof(path), "/xapi/%s/private/vif/%u", ret->vm, req->devid);
	return read_key(XBT_NULL, path, "vif-uuid", sizeof(ret->vif), ret->vif) &&
	       is_uuid(ret->vif);
}

static void release_of(const struct hotplug_request *req, const char *vm)
{
	char path[PATH_MAX_OURS];

	hotplug_path(req, vm, path);
	remove_key(XBT_NULL, path, "hotplug");
}

void store_release(const struct hotplug_request *req)
{
	char vm[HOTPLUG_UUID_MAX], **vms;
	unsigned int n;

	store_prepare();
	if (!store)
		return;
	if (read_vm(XBT_NULL, req, vm)) {
		release_of(req, vm);
		return;
	}
	vms = xs_directory(store, XBT_NULL, "/xapi", &n);
	for (unsigned int i = 0; vms && i < n; i++)
		if (is_uuid(vms[i]))
			release_of(req, vms[i]);
	free(vms);
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
