# SPDX-License-Identifier: GPL-2.0-or-later
"""The dom0 of the Xen lab: a Debian 12 root with our packages installed by dpkg.

  image = image.build(debs)     Image: disk, xen, kernel, initrd (paths)

Two steps, each cached by what goes in (fetch.cache()): the base root, made by
mmdebstrap from the machine's own Debian archive; and a disk with the lab's
agent, the guests' files and the packages on top. The packages are installed in
a chroot, vifswitch-dkms compiling its module there as on any Debian machine.
Disks are never written to: hosts run on snapshots of them. Needs root.
"""
import fcntl
import glob
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lab"))
import fetch  # noqa: E402
import initramfs  # noqa: E402

import guest  # noqa: E402

PACKAGES = """systemd systemd-sysv udev dbus kmod iproute2 iputils-ping procps ethtool tcpdump
bridge-utils busybox python3-minimal xen-utils-4.17 xenstore-utils xen-hypervisor-4.17-amd64
openvswitch-switch openvswitch-testcontroller libnl-3-200 libnl-genl-3-200 libnl-route-3-200 libjansson4 libconfuse2
libcurl4 libmicrohttpd12 libpcap0.8 libsystemd0 libsqlite3-0 libssl3 libyaml-0-2 linux-image-amd64 linux-headers-amd64 dkms gcc
make apparmor python3 charon-systemd strongswan-swanctl libstrongswan-standard-plugins""".split()
UNUSED = """usr/share/man usr/share/doc usr/share/locale lib/modules/*/kernel/drivers/gpu
lib/modules/*/kernel/sound lib/modules/*/kernel/drivers/media lib/modules/*/kernel/drivers/staging
lib/modules/*/kernel/drivers/net/wireless lib/modules/*/kernel/drivers/infiniband""".split()
BOOT_MODULES = ("virtio_pci", "virtio_blk", "virtio_console", "ext4", "crc32c_generic")
MASKED = """apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer
e2scrub_reap.service fstrim.timer systemd-tmpfiles-clean.timer getty.target uuidd.socket
openvswitch-switch.service openvswitch-testcontroller.service strongswan.service xendomains.service systemd-update-utmp.service
systemd-update-utmp-runlevel.service systemd-pstore.service systemd-binfmt.service
systemd-random-seed.service systemd-machine-id-commit.service systemd-firstboot.service
systemd-journal-flush.service systemd-repart.service hwclock.service kmod-static-nodes.service
dev-hugepages.mount dev-mqueue.mount sys-kernel-tracing.mount sys-fs-fuse-connections.mount
proc-sys-fs-binfmt_misc.automount systemd-logind.service systemd-user-sessions.service
networking.service remote-fs.target systemd-pcrphase.service systemd-pcrphase-sysinit.service
""".split()
UNNEEDED_MODULES = """ata_piix ata_generic libata psmouse floppy pcspkr i2c_piix4 evdev serio_raw
button qemu_fw_cfg parport_pc autofs4 mac_hid joydev""".split()
AGENT_UNIT = """[Unit]
Description=agent of the vifswitch lab
DefaultDependencies=no
[Service]
ExecStart=/usr/bin/python3 -u /usr/lib/vifswitch-lab/agent.py
Restart=on-failure
[Install]
WantedBy=sysinit.target
"""
# In a driver domain, whose root is another copy of the disk: see steps_driver.py.
DRIVER_UNIT = """[Unit]
Description=program of the lab's guests in a driver domain
ConditionKernelCommandLine=lab.driver
After=vifswitchd.service
[Service]
ExecStart=/usr/lib/vifswitch-lab/guestd
[Install]
WantedBy=multi-user.target
"""
DRIVER_MODULES = ("xen-blkfront", "ext4", "crc32c_generic")
INIT = """#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read module; do insmod $module || echo "init: $module failed"; done < /modules
while [ ! -b /dev/{disk} ]; do sleep 0.1; done
mount -t ext4 -o noatime /dev/{disk} /root
for d in proc sys dev; do mount -o move /$d /root/$d; done
exec switch_root /root /lib/systemd/systemd
"""
DISK_SIZE = "2G"


