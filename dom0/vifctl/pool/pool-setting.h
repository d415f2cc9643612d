/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What makes this host's vifdbd one of a pool: a drop-in of its systemd unit. */
#ifndef VIFCTL_POOL_POOL_SETTING_H
#define VIFCTL_POOL_POOL_SETTING_H

#include "vifctl/vifctl.h"

#define POOL_MEMBERS_MAX 16

struct pool_setting {
	const char *way;	/* "init" or "join" */
	/* Without etcd: one vifdbd serves the others; NULL: the pool is etcd's. */
	char *address, *port;
	const char *hosts;	/* addresses of the others */
	char *urls[POOL_MEMBERS_MAX];
	size_t count;
	bool tls;
	const char *ca, *certificate, *key;	/* files */
	const char *host, *prefix;		/* NULL: vifdbd's own */
};

void pool_setting_deinit(struct pool_setting *s);
/*
 * "URL,URL... [ca=FILE cert=FILE key=FILE host=NAME prefix=TEXT]" of the command, or
 * "ssl:ADDRESS:PORT [hosts=ADDRESS,... ca=FILE cert=FILE key=FILE host=NAME]".
 */
int pool_setting_parse(struct vifctl *v, const char *way, struct pool_setting *ret);
/* The drop-in's text, to be freed. */
char *pool_setting_text(const struct pool_setting *s);

/* Of vifdbd, or of vifswitchd, which follows another host's vifdbd. */
#define POOL_SERVER	"vifdbd"
#define POOL_CLIENT	"vifswitchd"
/* Where it stands; to be freed. */
char *pool_unit_path(const char *unit);
/* Written whole or not at all; then the unit begins anew. An exit status. */
int pool_unit_write(const char *unit, const char *text);
/* False: there is none. */
bool pool_unit_exists(const char *unit);
int pool_unit_remove(const char *unit);
/* The unit that the setting is for. */
const char *pool_unit_of(const struct pool_setting *s);

#endif /* VIFCTL_POOL_POOL_SETTING_H */
