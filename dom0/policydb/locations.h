/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * This host's Location rows: what they should say, what they say in the
 * database, and what is to be done about the difference. No I/O, no clock.
 */
#ifndef POLICYDB_LOCATIONS_H
#define POLICYDB_LOCATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"

#define LOCATION_ERROR_MAX	1024	/* characters, by the schema */
#define LOCATION_NETWORKS_MAX	64	/* likewise: of a row, and addresses */
#define LOCATION_MACS_MAX	16
#define LOCATION_WORD_END	'\n'

/* Members that are NULL, "" or negative are empty columns. */
struct location {
	uint8_t vm[16];
	uint32_t devid;
	int64_t domid;
	char netdev[IFNAMSIZ];
	char sw[IFNAMSIZ];
	char state[16];
	int64_t since;		/* seconds since 1970 */
	char *error;		/* owned */
	char *networks, *macs;	/* owned: words, each with LOCATION_WORD_END behind it */
};

struct locations {
	struct map by_identity;
	size_t count;
};

/* Around telling all that should be: what was not told in between should not. */
void locations_mark(struct locations *l);
void locations_sweep(struct locations *l);
/*
 * What should be; copies @at. Its since is ignored: that of the row counts while
 * the state is the row's, else @now. Told twice, the one with the higher domid
 * stays. -ENOMEM.
 */
int locations_want(struct locations *l, const struct location *at, int64_t now);
/* Was it told that it should be? */
bool locations_wanted(const struct locations *l, const uint8_t vm[16], uint32_t devid);
/* What a row says, and that it is no more. */
int locations_row(struct locations *l, const uint8_t row[16], const struct location *at);
void locations_no_row(struct locations *l, const uint8_t row[16], const uint8_t vm[16],
		      uint32_t devid);

enum location_change { LOCATION_INSERT, LOCATION_UPDATE, LOCATION_DELETE };
/*
 * Call @fn for what differs; @row is NULL to insert, @want is NULL to delete.
 * Returns how many.
 */
size_t locations_diff(const struct locations *l,
		      void (*fn)(enum location_change change, const uint8_t row[16],
				 const struct location *want, const struct location *is,
				 void *arg),
		      void *arg);
void locations_deinit(struct locations *l);

#endif /* POLICYDB_LOCATIONS_H */