# What an operator writes after installing the packages.
SETTINGS = {
    "etc/vifswitch/vifswitch.conf": b"""switch xenbr0 {
        uplink eth0 {
                tagged = { "1-4094" }
        }
}
""",
    "etc/xen/xl.conf": b"vif.default.script=\"vif-vifswitch\"\n",
    "etc/sysctl.d/lab.conf": b"net.ipv6.conf.default.disable_ipv6=1\n"
                             b"net.ipv6.conf.all.disable_ipv6=1\n",
}


def key(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else str(part).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:16]


def contents(path):
    with open(path, "rb") as f:
        return f.read()


def sources():
    """The machine's own Debian 12 archives, without backports, as sources.list lines."""
    rows = fetch.run(["apt-get", "indextargets", "--format",
                      "$(REPO_URI) $(CODENAME) $(COMPONENT)", "Identifier: Packages"])
    wanted = ("bookworm", "bookworm-updates", "bookworm-security")
    lines = sorted({tuple(row.split()) for row in rows.splitlines()})
    found = [f"deb {uri} {suite} {component}" for uri, suite, component in lines
             if suite in wanted and component == "main"]
    if not found:
        raise SystemExit("xen lab: no Debian 12 archive in apt's sources: cannot make a dom0")
    return found


def say(text):
    print(f"xen lab: {text}", file=sys.stderr, flush=True)


def base(more=()):
    """Path of the base root, as a tar file; more: packages that not every dom0 has."""
    wanted = [*PACKAGES, *more]
    path = os.path.join(fetch.cache(), f"dom0-base-{key(sources(), wanted, UNUSED)}.tar")
    if os.path.exists(path):
        return path
    say("making the base root of dom0 (about 90 s, once)")
    with tempfile.TemporaryDirectory(dir=fetch.cache(), prefix="new-") as work:
        with open(f"{work}/sources.list", "w") as f:
            f.write("\n".join(sources()) + "\n")
        options = [f"--dpkgopt=path-exclude=/{unused}/*" for unused in UNUSED]
        fetch.run([fetch.tool("mmdebstrap"), "--quiet", "--mode=root", "--variant=minbase",
                   '--aptopt=Apt::Install-Recommends "false"', *options,
                   "--include=" + ",".join(wanted), "bookworm", f"{work}/root.tar",
                   f"{work}/sources.list"], env={**os.environ, "INITRD": "No"})
        os.rename(f"{work}/root.tar", path)
    return path


class Image:
    def __init__(self, directory):
        self.directory = directory
        self.disk = os.path.join(directory, "disk")
        self.xen = os.path.join(directory, "xen")
        self.kernel = os.path.join(directory, "vmlinuz")
        self.initrd = os.path.join(directory, "initrd")


