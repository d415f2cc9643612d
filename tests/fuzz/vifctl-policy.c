// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reader of policy files on anything. What it takes must come out of the
 * writer in a form that it takes again, and that means the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vifctl/policy/diff.h"
#include "vifctl/policy/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every name is a VM: its UUID is made of the name. */
static char *find(void *arg, const char *word, char **ret_problem)
{
	uint32_t hash = 5381;

	if (*word == '!') {
		*ret_problem = xprintf("unknown");
		return NULL;
	}
	for (; *word; word++)
		hash = hash * 33 + (unsigned char)*word;
	return xprintf("%08x-0000-4000-8000-000000000000", hash);
}

static bool read_model(const char *text, size_t len, struct model *ret)
{
	struct problems problems = { .file = "f" };
	struct model raw;
	bool good;

	model_init(&raw);
	model_init(ret);
	good = policy_read(text, len, &raw, &problems) &&
	       policy_resolve(&raw, find, NULL, ret, &problems);
	/* Refused means told, and told means refused. */
	if (good != !problems.count)
		abort();
	problems_deinit(&problems);
	model_deinit(&raw);
	return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct changes changes = {};
	struct model first, second;
	char *text = NULL;
	size_t len;
	FILE *out;

	if (read_model((const char *)data, size, &first)) {
		for (size_t i = 0; i < first.count[OBJECT_ACL]; i++)
			rules_place(first.objects[OBJECT_ACL][i]);
		out = open_memstream(&text, &len);
		if (policy_write(&first, (1U << OBJECT_KINDS) - 1, out))
			abort();
		fclose(out);
		if (!read_model(text, len, &second))
			abort();
		changes_of_models(&changes, &first, &second, true);
		if (changes.count)
			abort();
		changes_deinit(&changes);
		model_deinit(&second);
		free(text);
	}
	model_deinit(&first);
	return 0;
}
