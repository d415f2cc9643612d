# SPDX-License-Identifier: GPL-2.0-or-later
"""A small blocking OVSDB client and what starts the two servers, for the tests."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
VIFDBD = os.environ.get("VIFDBD", os.path.join(TOP, "build/release/vifdbd"))
OVSDB_SERVER = shutil.which("ovsdb-server") or "/usr/sbin/ovsdb-server"


class Gone(Exception):
    """The server closed the connection."""


class Client:
    """Speaks JSON-RPC with a server; notifications are kept in self.notes."""

    def __init__(self, path, timeout=20, source=None):
        if isinstance(path, tuple):
            self.sock = socket.create_connection(path, timeout, source and (source, 0))
        else:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(timeout)
            self.sock.connect(path)
        self.text = ""
        self.raw = b""
        self.notes = []
        self.answers = {}
        self.next_id = 0
        self.decoder = json.JSONDecoder()

    def close(self):
        self.sock.close()

    def send(self, method, params, ident=False):
        if ident is False:
            self.next_id += 1
            ident = self.next_id
        self.write(json.dumps({"method": method, "params": params, "id": ident}).encode())
        return ident

    def write(self, data):
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as e:
            raise Gone(str(e)) from None

    def read(self):
        """The next message."""
        while True:
            self.text = self.text.lstrip()
            if self.text:
                try:
                    message, end = self.decoder.raw_decode(self.text)
                    self.text = self.text[end:]
                    return message
                except ValueError:
                    pass
            try:
                data = self.sock.recv(1 << 20)
            except ConnectionResetError:
                data = b""
            if not data:
                raise Gone()
            self.raw += data
            try:
                self.text += self.raw.decode()
                self.raw = b""
            except UnicodeDecodeError:
                pass

    def wait(self, ident):
        """The whole answer to a request."""
        while ident not in self.answers:
            message = self.read()
            if message.get("method") == "echo":
                self.write(json.dumps({"id": message["id"], "result": message["params"],
                                       "error": None}).encode())
            elif "method" in message:
                self.notes.append(message)
            else:
                self.answers[message["id"]] = message
        return self.answers.pop(ident)

    def note(self):
        """The next notification."""
        if not self.notes:
            self.wait(self.send("echo", []))
        while not self.notes:
            message = self.read()
            if "method" in message:
                self.notes.append(message)
            else:
                self.answers[message["id"]] = message
        return self.notes.pop(0)

    def call(self, method, *params):
        answer = self.wait(self.send(method, list(params)))
        if answer.get("error") is not None:
            raise RuntimeError(answer["error"])
        return answer["result"]

    def error(self, method, *params):
        """The error that a request must end with."""
        answer = self.wait(self.send(method, list(params)))
        assert answer.get("error") is not None, answer
        return answer["error"]

    def transact(self, *operations, db="Test"):
        return self.call("transact", db, *operations)

    def sync(self):
        """All notifications until now."""
        self.call("echo")
        notes, self.notes = self.notes, []
        return notes


class Server:
    """vifdbd, or Debian's ovsdb-server, on a file in a directory."""

    def __init__(self, directory, schema, kind="vifdbd", options=(), create=True, name="db",
                 binary=None, prefix=()):
        self.dir, self.kind, self.options = directory, kind, list(options)
        self.schema = schema
        self.prefix = list(prefix)
        self.file = os.path.join(directory, f"{name}.{kind}")
        self.socket = os.path.join(directory, f"{name}.{kind}.sock")
        self.log = os.path.join(directory, f"{name}.{kind}.log")
        self.binary = binary or (VIFDBD if kind == "vifdbd" else OVSDB_SERVER)
        self.process = None
        if create:
            tool = [VIFDBD, "create"] if kind == "vifdbd" else ["ovsdb-tool", "create"]
            subprocess.run(tool + [self.file, schema], check=True)

    def command(self):
        return self.prefix + [self.binary, f"--remote=punix:{self.socket}"] + self.options + [
            self.file] if self.kind == "vifdbd" else self.prefix + [
            self.binary, f"--remote=punix:{self.socket}", "--no-chdir",
            f"--unixctl={self.socket}.ctl"] + self.options + [self.file]

    def start(self, wait=20):
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log)
        deadline = time.monotonic() + wait
        while True:
            try:
                return self.client_now()
            except (FileNotFoundError, ConnectionRefusedError):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{self.kind} did not start: " + self.output()) from None
                time.sleep(0.002)

    def client_now(self, timeout=20):
        return Client(self.socket, timeout)

    def output(self):
        with open(self.log, errors="replace") as f:
            return f.read()[-2000:]

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
            if self.kind == "vifdbd" and self.process.returncode:
                raise RuntimeError(f"ended with {self.process.returncode}: " + self.output())

    def status(self, field):
        """A figure from /proc/PID/status, in KiB."""
        with open(f"/proc/{self.process.pid}/status") as f:
            for line in f:
                if line.startswith(field + ":"):
                    return int(line.split()[1])
        return 0

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