def put(tree, path, data, mode=0o644):
    target = os.path.join(tree, path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    os.chmod(target, mode)


def program(name, library):
    """Path of the program made of dom0/NAME.c."""
    source = f"{HERE}/dom0/{name}.c"
    path = os.path.join(fetch.cache(), f"{name}-{key(contents(source))}")
    if not os.path.exists(path):
        fetch.run(["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE",
                   source, "-o", path + ".new", f"-l{library}"])
        os.rename(path + ".new", path)
    return path


def lab_files():
    """What the lab itself puts into dom0: path -> (content, mode)."""
    files = {f"usr/lib/vifswitch-lab/{name}": (contents(f"{HERE}/dom0/{name}"), 0o755)
             for name in sorted(os.listdir(f"{HERE}/dom0")) if name.endswith(".py")}
    for name, library in (("plug", "xenstore"), ("blackout", "xenctrl"), ("handle", "xenctrl")):
        files[f"usr/lib/vifswitch-lab/{name}"] = (contents(program(name, library)), 0o755)
    for name, data in guest.files().items():
        files[f"srv/guest/{name}"] = (data, 0o644)
    files["etc/systemd/system/lab-agent.service"] = (AGENT_UNIT.encode(), 0o644)
    files["usr/lib/vifswitch-lab/guestd"] = (contents(guest.program()), 0o755)
    files["etc/systemd/system/lab-driver.service"] = (DRIVER_UNIT.encode(), 0o644)
    files["etc/machine-id"] = (b"0123456789abcdef0123456789abcdef\n", 0o644)
    files["etc/modprobe.d/lab.conf"] = (
        "".join(f"blacklist {m}\n" for m in UNNEEDED_MODULES).encode(), 0o644)
    files["etc/fstab"] = (b"", 0o644)
    files["etc/systemd/journald.conf.d/lab.conf"] = (
        b"[Journal]\nStorage=volatile\nRuntimeMaxUse=16M\nRateLimitIntervalSec=0\n", 0o644)
    return files


def prepare(tree):
    for path, (data, mode) in lab_files().items():
        put(tree, path, data, mode)
    units = os.path.join(tree, "etc/systemd/system")
    for unit in MASKED:
        if os.path.lexists(f"{units}/{unit}"):
            os.unlink(f"{units}/{unit}")
        os.symlink("/dev/null", f"{units}/{unit}")
    for target, unit in (("sysinit", "lab-agent"), ("multi-user", "lab-driver")):
        os.makedirs(f"{units}/{target}.target.wants", exist_ok=True)
        os.symlink(f"/etc/systemd/system/{unit}.service",
                   f"{units}/{target}.target.wants/{unit}.service")


def install(tree, debs):
    """dpkg -i in a chroot, with a /proc and /dev of its own mount namespace."""
    names = []
    for deb in debs:
        shutil.copy(deb, os.path.join(tree, "root", os.path.basename(deb)))
        names.append("/root/" + os.path.basename(deb))
    script = (f"mount --make-rprivate / && mount -t proc proc {tree}/proc && "
              f"mount --bind /dev {tree}/dev && "
              f"exec chroot {tree} env DEBIAN_FRONTEND=noninteractive LC_ALL=C "
              f"PATH=/usr/sbin:/usr/bin:/sbin:/bin dpkg -i {' '.join(names)}")
    try:
        log = fetch.run(["unshare", "-m", "sh", "-c", script])
    except RuntimeError as e:
        raise SystemExit(f"xen lab: installing the packages in dom0 failed: {e}")
    return log


def make_disk(work, debs, more):
    tree = os.path.join(work, "tree")
    os.makedirs(tree)
    fetch.run(["tar", "-xf", base(more), "-C", tree])
    prepare(tree)
    if debs:
        put(work, "install.log", install(tree, debs))
        for path, data in SETTINGS.items():
            put(tree, path, data)
    image = Image(work)
    with gzip.open(glob.glob(f"{tree}/boot/xen-4.17-amd64.gz")[0]) as f:
        put(work, "xen", f.read())
    release = os.path.basename(glob.glob(f"{tree}/lib/modules/*-amd64")[0])
    kernel = fetch.Kernel(release, tree)
    initramfs.build(image.initrd, kernel, INIT.format(disk="vda"), BOOT_MODULES)
    initramfs.build(f"{tree}/srv/guest/initrd-driver", kernel, INIT.format(disk="xvda"),
                    DRIVER_MODULES)
    shutil.copy(f"{tree}/boot/vmlinuz-{release}", image.kernel)
    fetch.run([fetch.tool("mke2fs", "e2fsprogs"), "-q", "-t", "ext4", "-O", "^has_journal",
               "-d", tree, image.disk, DISK_SIZE])
    shutil.rmtree(tree)


def prune(keep):
    """Older disks go; a run that still uses one has it open."""
    disks = sorted(glob.glob(os.path.join(fetch.cache(), "dom0-disk-*")), key=os.path.getmtime)
    for old in disks[:-2]:
        if old != keep:
            shutil.rmtree(old, ignore_errors=True)


def build(debs=(), more=()):
    with open(os.path.join(fetch.cache(), "dom0.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)    # of runs side by side one builds
        return build_alone(debs, more)


def build_alone(debs, more):
    parts = [base(more), INIT, SETTINGS, MASKED, BOOT_MODULES, contents(__file__)]
    for path, (data, mode) in sorted(lab_files().items()):
        parts += [path, data, mode]
    parts += [contents(deb) for deb in debs]
    final = os.path.join(fetch.cache(), f"dom0-disk-{key(*parts)}")
    if not os.path.isdir(final):
        say("making the disk of dom0" + (" with our packages" if debs else ""))
        with tempfile.TemporaryDirectory(dir=fetch.cache(), prefix="new-") as top:
            work = os.path.join(top, "image")
            make_disk(work, debs, more)
            os.rename(work, final)
        prune(final)
    return Image(final)


if __name__ == "__main__":
    print(build(sys.argv[1:]).directory)
