// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/text/flow-error.h"

static const struct {
	enum of_error error;
	const char *text;
} texts[] = {
	{ OFE_ACTION_OUT_PORT, "nothing can be sent to that port" },
	{ OFE_ACTION_OUT_GROUP, "there is no group of that number" },
	{ OFE_ACTION_METER, "there is no meter of that number" },
	{ OFE_METER_INVALID, "there is no meter of that number" },
	{ OFE_ACTION_INCONSISTENT, "frames of this match need not have that field: match it closer first, "
	  "or push a tag" },
	{ OFE_ACTION_SET_TYPE, "that field is not set here" },
	{ OFE_ACTION_SET_ARGUMENT, "that field cannot be set so" },
	{ OFE_ACTION_ARGUMENT, "that operand is not accepted here" },
	{ OFE_ACTION_TYPE, "that action is not carried out here (docs/openflow.md)" },
	{ OFE_ACTION_VENDOR, "that action is not carried out here (docs/openflow.md)" },
	{ OFE_ACTION_VENDOR_TYPE, "that action is not carried out here (docs/openflow.md)" },
	{ OFE_ACTION_TOO_MANY, "too many actions for one flow" },
	{ OFE_ACTION_CONJUNCTION, "beside conjunction there are only others and notes" },
	{ OFE_ACTION_QUEUE, "there are no queues here" },
	{ OFE_INST_TABLE, "goto_table goes on to a later table only, of 0 to 253" },
	{ OFE_MATCH_FIELD, "that field is not matched here" },
	{ OFE_FLOW_FULL, "the tables are full" },
	{ OFE_FLOW_OVERLAP, "another flow of the same priority overlaps it" },
	{ OFE_IS_SECONDARY, "a controller is primary" },
	{ OFE_BUNDLE_MSG_TOO_MANY, "too much for one transaction (64 MiB)" },
	{ OFE_BUNDLE_TIMEOUT, "the transaction took too long" },
};

const char *flow_error_text(enum of_error e)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].error == e)
			return texts[i].text;
	return error_name(e);
}
