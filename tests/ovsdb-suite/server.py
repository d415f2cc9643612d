# SPDX-License-Identifier: GPL-2.0-or-later
"""
Stands in for ovsdb-server: takes its command line, starts vifdbd, and answers
ovs-appctl as far as vifdbd has what is asked for.
"""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time

import vifdbd

RUNDIR = os.environ.get("OVS_RUNDIR", ".")
TLS = ("private-key", "certificate", "ca-cert")
IGNORED = ("no-chdir", "overwrite-pidfile", "disable-file-column-diff", "peer-ca-cert")


class Usage(Exception):
    """An option that vifdbd has no counterpart of."""


class Options:
    def __init__(self, argv):
        self.remotes, self.files, self.tls = [], [], []
        self.pidfile = self.log = self.run = self.control = None
        self.detach = False
        for arg in argv:
            if arg.startswith("-v") or arg in ("--log-file",) and not self.set_log("ovsdb-server.log"):
                continue
            if not arg.startswith("-"):
                self.files.append(arg)
                continue
            name, _, value = arg.lstrip("-").partition("=")
            self.option(name, value)

    def set_log(self, name):
        self.log = os.path.join(os.environ.get("OVS_LOGDIR", "."), name)

    def option(self, name, value):
        if name == "remote":
            self.remotes.append(value)
        elif name in TLS:
            if value.startswith("db:"):
                raise Usage(name)
            self.tls.append(f"--{name}={value}")
        elif name == "pidfile":
            self.pidfile = os.path.join(RUNDIR, value or "ovsdb-server.pid")
        elif name == "log-file":
            self.set_log(value)
        elif name == "unixctl":
            self.control = os.path.join(RUNDIR, value)
        elif name == "run":
            self.run = value
        elif name == "detach":
            self.detach = True
        elif name not in IGNORED:
            raise Usage(name)


reserved = []  # sockets


def free_port(address):
    """A port that nobody else is given as long as this process runs. With SO_REUSEADDR vifdbd may listen on it."""
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, 0))
    reserved.append(s)
    return s.getsockname()[1]


def listening(remote, log):
    """A remote with the port that the system would have chosen."""
    kind, _, rest = remote.partition(":")
    if kind not in ("ptcp", "pssl"):
        return remote
    port, _, address = rest.partition(":")
    if port == "0":
        port = free_port(address.strip("[]") or "127.0.0.1")
        log(f"{remote.split(':', 1)[1]}: listening on port {port}")
    return f"{kind}:{port}" + (f":{address.strip('[]')}" if address else "")


class Server:
    def __init__(self, options):
        self.options = options
        self.log_file = open(options.log, "a", encoding="utf-8") if options.log else None
        self.own = os.path.join(RUNDIR, f"vifdbd.{os.getpid()}.sock")
        self.remotes = options.remotes
        if len(options.files) != 1:
            raise Usage("vifdbd serves one database")
        arguments = options.tls + [f"--remote={listening(r, self.log)}" for r in options.remotes]
        self.process = vifdbd.start(arguments + [f"--remote=punix:{self.own}", options.files[0]])
        self.control = None

    def log(self, line):
        if self.log_file:
            self.log_file.write(f"|00001|socket_util|INFO|{line}\n")
            self.log_file.flush()

    def listen(self):
        path = self.options.control or os.path.join(RUNDIR, f"ovsdb-server.{os.getpid()}.ctl")
        if os.path.exists(path):
            os.unlink(path)
        self.control = socket.socket(socket.AF_UNIX)
        self.control.bind(path)
        self.control.listen()
        self.control_path = path
        if self.options.pidfile:
            # ovs-appctl takes the process for gone if nobody has locked the file.
            self.pid_file = open(self.options.pidfile, "w", encoding="utf-8")
            fcntl.lockf(self.pid_file, fcntl.LOCK_EX)
            self.pid_file.write(f"{os.getpid()}\n")
            self.pid_file.flush()

    def command(self, name, arguments):
        """The answer, and what is wrong, as ovs-appctl prints them."""
        client = vifdbd.Client(self.own)
        if name == "ovsdb-server/list-dbs":
            return "".join(db + "\n" for db in sorted(client.call("list_dbs")["result"])), None
        if name == "ovsdb-server/list-remotes":
            return "".join(r + "\n" for r in sorted(self.remotes)), None
        if name == "ovsdb-server/compact":
            if arguments == ["_Server"]:
                return None, "cannot compact built-in databases"
            error = client.call("compact")["error"]
            return "", error and error["details"]
        if name in ("version", "exit", "vlog/set", "vlog/reopen"):
            return "", None
        return None, f'"{name}" is not a valid command (use "list-commands" to see a list of valid commands)'

    def answer(self):
        connection, _ = self.control.accept()
        with connection:
            text = b""
            while True:
                data = connection.recv(65536)
                text += data
                try:
                    request = json.loads(text)
                    break
                except ValueError:
                    if not data:
                        return False
            result, error = self.command(request["method"], request["params"])
            connection.sendall(json.dumps({"id": request["id"], "result": result, "error": error}).encode())
        return request["method"] == "exit"

    def serve(self):
        self.control.settimeout(0.1)
        while self.process.poll() is None:
            try:
                if self.answer():
                    break
            except TimeoutError:
                pass
        self.stop()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        for path in (self.control_path if self.control else None, self.options.pidfile, self.own):
            if path and os.path.exists(path):
                os.unlink(path)


def stop_on_signal(server):
    def handler(*_):
        server.stop()
        os._exit(0)
    signal.signal(signal.SIGTERM, handler)


def detached(options):
    """The child's exit status, once it serves; in the child, does not return."""
    ready, told = os.pipe()
    if os.fork():
        os.close(told)
        status = os.read(ready, 1)
        return status[0] if status else 1
    os.setsid()
    try:
        server = Server(options)
        server.listen()
        stop_on_signal(server)
    except (Usage, vifdbd.Failed, OSError) as e:
        sys.stderr.write(f"ovsdb-server: {e}\n")
        os.write(told, b"\1")
        os._exit(1)
    null = os.open("/dev/null", os.O_RDWR)
    for fd in range(3):
        os.dup2(null, fd)
    os.write(told, b"\0")
    os.close(told)
    server.serve()
    os._exit(0)


def main():
    try:
        options = Options(sys.argv[1:])
        if options.detach:
            return detached(options)
        server = Server(options)
        server.listen()
        stop_on_signal(server)
    except (Usage, vifdbd.Failed) as e:
        sys.stderr.write(f"ovsdb-server: {e}\n")
        return 1
    if not options.run:
        server.serve()
        return 0
    child = subprocess.Popen(options.run, shell=True)
    server.control.setblocking(False)
    while child.poll() is None:
        time.sleep(0.005)
    server.stop()
    return child.returncode
