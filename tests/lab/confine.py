# SPDX-License-Identifier: GPL-2.0-or-later
"""AppArmor's profiles of debian/apparmor, on programs that lie elsewhere. In a VM only.

  subprocess.Popen([path, ...], preexec_fn=confine.under(path, "/run/x/** rw"))
  confine.denied("x")   what the kernel denied it, since the machine's start

A profile is loaded once for each path, its own paths in place of the package's; more
rules are added where a package's administrator would add them.
"""
import errno
import functools
import os
import subprocess
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SECURITY = "/sys/kernel/security"


def text_of(path, rules):
    name = os.path.basename(path)
    with open(f"{TOP}/debian/apparmor/usr.sbin.{name}") as f:
        text = f.read()
    local = f"include if exists <local/usr.sbin.{name}>"
    assert local in text and f"/usr/sbin/{name}" in text, "not as a package's profile is"
    return text.replace(f"/usr/sbin/{name}", path).replace(local, "".join(f"{r},\n" for r in rules))


def available():
    """Debian's kernels have it, the debug kernel has not."""
    return os.path.exists("/sys/module/apparmor")


@functools.cache
def load(path, rules):
    if not os.path.exists(f"{SECURITY}/apparmor"):
        subprocess.run(["mount", "-t", "securityfs", "security", SECURITY], check=True)
    with tempfile.NamedTemporaryFile("w", suffix=".profile") as f:
        f.write(text_of(path, rules))
        f.flush()
        subprocess.run(["apparmor_parser", "--replace", "--skip-cache", f.name], check=True)


def under(path, *rules):
    """What Popen() calls in the child: the program it becomes is confined, or does not start."""
    if not available():
        return None
    load(path, rules)

    def enter():
        with open("/proc/thread-self/attr/apparmor/exec", "w") as f:
            f.write(f"exec {os.path.basename(path)}")
    return enter


def denied(name):
    """Lines of the kernel's log that tell so of a program."""
    lines = []
    log = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    try:
        while True:
            try:
                line = os.read(log, 8192).decode(errors="replace")
            except BrokenPipeError:     # overwritten meanwhile: the next one there is
                continue
            if 'apparmor="DENIED"' in line and f'profile="{name}"' in line:
                lines.append(line)
    except OSError as e:
        if e.errno != errno.EAGAIN:
            raise
    finally:
        os.close(log)
    return lines
