/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPENFLOW_BUNDLE_H
#define OPENFLOW_BUNDLE_H

struct of_session;

/* Bundles of this session that nothing was added to for too long end. */
void bundles_tick(struct of_session *s);
void bundles_free(struct of_session *s);

#endif /* OPENFLOW_BUNDLE_H */
