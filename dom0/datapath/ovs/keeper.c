// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/ovs/keeper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/number.h"

#define KEPT_MAGIC	0x7056534bU
#define NAME_LEN	32

static const char *const words[KEPT_KINDS] = { [KEPT_PORT] = "port-", [KEPT_ACL] = "acl-" };

/* Cookie and blob follow. */
struct head {
	uint32_t magic, id, sw, claim, cookie_len, blob_len, meters[VS_LIMITS];
};

static void name_of(enum kept_kind kind, uint32_t id, char ret[NAME_LEN])
{
	snprintf(ret, NAME_LEN, "%s%u", words[kind], id);
}

int keeper_open(const char *path, struct keeper *ret)
{
	int fd;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret->dir = fd;
	return 0;
}

void keeper_close(struct keeper *k)
{
	closep(&k->dir);
	k->dir = -1;
}

static int write_all(int fd, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int keeper_put(const struct keeper *k, enum kept_kind kind, const struct kept *kept)
{
	struct head head = {
		.magic = KEPT_MAGIC, .id = kept->id, .sw = kept->sw, .claim = kept->claim,
		.cookie_len = kept->cookie_len, .blob_len = kept->blob_len,
	};
	char name[NAME_LEN];
	_cleanup_close_ int fd = -1;
	int r;

	if (k->dir < 0)
		return 0;
	memcpy(head.meters, kept->meters, sizeof(head.meters));
	name_of(kind, kept->id, name);
	fd = openat(k->dir, "new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = write_all(fd, &head, sizeof(head));
	if (r == 0)
		r = write_all(fd, kept->cookie, kept->cookie_len);
	if (r == 0 && kept->blob_len)
		r = write_all(fd, kept->blob, kept->blob_len);
	if (r == 0 && renameat(k->dir, "new", k->dir, name) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(k->dir, "new", 0);
	return r;
}

static int read_all(int fd, void *data, size_t len)
{
	uint8_t *p = data;

	while (len) {
		ssize_t n = read(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EBADMSG;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static bool is_sound(const struct head *head, uint32_t id, const struct stat *st)
{
	return head->magic == KEPT_MAGIC && head->id == id && head->claim <= UINT8_MAX &&
	       head->cookie_len <= VIFSWITCH_COOKIE_MAX && head->blob_len <= KEPT_BLOB_MAX &&
	       (uint64_t)st->st_size == sizeof(*head) + (uint64_t)head->cookie_len + head->blob_len;
}

int keeper_get(const struct keeper *k, enum kept_kind kind, uint32_t id, struct kept *ret)
{
	_cleanup_(kept_deinit) struct kept kept = { .id = id };
	_cleanup_close_ int fd = -1;
	char name[NAME_LEN];
	struct head head;
	struct stat st;
	int r;

	name_of(kind, id, name);
	fd = k->dir < 0 ? -1 : openat(k->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return k->dir < 0 ? -ENOENT : -errno;
	r = fstat(fd, &st) < 0 ? -errno : read_all(fd, &head, sizeof(head));
	if (r < 0)
		return r;
	if (!is_sound(&head, id, &st))
		return -EBADMSG;
	kept.sw = head.sw;
	kept.claim = (uint8_t)head.claim;
	kept.cookie_len = head.cookie_len;
	kept.blob_len = head.blob_len;
	memcpy(kept.meters, head.meters, sizeof(kept.meters));
	kept.blob = head.blob_len ? xmalloc(head.blob_len) : NULL;
	r = read_all(fd, kept.cookie, kept.cookie_len);
	if (r == 0 && kept.blob_len)
		r = read_all(fd, kept.blob, kept.blob_len);
	if (r < 0)
		return r;
	*ret = kept;
	kept.blob = NULL;
	return 0;
}

void keeper_drop(const struct keeper *k, enum kept_kind kind, uint32_t id)
{
	char name[NAME_LEN];

	name_of(kind, id, name);
	if (k->dir >= 0)
		unlinkat(k->dir, name, 0);
}

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

int keeper_list(const struct keeper *k, enum kept_kind kind, kept_fn fn, void *arg)
{
	_cleanup_(closedirp) DIR *dir = NULL;
	const struct dirent *entry;
	int fd = k->dir < 0 ? -1 : openat(k->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return k->dir < 0 ? 0 : -errno;
	dir = fdopendir(fd);
	if (!dir) {
		closep(&fd);
		return -ENOMEM;
	}
	while ((entry = readdir(dir))) {
		size_t len = strlen(words[kind]);
		uint64_t id;

		if (!strncmp(entry->d_name, words[kind], len) &&
		    number_parse(entry->d_name + len, strlen(entry->d_name + len), 0, UINT32_MAX,
				 &id))
			fn((uint32_t)id, arg);
	}
	return 0;
}

void kept_deinit(struct kept *kept)
{
	free(kept->blob);
	kept->blob = NULL;
	kept->blob_len = 0;
}
