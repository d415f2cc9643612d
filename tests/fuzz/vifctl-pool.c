// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Words of vifctl pool init and join, one a line; the first octet chooses which. What is
 * taken becomes a drop-in of a unit that root's systemd reads: it must consist of the lines
 * that are known, each once but for credentials, in letters that need no quotes there.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/pool/pool-setting.h"

#define WORDS_MAX	12

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_plain(const char *line, const char *more)
{
	for (; *line; line++)
		if (!isalnum((unsigned char)*line) && !strchr(more, *line))
			return false;
	return true;
}

static void check_line(const char *line)
{
	static const char *const known[] = {
		"# Written by \"vifctl pool init\"; \"vifctl pool leave\" removes it.",
		"# Written by \"vifctl pool join\"; \"vifctl pool leave\" removes it.",
		"[Service]", "PrivateNetwork=no", "RestrictAddressFamilies=AF_INET AF_INET6",
	};
	static const char environment[] = "Environment=\"VIF";

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(line, known[i]))
			return;
	if (!strncmp(line, "IPAddressAllow=", 15) && is_plain(line + 15, ".: "))
		return;
	if (!strncmp(line, "LoadCredential=", 15) && is_plain(line + 15, "-_./:"))
		return;
	/* In quotes of its own; %d is systemd's word for where credentials are. */
	if (!strncmp(line, environment, sizeof(environment) - 1) &&
	    line[strlen(line) - 1] == '"' && strcspn(line + 13, "\"") == strlen(line) - 14 &&
	    is_plain(line + 13, "-_./:,=[]*% \""))
		return;
	abort();
}

static void check_text(char *text)
{
	unsigned int environments = 0, allowed = 0;

	for (char *save = NULL, *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		check_line(line);
		environments += !strncmp(line, "Environment", 11);
		allowed += !strncmp(line, "IPAddressAllow", 14);
	}
	if (environments != 1 || allowed != 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *words[WORDS_MAX];
	struct pool_setting setting = {};
	struct vifctl v = { .operands = words };
	char *text, *out;

	static FILE *nowhere;

	/* What is refused is told; sanitizers write past stdio. */
	if (!nowhere)
		nowhere = stderr = fopen("/dev/null", "we");
	if (size < 2)
		return 0;
	text = xprintf("%.*s", (int)size - 1, (const char *)data + 1);
	for (char *save = NULL, *word = strtok_r(text, "\n", &save);
	     word && v.operand_count < WORDS_MAX; word = strtok_r(NULL, "\n", &save))
		words[v.operand_count++] = word;
	if (v.operand_count &&
	    pool_setting_parse(&v, data[0] % 2 ? "init" : "join", &setting) == VIFCTL_OK) {
		out = pool_setting_text(&setting);
		check_text(out);
		free(out);
	}
	pool_setting_deinit(&setting);
	free(text);
	return 0;
}
