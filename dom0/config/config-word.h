/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words in a section of vifswitch.conf, and what is wrong there, with its line. */
#ifndef CONFIG_CONFIG_WORD_H
#define CONFIG_CONFIG_WORD_H

#include <confuse.h>

#include "base/problem.h"
#include "policy/words.h"

/* -EINVAL. */
int config_fail(cfg_t *sec, struct problem *problem, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The value of what @key says, @is if it says nothing; negative: it is none of @words. */
int config_word(cfg_t *sec, const char *key, const struct word *words, int is,
		const char *accepted, struct problem *problem);

#endif /* CONFIG_CONFIG_WORD_H */
