/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Matches on the wire: OpenFlow 1.0's struct, and fields one by one (NXM, OXM). */
#ifndef OPENFLOW_MATCH_H
#define OPENFLOW_MATCH_H

#include "openflow/of-field.h"

/* A match as flows keep it: words with a mask, ascending. */
struct of_words {
	uint16_t count;
	struct vifswitch_of_word word[];
};

enum of_error match10_decode(struct of_in *in, struct of_match *ret);
void match10_encode(const struct of_match *m, struct of_out *out);
/* Can 1.0's struct say all of it? */
bool match10_fits(const struct of_match *m);

/* @in is all fields; what comes twice, or before what it needs, is an error. */
enum of_error nxm_decode(struct of_in *in, struct of_match *ret);
void nxm_encode(const struct of_match *m, uint8_t version, struct of_out *out);
/* Padded to eight octets; its length without that goes into the two octets at @at. */
void nxm_encode_padded(const struct of_match *m, uint8_t version, struct of_out *out, size_t at);
/* Of 1.2 and later: type, length, fields, padded to eight octets. */
enum of_error oxm_decode(struct of_in *in, struct of_match *ret);
void oxm_encode(const struct of_match *m, uint8_t version, struct of_out *out);

/* To be freed. */
struct of_words *words_of(const struct of_match *m);
void match_of(const struct of_words *w, struct of_match *ret);
bool words_equal(const struct of_words *a, const struct of_words *b);
/* Every frame that matches @narrow matches @wide. */
bool words_cover(const struct of_words *wide, const struct of_words *narrow);
/* There are frames that match both. */
bool words_overlap(const struct of_words *a, const struct of_words *b);
bool words_match(const struct of_words *w, const uint16_t *key);

#endif /* OPENFLOW_MATCH_H */
