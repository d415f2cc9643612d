/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the database's server knows of a handover, too: dom0/handover has the rest. */
#ifndef BASE_HANDOVER_OFFER_H
#define BASE_HANDOVER_OFFER_H

/* Nobody takes an offer that is older. */
#define HANDOVER_EXPIRES_S	600

#endif /* BASE_HANDOVER_OFFER_H */
