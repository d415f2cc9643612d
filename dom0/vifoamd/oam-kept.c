// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "vifoamd/oam-kept.h"

#define FD_NAME		"oam"
#define FORM		2	/* counts up with each change of what is kept */

struct oam_kept {
	char magic[8];
	uint32_t form, slot_size;
	struct oam_slot slots[OAM_LINKS_MAX];
};

static const struct oam_kept head = {
	.magic = "vifoamd", .form = FORM, .slot_size = sizeof(struct oam_slot),
};

struct oam_slot *oam_kept_slots(struct oam_kept *kept)
{
	return kept->slots;
}

/* What the release before kept: the same, without what a slot ends with now. */
#define SLOT_1		offsetof(struct oam_slot, tunnel)
#define SIZE_1		(offsetof(struct oam_kept, slots) + OAM_LINKS_MAX * SLOT_1)
static const struct oam_kept head_1 = { .magic = "vifoamd", .form = 1, .slot_size = SLOT_1 };

static void *map_it(int fd, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

/* NULL: it is not of that size, or does not begin with that head. */
static void *map_form(int fd, size_t size, const struct oam_kept *its_head)
{
	struct stat st;
	void *at;

	if (fstat(fd, &st) < 0 || st.st_size != (off_t)size)
		return NULL;
	at = map_it(fd, size);
	if (at && memcmp(at, its_head, offsetof(struct oam_kept, slots)) != 0) {
		munmap(at, size);
		return NULL;
	}
	return at;
}

/* Of that name, of those that systemd held; the others are closed. */
static int held_fd(void)
{
	char **names = NULL;
	int n = sd_listen_fds_with_names(1, &names), ret = -1;

	for (int i = 0; i < n; i++) {
		if (ret < 0 && strcmp(names[i], FD_NAME) == 0)
			ret = SD_LISTEN_FDS_START + i;
		else
			close(SD_LISTEN_FDS_START + i);
		free(names[i]);
	}
	free(names);
	return ret;
}

static bool is_good(const struct oam_slot *s)
{
	return memchr(s->netdev, '\0', sizeof(s->netdev)) && s->netdev[0] && s->ifindex > 0 &&
	       (!s->cfm_on || cfm_check(&s->cfm)) && (!s->bfd_on || bfd_check(&s->bfd)) &&
	       (!s->lldp_on || lldp_check(&s->lldp)) &&
	       (!s->tunnel.kind || (oam_tunnel_check(&s->tunnel) && !s->cfm_on && !s->lldp_on));
}

static void drop_nonsense(struct oam_kept *kept)
{
	for (size_t i = 0; i < OAM_LINKS_MAX; i++) {
		struct oam_slot *s = &kept->slots[i];

		if (s->used && is_good(s))
			continue;
		if (s->used)
			log_warning("what was kept of a link makes no sense and begins anew");
		memset(s, 0, sizeof(*s));
	}
}

static struct oam_kept *take_held(int fd)
{
	struct oam_kept *kept = map_form(fd, sizeof(*kept), &head);

	if (kept)
		drop_nonsense(kept);
	return kept;
}

/* Of the release before, put into @kept: its sessions go on over the upgrade. */
static bool take_former(int fd, struct oam_kept *kept)
{
	uint8_t *former = map_form(fd, SIZE_1, &head_1);

	if (!former)
		return false;
	for (size_t i = 0; i < OAM_LINKS_MAX; i++)
		memcpy(&kept->slots[i], former + offsetof(struct oam_kept, slots) + i * SLOT_1,
		       SLOT_1);
	munmap(former, SIZE_1);
	drop_nonsense(kept);
	return true;
}

static int make_new(struct oam_kept **ret)
{
	_cleanup_close_ int fd = memfd_create("vifoamd", MFD_CLOEXEC);
	struct oam_kept *kept;

	if (fd < 0 || ftruncate(fd, sizeof(*kept)) < 0)
		return -errno;
	kept = map_it(fd, sizeof(*kept));
	if (!kept)
		return -errno;
	memcpy(kept, &head, offsetof(struct oam_kept, slots));
	/* The one of another release, if there is one, is not to come first next time. */
	sd_notify(0, "FDSTOREREMOVE=1\nFDNAME=" FD_NAME);
	sd_pid_notify_with_fds(0, 0, "FDSTORE=1\nFDNAME=" FD_NAME, &fd, 1);
	*ret = kept;
	return 0;
}

int oam_kept_open(struct oam_kept **ret)
{
	_cleanup_close_ int fd = held_fd();
	struct oam_kept *kept = fd >= 0 ? take_held(fd) : NULL;
	int r;

	if (kept) {
		*ret = kept;
		return 0;
	}
	r = make_new(ret);
	if (r == 0 && fd >= 0 && !take_former(fd, *ret))
		log_notice("what an earlier vifoamd kept is of another form: sessions begin anew");
	return r;
}
