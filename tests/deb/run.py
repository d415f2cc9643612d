#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Installs, upgrades, removes and purges the packages in a Debian 12 root.

  run.py DIRECTORY     holds vifswitch_*.deb, vifswitch-dkms_*.deb, vifdbd_*.deb
                       and libvifdb0_*.deb

The root is the Xen lab's dom0 (cached), unpacked afresh and entered by chroot
in a mount namespace of its own; nothing of this machine changes. What needs a
running systemd or Xen is tested there (tests/xen). Needs root.
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "xen"))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lab"))
import documents  # noqa: E402
import fetch  # noqa: E402
import image  # noqa: E402

VERSION, NEXT = "0.1.0", "0.1.1"
PACKAGES = ("vifswitch-dkms", "vifswitch", "vifdbd", "libvifdb0")
UNITS = ("vifswitchd.service", "vifdbd.service", "vifdbd.socket")
SCHEMA = "/usr/share/vifswitch/vifswitch.ovsschema"
NEXT_SCHEMA = "9.0.0"
DATABASE = "/var/lib/vifswitch/db/vifswitch.db"
CONF = "/etc/vifswitch/vifswitch.conf"
EDITED = "switch xenbr7 {\n}\n"
LIMIT = 300
# What dpkg, dkms and systemd keep for themselves.
IGNORED = re.compile(r"^(/var/lib/dpkg|/var/log|/var/cache|/root|/tmp|/proc|/dev|/sys|/run"
                     r"|/var/lib/systemd|/lib/modules/[^/]*/modules\.|/var/lib/dkms(/dkms_dbversion|/mok.key|/mok.pub)?$"
                     r"|/etc/(passwd-|group-|shadow-|gshadow-|\\.pwd\\.lock)$"
                     r"|/etc/apparmor.d/disable$|/usr/lib/modules/[^/]*/(modules\.|updates(/dkms)?$)|/etc/ld.so.cache)")


class Failed(Exception):
    pass


def need(condition, text):
    if not condition:
        raise Failed(text)


class Root:
    def __init__(self, tree):
        self.tree = tree
        self.environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                            "DEBIAN_FRONTEND": "noninteractive", "HOME": "/root"}

    def run(self, command, good=(0,)):
        """Runs a shell command inside; returns status, output, errors together."""
        script = ('mount --make-rprivate / && mount -t proc proc "$0/proc" && '
                  'mount --bind /dev "$0/dev" && exec chroot "$0" sh -c "$1"')
        done = subprocess.run(["unshare", "-m", "sh", "-c", script, self.tree, command],
                              env=self.environment, text=True, timeout=LIMIT,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        need(good is None or done.returncode in good,
             "%s: exit %d: %s" % (command, done.returncode, fetch.complaint(done.stdout, 3000)))
        return done.returncode, done.stdout

    def path(self, inside):
        return self.tree + inside

    def has(self, inside):
        return os.path.lexists(self.path(inside))

    def read(self, inside):
        with open(self.path(inside)) as f:
            return f.read()

    def write(self, inside, text):
        with open(self.path(inside), "w") as f:
            f.write(text)

    def files(self):
        found = set()
        for where, dirs, names in os.walk(self.tree):
            for name in dirs + names:
                inside = os.path.join(where, name)[len(self.tree):]
                if not IGNORED.match(inside):
                    found.add(inside)
        return found

    def status(self, package):
        _, out = self.run("dpkg-query -W -f '${db:Status-Abbrev}' %s" % package, good=None)
        return out.strip()

    def install(self, debs):
        for deb in debs:
            shutil.copy(deb, self.path("/root"))
        names = " ".join("/root/" + os.path.basename(deb) for deb in debs)
        return self.run("dpkg -i " + names)[1]


def bump(deb, work):
    """The same package as its next version would be."""
    tree = os.path.join(work, os.path.basename(deb))
    subprocess.run(["dpkg-deb", "-R", deb, tree], check=True)
    schema = tree + SCHEMA
    if os.path.exists(schema):
        with open(schema) as f:
            text = f.read()
        with open(schema, "w") as f:
            f.write(re.sub(r'("version": *)"[0-9.]*"', r'\1"%s"' % NEXT_SCHEMA, text, count=1))
    old = os.path.join(tree, "usr/src/vifswitch-" + VERSION)
    changed = glob.glob(tree + "/DEBIAN/*")
    if os.path.isdir(old):
        new = os.path.join(tree, "usr/src/vifswitch-" + NEXT)
        os.rename(old, new)
        changed.append(new + "/dkms.conf")
    for path in changed:
        with open(path) as f:
            text = f.read()
        with open(path, "w") as f:
            f.write(text.replace(VERSION, NEXT))
    out = os.path.join(work, os.path.basename(deb).replace(VERSION, NEXT))
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "-b", tree, out], check=True,
                   stdout=subprocess.DEVNULL)
    return out


