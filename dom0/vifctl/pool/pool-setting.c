// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/pool/pool-setting.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/number.h"
#include "vifctl/view/text.h"

#define FOLDER	"/etc/systemd/system/%s.service.d"
#define FILES	"/etc/vifswitch/db/etcd-"
#define DIRECT_FILES	"/etc/vifswitch/db/host-"

extern char **environ;

void pool_setting_deinit(struct pool_setting *s)
{
	while (s->count)
		free(s->urls[--s->count]);
	free(s->address);
	free(s->port);
}

/* What a unit's line and a command line can bear without quotes: letters, digits and @more. */
static bool is_plain(const char *text, size_t max, const char *more)
{
	size_t n = 0;

	while (text[n] && (isalnum((unsigned char)text[n]) || strchr(more, text[n])))
		n++;
	return n && !text[n] && n <= max;
}

/* "HOST" of a URL, without the brackets of IPv6; to be freed. */
static char *host_of(const char *url)
{
	const char *at = strstr(url, "://") + 3;

	if (*at == '[')
		return xprintf("%.*s", (int)strcspn(at + 1, "]"), at + 1);
	return xprintf("%.*s", (int)strcspn(at, ":/"), at);
}

static bool names_an_address(const char *url)
{
	_cleanup_free_ char *host = host_of(url);
	struct in6_addr address;

	return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

static int add_url(struct pool_setting *s, const char *url)
{
	bool tls = !strncmp(url, "https://", 8);

	if (!is_plain(url, 255, "-_./:[]") || (!tls && strncmp(url, "http://127.", 11) &&
			       strncmp(url, "http://[::1]", 12)))
		return vifctl_fail(VIFCTL_USAGE, "\"%s\": https://HOST:PORT is needed, or http:// of "
				   "this host itself", url);
	if (!names_an_address(url))
		return vifctl_fail(VIFCTL_USAGE, "\"%s\": an IP address is needed, not a name: vifdbd's "
				   "unit reaches the members alone, and no name server", url);
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

/* systemd takes a relative path for the name of a credential of its own. */
static int check_word(const char *word, const char *value, bool file)
{
	if (file && (*value != '/' || !is_plain(value, 255, "-_./:")))
		return vifctl_fail(VIFCTL_USAGE, "\"%s\": an absolute path is needed, of up to 255 "
				   "letters, digits and -_./:", word);
	/* As vifdbd(8) wants them. */
	if (!file && !is_plain(value, 200, strncmp(word, "hosts=", 6) ? "-_./" : "-_./:,"))
		return vifctl_fail(VIFCTL_USAGE, "\"%s\": up to 200 letters, digits and -_./ are needed",
				   word);
	return VIFCTL_OK;
}

static int add_word(struct pool_setting *s, const char *word)
{
	const struct {
		const char *name;
		const char **at;
		bool file;
	} words[] = { { "ca=", &s->ca, true }, { "cert=", &s->certificate, true },
		      { "key=", &s->key, true }, { "host=", &s->host, false },
		      { "prefix=", &s->prefix, false }, { "hosts=", &s->hosts, false } };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t len = strlen(words[i].name);

		if (strncmp(word, words[i].name, len) ||
		    words[i].at == (s->address ? &s->prefix : &s->hosts))
			continue;
		*words[i].at = word + len;
		return check_word(word, word + len, words[i].file);
	}
	return vifctl_fail(VIFCTL_USAGE, "\"%s\" is none of ca=, cert=, key=, host=, %s", word,
			   s->address ? "hosts=" : "prefix=");
}

static bool is_address(const char *text)
{
	struct in6_addr address;

	return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1;
}

/* "ssl:ADDRESS:PORT". */
static int read_direct(struct pool_setting *s, const char *remote)
{
	const char *host = remote + 4, *colon = strrchr(host, ':');
	size_t len = colon ? (size_t)(colon - host) : 0;
	bool brackets = len > 2 && *host == '[' && host[len - 1] == ']';
	uint64_t port;

	s->address = xprintf("%.*s", (int)(brackets ? len - 2 : len), brackets ? host + 1 : host);
	if (!len || !is_address(s->address) ||
	    !number_parse(colon + 1, strlen(colon + 1), 1, 65535, &port))
		return vifctl_fail(VIFCTL_USAGE, "\"%s\": ssl:ADDRESS:PORT is needed, with an IP address: "
				   "the units reach it alone, and no name server", remote);
	s->port = xprintf("%u", (unsigned int)port);
	s->tls = true;
	s->ca = DIRECT_FILES "ca.pem";
	s->certificate = DIRECT_FILES "cert.pem";
	s->key = DIRECT_FILES "key.pem";
	return VIFCTL_OK;
}

/* The server must know whom to let in, the others ask for it by the one address. */
static int check_hosts(const struct pool_setting *s)
{
	json_t *hosts, *host;
	int status = VIFCTL_OK;
	size_t i;

	if (!strcmp(s->way, "init") && s->host)
		return vifctl_fail(VIFCTL_USAGE, "host=%s: is of pool join; the host that keeps the "
				   "database has its own name", s->host);
	hosts = s->hosts ? text_split(s->hosts) : NULL;
	if (!strcmp(s->way, "init") != (s->hosts != NULL))
		status = vifctl_fail(VIFCTL_USAGE, "hosts=ADDRESS,... is needed by pool init, and by it "
				     "alone: who may connect");
	json_array_foreach(hosts, i, host)
		if (status == VIFCTL_OK && !is_address(json_string_value(host)))
			status = vifctl_fail(VIFCTL_USAGE, "\"%s\": hosts= takes IP addresses",
					     json_string_value(host));
	json_decref(hosts);
	return status;
}

int pool_setting_parse(struct vifctl *v, const char *way, struct pool_setting *ret)
{
	int status;

	*ret = (struct pool_setting){ .way = way, .ca = FILES "ca.pem",
				      .certificate = FILES "cert.pem", .key = FILES "key.pem" };
	status = strncmp(operand(v, 0), "ssl:", 4) ? add_urls(ret, operand(v, 0)) :
		 read_direct(ret, operand(v, 0));
	for (int i = 1; i < v->operand_count && status == VIFCTL_OK; i++)
		status = add_word(ret, operand(v, i));
	return status || !ret->address ? status : check_hosts(ret);
}

const char *pool_unit_of(const struct pool_setting *s)
{
	return s->address && !strcmp(s->way, "join") ? POOL_CLIENT : POOL_SERVER;
}

/* ---- the text ---- */

static json_t *all_addresses(const struct pool_setting *s)
{
	json_t *all = json_array();

	for (size_t i = 0; i < s->count; i++) {
		_cleanup_free_ char *host = host_of(s->urls[i]);

		json_array_append_new(all, json_string(host));
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

/* vifdbd serves the others, whose certificates' names say whose rows they may write. */
static char *server_text(const struct pool_setting *s)
{
	json_t *list = text_split(s->hosts);
	_cleanup_free_ char *hosts = text_join(list, " ");
	bool v6 = strchr(s->address, ':');

	json_decref(list);
	return xprintf("# Written by \"vifctl pool init\"; \"vifctl pool leave\" removes it.\n[Service]\n"
		       "PrivateNetwork=no\nRestrictAddressFamilies=AF_INET AF_INET6\nIPAddressAllow=%s\n"
		       "LoadCredential=host-key.pem:%s\nLoadCredential=host-cert.pem:%s\n"
		       "LoadCredential=host-ca.pem:%s\n"
		       "Environment=\"VIFDBD_POOL=--remote=pssl:%s:%s%s%s --private-key=%%d/host-key.pem "
		       "--certificate=%%d/host-cert.pem --ca-cert=%%d/host-ca.pem --rights=*:host\"\n",
		       hosts, s->key, s->certificate, s->ca, s->port, v6 ? "[" : "", s->address,
		       v6 ? "]" : "");
}

/* vifswitchd follows it. */
static char *client_text(const struct pool_setting *s)
{
	bool v6 = strchr(s->address, ':');

	return xprintf("# Written by \"vifctl pool join\"; \"vifctl pool leave\" removes it.\n[Service]\n"
		       "RestrictAddressFamilies=AF_INET AF_INET6\nIPAddressAllow=%s\n"
		       "Environment=\"VIFSWITCHD_POOL=--database=ssl:%s%s%s:%s --private-key=%s "
		       "--certificate=%s --ca-cert=%s%s%s\"\n", s->address, v6 ? "[" : "", s->address,
		       v6 ? "]" : "", s->port, s->key, s->certificate, s->ca,
		       s->host ? " --host-name=" : "", s->host ?: "");
}

static char *etcd_text(const struct pool_setting *s)
{
	_cleanup_free_ char *allowed = NULL, *options = NULL, *credentials = NULL;
	json_t *addresses = all_addresses(s);

	allowed = text_join(addresses, " ");
	json_decref(addresses);
	options = options_text(s);
	credentials = credentials_text(s);
	return xprintf("# Written by \"vifctl pool %s\"; \"vifctl pool leave\" removes it.\n[Service]\n"
		       "PrivateNetwork=no\nRestrictAddressFamilies=AF_INET AF_INET6\n"
		       "IPAddressAllow=%s\n%sEnvironment=\"VIFDBD_POOL=%s\"\n", s->way, allowed,
		       credentials, options);
}

char *pool_setting_text(const struct pool_setting *s)
{
	if (!s->address)
		return etcd_text(s);
	return !strcmp(s->way, "init") ? server_text(s) : client_text(s);
}

/* ---- the unit ---- */

/* A test has a folder of its own. */
static char *folder(const char *unit)
{
	const char *own = getenv("VIFSWITCH_UNIT_DIR");

	return own ? xprintf("%s", own) : xprintf(FOLDER, unit);
}

char *pool_unit_path(const char *unit)
{
	_cleanup_free_ char *at = folder(unit);
	bool server = !strcmp(unit, POOL_SERVER);

	return xprintf("%s/pool%s.conf", at, server ? "" : "-client");
}

bool pool_unit_exists(const char *unit)
{
	_cleanup_free_ char *path = pool_unit_path(unit);

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

static int begin_anew(const char *unit)
{
	_cleanup_free_ char *service = xprintf("%s.service", unit);
	int status = systemctl("daemon-reload", NULL);

	return status ? status : systemctl("restart", service);
}

int pool_unit_write(const char *unit, const char *text)
{
	_cleanup_free_ char *path = pool_unit_path(unit), *new = xprintf("%s.new", path);
	_cleanup_free_ char *at = folder(unit);
	int failed = mkdir(at, 0755) < 0 && errno != EEXIST ? errno : 0;
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
	if (begin_anew(unit) == VIFCTL_OK)
		return VIFCTL_OK;
	unlink(path);
	begin_anew(unit);
	return vifctl_fail(VIFCTL_FAILED, "%s did not start with %s, which is gone again: %s is "
			   "as it was (journalctl -u %s tells why)", unit, path, unit, unit);
}

int pool_unit_remove(const char *unit)
{
	_cleanup_free_ char *path = pool_unit_path(unit);

	if (unlink(path) < 0)
		return vifctl_fail(VIFCTL_FAILED, "%s: %s", path, strerror(errno));
	return begin_anew(unit);
}
