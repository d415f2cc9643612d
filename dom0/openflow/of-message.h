/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers of messages that several files send, and messages inside messages. */
#ifndef OPENFLOW_MESSAGE_H
#define OPENFLOW_MESSAGE_H

#include "openflow/of-session.h"
#include "openflow/of-txn.h"

enum {
	OFPT_FEATURES_REPLY = 6, OFPT_GET_CONFIG_REPLY = 8, OFPT_PACKET_IN = 10,
	OFPT_FLOW_REMOVED = 11, OFPT_PORT_STATUS = 12, OFPT_FLOW_MOD = 14, OFPT_GROUP_MOD = 15,
	OFPT_METER_MOD = 29, OFPT_PACKET_OUT = 13, OFPT_PORT_MOD = 16,
	OFPT_ROLE_REPLY = 25, OFPT_GET_ASYNC_REPLY = 27, OFPT_ROLE_STATUS = 30,
	OFPT_REQUESTFORWARD = 32, OFPT_BUNDLE_CONTROL = 33,
};

enum {
	NXT_ROLE_REPLY = 11, NXT_FLOW_REMOVED = 14, NXT_PACKET_IN = 17, NXT_PACKET_IN2 = 30,
	NXT_REQUESTFORWARD = 132, ONFT_REQUESTFORWARD = 2350, ONFT_BUNDLE_CONTROL = 2300,
	ONFT_ROLE_STATUS = 1911,
};

/* False: this is no message. */
bool message_parse(const uint8_t *data, size_t len, struct of_message *ret);

/* Of 1.0 with a table in the command's high octet, if @table_id. */
enum of_error flow_mod_decode(struct of_message *m, bool table_id, struct of_flow_mod *ret);
/* 1.0's is Nicira's copy of 1.5's. */
enum of_error group_mod_decode(struct of_in *in, uint8_t version, struct of_group_mod *ret);
void meter_bands_encode(const struct of_meter *m, struct of_out *out);
void port_encode(const struct of_port *port, uint8_t version, struct of_out *out);
enum of_error packet_out_decode(struct of_message *m, struct of_packet_out *ret);

/* Fields with a cookie among them, as Nicira's messages have it. */
enum of_error nxm_decode_cookie(struct of_in *in, struct of_match *ret, uint64_t *ret_cookie,
				uint64_t *ret_mask);

#endif /* OPENFLOW_MESSAGE_H */
