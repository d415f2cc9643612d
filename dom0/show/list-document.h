/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documents that are one list: {"format", "source", KEY: [...]}. */
#ifndef SHOW_LIST_DOCUMENT_H
#define SHOW_LIST_DOCUMENT_H

#include <jansson.h>

/* @source: who was asked. Steals @list. */
json_t *list_document(const char *source, const char *key, json_t *list);

#endif /* SHOW_LIST_DOCUMENT_H */
