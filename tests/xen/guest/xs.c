// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xs read PATH | write PATH VALUE | rm PATH | ls PATH
 *   one XenStore request. Answers value.
 * xsloop COUNT INTERVAL_MS [DEVID]
 *   what a hostile guest can do to its own VIF: remembers the keys below
 *   device/vif/DEVID, then COUNT times removes the directory, writes the keys
 *   back and steps the state. Answers done, refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
#include "guest.h"

enum { XS_DIRECTORY = 1, XS_READ = 2, XS_WRITE = 11, XS_RM = 13, XS_ERROR = 16 };

struct xsd_sockmsg {
	uint32_t type, req_id, tx_id, len;
};

#define PAYLOAD_MAX	4096
#define KEYS_MAX	32

static int bus = -1;

/* Payload length of the reply, or -1 with errno. */
static int request(uint32_t type, const void *data, size_t len, char *reply)
{
	char message[sizeof(struct xsd_sockmsg) + PAYLOAD_MAX];
	struct xsd_sockmsg head = { .type = type, .len = len };
	size_t got = 0;

	if (len > PAYLOAD_MAX)
		return -1;
	if (bus < 0)
		bus = open("/dev/xen/xenbus", O_RDWR | O_CLOEXEC);
	if (bus < 0)
		return -1;
	memcpy(message, &head, sizeof(head));
	memcpy(message + sizeof(head), data, len);
	if (write(bus, message, sizeof(head) + len) < 0)
		return -1;
	while (got < sizeof(head) || got < sizeof(head) + head.len) {
		ssize_t n = read(bus, message + got, sizeof(message) - got);

		if (n <= 0)
			return -1;
		got += n;
		if (got >= sizeof(head))
			memcpy(&head, message, sizeof(head));
	}
	memcpy(reply, message + sizeof(head), head.len);
	reply[head.len] = 0;
	if (head.type == XS_ERROR) {
		errno = !strcmp(reply, "ENOENT") ? ENOENT : !strcmp(reply, "EACCES") ? EACCES : EIO;
		return -1;
	}
	return head.len;
}

static int put(const char *path, const char *value)
{
	char data[PAYLOAD_MAX], reply[PAYLOAD_MAX + 1];
	size_t len = strlen(path) + 1;

	memcpy(data, path, len);
	memcpy(data + len, value, strlen(value));
	return request(XS_WRITE, data, len + strlen(value), reply);
}

int verb_xs(int argc, char **argv)
{
	char reply[PAYLOAD_MAX + 1] = "";
	int n;

	if (argc < 3)
		return fail("xs: read|write|rm|ls PATH [VALUE]");
	if (!strcmp(argv[1], "write"))
		n = put(argv[2], argc > 3 ? argv[3] : "");
	else if (!strcmp(argv[1], "rm"))
		n = request(XS_RM, argv[2], strlen(argv[2]) + 1, reply);
	else
		n = request(!strcmp(argv[1], "ls") ? XS_DIRECTORY : XS_READ, argv[2],
			    strlen(argv[2]) + 1, reply);
	if (n < 0)
		return fail("xs %s %s: %m", argv[1], argv[2]);
	for (int i = 0; i + 1 < n; i++)
		if (!reply[i])
			reply[i] = ' ';
	say_string("value", reply);
	return 0;
}

struct key {
	char path[128], value[256];
};

static int remember(const char *dir, struct key *keys)
{
	char names[PAYLOAD_MAX + 1], value[PAYLOAD_MAX + 1];
	int n = request(XS_DIRECTORY, dir, strlen(dir) + 1, names), count = 0;

	for (char *name = names; n > 0 && name < names + n && count < KEYS_MAX;
	     name += strlen(name) + 1) {
		struct key *key = &keys[count];

		snprintf(key->path, sizeof(key->path), "%s/%.64s", dir, name);
		if (request(XS_READ, key->path, strlen(key->path) + 1, value) < 0)
			continue;
		snprintf(key->value, sizeof(key->value), "%.255s", value);
		count++;
	}
	return count;
}

int verb_xsloop(int argc, char **argv)
{
	long count = number(argc > 1 ? argv[1] : NULL, 10);
	long devid = number(argc > 3 ? argv[3] : NULL, 0);
	uint64_t interval = number(argc > 2 ? argv[2] : NULL, 100) * 1000, next = now_us();
	long done = 0, refused = 0;
	struct key keys[KEYS_MAX];
	char dir[64], state[96], reply[PAYLOAD_MAX + 1];
	int known;

	snprintf(dir, sizeof(dir), "device/vif/%ld", devid);
	snprintf(state, sizeof(state), "%s/state", dir);
	known = remember(dir, keys);
	if (!known)
		return fail("xsloop: no keys below %s: %m", dir);
	for (; done < count && !stopping; done++) {
		refused += request(XS_RM, dir, strlen(dir) + 1, reply) < 0;
		next += interval;
		sleep_until_us(next);
		for (int i = 0; i < known; i++)
			refused += put(keys[i].path, strcmp(keys[i].path, state) ? keys[i].value
										 : "1") < 0;
		next += interval;
		sleep_until_us(next);
	}
	say("\"done\":%ld,\"refused\":%ld,\"keys\":%d", done, refused, known);
	return 0;
}
