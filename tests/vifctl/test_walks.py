# SPDX-License-Identifier: GPL-2.0-or-later
"""Every command, with words that its own completion offers: whatever comes of it, vifctl ends with
a status of its own and tells what is wrong in one line. The walks are the same in each run."""

import os
import random
import re
import shlex

from test_mistakes import WORLD
from test_unsafe import table
from world import SQL, TOP, WEB

STATUS = range(0, 6)        # enum vifctl_exit
WALKS = 2                   # of each command
# Words for which there is no completion, right and wrong ones.
OTHERS = ["web", "new", WEB, SQL, "7", "10.0.0.0/8", "", "no such", "-", "a=b", "=", "é", "xenbr0"]
VALUES = ["", "7", "web", "10.0.0.1", "100Mbit", "trunk:10,20", "00:16:3e:00:00:09", "yes", "down", "allow",
          "eth0,eth1", "1-65535", "-1", "99999999999999999999", "10.0.0.0/8,fd00::/8", "x" * 300]
PLAIN = {"--json", "--dry-run", "--all", "--move", "--hits", "--prune", "--if-exists", "--may-exist", "--reset"}
# They write files, or take a program: their tests have some.
LEFT_OUT = {"db backup", "db restore"}


class Walker:
    def __init__(self, w):
        self.w, self.dice, self.completions = w, None, 0

    def offered(self, words):
        done = self.w.run("--complete", *words, code=None)
        assert done.code == 0 and not done.err, (words, done.code, done.err)
        self.completions += 1
        return done.out.splitlines()

    def word(self, words):
        """One more, mostly of those that are offered; a key gets a value."""
        offers = self.offered(words)
        pick = self.dice.choice(offers if offers and self.dice.random() < 0.9 else OTHERS)
        if not pick.endswith("="):
            return pick
        if self.dice.random() < 0.2:
            pick = pick[:-1] + self.dice.choice("+-") + "="
        values = self.offered([*words, pick])
        return pick + self.dice.choice(values if values and self.dice.random() < 0.7 else VALUES)

    def walk(self, name, operands):
        """Mostly as many words as it wants."""
        words = name.split()
        for _ in range(max(0, operands + self.dice.choice((-1, 0, 0, 0, 0, 0, 1)))):
            words.append(self.word(words))
        return words

    def options(self, offered):
        return [o for o in offered if o in PLAIN and self.dice.random() < 0.3]


def operands():
    """{command: how many operands it is shown with}"""
    with open(os.path.join(TOP, "dom0/vifctl/cmd/command-table.c"), encoding="utf-8") as f:
        rows = re.findall(r'^\t(?:[A-Z_]+\(|\{ )"([^"]+)", "([^"]*)"', f.read(), re.M)
    counts = {name: len(words.split()) for name, words in rows}
    return {name: counts[name] for name in table()}


def fits_a_line(said):
    """One; of a file each mistake has a line in front of it."""
    *places, last = said.splitlines(keepends=True)
    return last.startswith("vifctl: ") and last.endswith("\n") and \
        all(line.startswith("standard input:") for line in places)


def test_walks(w):
    for line in WORLD:
        w.run(*shlex.split(line), "--no-wait")
    walker, seen = Walker(w), {}
    for name, count in sorted(operands().items()):
        if name in LEFT_OUT:
            continue
        offered = w.run("--complete-options", *name.split(), code=0).out.split()
        # Some go on until they are told to end.
        always = [o for o in ("--seconds=1", "--no-wait") if o.partition("=")[0] in offered]
        walker.dice = random.Random(name)       # whatever other commands there are
        for _ in range(WALKS):
            typed = walker.walk(name, count) + walker.options(offered) + always
            done = w.run(*typed, code=None, stdin="")
            assert done.code in STATUS, (typed, done.code, done.err)
            seen[done.code] = seen.get(done.code, 0) + 1
            if done.code > 1:
                assert fits_a_line(done.err), (typed, done.code, done.err)
    # Not all of one kind: the walks get somewhere.
    assert walker.completions > 100 and seen.get(0, 0) > 20 and seen.get(2, 0) > 20, (walker.completions, seen)
