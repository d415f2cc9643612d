// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/pool/pool-setting.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/text.h"

#define FOLDER	"/etc/systemd/system/vifdbd.service.d"
#define FILES	"/etc/vifswitch/db/etcd-"

extern char **environ;

void pool_setting_deinit(struct pool_setting *s)
{
	while (s->count)
		free(s->urls[--s->count]);
}

/* What a unit's line and a command line can bear without quotes. */
static bool is_plain(const char *text)
{
	return *text && strlen(text) <= 255 &&
	       !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				  "-_./:[]")];
}

static int add_url(struct pool_setting *s, const char *url)
{
	bool tls = !strncmp(url, "https://", 8);

	if (!is_plain(url) || (!tls && strncmp(url, "http://127.", 11) &&
			       strncmp(url, "http://[::1]", 12)))
		return vifctl_fail(VIFCTL_USAGE, "\"%s\": https://HOST:PORT is needed, or http:// of "
				   "this host itself", url);
	if (s->count == POOL_MEMBERS_MAX)
		return vifctl_fail(VIFCTL_USAGE, "more than %d members of etcd", POOL_MEMBERS_MAX);
	s->tls = s->tls || tls;
	s->urls[s->count++] = xprintf("%s", url);
	return VIFCTL_OK;
}

static int add_urls(struct pool_setting *s, const char *list)
{
	json_t *urls = text_split(list), *url;
	int status = urls ? VIFCTL_OK : vifctl_fail(VIFCTL_USAGE, "a member's URL is no text");
	size_t i;

	json_array_foreach(urls, i, url)
		if (status == VIFCTL_OK)
			status = add_url(s, json_string_value(url));
	json_decref(urls);
	return status;
}

static int add_word(struct pool_setting *s, const char *word)
{
	const struct {
		const char *name;
		const char **at;
	} words[] = { { "ca=", &s->ca }, { "cert=", &s->certificate }, { "key=", &s->key },
		      { "host=", &s->host }, { "prefix=", &s->prefix } };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t len = strlen(words[i].name);

		if (strncmp(word, words[i].name, len))
			continue;
		if (!is_plain(word + len))
			return vifctl_fail(VIFCTL_USAGE, "\"%s\": up to 255 of letters, digits and "
					   "-_./:[] are needed", word);
		*words[i].at = word + len;
		return VIFCTL_OK;
	}
	return vifctl_fail(VIFCTL_USAGE, "\"%s\" is none of ca=, cert=, key=, host=, prefix=", word);
}

int pool_setting_parse(struct vifctl *v, const char *way, struct pool_setting *ret)
{
	int status;

	*ret = (struct pool_setting){ .way = way, .ca = FILES "ca.pem",
				      .certificate = FILES "cert.pem", .key = FILES "key.pem" };
	status = add_urls(ret, operand(v, 0));
	for (int i = 1; i < v->operand_count && status == VIFCTL_OK; i++)
		status = add_word(ret, operand(v, i));
	return status;
}

/* ---- the text ---- */

/* "HOST" of a URL, without the brackets of IPv6; to be freed. */
static char *host_of(const char *url)
{
	const char *at = strstr(url, "://") + 3;

	if (*at == '[')
		return xprintf("%.*s", (int)strcspn(at + 1, "]"), at + 1);
	return xprintf("%.*s", (int)strcspn(at, ":/"), at);
}

/* Its address, for who is allowed: the unit reaches nobody else, a name server neither. */
static json_t *addresses_of(const char *url)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
					.ai_flags = AI_NUMERICHOST };
	_cleanup_free_ char *host = host_of(url);
	struct addrinfo *found = NULL, *a;
	json_t *list = json_array();
	char text[NI_MAXHOST];

	if (getaddrinfo(host, NULL, &hints, &found))
		return list;
	for (a = found; a; a = a->ai_next)
		if (!getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof(text), NULL, 0,
				 NI_NUMERICHOST))
			json_array_append_new(list, json_string(text));
	freeaddrinfo(found);
	return list;
}

static json_t *all_addresses(const struct pool_setting *s)
{
	json_t *all = json_array(), *list;

	for (size_t i = 0; i < s->count; i++) {
		list = addresses_of(s->urls[i]);
		if (!json_array_size(list)) {
			vifctl_fail(VIFCTL_FAILED, "%s: an IP address is needed, not a name: vifdbd's unit reaches "
				    "the members alone, and no name server", s->urls[i]);
			json_decref(list);
			json_decref(all);
			return NULL;
		}
		json_array_extend(all, list);
		json_decref(list);
	}
	return all;
}

