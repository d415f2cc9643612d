/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What JSON values cost in memory, since a few octets of text may become many. */
#ifndef VIFDBD_OVSDB_JSON_MEMORY_H
#define VIFDBD_OVSDB_JSON_MEMORY_H

#include <stddef.h>

/* Before any JSON is made. */
void json_memory_init(void);
/* Octets in use. Only differences mean something: texts that are printed count as well. */
size_t json_memory(void);

#endif
