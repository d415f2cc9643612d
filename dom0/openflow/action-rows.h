/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Actions on the wire that are numbers in a row: each once, with its number and its layout in
 * 1.0, in 1.1 and later and as Nicira's. Of a layout: P and Q are a port in 16 and 32 bits;
 * 1, 2, 4, 8 a number of so many octets; . is an octet of nothing. They go to a[0], a[1], ...
 *
 * Rows at the end are of actions that are more than that; they have a word only. In text
 * (ovs-actions(7)) an action is its word and what `text` says: %p a port, %d and %x a number; NULL:
 * a function of its own knows (text/).
 */
#ifndef OPENFLOW_ACTION_ROWS_H
#define OPENFLOW_ACTION_ROWS_H

#include "openflow/action.h"

struct action_row {
	enum of_action_kind kind;
	int16_t of10, of11, nx;	/* -1: none */
	uint8_t since;		/* version of of11 */
	const char *layout10, *layout11, *layout_nx;
	const char *word, *text;
};

/* Nicira's that are more than that. */
enum {
	NX_REG_MOVE = 6, NX_REG_LOAD = 7, NX_NOTE = 8, NX_OUTPUT_REG = 15, NX_DEC_TTL = 18,
	NX_CONTROLLER = 20, NX_CNT_IDS = 21, NX_METADATA = 22, NX_OUTPUT_REG2 = 32, NX_REG_LOAD2 =
		33,
	NX_CONTROLLER2 = 37, NX_CLONE = 42, NX_SET_TUNNEL = 2, NX_SET_TUNNEL64 = 9,
	NX_RESUBMIT = 1, NX_RESUBMIT_TABLE = 14, NX_CT = 35, NX_LEARN = 16,
};

enum { OF_SET_FIELD = 25, OF_COPY_FIELD = 28, OF_DEC_TTL = 24, OF_VENDOR = 0xffff };

/* One that sets a field, in 1.0 and in 1.1 and later. */
struct set_row {
	const char *field;
	int16_t of10, of11;
	uint8_t octets;
	uint8_t shift;		/* how far left the field stands in the number */
	const char *word;
};

#define CT_COMMIT	(1U << 0)	/* of NX_CT's flags, the only one that is known here */

#define LEARN_SEND_REM	(1U << 0)	/* of NX_LEARN's, likewise */

/* Properties of NX_CONTROLLER2. */
enum { NXAC_MAX_LEN, NXAC_ID, NXAC_REASON, NXAC_USERDATA };

enum { INST_GOTO = 1, INST_METADATA, INST_WRITE, INST_APPLY, INST_CLEAR, INST_METER };

extern const struct action_row action_rows[];
extern const unsigned int action_row_count;
extern const struct set_row set_rows[];
extern const unsigned int set_row_count;
/* Why a frame goes to a controller, by number, as its text has it. */
extern const char *const controller_reasons[];
extern const unsigned int controller_reason_count;

#endif /* OPENFLOW_ACTION_ROWS_H */
