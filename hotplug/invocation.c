// SPDX-License-Identifier: GPL-2.0-or-later
#include "hotplug/invocation.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

static const struct {
	const char *word;
	enum hotplug_action action;
	enum hotplug_type type;		/* when no type_if= says otherwise */
} actions[] = {
	{ "online",	HOTPLUG_ONLINE,		HOTPLUG_VIF },
	{ "offline",	HOTPLUG_OFFLINE,	HOTPLUG_VIF },
	{ "add",	HOTPLUG_ADD,		HOTPLUG_TAP },
	{ "remove",	HOTPLUG_REMOVE,		HOTPLUG_TAP },
	/* XAPI's word for "its network changed": plug it where policy says now. */
	{ "move",	HOTPLUG_ONLINE,		HOTPLUG_VIF },
};

bool hotplug_plugs(const struct hotplug_request *req)
{
	return req->action == HOTPLUG_ONLINE || req->action == HOTPLUG_ADD;
}

/* XenStore values and terminals get one printable line, whatever comes in. */
static void make_printable(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = ' ';
}

void hotplug_outcome_fail(struct hotplug_outcome *ret, const char *format, ...)
{
	va_list ap;

	ret->ok = false;
	va_start(ap, format);
	vsnprintf(ret->message, sizeof(ret->message), format, ap);
	va_end(ap);
	make_printable(ret->message);
}

static const char *env_get(char *const *envp, const char *name)
{
	size_t len = strlen(name);

	for (; envp && *envp; envp++)
		if (!strncmp(*envp, name, len) && (*envp)[len] == '=')
			return *envp + len + 1;
	return NULL;
}

static bool eat(const char **p, const char *text)
{
	size_t len = strlen(text);

	if (strncmp(*p, text, len))
		return false;
	*p += len;
	return true;
}

/* A decimal number as XenStore paths have it: digits, no leading zero. */
static bool eat_number(const char **p, uint32_t max, uint32_t *ret)
{
	const char *s = *p;
	uint64_t n = 0;

	if (!isdigit((unsigned char)*s) || (*s == '0' && isdigit((unsigned char)s[1])))
		return false;
	for (; isdigit((unsigned char)*s); s++) {
		n = n * 10 + (uint64_t)(*s - '0');
		if (n > max)
			return false;
	}
	*p = s;
	*ret = (uint32_t)n;
	return true;
}

static bool parse_backend(const char *path, uint32_t *domid, uint32_t *devid)
{
	uint32_t self;

	if (*path == '/' && !(eat(&path, "/local/domain/") &&
			      eat_number(&path, HOTPLUG_DOMID_MAX, &self) && eat(&path, "/")))
		return false;
	return eat(&path, "backend/vif/") && eat_number(&path, HOTPLUG_DOMID_MAX, domid) &&
	       eat(&path, "/") && eat_number(&path, HOTPLUG_DEVID_MAX, devid) && !*path;
}

static bool netdev_valid(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789._-");

	return len && len < IFNAMSIZ && !name[len] && strcmp(name, ".") && strcmp(name, "..");
}

static bool parse_action(const char *word, struct hotplug_request *req)
{
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (strcmp(word, actions[i].word))
			continue;
		req->action = actions[i].action;
		req->type = actions[i].type;
		return true;
	}
	return false;
}

static int parse_words(int argc, char *const *argv, struct hotplug_request *req,
		       struct hotplug_outcome *err)
{
	if (argc < 2 || !parse_action(argv[1], req)) {
		hotplug_outcome_fail(err, "action \"%.32s\" is not one of online, offline, add, "
				     "remove, move", argc < 2 ? "" : argv[1]);
		return -EINVAL;
	}
	for (int i = 2; i < argc; i++) {
		if (!strcmp(argv[i], "type_if=vif")) {
			req->type = HOTPLUG_VIF;
		} else if (!strcmp(argv[i], "type_if=tap")) {
			req->type = HOTPLUG_TAP;
		} else if (!strcmp(argv[i], "by=udev")) {
			req->by_udev = true;
		} else {
			hotplug_outcome_fail(err, "argument \"%.64s\" is not one of type_if=vif, "
					     "type_if=tap, by=udev", argv[i]);
			return -EINVAL;
		}
	}
	return 0;
}