def built(root):
    """Versions of the module that DKMS has installed."""
    _, out = root.run("dkms status vifswitch")
    return sorted(set(re.findall(r"^vifswitch/([0-9.]+), .*: installed", out, re.M)))


def modules(root):
    return glob.glob(root.path("/lib/modules/*/updates/dkms/vifswitch.ko*"))


def test_install(root, debs, new):
    root.install(debs)
    for package in PACKAGES:
        need(root.status(package) == "ii", "%s is %s" % (package, root.status(package)))
    for path in ("/usr/sbin/vifswitchd", "/usr/sbin/vifctl", CONF,
                 "/usr/include/vifswitch/abi.h", "/usr/include/vifswitch/acl.h",
                 "/usr/include/vifswitch/session-abi.h",
                 "/usr/include/vifswitch/mirror-abi.h", "/lib/udev/rules.d/90-vifswitch.rules",
                 "/usr/share/bash-completion/completions/vifctl", "/usr/sbin/vifdbd", SCHEMA,
                 "/usr/lib/sysusers.d/vifdbd.conf", "/usr/lib/sysusers.d/vifswitch.conf",
                 "/usr/share/zsh/vendor-completions/_vifctl",
                 "/usr/share/fish/vendor_completions.d/vifctl.fish", "/usr/share/vifswitch/schema/show.json",
                 "/usr/lib/x86_64-linux-gnu/libvifdb.so.0"):
        need(root.has(path), "%s is missing" % path)
    root.run("test -x /etc/xen/scripts/vif-vifswitch")


def test_documents(root, debs, new):
    """In the package: the root's dpkg leaves documents out."""
    listed = subprocess.run(["dpkg-deb", "-c", next(d for d in debs if "/vifswitch_" in d)], check=True,
                            text=True, stdout=subprocess.PIPE).stdout
    for name in ("README.Debian", "NEWS.Debian.gz", "examples/policy.yaml", "examples/interfaces",
                 "examples/xl.conf"):
        need("/usr/share/doc/vifswitch/" + name in listed, "%s is not in it" % name)


def test_stock_untouched(root, debs, new):
    _, out = root.run("dpkg --verify xen-utils-common", good=None)
    need(not [row for row in out.splitlines() if "/etc/xen/scripts" in row], out)


def enabled(root):
    return all(glob.glob(root.path("/etc/systemd/system/*.wants/" + unit)) for unit in UNITS)


def test_unit(root, debs, new):
    need(enabled(root), "not all of %s are enabled" % (UNITS,))
    for unit in UNITS:
        _, out = root.run("systemd-analyze verify --man=no " + unit, good=None)
        need("vif" not in out, out)
    # 1.5 of 10, in tenths
    root.run("systemd-analyze security --offline=yes --no-pager --threshold=15 vifdbd.service")


def test_profiles(root, debs, new):
    """AppArmor takes them; steps of the Xen lab run under them."""
    for daemon in ("vifswitchd", "vifdbd"):
        root.run("apparmor_parser --skip-kernel-load --skip-cache /etc/apparmor.d/usr.sbin." + daemon)
        need(root.has("/etc/apparmor.d/local/usr.sbin." + daemon), "no file for the operator's own lines")
        # By its unit alone: "vifdbd backup" goes where who runs it may write.
        need("profile %s flags=" % daemon in root.read("/etc/apparmor.d/usr.sbin." + daemon) and
             "AppArmorProfile=-%s\n" % daemon in root.read("/lib/systemd/system/%s.service" % daemon),
             "%s is not confined by its unit" % daemon)


