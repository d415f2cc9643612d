# SPDX-License-Identifier: GPL-2.0-or-later
"""What is installed: udev's rules as udev reads them, and the RPM packages' files."""
import os
import subprocess
import tempfile

import units
from xenopsd import ASAN

TOP = os.path.dirname(os.path.dirname(ASAN))
RULES = os.path.join(TOP, "hotplug", "40-vifswitch-xapi.rules")
# As on a host of RPM's, whose macros Debian's rpm does not have.
MACROS = {"_unitdir": "/usr/lib/systemd/system", "_udevrulesdir": "/usr/lib/udev/rules.d",
          "_sysusersdir": "/usr/lib/sysusers.d", "sysusers_create_package()": ":",
          "systemd_post()": ":", "systemd_preun()": ":", "systemd_postun_with_restart()": ":"}


def check(fact, what):
    if not fact:
        raise AssertionError(what)


def udev(inventory):
    """What udev would run for an event of a VIF's, XAPI's own rule being there as well."""
    with tempfile.TemporaryDirectory() as directory:
        have = os.path.join(directory, "inventory")
        if inventory:
            open(have, "w", encoding="utf-8").close()
        with open(RULES, encoding="utf-8") as source:
            text = source.read()
        # There is no xen-backend here: lo stands for a VIF.
        for old, new in (("/etc/xensource-inventory", have), ('SUBSYSTEM=="xen-backend"',
                         'SUBSYSTEM=="net"'), ('KERNEL=="vif*"', 'KERNEL=="lo"')):
            check(old in text, old)
            text = text.replace(old, new)
        for name, rule in (("40-vifswitch-xapi.rules", text),
                           ("xen-backend.rules", 'KERNEL=="lo", RUN+="/xapi/vif $env{ACTION}"\n')):
            with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
                file.write(rule)
        script = (f"mkdir -p /etc/udev/rules.d && mount --bind {directory} /etc/udev/rules.d && "
                  "for action in online offline remove add; do "
                  "udevadm test -a $action /sys/class/net/lo 2>&1; done")
        told = subprocess.run(["unshare", "--mount", "sh", "-c", script], stdout=subprocess.PIPE,
                              text=True, check=True, timeout=240).stdout
        check("nvalid" not in told, told)
        return [line.split(": ", 1)[1].strip("'") for line in told.splitlines()
                if line.startswith("run: ") and ("vif" in line)]


def test_udev():
    check(udev(False) == ["/xapi/vif " + action for action in ("online", "offline", "remove", "add")],
          "elsewhere than on a XAPI host")
    check(udev(True) == [f"/etc/xen/scripts/vif-vifswitch {action} type_if=vif"
                         for action in ("online", "offline", "remove")] + ["/xapi/vif add"],
          f"{udev(True)}")


def test_rpm():
    """What is installed is of one package each, and what a package says it has it has."""
    defines = [word for name, value in MACROS.items() for word in ("--define", f"{name} {value}")]
    with tempfile.TemporaryDirectory() as directory:
        os.symlink(TOP, os.path.join(directory, "vifswitch-0.1.0"))
        done = subprocess.run(
            ["rpmbuild", "-bi", "--short-circuit", "--nodeps", "--buildroot", directory + "/root",
             "--define", f"_builddir {directory}", "--define", "_libdir /usr/lib64",
             "--define", "__os_install_post :"] + defines +
            [os.path.join(TOP, "rpm", "vifswitch.spec")],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=1200)
        check(done.returncode == 0, done.stdout[-3000:])
        packages = [line for line in done.stdout.splitlines() if line.startswith("Processing files")]
        check(len(packages) == 10, f"{packages}\n{done.stdout[-2000:]}")


def test_unit_is_confined():
    """systemd takes vifxapid's unit, and finds little that it leaves open."""
    units.confined("vifxapid.service", {"vifxapid": os.path.join(ASAN, "vifxapid")}, 10)