static int parse_env(char *const *envp, struct hotplug_request *req, struct hotplug_outcome *err)
{
	const char *name = req->type == HOTPLUG_VIF ? "vif" : "INTERFACE";
	const char *path = env_get(envp, "XENBUS_PATH"), *netdev = env_get(envp, name);
	uint32_t domid, devid;
	int len;

	if (!path || strlen(path) >= sizeof(req->backend) ||
	    !parse_backend(path, &domid, &devid)) {
		hotplug_outcome_fail(err, "XENBUS_PATH \"%.128s\" is not backend/vif/DOMID/DEVID "
				     "or /local/domain/DOMID/backend/vif/DOMID/DEVID",
				     path ? path : "");
		return -EINVAL;
	}
	memcpy(req->backend, path, strlen(path) + 1);
	req->domid = domid;
	req->devid = devid;

	if (netdev && *netdev) {
		if (!netdev_valid(netdev)) {
			hotplug_outcome_fail(err, "%s \"%.64s\" is not a netdev name: 1 to %d of "
					     "letters, digits, '.', '_', '-'", name, netdev,
					     IFNAMSIZ - 1);
			return -EINVAL;
		}
		memcpy(req->netdev, netdev, strlen(netdev) + 1);
		return 0;
	}
	len = snprintf(req->netdev, sizeof(req->netdev), "vif%u.%u%s", domid, devid,
		       req->type == HOTPLUG_TAP ? "-emu" : "");
	if (len >= (int)sizeof(req->netdev)) {
		hotplug_outcome_fail(err, "%s is not in the environment and vif%u.%u%s is too long "
				     "for a netdev name", name, domid, devid,
				     req->type == HOTPLUG_TAP ? "-emu" : "");
		return -EINVAL;
	}
	return 0;
}

int hotplug_request_parse(int argc, char *const *argv, char *const *envp,
			  struct hotplug_request *ret, struct hotplug_outcome *err)
{
	struct hotplug_request req = {};
	int r;

	r = parse_words(argc, argv, &req, err);
	if (r < 0)
		return r;
	r = parse_env(envp, &req, err);
	if (r < 0)
		return r;
	*ret = req;
	return 0;
}

size_t hotplug_request_line(const struct hotplug_request *req, unsigned int timeout_ms,
			    char line[HOTPLUG_LINE_MAX])
{
	static const char *const words[] = {
		[HOTPLUG_ONLINE] = "online", [HOTPLUG_OFFLINE] = "offline",
		[HOTPLUG_ADD] = "add", [HOTPLUG_REMOVE] = "remove",
	};

	/* Every string here was checked to hold nothing that JSON must escape. */
	return (size_t)snprintf(line, HOTPLUG_LINE_MAX,
		"{\"id\":1,\"method\":\"hotplug\",\"params\":[{\"action\":\"%s\",\"type\":\"%s\","
		"\"backend\":\"%s\",\"netdev\":\"%s\",\"timeout_ms\":%u}]}\n",
		words[req->action], req->type == HOTPLUG_VIF ? "vif" : "tap",
		req->backend, req->netdev, timeout_ms);
}

void hotplug_outcome_reply(const struct hotplug_request *req, const char *line, size_t len,
			   struct hotplug_outcome *ret)
{
	const char *want = hotplug_plugs(req) ? "plugged" : "gone", *text;
	json_t *reply, *error;

	reply = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(reply) || json_integer_value(json_object_get(reply, "id")) != 1) {
		hotplug_outcome_fail(ret, "vifswitchd's answer is not a reply to the request: "
				     "%.*s", (int)(len < 100 ? len : 100), line);
		goto out;
	}
	error = json_object_get(reply, "error");
	if (error && !json_is_null(error)) {
		text = json_string_value(json_object_get(error, "message"));
		hotplug_outcome_fail(ret, "%s", text && *text ? text :
				     "vifswitchd refused without saying why; see its journal");
		goto out;
	}
	text = json_string_value(json_object_get(json_object_get(reply, "result"), "state"));
	if (!text || strcmp(text, want)) {
		hotplug_outcome_fail(ret, "vifswitchd answered state \"%.32s\" where \"%s\" was "
				     "expected", text ? text : "", want);
		goto out;
	}
	ret->ok = true;
	ret->message[0] = '\0';
out:
	json_decref(reply);
}