def test_user(root, debs, new):
    _, out = root.run("id -nG vifdbd && getent passwd vifdbd && getent group vifswitch")
    lines = out.splitlines()
    need(lines[0] == "vifdbd" and "nologin" in lines[1] and lines[2].endswith(":"), out)


def serve(root):
    """Starts the database server as its unit does, and ends it: what it said."""
    unit = root.read("/lib/systemd/system/vifdbd.service")
    command = re.search("^ExecStart=(.*)", unit, re.M).group(1).replace(
        "$VIFDBD_POOL ", "").replace(
        "$VIFDBD_OPTIONS", "--remote=punix:%s.sock" % DATABASE)
    need(command.endswith(" " + DATABASE), command)
    _, out = root.run("install -d -o vifdbd -g vifdbd -m 750 /var/lib/vifswitch/db && umask 0027 && "
                      "timeout 20 setpriv --reuid=vifdbd --regid=vifdbd --clear-groups "
                      "--bounding-set=-all --inh-caps=-all --no-new-privs sh -c '"
                      "%s & pid=$!; i=0; "
                      "until [ -S %s.sock ] || [ $i = 100 ]; do sleep 0.1; i=$((i+1)); done; "
                      "kill $pid; wait $pid'" % (command, DATABASE))
    return out


def schema_version(root):
    _, out = root.run("vifdbd schema " + DATABASE)
    return json.loads(out)["version"]


def test_database(root, debs, new):
    out = serve(root)
    version = json.loads(root.read(SCHEMA))["version"]
    need("created" in out and schema_version(root) == version, out)
    need("created" not in serve(root), "a second start made the database again")
    mode = os.stat(root.path(DATABASE)).st_mode & 0o777
    need(mode & 0o007 == 0, "the database has mode %o" % mode)


def test_module(root, debs, new):
    need(built(root) == [VERSION], "dkms has %s" % built(root))
    need(modules(root), "no vifswitch.ko below updates/dkms")
    _, out = root.run("modinfo -F description %s" % modules(root)[0][len(root.tree):])
    need("virtual machines" in out, "modinfo says %s" % out)


def test_programs(root, debs, new):
    _, out = root.run("vifctl version --format json")
    document = documents.read(["version"], out)
    need(document["vifctl"] == VERSION, out)
    root.run("vifswitchd --check-config")
    _, out = root.run("vifctl show", good=(5,))
    need("vifswitchd is not running" in out, out)


def test_bug_report(root, debs, new):
    """What reportbug adds: the doctor's findings among it, and it ends well without the service."""
    _, out = root.run("/usr/share/bug/vifswitch 3>&1")
    for word in ("-- vifctl doctor --format json", '"findings"', "switch xenbr0"):
        need(word in out, "%s is not in:\n%s" % (word, out))


def test_hotplug_without_daemon(root, debs, new):
    _, out = root.run("XENBUS_PATH=backend/vif/3/0 vif=vif3.0 "
                      "/etc/xen/scripts/vif-vifswitch online type_if=vif", good=(1,))
    need("vifswitchd is not running" in out, out)
    root.run("XENBUS_PATH=backend/vif/3/0 /etc/xen/scripts/vif-vifswitch offline type_if=vif")


def test_upgrade(root, debs, new):
    root.write(CONF, EDITED)
    root.install(new)
    for package in PACKAGES:
        _, out = root.run("dpkg-query -W -f '${Version}' " + package)
        need(out == NEXT, "%s is at %s" % (package, out))
    need(root.read(CONF) == EDITED, "the edited %s was replaced" % CONF)
    need(enabled(root), "not all of %s are still enabled" % (UNITS,))


def test_upgrade_database(root, debs, new):
    old = schema_version(root)
    out = serve(root)
    need("converted" in out and schema_version(root) == NEXT_SCHEMA, out)
    need(root.has("%s.%s" % (DATABASE, old)), "no copy of the database as it was")


def test_upgrade_module(root, debs, new):
    need(built(root) == [NEXT], "dkms has %s" % built(root))
    need(not root.has("/usr/src/vifswitch-" + VERSION), "the old sources are still there")


