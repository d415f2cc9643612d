# SPDX-License-Identifier: GPL-2.0-or-later
"""The README's sessions: what is typed and what is printed, compared with what is.

A block of indented lines whose first starts with "# " is a session: such lines are
commands, what follows one is what it prints. "..." stands for any lines, and in a line
for any text. A VIF's netdev has another domain's number on each host; all else is
compared to the letter, but for empty lines.
"""
import os
import re
import textwrap

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROMPT = "# "


def section(title, path="README.md"):
    """The text of "## title"."""
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        parts = re.split(r"(?m)^## (.*)\n", f.read())
    return parts[parts.index(title) + 1]


def block(title, first):
    """The indented block that begins with a line, as the file it stands for."""
    blocks = [textwrap.dedent(found) for found in
              re.findall(r"(?m)(?:^ {4}.*\n)+", section(title))]
    return next(found for found in blocks if found.startswith(first))


def session(text):
    """[(command, [line])] of all sessions in a text, in order."""
    steps = []
    for block in re.findall(r"(?m)(?:^ {4}.*\n|^\n)+", text):
        lines = [line[4:] for line in block.strip("\n").splitlines()]
        if not lines or not lines[0].startswith(PROMPT):
            continue
        for line in lines:
            if line.startswith(PROMPT):
                steps.append((line[len(PROMPT):], []))
            else:
                steps[-1][1].append(line)
    return [(command, [line for line in lines if line.strip()]) for command, lines in steps]


def pattern(lines):
    parts = []
    for line in lines:
        if line.strip() == "...":
            parts.append(r"(?:.*\n)*?")
            continue
        words = [re.sub(r"vif\d+", lambda _: r"vif\d+", re.escape(part)) for part in line.split("...")]
        parts.append(".*".join(words) + "\n")
    return "".join(parts)


def fits(lines, printed):
    """Is it what the lines say?"""
    printed = "".join(line.rstrip() + "\n" for line in printed.splitlines() if line.strip())
    return re.fullmatch(pattern(lines), printed) is not None
