/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors of OpenFlow, each once, with its numbers in every version. A function that can fail
 * by the protocol returns 0 or one of them.
 */
#ifndef OPENFLOW_ERROR_H
#define OPENFLOW_ERROR_H

#include <stdint.h>

#include "openflow/of-wire.h"

/*
 * X(name, 1.0, 1.3, 1.4, 1.5). N(code): what Nicira added to a version before it had one, by
 * type and code in 1.0, by code alone since; F(code): the ONF's, by number.
 */
#define E(type, code)	((type) << 16 | (code))
#define N(type, code)	(0x80000000u | (type) << 16 | (code))
#define F(code)		(0x40000000u | (code))
#define OF_NONE		0xffffffffu
#define SAME(type, code)	E(type, code), E(type, code), E(type, code), E(type, code)
#define SINCE13(type, code)	OF_NONE, E(type, code), E(type, code), E(type, code)
#define NX10(t, c, type, code)	N(t, c), E(type, code), E(type, code), E(type, code)
#define NXALL(t, c, later)	N(t, c), N(0, later), N(0, later), N(0, later)
#define ONF13(f, type, code)	OF_NONE, F(f), E(type, code), E(type, code)
#define MONITOR(c, later, code)	N(1, c), N(0, later), E(16, code), E(16, code)