def test_remove(root, debs, new):
    root.write("/etc/xen/xl.conf", 'vif.default.script="vif-vifswitch"\n')
    _, out = root.run("dpkg -r " + " ".join(PACKAGES))
    need("/etc/xen/xl.conf" in out, "removal does not name xl.conf:\n" + out)
    need(root.read("/etc/xen/xl.conf") == 'vif.default.script="vif-vifswitch"\n',
         "removal edited xl.conf")
    for path in ("/usr/sbin/vifswitchd", "/etc/xen/scripts/vif-vifswitch",
                 "/lib/systemd/system/vifswitchd.service", "/usr/src/vifswitch-" + NEXT,
                 "/usr/sbin/vifdbd", "/lib/systemd/system/vifdbd.socket"):
        need(not root.has(path), "%s is still there" % path)
    need(not modules(root), "the module is still there")
    need(root.read(CONF) == EDITED, "%s did not stay" % CONF)
    need(root.has(DATABASE), "%s did not stay" % DATABASE)


def test_stock_after(root, debs, new):
    test_stock_untouched(root, debs, new)
    root.run("test -x /etc/xen/scripts/vif-bridge")


KEY = "/etc/vifswitch/db/key.pem"


def test_purge_one(root, debs, new):
    """The database's keys, and what it is, are not vifswitch's."""
    root.run("install -d /etc/vifswitch/db && echo key > " + KEY)
    own = ["/var/lib/vifswitch/policy.json", "/var/lib/vifswitch/wireguard.json"]
    for path in own:
        root.write(path, "{}")
    root.run("dpkg -P vifswitch")
    need(root.read(KEY) == "key\n" and root.has(DATABASE), "purging vifswitch took what is vifdbd's")
    need(not any(root.has(path) for path in [CONF, *own]), "vifswitch left its own")
    root.run("rm -r /etc/vifswitch")


def test_purge(root, debs, new):
    root.run("dpkg -P " + " ".join(PACKAGES))
    need(not root.has("/etc/vifswitch"), "/etc/vifswitch is still there")
    need(not root.has("/var/lib/vifswitch"), "/var/lib/vifswitch is still there")
    need("vifswitch" not in root.run("dpkg -l", good=None)[1], "dpkg still lists vifswitch")
    left = root.files() - root.before
    need(not left, "left behind:\n" + "\n".join(sorted(left)[:20]))
    lost = root.before - root.files()
    need(not lost, "taken away:\n" + "\n".join(sorted(lost)[:20]))


TESTS = (test_install, test_documents, test_stock_untouched, test_unit, test_profiles, test_user,
         test_module, test_programs, test_database, test_bug_report, test_hotplug_without_daemon, test_upgrade, test_upgrade_module,
         test_upgrade_database, test_remove,
         test_stock_after, test_purge_one, test_purge)


def debs_in(directory):
    debs = []
    for package in PACKAGES:
        found = glob.glob("%s/%s_%s_*.deb" % (directory, package, VERSION))
        if len(found) != 1:
            raise SystemExit("check-deb: %s has %d packages %s_%s: run make deb"
                             % (directory, len(found), package, VERSION))
        debs += found
    return debs


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    if os.geteuid() != 0:
        raise SystemExit("check-deb: needs root, for a chroot; nothing of this machine changes")
    debs = debs_in(sys.argv[1])
    base = image.base()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="vifswitch-deb-") as work:
        root = Root(os.path.join(work, "root"))
        os.mkdir(root.tree)
        subprocess.run(["tar", "-x", "--numeric-owner", "-f", base, "-C", root.tree,
                        "--exclude=./dev/*"], check=True)
        root.before = root.files() | {"/etc/xen/xl.conf"}
        if not os.path.exists(root.path("/etc/xen/xl.conf")):
            root.write("/etc/xen/xl.conf", "")
        new = [bump(deb, work) for deb in debs]
        for test in TESTS:
            begin, name = time.monotonic(), test.__name__[5:].replace("_", " ")
            try:
                test(root, debs, new)
                print("ok      %s (%.0f s)" % (name, time.monotonic() - begin), flush=True)
            except (Failed, subprocess.TimeoutExpired) as e:
                failed += 1
                print("FAILED  %s: %s" % (name, e), flush=True)
    print("%d passed, %d failed" % (len(TESTS) - failed, failed))
    sys.exit(1 if failed else 0)


main()
