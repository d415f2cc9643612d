# SPDX-License-Identifier: GPL-2.0-or-later
"""build/release/vm-flow-switch: a switch of flows in openvswitch.ko that does what it is told."""
import os
import subprocess

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "build", "release",
                       "vm-flow-switch")


class FlowProgram:
    """Its netdev is @name, and is up."""

    def __init__(self, name):
        subprocess.run(["modprobe", "openvswitch"], check=True)
        self.process = subprocess.Popen([PROGRAM, name], stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE)
        self.answer()
        subprocess.run(["ip", "link", "set", "dev", name, "up"], check=True)

    def answer(self):
        words = self.process.stdout.readline().split()
        if not words or words[0] != "ok":
            raise AssertionError(f"vm-flow-switch: {' '.join(words)}")
        return words[1:]

    def ask(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def counts(self):
        """Decide all that waits; what was counted since the beginning."""
        said = dict(word.split("=") for word in self.ask("run"))
        return {k: v if k == "last" else int(v) for k, v in said.items()}
