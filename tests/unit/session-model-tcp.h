/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TCP in the plain model of sessions. */
#ifndef SESSION_MODEL_TCP_H
#define SESSION_MODEL_TCP_H

#include "session-model.h"

#define FROM	VIFSWITCH_ACL_FROM
#define TO	VIFSWITCH_ACL_TO
#define S(name)	VIFSWITCH_SESSION_##name

enum outcome { REFUSE, LET_BY, TAKEN, BEGIN };

static inline s64 distance(u32 from, u32 to)
{
	return (s32)(to - from);
}

void tcp_begin(struct model_session *s, const struct vs_session_packet *in);
enum outcome take_tcp(struct model_session *s, const struct vs_session_packet *in);
enum outcome close_session(struct model_session *s);

#endif /* SESSION_MODEL_TCP_H */
