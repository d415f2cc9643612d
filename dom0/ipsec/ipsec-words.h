/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of charon's log that say why no SA comes to be, as words for an operator. */
#ifndef IPSEC_IPSEC_WORDS_H
#define IPSEC_IPSEC_WORDS_H

/* What a line says, the less the more exactly; IPSEC_WORDS: nothing of that kind. */
#define IPSEC_WORDS	1000
int ipsec_words(const char *line);
const char *ipsec_words_text(int what);

#endif /* IPSEC_IPSEC_WORDS_H */
