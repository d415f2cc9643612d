/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document "drops": what ports have dropped, and what the words mean. */
#ifndef SHOW_DROPS_DOCUMENT_H
#define SHOW_DROPS_DOCUMENT_H

#include <jansson.h>

/* What the word of a reason means; also if this version does not know it. */
const char *drop_sentence(const char *word);
/* A list of what ports of the document "show" have dropped: each reason at each port. */
json_t *drops_of(const json_t *ports);

#endif /* SHOW_DROPS_DOCUMENT_H */
