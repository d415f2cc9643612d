/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of fields as people write them. */
#ifndef OPENFLOW_TEXT_VALUE_H
#define OPENFLOW_TEXT_VALUE_H

#include <stdio.h>

#include "openflow/of-field.h"
#include "openflow/text/port-names.h"

/*
 * VALUE or VALUE/MASK, which needs FIELD_MASKABLE or @may_mask; "*" has a mask of zeros. Bits that
 * the mask does not have are zeros in *ret_value. 0, or -EINVAL with @problem.
 */
int field_value_parse(const struct of_field *f, struct piece x, bool may_mask,
		const struct port_names *names, struct of_value *ret_value,
		struct of_value *ret_mask, struct flow_problem *problem);
/* field_value_parse() reads it as it was. */
void field_value_print(const struct of_field *f, struct of_value value, struct of_value mask,
		       FILE *out);

/* FIELD, FIELD[], FIELD[N] or FIELD[N..M]; FIELD also as NXM_NX_..., NXM_OF_..., OXM_OF_... */
struct of_bits;
const struct of_field *field_parse(struct piece x, struct flow_problem *problem);
int bits_parse(struct piece x, const struct of_field **ret_field, uint16_t *ret_ofs,
	       uint16_t *ret_count, struct flow_problem *problem);
void bits_print(const struct of_field *f, unsigned int ofs, unsigned int count, FILE *out);

#endif /* OPENFLOW_TEXT_VALUE_H */
