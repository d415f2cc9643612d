/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What XAPI has told of its objects: a copy of the few members that policy is made of, kept by
 * XAPI's answers to event.from. Answers are somebody else's: what is not understood is refused
 * whole, and the copy stays as it was. No I/O.
 */
#ifndef XAPI_XAPI_MODEL_H
#define XAPI_XAPI_MODEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/problem.h"

#define XAPI_OBJECTS_MAX	65536	/* of each class */

enum xapi_class { XAPI_VIF, XAPI_VM, XAPI_NETWORK, XAPI_PIF, XAPI_VLAN, XAPI_CLASSES };
extern const char *const xapi_class_words[XAPI_CLASSES];

struct xapi_model {
	json_t *objects[XAPI_CLASSES];	/* by reference */
	bool complete;			/* all was told once */
	uint64_t changes;		/* counts */
};

void xapi_model_init(struct xapi_model *model);
void xapi_model_deinit(struct xapi_model *model);
/*
 * The result of event.from; @whole: of one without a token, which tells all there is. -EINVAL
 * with the problem: refused. -ESTALE: taken, but by XAPI's own count it is not all, so all is to
 * be asked for.
 */
int xapi_model_take(struct xapi_model *model, const json_t *result, bool whole,
		    struct problem *problem);
/* The object that @of names by its member; NULL: it is not known. */
const json_t *xapi_model_of(const struct xapi_model *model, enum xapi_class kind,
			    const json_t *of, const char *member);

#endif /* XAPI_XAPI_MODEL_H */
