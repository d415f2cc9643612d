#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's agent in dom0.

Speaks one JSON object a line on the virtio-serial port "lab.agent". A request
{"id", "op", ...} gets exactly one answer with the same id; requests run side
by side. Lines that guests write on their consoles come unasked, as
{"event": "console", "domid", "line"}. Operations:

  run      sh, timeout           -> rc, out, err, seconds, timeout
  start    name, sh              -> pid     a process in the background
  stop     name, signal, timeout -> rc, out
  put      path, data (base64), mode
  get      path                  -> data (base64)
  console  domid, tty            -> {}      follow a guest's console
  type     domid, line           -> {}
  hello                          -> monotonic, boot
"""
import base64
import json
import os
import select
import signal
import subprocess
import sys
import termios
import threading
import time
import tty

PORT_NAME = "lab.agent"
OUTPUT_MAX = 1 << 20


def open_port(name):
    base = "/sys/class/virtio-ports"
    for _ in range(600):
        for port in os.listdir(base) if os.path.isdir(base) else []:
            with open(f"{base}/{port}/name") as f:
                if f.read().strip() == name and os.path.exists(f"/dev/{port}"):
                    return os.open(f"/dev/{port}", os.O_RDWR)
        time.sleep(0.1)
    sys.exit(f"agent: no virtio-serial port named {name} after 60 s")


class Agent:
    def __init__(self, fd):
        self.fd = fd
        self.lock = threading.Lock()
        self.consoles = {}
        self.background = {}

    def send(self, message):
        data = json.dumps(message).encode() + b"\n"
        with self.lock:
            while data:
                data = data[os.write(self.fd, data):]

    def op_hello(self, req):
        return {"monotonic": time.monotonic()}

    def op_run(self, req):
        start = time.monotonic()
        proc = subprocess.Popen(["/bin/sh", "-c", req["sh"]], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                start_new_session=True)
        expired = False
        try:
            out, err = proc.communicate(timeout=req.get("timeout", 60))
        except subprocess.TimeoutExpired:
            expired = True
            os.killpg(proc.pid, signal.SIGKILL)
            out, err = proc.communicate()
        return {"rc": proc.returncode, "out": out[-OUTPUT_MAX:].decode(errors="replace"),
                "err": err[-OUTPUT_MAX:].decode(errors="replace"), "timeout": expired,
                "seconds": time.monotonic() - start}

    def op_start(self, req):
        log = open(f"/run/lab-{req['name']}.log", "wb")
        proc = subprocess.Popen(["/bin/sh", "-c", req["sh"]], stdin=subprocess.DEVNULL,
                                stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        log.close()
        self.background[req["name"]] = proc
        return {"pid": proc.pid}

    def op_stop(self, req):
        proc = self.background.pop(req["name"])
        if req.get("signal") and proc.poll() is None:
            os.killpg(proc.pid, req["signal"])
        try:
            rc = proc.wait(timeout=req.get("timeout", 30))
        except subprocess.TimeoutExpired:
            os.killpg(proc.pid, signal.SIGKILL)
            proc.wait()
            rc = None
        with open(f"/run/lab-{req['name']}.log", "rb") as f:
            return {"rc": rc, "out": f.read()[-OUTPUT_MAX:].decode(errors="replace")}

    def op_put(self, req):
        os.makedirs(os.path.dirname(req["path"]), exist_ok=True)
        with open(req["path"], "wb") as f:
            f.write(base64.b64decode(req["data"]))
        os.chmod(req["path"], req.get("mode", 0o644))
        return {}

    def op_get(self, req):
        with open(req["path"], "rb") as f:
            return {"data": base64.b64encode(f.read()).decode()}

    def op_console(self, req):
        domid = req["domid"]
        fd = os.open(req["tty"], os.O_RDWR | os.O_NOCTTY)
        tty.setraw(fd, termios.TCSANOW)
        self.consoles[domid] = fd
        threading.Thread(target=self.follow, args=(domid, fd), daemon=True).start()
        return {}

    def op_type(self, req):
        data = req["line"].encode() + b"\n"
        fd = self.consoles[req["domid"]]
        while data:
            data = data[os.write(fd, data):]
        return {}

    def follow(self, domid, fd):
        rest = b""
        while True:
            try:
                select.select([fd], [], [])
                data = os.read(fd, 65536)
            except OSError:
                data = b""
            if not data:
                break
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                self.send({"event": "console", "domid": domid,
                           "line": line.decode(errors="replace").rstrip("\r")})
        if self.consoles.get(domid) == fd:
            del self.consoles[domid]
        os.close(fd)
        self.send({"event": "console-end", "domid": domid})

    def handle(self, req):
        try:
            answer = getattr(self, "op_" + req["op"])(req)
        except Exception as e:      # the host side must always get an answer
            answer = {"error": f"{type(e).__name__}: {e}"}
        self.send({"id": req["id"], **answer})

    def serve(self):
        rest = b""
        while True:
            data = os.read(self.fd, 65536)
            if not data:            # nobody at the other end yet
                time.sleep(0.2)
                continue
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                if line.strip():
                    threading.Thread(target=self.handle, args=(json.loads(line),),
                                     daemon=True).start()


if __name__ == "__main__":
    agent = Agent(open_port(PORT_NAME))
    agent.send({"event": "ready"})
    agent.serve()
