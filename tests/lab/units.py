# SPDX-License-Identifier: GPL-2.0-or-later
"""What systemd says of our units, without installing them."""
import os
import subprocess
import tempfile

UNITS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "systemd")


def confined(name, programs, threshold, more=()):
    """systemd takes the unit, and finds no more that it leaves open than @threshold, in tenths of
    10. @programs: {name: path} of what is in /usr/sbin; @more: units that it names. Its text."""
    with tempfile.TemporaryDirectory() as where:
        for unit in (name, *more):
            with open(os.path.join(UNITS, unit)) as f:
                text = f.read()
            for program, path in programs.items():
                text = text.replace("/usr/sbin/" + program, path)
            with open(os.path.join(where, unit), "w") as f:
                f.write(text)
        for words in (("verify", "--man=no"), ("security", "--offline=yes", "--no-pager", f"--threshold={threshold}")):
            done = subprocess.run(["systemd-analyze", *words, os.path.join(where, name)], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            # Of other units of this machine nobody speaks here.
            said = [line for line in done.stdout.splitlines() if os.path.splitext(name)[0] in line]
            assert done.returncode == 0 and (words[0] != "verify" or not said), done.stdout
    with open(os.path.join(UNITS, name)) as f:
        return f.read()
