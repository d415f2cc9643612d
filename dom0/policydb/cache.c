// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/column.h"
#include "policy/fields.h"
#include "policydb/cache.h"

static int put_rows(const json_t *rows, const struct policy_table *table, struct policies *ret,
		    struct problem *problem)
{
	const char *name = object_kinds[table->kind].table;
	size_t n = json_array_size(rows);

	if (!json_is_array(rows) || n > table->max)
		return problem_set(problem, "\"%s\": must be an array of at most %zu rows", name,
				   table->max);
	for (size_t i = 0; i < n; i++) {
		int r = policies_put(ret, table->kind, json_array_get(rows, i));

		if (r == -ENOMEM) {
			problem_set(problem, "out of memory");
			return r;
		}
		if (r < 0)
			return problem_set(problem, "\"%s\": row %zu does not say whose it is",
					   name, i);
	}
	return 0;
}

static int put_tables(const json_t *copy, struct policies *ret, struct problem *problem)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < POLICY_TABLES; i++) {
		const struct policy_table *table = &policy_tables[i];
		const json_t *rows = json_object_get(copy, object_kinds[table->kind].table);

		if (rows || !table->optional)
			r = put_rows(rows, table, ret, problem);
	}
	return r;
}

/* 1: the copy is of these VMs; 0: of all. */
static int read_vms(const json_t *copy, struct uuid_set *ret, struct problem *problem)
{
	const json_t *vms = json_object_get(copy, "vms"), *vm;
	struct uuid_set set = {};
	uint8_t uuid[16];
	size_t i;

	if (!vms)
		return 0;
	if (!json_is_array(vms) || json_array_size(vms) > POLICIES_VMS_MAX)
		return problem_set(problem, "\"vms\": must be an array of at most %u UUIDs",
				   POLICIES_VMS_MAX);
	json_array_foreach((json_t *)vms, i, vm) {
		if (column_uuid(vm, uuid) && uuid_set_add(&set, uuid) == 0)
			continue;
		uuid_set_deinit(&set);
		return problem_set(problem, "\"vms\": item %zu is no UUID", i);
	}
	uuid_set_seal(&set);
	*ret = set;
	return 1;
}

static int parse(const char *text, size_t len, struct policies *ret, struct uuid_set *ret_vms,
		 struct problem *problem)
{
	_cleanup_(json_decrefp) json_t *copy = NULL;
	struct policies policies = {};
	json_error_t error;
	int r;

	copy = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!copy)
		return problem_set(problem, "line %d: %s", error.line, QUOTE(error.text,
				   strlen(error.text)));
	if (json_integer_value(json_object_get(copy, "format")) != POLICY_COPY_FORMAT)
		return problem_set(problem, "\"format\" is not %d", POLICY_COPY_FORMAT);
	r = put_tables(copy, &policies, problem);
	if (r == 0)
		r = read_vms(copy, ret_vms, problem);
	if (r < 0) {
		policies_deinit(&policies);
		return r;
	}
	*ret = policies;
	return r;
}

int policy_copy_parse(const char *text, size_t len, struct policies *ret, struct problem *problem)
{
	struct uuid_set vms = {};
	int r = parse(text, len, ret, &vms, problem);

	uuid_set_deinit(&vms);
	return r < 0 ? r : 0;
}

static int read_all(int fd, char *text, size_t size)
{
	for (size_t at = 0; at < size;) {
		ssize_t n = read(fd, text + at, size - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		at += n;
	}
	return 0;
}

int policy_copy_read(const char *path, struct policies *ret, struct uuid_set *ret_vms,
		     struct problem *problem)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	_cleanup_free_ char *text = NULL;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0) {
		r = -errno;
		problem_set(problem, "%s", strerror(-r));
		return r;
	}
	/* Whoever else may write it may say what VMs may do. */
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_mode & 022)
		return problem_set(problem, "must be a file that only its owner, user %u, may write",
				   geteuid());
	if (st.st_size > POLICY_COPY_MAX)
		return problem_set(problem, "larger than %u octets", POLICY_COPY_MAX);
	text = malloc(st.st_size + 1);
	r = text ? read_all(fd, text, st.st_size) : -ENOMEM;
	if (r < 0) {
		problem_set(problem, "%s", strerror(-r));
		return r;
	}
	return parse(text, st.st_size, ret, ret_vms, problem);
}

static int sync_directory(const char *path)
{
	_cleanup_free_ char *dir = strdup(path);
	_cleanup_close_ int fd = -1;
	char *slash = dir ? strrchr(dir, '/') : NULL;

	if (!dir)
		return -ENOMEM;
	if (slash)
		slash[slash == dir] = '\0';
	fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

int policy_copy_write(const char *path, const json_t *copy)
{
	_cleanup_free_ char *text = json_dumps(copy, JSON_COMPACT), *tmp = NULL;
	_cleanup_close_ int fd = -1;
	size_t len = text ? strlen(text) : 0;
	int r = 0;

	if (!text || asprintf(&tmp, "%s.new", path) < 0)
		return -ENOMEM;
	if (len > POLICY_COPY_MAX)
		return -EFBIG;
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	for (size_t at = 0; r == 0 && at < len;) {
		ssize_t n = write(fd, text + at, len - at);

		if (n < 0 && errno != EINTR)
			r = -errno;
		else if (n > 0)
			at += n;
	}
	if (r == 0 && (fchmod(fd, 0600) < 0 || fsync(fd) < 0 || rename(tmp, path) < 0))
		r = -errno;
	if (r < 0)
		unlink(tmp);
	return r < 0 ? r : sync_directory(path);
}
