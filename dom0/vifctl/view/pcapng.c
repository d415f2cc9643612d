// SPDX-License-Identifier: GPL-2.0-or-later
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/pcapng.h"

enum {
	BLOCK_SECTION		= 0x0a0d0d0a,
	BLOCK_INTERFACE		= 1,
	BLOCK_STATISTICS	= 5,
	BLOCK_PACKET		= 6,
};

enum {
	OPT_END = 0, OPT_COMMENT = 1, SHB_USERAPPL = 4,
	IF_NAME = 2, IF_DESCRIPTION = 3, IF_TSRESOL = 9,
	EPB_FLAGS = 2, EPB_DROPCOUNT = 4,
	ISB_IFRECV = 4, ISB_IFDROP = 5,
};

#define MAGIC		0x1a2b3c4dU
#define LINK_ETHERNET	1U
#define OPTION_MAX	0xfffcU

static void put16(FILE *f, uint16_t value)
{
	value = htole16(value);
	fwrite(&value, sizeof(value), 1, f);
}

static void put32(FILE *f, uint32_t value)
{
	value = htole32(value);
	fwrite(&value, sizeof(value), 1, f);
}

static void put64(FILE *f, uint64_t value)
{
	put32(f, (uint32_t)value);
	put32(f, (uint32_t)(value >> 32));
}

/* Its upper half first, whatever the order of octets. */
static void put_time(FILE *f, uint64_t ns)
{
	put32(f, (uint32_t)(ns >> 32));
	put32(f, (uint32_t)ns);
}

static void put_padded(FILE *f, const void *data, size_t len)
{
	static const uint8_t zeros[4];

	fwrite(data, 1, len, f);
	fwrite(zeros, 1, (4 - len % 4) % 4, f);
}

static void put_option(FILE *f, uint16_t code, const void *data, size_t len)
{
	len = len > OPTION_MAX ? OPTION_MAX : len;
	put16(f, code);
	put16(f, (uint16_t)len);
	put_padded(f, data, len);
}

static void put_text(FILE *f, uint16_t code, const char *text)
{
	if (text && *text)
		put_option(f, code, text, strlen(text));
}

static void put_count(FILE *f, uint16_t code, uint64_t value)
{
	put16(f, code);
	put16(f, sizeof(value));
	put64(f, value);
}

/* A block is in memory until its length is known. */
struct block {
	FILE *f;
	char *data;
	size_t len;
};

static FILE *block_begin(struct block *b)
{
	b->f = open_memstream(&b->data, &b->len);
	if (!b->f)
		mem_out();
	return b->f;
}

static void block_end(struct block *b, FILE *to, uint32_t type, bool options)
{
	uint32_t whole;

	if (options)
		put32(b->f, OPT_END);
	if (fclose(b->f) != 0)
		mem_out();
	whole = (uint32_t)b->len + 12;
	put32(to, type);
	put32(to, whole);
	fwrite(b->data, 1, b->len, to);
	put32(to, whole);
	free(b->data);
}

void pcapng_begin(FILE *f, const char *program)
{
	struct block b;
	FILE *in = block_begin(&b);

	put32(in, MAGIC);
	put16(in, 1);
	put16(in, 0);
	put64(in, UINT64_MAX);		/* octets that follow: not known */
	put_text(in, SHB_USERAPPL, program);
	block_end(&b, f, BLOCK_SECTION, true);
}

void pcapng_interface(FILE *f, const char *name, const char *description, uint32_t snaplen)
{
	const uint8_t nanoseconds = 9;
	struct block b;
	FILE *in = block_begin(&b);

	put16(in, LINK_ETHERNET);
	put16(in, 0);
	put32(in, snaplen);
	put_text(in, IF_NAME, name);
	put_text(in, IF_DESCRIPTION, description);
	put_option(in, IF_TSRESOL, &nanoseconds, 1);
	block_end(&b, f, BLOCK_INTERFACE, true);
}

void pcapng_packet(FILE *f, const struct pcapng_packet *p)
{
	const uint32_t flags = htole32(p->direction);
	struct block b;
	FILE *in = block_begin(&b);

	put32(in, p->interface);
	put_time(in, p->time_ns);
	put32(in, p->len);
	put32(in, p->whole > p->len ? p->whole : p->len);
	put_padded(in, p->data, p->len);
	put_text(in, OPT_COMMENT, p->comment);
	put_option(in, EPB_FLAGS, &flags, sizeof(flags));
	put_count(in, EPB_DROPCOUNT, p->lost);
	block_end(&b, f, BLOCK_PACKET, true);
}

void pcapng_statistics(FILE *f, uint32_t interface, uint64_t time_ns, uint64_t frames,
		       uint64_t lost)
{
	struct block b;
	FILE *in = block_begin(&b);

	put32(in, interface);
	put_time(in, time_ns);
	put_count(in, ISB_IFRECV, frames);
	put_count(in, ISB_IFDROP, lost);
	block_end(&b, f, BLOCK_STATISTICS, true);
}
