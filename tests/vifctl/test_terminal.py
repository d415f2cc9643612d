# SPDX-License-Identifier: GPL-2.0-or-later
"""What vifctl does on a terminal alone: it fills its lines, and has colours unless they are not wanted."""

import fcntl
import os
import pty
import struct
import subprocess
import termios

from world import VIFCTL

ESCAPE = "\x1b["


def typed(w, *words, columns=80, **environment):
    """What a terminal of so many columns gets."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    given = {k: v for k, v in w.environment().items() if k not in ("NO_COLOR", "COLUMNS", "TERM")}
    process = subprocess.Popen([VIFCTL, *words], env={**given, **environment}, stdin=subprocess.DEVNULL,
                               stdout=theirs, stderr=subprocess.DEVNULL)
    os.close(theirs)
    text = b""
    try:
        while part := os.read(ours, 1 << 16):
            text += part
    except OSError:         # the last one has closed it
        pass
    os.close(ours)
    process.wait(60)
    return text.decode().replace("\r\n", "\n")


def test_colours(w):
    """For a terminal that has them, unless NO_COLOR says something; never into a pipe or as JSON."""
    w.server.kill()         # what doctor finds, whatever else this machine lacks
    words = ["doctor", f"--db=unix:{w.server.socket}"]
    painted = typed(w, *words, TERM="xterm")
    assert f"{ESCAPE}33mwarning  {ESCAPE}0m" in painted, painted
    plain = typed(w, *words, TERM="xterm", NO_COLOR="1")
    assert "warning" in plain and ESCAPE not in plain, plain
    assert ESCAPE in typed(w, *words, TERM="xterm", NO_COLOR="")
    for without in (typed(w, *words, TERM="dumb"), typed(w, *words), typed(w, *words, "--json", TERM="xterm"),
                    w.run(*words, code=1, TERM="xterm").out):
        assert "warning" in without and ESCAPE not in without, without
    # Nobody else brings any.
    told = typed(w, "port", "show", "x\x1b[31my", TERM="xterm")
    assert ESCAPE not in told, told


def test_lines(w):
    """Sentences go on below; what can be pasted is in one piece."""
    w.server.kill()
    lines = typed(w, "doctor", f"--db=unix:{w.server.socket}", columns=40).splitlines()
    found = [line.strip() for line in lines]
    assert "systemctl start vifdbd" in found, lines
    assert all(len(line) <= 40 or line.strip().startswith(("vifctl", "modprobe", "systemctl")) for line in lines), lines
