// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/error.h"
#include "openflow/version.h"

#define REQUEST_SHOWN	64
#define TYPE_ERROR	1
#define NX_ERROR_TYPE	0xb0c2
#define EXPERIMENTER	0xffff
#define FLAGS		0xc0000000u

/* In 1.0, 1.3, 1.4, 1.5. */
#define X(name, ...) [OFE_ ## name] = { __VA_ARGS__ },
static const uint32_t numbers[][4] = { OF_ERRORS(X) };
#undef X

#define X(name, ...) [OFE_ ## name] = #name,
static const char *const names[] = { [OFE_OK] = "OK", OF_ERRORS(X) };
#undef X

#define ERRORS	(sizeof(names) / sizeof(names[0]))

static uint32_t number_of(uint8_t version, enum of_error error)
{
	unsigned int column = version < OF13 ? 0 : version - OF13 + 1;
	uint32_t number = numbers[error][column > 3 ? 3 : column];

	return number == OF_NONE ? numbers[OFE_BAD_TYPE][0] : number;
}

void error_encode(uint8_t version, enum of_error error, const uint8_t *request, size_t len,
		  struct of_out *out)
{
	uint32_t number = number_of(version, error), vendor = number >> 31 ? NX_VENDOR : ONF_VENDOR;
	size_t start = out->len;

	out_u8(out, version);
	out_u8(out, TYPE_ERROR);
	out_u16(out, 0);
	out_bytes(out, request + 4, 4);
	if (!(number & FLAGS)) {
		out_u32(out, number);
	} else if (version == OF10) {
		out_u16(out, NX_ERROR_TYPE);
		out_u16(out, 0);
		out_u32(out, NX_VENDOR);
		out_u32(out, number & ~FLAGS);
	} else {
		out_u16(out, EXPERIMENTER);
		out_u16(out, number & ~FLAGS);
		out_u32(out, vendor);
	}
	out_bytes(out, request, len < REQUEST_SHOWN ? len : REQUEST_SHOWN);
	out_length(out, start, start + 2);
}

const char *error_name(enum of_error error)
{
	return error < ERRORS ? names[error] : "unknown";
}

enum of_error error_decode(uint8_t version, struct of_in *in)
{
	uint32_t type = in_u16(in), code = in_u16(in), number = type << 16 | code;

	if (version == OF10 && type == NX_ERROR_TYPE) {
		in_skip(in, 4);
		number = in_u32(in) | 0x80000000u;
	} else if (version > OF10 && type == EXPERIMENTER) {
		number = code | (in_u32(in) == NX_VENDOR ? 0x80000000u : 0x40000000u);
	}
	for (unsigned int i = 1; !in->bad && i < ERRORS; i++)
		if (number_of(version, (enum of_error)i) == number)
			return (enum of_error)i;
	return OFE_OK;
}
