// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json-value.h"
#include "base/mem.h"
#include "vifctl/takeover/takeover-journal.h"

#define JOURNAL	TAKEOVER_DIRECTORY "/journal"
#define BOOT_ID	"/proc/sys/kernel/random/boot_id"

static const char *const words[TAKEOVER_STEPS] = {
	"none", "preparing", "cutting", "settling", "trial", "done", "giving",
};

static void read_boot(char ret[40])
{
	FILE *f = fopen(BOOT_ID, "re");

	ret[0] = '\0';
	if (f && fgets(ret, 40, f))
		ret[strcspn(ret, "\n")] = '\0';
	if (f)
		fclose(f);
}

int64_t takeover_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

static int sync_directory(void)
{
	int fd = open(TAKEOVER_DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 || fsync(fd) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return r;
}

int takeover_make_directory(void)
{
	if (mkdir("/var/lib/vifswitch", 0755) < 0 && errno != EEXIST)
		return -errno;
	return mkdir(TAKEOVER_DIRECTORY, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

/* The whole text or what was there before. */
static int write_file(const char *path, const char *text)
{
	_cleanup_free_ char *new = xprintf("%s.new", path);
	size_t len = strlen(text);
	int fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), r = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != (ssize_t)len || fsync(fd) < 0 || rename(new, path) < 0)
		r = errno ? -errno : -EIO;
	close(fd);
	return r < 0 ? r : sync_directory();
}

static int remove_file(const char *path)
{
	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	return sync_directory();
}

int takeover_read(struct takeover *ret)
{
	struct takeover t = {};
	json_t *text = json_load_file(JOURNAL, 0, NULL);
	const char *word = json_text_of(text, "step") ?: "", *boot = json_text_of(text, "boot") ?: "";
	char now[40];

	if (!text) {
		*ret = t;
		return access(JOURNAL, F_OK) == 0 ? -EINVAL : 0;
	}
	for (size_t i = 1; i < TAKEOVER_STEPS; i++)
		if (strcmp(word, words[i]) == 0)
			t.step = (enum takeover_step)i;
	read_boot(now);
	t.other_boot = strcmp(boot, now) != 0;
	t.deadline = json_integer_value(json_object_get(text, "deadline"));
	t.networks = json_incref(json_object_get(text, "networks"));
	t.units = json_incref(json_object_get(text, "units"));
	json_decref(text);
	if (!t.step) {
		takeover_deinit(&t);
		return -EINVAL;
	}
	*ret = t;
	return 0;
}

int takeover_write(const struct takeover *t)
{
	char boot[40], *text;
	json_t *json;
	int r;

	if (t->step == TAKEOVER_NONE)
		return remove_file(JOURNAL);
	read_boot(boot);
	json = json_pack("{s:s, s:s, s:I, s:O*, s:O*}", "step", words[t->step], "boot", boot, "deadline",
			 (json_int_t)t->deadline, "networks", t->networks, "units", t->units);
	text = json_dumps(json, JSON_INDENT(1));
	json_decref(json);
	r = text ? write_file(JOURNAL, text) : -ENOMEM;
	free(text);
	return r;
}

void takeover_deinit(struct takeover *t)
{
	json_decref(t->networks);
	json_decref(t->units);
	*t = (struct takeover){};
}

bool takeover_in_charge(void)
{
	return access(TAKEOVER_IN_CHARGE, F_OK) == 0;
}

int takeover_set_in_charge(bool on)
{
	return on ? write_file(TAKEOVER_IN_CHARGE, "") : remove_file(TAKEOVER_IN_CHARGE);
}
