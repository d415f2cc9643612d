# SPDX-License-Identifier: GPL-2.0-or-later
"""What the stand-ins share: a vifdbd that runs for a while, and JSON as ovsdb-server prints it."""

import json
import math
import os
import re
import socket
import subprocess
import sys
import tempfile

VIFDBD = os.environ.get("VIFDBD", "vifdbd")
FIRST_MS = 60000
NUMBER = "number:"  # in a string that stands for a number which Python would round up to infinity


class Failed(Exception):
    """What vifdbd said; .tag is the error string of RFC 7047, if it is one."""

    def __init__(self, text):
        super().__init__(text)
        self.tag = next((t for t in TAGS if t in text), None)


TAGS = ("syntax error", "constraint violation", "referential integrity violation", "duplicate uuid-name",
        "unknown database", "unknown table", "unknown column", "unknown function", "unknown mutator",
        "domain error", "range error", "resources exhausted", "not supported", "I/O error")


def run(*args, **kwargs):
    """A command of vifdbd; its output."""
    out = subprocess.run([VIFDBD, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **kwargs)
    if out.returncode:
        raise Failed(out.stderr.decode(errors="replace").strip())
    return out.stdout.decode()


def start(arguments, **kwargs):
    """A server, once it is ready."""
    with tempfile.TemporaryDirectory(prefix="n-") as directory, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        path = os.path.join(directory, "n")
        notify.bind(path)
        notify.settimeout(0.2)
        process = subprocess.Popen([VIFDBD, *arguments], env=dict(os.environ, NOTIFY_SOCKET=path),
                                   stderr=subprocess.PIPE, **kwargs)
        for _ in range(FIRST_MS // 200):
            try:
                if notify.recv(64).startswith(b"READY"):
                    return process
            except TimeoutError:
                if process.poll() is not None:
                    break
        process.kill()
        raise Failed(process.stderr.read().decode(errors="replace").strip() or "it did not start")


class Client:
    """Sends requests and keeps answers by ID."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
        self.text = b""
        self.answers = {}

    def send(self, method, params, ident):
        self.sock.sendall(json.dumps({"method": method, "params": params, "id": ident}).encode())

    def read(self):
        """The next message, or None at the end."""
        while True:
            try:
                message, end = json.JSONDecoder().raw_decode(self.text.decode().lstrip())
                self.text = self.text.decode().lstrip()[end:].encode()
                return message
            except ValueError:
                pass
            data = self.sock.recv(1 << 20)
            if not data:
                return None
            self.text += data

    def call(self, method, *params, ident=0):
        self.send(method, list(params), ident)
        while ident not in self.answers:
            message = self.read()
            if message is None:
                raise Failed("the connection ended")
            self.answers[message["id"]] = message
        return self.answers.pop(ident)


class Served:
    """A database file, served to this process alone."""

    def __init__(self, path):
        self.dir = tempfile.TemporaryDirectory(prefix="s-")
        self.process = start([f"--remote=punix:{self.dir.name}/s", path])
        self.client = Client(f"{self.dir.name}/s")

    def another(self):
        return Client(f"{self.dir.name}/s")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.dir.cleanup()


def plain(value):
    """Numbers as ovsdb-server prints them: a real that is whole is an integer."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, float):
        short = f"{value:.15g}"
        if math.isinf(float(short)):
            return NUMBER + short
        value = float(short)
        if value.is_integer() and abs(value) < 2**63:
            return int(value)
    return value


def text(value):
    out = json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return re.sub(f'"{NUMBER}([^"]*)"', r"\1", out)


def show(value):
    sys.stdout.write(text(value) + "\n")
    sys.stdout.flush()
