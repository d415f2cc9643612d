// SPDX-License-Identifier: GPL-2.0-or-later
#include <vifswitch/abi.h>

#include "reason.h"

static const struct {
	const char *word;
	const char *stage;
	const char *sentence;
} reasons[VIFSWITCH_DROP_COUNT] = {
#define VS_REASON(name, word, stage, sentence) \
	[VIFSWITCH_DROP_##name] = { word, stage, sentence },
	VIFSWITCH_DROP_REASONS(VS_REASON)
#undef VS_REASON
};

const char *vs_reason_word(unsigned int reason)
{
	return reason < VIFSWITCH_DROP_COUNT ? reasons[reason].word : NULL;
}

const char *vs_reason_stage(unsigned int reason)
{
	return reason < VIFSWITCH_DROP_COUNT ? reasons[reason].stage : NULL;
}

const char *vs_reason_sentence(unsigned int reason)
{
	return reason < VIFSWITCH_DROP_COUNT ? reasons[reason].sentence : NULL;
}

bool vs_reason_is_egress(unsigned int reason)
{
	const char *word = vs_reason_word(reason);

	return word && !strncmp(word, "to-", 3);
}
