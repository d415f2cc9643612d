# SPDX-License-Identifier: GPL-2.0-or-later
"""What the manual pages and the README say to type is something that can be typed."""

import os
import re
import shlex
import subprocess

from world import TOP, VIFCTL, WEB

# Without an end, or with words that stand for others.
LEFT_OUT = re.compile(r"^vifctl monitor|\.\.\.|--follow|^vifctl edit|VM\b|SWITCH\b|UPLINK\b|CLIENT\b|NAME\b")


def text(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return f.read()


def of_page():
    examples = re.search(r"^\.SH EXAMPLES\n(.*?)^\.SH", text("man/vifctl.8.in"), re.M | re.S)[1]
    for line in re.findall(r"^\.B (vifctl .*)$", examples, re.M):
        yield "vifctl(8)", line.replace("\\-", "-").replace("\\[aq]", "'")


def of_readme():
    for line in re.findall(r"^ {4}(vifctl .*)$", text("README.md"), re.M):
        yield "README.md", line


def commands():
    for path, line in [*of_page(), *of_readme()]:
        line = re.split(r"\s+#|\s+[|>]", line)[0]
        if not LEFT_OUT.search(line) and " " in line:
            yield path, shlex.split(line)


def test_examples(w):
    """Nothing of them is a mistake in typing: a VM or a service may be missing here, no word is."""
    w.transact({"op": "insert", "table": "VM", "row": {"uuid": ["uuid", WEB], "name": "web"}})
    w.file("policy.yaml", "acls: []\n")
    w.file("changes.txt", "# none\n")
    seen = 0
    for path, words in commands():
        done = subprocess.run([VIFCTL, *words[1:]], cwd=w.dir, text=True, timeout=120, stdin=subprocess.DEVNULL,
                              env=w.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert done.returncode in (0, 1, 3, 4, 5), (path, words, done.returncode, done.stderr)
        seen += 1
    assert seen > 40, seen


INCLUDES = ("err.h", "jansson.h", "poll.h", "stdio.h", "stdlib.h", "string.h", "time.h", "vifdb/vifdb.h")


def test_c_examples(w):
    """The examples of vifdb(3), as they stand there, compile without a warning."""
    page = text("man/vifdb.3")
    source = "".join(f"#include <{name}>\n" for name in INCLUDES)
    for block in re.findall(r"^\.EX\n(.*?)^\.EE$", page, re.M | re.S):
        source += block.replace("\\e", "\\").replace("\\-", "-")
    for name in INCLUDES:
        assert f"<{name}>" in page, f"{name} is not named in vifdb(3)"
    done = subprocess.run(["gcc", "-x", "c", "-std=gnu11", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror",
                           "-fsyntax-only", "-I", os.path.join(TOP, "include"), "-"], input=source, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    assert done.returncode == 0, done.stdout
