// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plugin of QEMU's TCG: how often each kernel instruction was carried out. Into the file that
 * its argument names, as lines of address and count. The prototypes are those of QEMU's
 * qemu-plugin.h (API version 1), which Debian does not ship.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN		__attribute__((visibility("default")))
#define KERNEL		0xffffffff80000000ULL
#define BITS		22	/* places for addresses: more than a kernel's run meets */
#define PLACES		(1U << BITS)

typedef uint64_t id_t_of_qemu;
struct qemu_plugin_tb;
struct qemu_plugin_insn;

typedef void (*translated_fn)(id_t_of_qemu id, struct qemu_plugin_tb *tb);

extern void qemu_plugin_register_vcpu_tb_trans_cb(id_t_of_qemu id, translated_fn cb);
extern void qemu_plugin_register_atexit_cb(id_t_of_qemu id, void (*cb)(id_t_of_qemu, void *),
					   void *arg);
extern void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int op,
						       void *counter, uint64_t n);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t at);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

SHOWN int qemu_plugin_version = 1;

static struct {
	uint64_t address, count;
} *place;

static const char *path;

static uint64_t *count_of(uint64_t address)
{
	uint32_t at = (uint32_t)((address * 0x9e3779b97f4a7c15ULL) >> (64 - BITS)), tries;

	for (tries = 0; tries < PLACES; tries++, at = (at + 1) & (PLACES - 1)) {
		if (!place[at].address)
			place[at].address = address;
		if (place[at].address == address)
			return &place[at].count;
	}
	abort();
}

static void translated(id_t_of_qemu id, struct qemu_plugin_tb *tb)
{
	size_t i, count = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (i = 0; i < count; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		if (qemu_plugin_insn_vaddr(insn) >= KERNEL)
			qemu_plugin_register_vcpu_insn_exec_inline(
				insn, 0, count_of(qemu_plugin_insn_vaddr(insn)), 1);
	}
}

static void ended(id_t_of_qemu id, void *arg)
{
	FILE *f = fopen(path, "w");
	uint32_t i;

	(void)id;
	(void)arg;
	if (!f)
		return;
	for (i = 0; i < PLACES; i++)
		if (place[i].count)
			fprintf(f, "%llx %llu\n", (unsigned long long)place[i].address,
				(unsigned long long)place[i].count);
	fclose(f);
}

SHOWN int qemu_plugin_install(id_t_of_qemu id, const void *info, int argc, char **argv);
SHOWN int qemu_plugin_install(id_t_of_qemu id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return -1;
	path = argv[0] + 4;
	place = calloc(PLACES, sizeof(*place));
	if (!place)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, ended, NULL);
	return 0;
}
