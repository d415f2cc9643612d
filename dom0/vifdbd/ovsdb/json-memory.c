// SPDX-License-Identifier: GPL-2.0-or-later
#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>

#include "vifdbd/ovsdb/json-memory.h"

#define MALLOC_HEADER sizeof(size_t)

static size_t used;

static void *count_malloc(size_t n)
{
	void *p = malloc(n);

	if (p)
		used += malloc_usable_size(p) + MALLOC_HEADER;
	return p;
}

static void count_free(void *p)
{
	if (p)
		used -= malloc_usable_size(p) + MALLOC_HEADER;
	free(p);
}

void json_memory_init(void)
{
	json_set_alloc_funcs(count_malloc, count_free);
}

size_t json_memory(void)
{
	return used;
}
