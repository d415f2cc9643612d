# SPDX-License-Identifier: GPL-2.0-or-later
"""A vifofd with switches in memory, in a directory of its own."""
import os
import shutil
import socket
import subprocess
import tempfile
import time

VIFOFD = os.environ.get("VIFOFD", "build/asan/vifofd")
PATIENCE = 60 * int(os.environ.get("LAB_SLOW", "1"))


def until(what, condition):
    """Waits for what must come; how long it takes decides nothing."""
    end = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {PATIENCE} s for {what}")
        time.sleep(0.02)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Trial:
    def __init__(self, *options, directory=None):
        self.directory = directory or tempfile.mkdtemp(prefix="vifofd-")
        self.options = options
        self.control = None
        self.start()

    def start(self):
        path = os.path.join(self.directory, "trial")
        with open(os.path.join(self.directory, "log"), "ab") as log:
            self.process = subprocess.Popen([VIFOFD, "-f", f"--trial={path}", f"--directory={self.directory}",
                                             *self.options], stderr=log, stdin=subprocess.DEVNULL,
                                            env={**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=1"})
        self.control = until("the control socket", lambda: self.connect(path))

    def connect(self, path):
        assert self.process.poll() is None, self.log()
        s = socket.socket(socket.AF_UNIX)
        try:
            s.connect(path)
        except OSError:
            s.close()
            return None
        return s.makefile("rw")

    def command(self, line):
        """The lines of the answer, without the last."""
        self.control.write(line + "\n")
        self.control.flush()
        lines = []
        while True:
            answer = self.control.readline()
            assert answer, f"vifofd is gone: {self.log()}"
            if answer == "ok\n":
                return lines
            if answer.startswith("error"):
                raise RuntimeError("\n".join(lines) + answer)
            lines.append(answer.rstrip("\n"))

    def switch(self, name, ports=(), **settings):
        words = [f"{key.replace('_', '-')}={value}" for key, values in settings.items()
                 for value in (values if isinstance(values, list) else [values])]
        self.command(" ".join(["switch", name, *words]))
        for number in ports:
            self.command(f"port {name} {number} p{number} 02:00:00:00:00:{number:02x}")

    def mgmt(self, name):
        return os.path.join(self.directory, name + ".mgmt")

    def ofctl(self, command, name, *args, expect=0, stdin=None):
        done = subprocess.run(["ovs-ofctl", *command.split(), f"unix:{self.mgmt(name)}", *args], input=stdin,
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == expect, f"{command} {args}: {done.returncode}\n{done.stdout}{done.stderr}\n{self.log()}"
        return done.stdout + done.stderr

    def sent(self, name):
        return [(int(number), bytes.fromhex(frame)) for number, frame in
                (line.split() for line in self.command(f"sent {name}"))]

    def log(self):
        with open(os.path.join(self.directory, "log"), encoding="utf-8", errors="replace") as f:
            return f.read()[-4000:]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Ends it as systemd would, and says whether all was well: memory too."""
        self.process.terminate()
        code = self.process.wait(PATIENCE)
        log = self.log()
        shutil.rmtree(self.directory, ignore_errors=True)
        assert code == 0 and "Sanitizer" not in log, f"vifofd ended with {code}\n{log}"
