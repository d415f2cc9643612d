/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flow monitors: those who asked are told what others change. */
#ifndef OPENFLOW_MONITOR_H
#define OPENFLOW_MONITOR_H

#include "openflow/of-message.h"

struct of_reply;

void monitors_tell(struct of_switch *sw, const struct of_session *by, uint32_t xid,
		   const struct of_journal *journal);
/* A request: Nicira's (1.0 to 1.3), or 1.4's. What is there at first goes into the reply. */
enum of_error monitor_request(struct of_session *s, struct of_message *m, struct of_reply *reply,
			      bool nx);
void monitors_free(struct of_session *s);

#endif /* OPENFLOW_MONITOR_H */