#define OF_ERRORS(X) \
	X(HELLO_INCOMPATIBLE, SAME(0, 0)) \
	X(HELLO_EPERM, SAME(0, 1)) \
	X(BAD_VERSION, SAME(1, 0)) \
	X(BAD_TYPE, SAME(1, 1)) \
	X(BAD_STAT, SAME(1, 2)) \
	X(BAD_VENDOR, SAME(1, 3)) \
	X(BAD_SUBTYPE, SAME(1, 4)) \
	X(EPERM, SAME(1, 5)) \
	X(BAD_LEN, SAME(1, 6)) \
	X(BUFFER_UNKNOWN, SAME(1, 8)) \
	X(BAD_TABLE_ID, NX10(1, 512, 1, 9)) \
	X(IS_SECONDARY, E(1, 5), E(1, 10), E(1, 10), E(1, 10)) \
	X(BAD_PORT, NX10(1, 514, 1, 11)) \
	X(BAD_PACKET, SINCE13(1, 12)) \
	X(MULTIPART_OVERFLOW, SINCE13(1, 13)) \
	X(PIPELINE_FIELDS_ONLY, OF_NONE, OF_NONE, OF_NONE, E(1, 17)) \
	X(NXM_INVALID, NXALL(1, 256, 2)) \
	X(MUST_BE_ZERO, NXALL(1, 515, 4)) \
	X(ACTION_TYPE, SAME(2, 0)) \
	X(ACTION_LEN, SAME(2, 1)) \
	X(ACTION_VENDOR, SAME(2, 2)) \
	X(ACTION_VENDOR_TYPE, SAME(2, 3)) \
	X(ACTION_OUT_PORT, SAME(2, 4)) \
	X(ACTION_ARGUMENT, SAME(2, 5)) \
	X(ACTION_TOO_MANY, SAME(2, 7)) \
	X(ACTION_QUEUE, SAME(2, 8)) \
	X(ACTION_OUT_GROUP, NX10(2, 9, 2, 9)) \
	X(ACTION_INCONSISTENT, NX10(1, 522, 2, 10)) \
	X(ACTION_ORDER, SINCE13(2, 11)) \
	X(ACTION_TAG, SINCE13(2, 12)) \
	X(ACTION_SET_TYPE, NX10(1, 523, 2, 13)) \
	X(ACTION_SET_LEN, NX10(1, 524, 2, 14)) \
	X(ACTION_SET_ARGUMENT, NX10(1, 525, 2, 15)) \
	X(ACTION_SET_MASK, OF_NONE, F(4250), F(4250), E(2, 16)) \
	X(ACTION_METER, OF_NONE, E(12, 3), E(12, 3), E(2, 17)) \
	X(ACTION_MUST_BE_ZERO, NXALL(2, 256, 11)) \
	X(ACTION_CONJUNCTION, NXALL(2, 526, 15)) \
	X(INST_UNKNOWN, SINCE13(3, 0)) \
	X(INST_UNSUP, NX10(2, 257, 3, 1)) \
	X(INST_TABLE, SINCE13(3, 2)) \
	X(INST_EXPERIMENTER, SINCE13(3, 5)) \
	X(INST_LEN, SINCE13(3, 7)) \
	X(INST_DUP, OF_NONE, F(2600), E(3, 9), E(3, 9)) \
	X(MATCH_TYPE, SINCE13(4, 0)) \
	X(MATCH_LEN, SINCE13(4, 1)) \
	X(MATCH_WILDCARDS, NX10(1, 262, 4, 5)) \
	X(MATCH_FIELD, N(0, 263), E(4, 6), E(4, 6), E(4, 6)) \
	X(MATCH_VALUE, NX10(1, 258, 4, 7)) \
	X(MATCH_MASK, NX10(1, 259, 4, 8)) \
	X(MATCH_PREREQ, NX10(1, 260, 4, 9)) \
	X(MATCH_DUP, NX10(1, 261, 4, 10)) \
	X(FLOW_UNKNOWN, SINCE13(5, 0)) \
	X(FLOW_FULL, E(3, 0), E(5, 1), E(5, 1), E(5, 1)) \
	X(FLOW_TABLE_ID, N(5, 257), E(5, 2), E(5, 2), E(5, 2)) \
	X(FLOW_OVERLAP, E(3, 1), E(5, 3), E(5, 3), E(5, 3)) \
	X(FLOW_EPERM, E(3, 2), E(5, 4), E(5, 4), E(5, 4)) \
	X(FLOW_EMERGENCY, E(3, 3), OF_NONE, OF_NONE, OF_NONE) \
	X(FLOW_COMMAND, E(3, 4), E(5, 6), E(5, 6), E(5, 6)) \
	X(FLOW_FLAGS, N(3, 258), E(5, 7), E(5, 7), E(5, 7)) \
	X(GROUP_EXISTS, NX10(6, 0, 6, 0)) \
	X(GROUP_INVALID, NX10(6, 1, 6, 1)) \
	X(GROUP_FULL, NX10(6, 3, 6, 3)) \
	X(GROUP_BUCKETS, NX10(6, 4, 6, 4)) \
	X(GROUP_CHAINING, NX10(6, 5, 6, 5)) \
	X(GROUP_LOOP, NX10(6, 7, 6, 7)) \
	X(GROUP_UNKNOWN, NX10(6, 8, 6, 8)) \
	X(GROUP_TYPE, NX10(6, 10, 6, 10)) \
	X(GROUP_COMMAND, NX10(6, 11, 6, 11)) \
	X(GROUP_BUCKET, NX10(6, 12, 6, 12)) \
	X(GROUP_WATCH, NX10(6, 13, 6, 13)) \
	X(GROUP_BUCKET_UNKNOWN, NX10(6, 15, 6, 15)) \
	X(GROUP_BUCKET_EXISTS, NX10(6, 16, 6, 16)) \
	X(PORT_MOD_PORT, E(4, 0), E(7, 0), E(7, 0), E(7, 0)) \
	X(PORT_MOD_ADDR, E(4, 1), E(7, 1), E(7, 1), E(7, 1)) \
	X(PORT_MOD_CONFIG, OF_NONE, E(7, 2), E(7, 2), E(7, 2)) \
	X(TABLE_MOD_TABLE, SINCE13(8, 0)) \
	X(TABLE_MOD_CONFIG, SINCE13(8, 1)) \
	X(TABLE_MOD_EPERM, SINCE13(8, 2)) \
	X(QUEUE_PORT, E(5, 0), E(9, 0), E(9, 0), E(9, 0)) \
	X(QUEUE_QUEUE, E(5, 1), E(9, 1), E(9, 1), E(9, 1)) \
	X(CONFIG_FLAGS, SINCE13(10, 0)) \
	X(ROLE_STALE, SINCE13(11, 0)) \
	X(ROLE_BAD, NX10(1, 513, 11, 2)) \
	X(METER_EXISTS, SINCE13(12, 1)) \
	X(METER_INVALID, SINCE13(12, 2)) \
	X(METER_UNKNOWN, SINCE13(12, 3)) \
	X(METER_COMMAND, SINCE13(12, 4)) \
	X(METER_FLAGS, SINCE13(12, 5)) \
	X(METER_RATE, SINCE13(12, 6)) \
	X(METER_BAND, SINCE13(12, 8)) \
	X(METER_FULL, SINCE13(12, 10)) \
	X(METER_BANDS, SINCE13(12, 11)) \
	X(TABLE_FEATURES_TABLE, SINCE13(13, 0)) \
	X(TABLE_FEATURES_EPERM, SINCE13(13, 5)) \
	X(PROPERTY_TYPE, N(13, 2), E(13, 2), E(14, 0), E(14, 0)) \
	X(PROPERTY_LEN, N(13, 3), E(13, 3), E(14, 1), E(14, 1)) \
	X(PROPERTY_VALUE, N(13, 4), E(13, 4), E(14, 2), E(14, 2)) \
	X(ASYNC_INVALID, ONF13(2370, 15, 0)) \
	X(ASYNC_UNSUPPORTED, ONF13(2371, 15, 1)) \
	X(MONITOR_EXISTS, MONITOR(517, 6, 1)) \
	X(MONITOR_UNKNOWN, MONITOR(519, 8, 3)) \
	X(MONITOR_COMMAND, OF_NONE, OF_NONE, E(16, 4), E(16, 4)) \
	X(MONITOR_FLAGS, MONITOR(518, 7, 5)) \
	X(MONITOR_TABLE, OF_NONE, OF_NONE, E(16, 6), E(16, 6)) \
	X(BUNDLE_UNKNOWN, ONF13(2300, 17, 0)) \
	X(BUNDLE_ID, ONF13(2302, 17, 2)) \
	X(BUNDLE_EXISTS, ONF13(2303, 17, 3)) \
	X(BUNDLE_CLOSED, ONF13(2304, 17, 4)) \
	X(BUNDLE_FULL, ONF13(2305, 17, 5)) \
	X(BUNDLE_TYPE, ONF13(2306, 17, 6)) \
	X(BUNDLE_FLAGS, ONF13(2307, 17, 7)) \
	X(BUNDLE_MSG_LEN, ONF13(2308, 17, 8)) \
	X(BUNDLE_MSG_XID, ONF13(2309, 17, 9)) \
	X(BUNDLE_MSG_UNSUP, ONF13(2310, 17, 10)) \
	X(BUNDLE_MSG_TOO_MANY, ONF13(2312, 17, 12)) \
	X(BUNDLE_MSG_FAILED, ONF13(2313, 17, 13)) \
	X(BUNDLE_TIMEOUT, ONF13(2314, 17, 14)) \
	X(BUNDLE_SCHEDULED, OF_NONE, OF_NONE, OF_NONE, E(17, 16))

#define X(name, ...) OFE_ ## name,
enum of_error { OFE_OK, OF_ERRORS(X) };
#undef X

/* An error message that answers @request, @len octets of which the first 64 come back. */
void error_encode(uint8_t version, enum of_error error, const uint8_t *request, size_t len,
		  struct of_out *out);

/*
 * The error of a message's body: type, code, and what an experimenter's adds. OFE_OK: unknown.
 * @in is at the request that came back then.
 */
enum of_error error_decode(uint8_t version, struct of_in *in);
/* "ACTION_OUT_PORT" */
const char *error_name(enum of_error error);

#endif /* OPENFLOW_ERROR_H */
