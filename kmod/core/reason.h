/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drop reasons in words, and the stage each arises at, from the list in the ABI header. */
#ifndef VS_REASON_H
#define VS_REASON_H

#include "platform.h"

/* NULL for a number that is not a reason. */
const char *vs_reason_word(unsigned int reason);
const char *vs_reason_stage(unsigned int reason);
const char *vs_reason_sentence(unsigned int reason);

/* Counted at the port the frame would have left by? */
bool vs_reason_is_egress(unsigned int reason);

#endif /* VS_REASON_H */
