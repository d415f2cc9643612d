# SPDX-License-Identifier: GPL-2.0-or-later
"""vifoamd as systemd runs it, and vifswitchd's end of the control socket.

Systemd's part is the store of file descriptors: what vifoamd puts there it gets back when
it is started again.
"""
import array
import contextlib
import json
import os
import socket
import struct
import subprocess
import tempfile

import ear
import wait


class Control:
    """Says what is wanted, and notes how the links do."""

    def __init__(self, path):
        self.path, self.links, self.status, self.generation = path, [], {}, 1
        self.connections = []
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen()
        self.close = ear.serve(listener, self.talk)

    def want(self, *links):
        self.links = list(links)
        self.generation += 1

    def talk(self, client):
        self.connections.append(client)
        with contextlib.suppress(ConnectionError), client, client.makefile() as lines:
            for line in lines:
                request = json.loads(line)
                result = getattr(self, request["method"].replace("-", "_"))(request["params"][0])
                answer = json.dumps({"id": request["id"], "result": result, "error": None}) + "\n"
                client.sendall(answer.encode())

    def oam_told(self, param):
        if param["since"] == self.generation:
            return {"generation": self.generation}
        return {"generation": self.generation, "links": self.links}

    def oam_status(self, param):
        self.status[param["netdev"]] = param
        return {}


class Vifoamd:
    def __init__(self, netdev="near0", inside=()):
        self.inside = list(inside)      # a command that it is run by
        self.dir = tempfile.mkdtemp(prefix="oam-")
        self.control = Control(os.path.join(self.dir, "control"))
        self.netdev, self.kept, self.process = netdev, [], None
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(os.path.join(self.dir, "notify"))
        self.log = open(os.path.join(self.dir, "log"), "ab")

    def start(self):
        fds = list(self.kept)
        argv = ["sh", "-c", 'export LISTEN_PID=$$; exec "$@"', "sh"]
        # Its alone: peers say READY=1, too.
        environment = {**os.environ, "NOTIFY_SOCKET": os.path.join(self.dir, "notify")}
        if fds:
            # Descriptor 3 is the first that systemd gives.
            argv = ["sh", "-c", 'export LISTEN_PID=$$; exec 3<&0 </dev/null; exec "$@"', "sh"]
            environment |= {"LISTEN_FDS": "1", "LISTEN_FDNAMES": "oam"}
        self.process = subprocess.Popen(
            [*self.inside, *argv, os.environ["VIFOAMD"], "-f", "-s", self.control.path], env=environment,
            stdin=fds[0] if fds else subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.ready()
        return self

    def ready(self):
        self.notify.settimeout(wait.limit(20))
        while True:
            text, ancillary, _, _ = self.notify.recvmsg(4096, socket.CMSG_SPACE(4 * 16))
            for level, kind, data in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    fds = array.array("i")
                    fds.frombytes(data[:len(data) // 4 * 4])
                    assert b"FDSTORE=1" in text and b"FDNAME=oam" in text, text
                    self.kept += list(fds)
            if b"READY=1" in text:
                return

    def keep_as_before(self):
        """What is kept, as the first form of it had it: slots without a tunnel at their end."""
        fd = self.kept[-1]
        data = os.pread(fd, os.fstat(fd).st_size, 0)
        magic, form, size = struct.unpack_from("=8sII", data)
        assert form == 2, form
        slots = [data[16 + n * size:][:size - 48] for n in range((len(data) - 16) // size)]
        new = os.memfd_create("vifoamd")
        os.write(new, struct.pack("=8sII", magic, 1, size - 48) + b"".join(slots))
        os.close(fd)
        self.kept[-1] = new

    def kill(self, signum=9):
        self.process.send_signal(signum)
        assert self.process.wait(wait.limit(20)) == (-9 if signum == 9 else 0), self.text()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.kill(15)
        text = self.text()
        assert "ERROR: " not in text and "runtime error" not in text, text
        for fd in self.kept:
            os.close(fd)
        self.kept = []
        self.control.close()

    def text(self):
        with open(self.log.name, errors="replace") as f:
            return f.read()[-3000:]

    def want(self, **what):
        with open(f"/sys/class/net/{self.netdev}/address") as f:
            mac = f.read().strip()
        self.control.want({
            "netdev": self.netdev, "ifindex": socket.if_nametoindex(self.netdev), "mac": mac,
            "mtu": 1500, "pvid": 0, "chassis": "02:00:00:00:00:07", "system": "host-a",
            "description": "uplink of xenbr0", "lldp": "off", "cfm": None, "bfd": None, **what})

    def want_tunnel(self, own, remote, kind="vxlan", key=5100, udp_port=4789, mtu=1400, **what):
        """In place of the link."""
        self.netdev = "~tunnel"
        self.control.want({"netdev": self.netdev, "ifindex": 1, "mac": "02:00:00:00:00:08", "lldp": "off", "mtu": mtu,
                           "cfm": None, "bfd": bfd(src="169.254.1.1", dst="169.254.1.0", any_peer=True,
                                                   mac="00:23:20:00:00:01", **what),
                           "tunnel": {"kind": kind, "key": key, "udp_port": udp_port, "own": own,
                                      "remote": remote}})

    def status(self):
        return self.control.status.get(self.netdev, {})

    def until(self, what, probe, limit=30):
        try:
            return wait.until(what, limit, lambda: self.status() and probe(self.status()))
        except wait.Timeout as e:
            raise AssertionError(f"{e}; {json.dumps(self.status())}; {self.text()}") from None


def cfm(**what):
    return {"mpid": 1, "level": 0, "interval_ms": 1000, "md": "ovs", "ma": "ovs", "remotes": [], **what}


def bfd(**what):
    return {"min_tx_ms": 300, "min_rx_ms": 300, "mult": 10, "src": "10.9.0.1", "dst": "10.9.0.2",
            "mac": None, **what}
