/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPENFLOW_TEXT_FLOW_ERROR_H
#define OPENFLOW_TEXT_FLOW_ERROR_H

#include "openflow/error.h"

/* Why a switch refuses a flow, in words; where there are none, the error's name. */
const char *flow_error_text(enum of_error e);

#endif /* OPENFLOW_TEXT_FLOW_ERROR_H */
