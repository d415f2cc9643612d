// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifdbd/net/reply.h"

void rpc_reply_begin(const json_t *id, struct buf *b)
{
	buf_puts(b, "{\"id\":");
	buf_json(b, id);
	buf_puts(b, ",\"result\":");
}

void rpc_reply_error(struct session *s, const json_t *id, const struct dberr *err)
{
	struct buf b = { 0 };

	rpc_reply_begin(id, &b);
	buf_puts(&b, "null,\"error\":");
	err_json(err, &b);
	buf_putc(&b, '}');
	session_send(s, msg_from_buf(&b), false);
	buf_free(&b);
}