static char *options_text(const struct pool_setting *s)
{
	json_t *urls = json_array();
	_cleanup_free_ char *list = NULL;
	char *text;

	for (size_t i = 0; i < s->count; i++)
		json_array_append_new(urls, json_string(s->urls[i]));
	list = text_join(urls, ",");
	json_decref(urls);
	text = xprintf("--storage=etcd:%s --pool=%s%s%s%s%s%s", list, s->way,
		       s->tls ? " --storage-ca-cert=%d/etcd-ca.pem --storage-certificate=%d/etcd-cert.pem"
				" --storage-private-key=%d/etcd-key.pem" : "",
		       s->host ? " --host=" : "", s->host ?: "",
		       s->prefix ? " --storage-prefix=" : "", s->prefix ?: "");
	return text;
}

static char *credentials_text(const struct pool_setting *s)
{
	if (!s->tls)
		return xprintf("%s", "");
	return xprintf("LoadCredential=etcd-key.pem:%s\nLoadCredential=etcd-cert.pem:%s\n"
		       "LoadCredential=etcd-ca.pem:%s\n", s->key, s->certificate, s->ca);
}

char *pool_setting_text(const struct pool_setting *s)
{
	_cleanup_free_ char *allowed = NULL, *options = NULL, *credentials = NULL;
	json_t *addresses = all_addresses(s);

	if (!addresses)
		return NULL;
	allowed = text_join(addresses, " ");
	json_decref(addresses);
	options = options_text(s);
	credentials = credentials_text(s);
	return xprintf("# Written by \"vifctl pool %s\"; \"vifctl pool leave\" removes it.\n[Service]\n"
		       "PrivateNetwork=no\nRestrictAddressFamilies=AF_INET AF_INET6\n"
		       "IPAddressAllow=%s\n%sEnvironment=\"VIFDBD_POOL=%s\"\n", s->way, allowed,
		       credentials, options);
}

/* ---- the unit ---- */

/* A test has a folder of its own. */
static const char *folder(void)
{
	return getenv("VIFSWITCH_UNIT_DIR") ?: FOLDER;
}

char *pool_unit_path(void)
{
	return xprintf("%s/pool.conf", folder());
}

bool pool_unit_exists(void)
{
	_cleanup_free_ char *path = pool_unit_path();

	return access(path, F_OK) == 0;
}

static int systemctl(const char *verb, const char *unit)
{
	char *const argv[] = { "systemctl", (char *)verb, (char *)unit, NULL };
	int status = -1;
	pid_t pid;

	if (!posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) &&
	    waitpid(pid, &status, 0) == pid && !status)
		return VIFCTL_OK;
	return vifctl_fail(VIFCTL_FAILED, "systemctl %s %s failed", verb, unit ?: "");
}

static int begin_anew(void)
{
	int status = systemctl("daemon-reload", NULL);

	return status ? status : systemctl("restart", "vifdbd.service");
}

int pool_unit_write(const char *text)
{
	_cleanup_free_ char *path = pool_unit_path(), *new = xprintf("%s.new", path);
	int failed = mkdir(folder(), 0755) < 0 && errno != EEXIST ? errno : 0;
	FILE *out = failed ? NULL : fopen(new, "we");

	if (!out)
		return vifctl_fail(VIFCTL_FAILED, "%s: %s", path, strerror(failed ?: errno));
	failed = fputs(text, out) == EOF || fflush(out) || fsync(fileno(out)) ? errno : 0;
	if (fclose(out) && !failed)
		failed = errno;
	if (!failed && rename(new, path) < 0)
		failed = errno;
	if (failed) {
		unlink(new);
		return vifctl_fail(VIFCTL_FAILED, "%s: %s", path, strerror(failed));
	}
	return begin_anew();
}

int pool_unit_remove(void)
{
	_cleanup_free_ char *path = pool_unit_path();

	if (unlink(path) < 0)
		return vifctl_fail(VIFCTL_FAILED, "%s: %s", path, strerror(errno));
	return begin_anew();
}
