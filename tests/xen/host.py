# SPDX-License-Identifier: GPL-2.0-or-later
"""An emulated Xen host.

  with Lab(image, "build/xen") as lab:       a directory, a wire, hosts on it
      a, b = lab.host("a"), lab.host("b")
      a.start(); b.start(); a.wait_ready()
      a.run("xl list").out

One vCPU each: with more, PVH guests die under emulation. Commands go to the
agent in dom0 (dom0/agent.py) over a virtio-serial port, files too. A second
port joins the two hosts for migration streams (dom0/relay.py).
"""
import base64
import itertools
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lab"))
import qemu  # noqa: E402
import wait  # noqa: E402

from members import Members  # noqa: E402

MEMORY = "1536M"
DRIVER_MEMORY = "2304M"     # with a driver domain
DOM0_MEMORY = "768M"
# One nanosecond for each instruction, waiting as long as this machine does.
COUNTED = ["-accel", "tcg,thread=single", "-icount", "shift=0,sleep=on"]
RELAY = "/usr/lib/vifswitch-lab/relay.py"


class HostError(Exception):
    pass


class Result:
    def __init__(self, command, answer):
        self.command = command
        self.rc, self.out, self.err = answer["rc"], answer["out"], answer["err"]
        self.seconds, self.timeout = answer["seconds"], answer["timeout"]

    def __repr__(self):
        late = " (killed: too slow)" if self.timeout else ""
        return f"{self.command}: exit {self.rc}{late}\n{self.out[-1500:]}{self.err[-1500:]}"


def connected(path):
    """A connection to a socket, or None as long as nobody made it, or listens at it."""
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.connect(path)
        return sock
    except (FileNotFoundError, ConnectionRefusedError):
        sock.close()
        return None


class Agent:
    """Requests to the agent of one host, answered in any order."""

    def __init__(self, sock, name):
        self.name, self.socket = name, sock
        self.idents = itertools.count(1)
        self.waiting = {}
        self.consoles = {}
        self.ready = threading.Event()
        self.lock = threading.Lock()
        threading.Thread(target=self.receive, daemon=True).start()

    def receive(self):
        rest = b""
        while True:
            try:
                data = self.socket.recv(65536)
            except OSError:
                data = b""
            if not data:
                break
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                self.take(json.loads(line))
        for slot in list(self.waiting.values()):
            slot["answer"] = {"error": "the host is gone"}
            slot["done"].set()

    def take(self, message):
        event = message.get("event")
        if event == "ready":
            self.ready.set()
        elif event == "console":
            handler = self.consoles.get(message["domid"])
            if handler:
                handler(message["line"])
        elif "id" in message and message["id"] in self.waiting:
            slot = self.waiting.pop(message["id"])
            slot["answer"] = message
            slot["done"].set()

    def ask(self, op, limit, **more):
        ident = next(self.idents)
        slot = self.waiting[ident] = {"done": threading.Event()}
        data = json.dumps({"id": ident, "op": op, **more}).encode() + b"\n"
        with self.lock:
            self.socket.sendall(data)
        if not slot["done"].wait(limit * wait.SLOW):
            raise wait.Timeout(f"waited {limit} s for {self.name}'s agent to answer {op}"
                               f" {more.get('sh', '')}")
        if "error" in slot["answer"]:
            raise HostError(f"{self.name}: {op} {more.get('sh', '')}: {slot['answer']['error']}")
        return slot["answer"]


class Host:
    def __init__(self, lab, name, number):
        self.lab, self.name, self.number = lab, name, number
        self.pcaps = [os.path.join(lab.workdir, f"{name}{'' if not n else '-' + str(n)}.pcap")
                      for n in range(1 + lab.wires)]
        self.agent_path = os.path.join(lab.sockets, f"{name}.agent")
        self.vm = None
        self.agent = None
        self.jobs = set()       # names of what was spawned and not collected

    def arguments(self):
        image, lab = self.lab.image, self.lab
        peer = lab.peer_name(self.name)
        stream = os.path.join(lab.sockets, "migrate")
        side = "server=on,wait=off" if self.number == 1 else "server=off,reconnect=1"
        disk = f"file={image.disk},if=virtio,format=raw,snapshot=on"
        # A busy machine gives an emulated one its time in pieces. The kernel then finds that the
        # TSC is wrong, changes to another clock, and stood still until something interrupted it.
        return ["-kernel", image.xen, "-append",
                f"console=com1 com1=115200,8n1 dom0_mem={DOM0_MEMORY},max:{DOM0_MEMORY} "
                "loglvl=warning guest_loglvl=warning",
                "-initrd", f"{image.kernel} console=hvc0 root=/dev/vda net.ifnames=0 quiet "
                f"tsc=nowatchdog loglevel=4 systemd.hostname={self.name} systemd.show_status=1,{image.initrd}",
                "-drive", disk, *(["-drive", disk] if lab.driver else []),
                *self.wire(0, peer), *(lab.members.arguments(self) if lab.members else []),
                *[word for n in range(lab.wires) for word in self.wire(n + 1, peer)],
                "-device", "virtio-serial-pci",
                "-chardev", f"socket,id=agent,path={self.agent_path},server=on,wait=off",
                "-device", "virtserialport,chardev=agent,name=lab.agent",
                "-chardev", f"socket,id=migrate,path={stream},{side}",
                "-device", "virtserialport,chardev=migrate,name=lab.migrate"]

    def wire(self, number, peer):
        """qemu's arguments for a NIC on a wire to the other host."""
        at = lambda name: os.path.join(self.lab.sockets, f"{name}.wire{number}")  # noqa: E731
        ident = "n0" if not number else f"w{number}"
        return ["-netdev", f"dgram,id={ident},local.type=unix,local.path={at(self.name)},"
                f"remote.type=unix,remote.path={at(peer)}",
                "-device", f"virtio-net-pci,netdev={ident},mac=52:54:00:00:{number:02x}:{self.number:02x},"
                "romfile=",
                "-object", f"filter-dump,id=dump{number},netdev={ident},file={self.pcaps[number]}"]

    def start(self):
        self.vm = qemu.Qemu(self.name, self.arguments(), self.lab.workdir, cpus=1,
                            memory=DRIVER_MEMORY if self.lab.driver else MEMORY,
                            accel=COUNTED if self.lab.counted else ["-accel", "tcg,thread=multi"],
                            cpu="qemu64,+svm,+npt")
        self.vm.start()
        self.started = time.monotonic()
        sock = wait.until(f"{self.name}'s agent socket", 20, lambda: connected(self.agent_path))
        self.agent = Agent(sock, self.name)
        return self

    def wait_ready(self, timeout=240):
        """Until dom0 is up and xl answers."""
        def probe():
            if not self.vm.alive():
                raise qemu.Ended(f"{self.name}: qemu ended while booting\n{self.vm.tail()}")
            return self.agent.ready.is_set()
        try:
            wait.until(f"the agent in {self.name}'s dom0", timeout, probe, 0.2)
            done = self.run("until xl list >/dev/null 2>&1; do sleep 0.5; done; xl list", timeout)
        except wait.Timeout as e:
            raise wait.Timeout(f"{e}\n{self.vm.tail()}") from None
        if done.rc:
            raise HostError(f"{self.name}: no xl after {timeout} s: {done}\n{self.vm.tail()}")
        self.boot_seconds = time.monotonic() - self.started
        return self

    def run(self, command, timeout=60, check=True):
        answer = self.agent.ask("run", timeout + 15, sh=command, timeout=timeout * wait.SLOW)
        result = Result(f"{self.name}: {command}", answer)
        if check and (result.rc or result.timeout):
            raise HostError(repr(result))
        return result

    def put(self, path, data, mode=0o644):
        data = data.encode() if isinstance(data, str) else data
        self.agent.ask("put", 60, path=path, data=base64.b64encode(data).decode(), mode=mode)

    def get(self, path):
        return base64.b64decode(self.agent.ask("get", 60, path=path)["data"])

    def spawn(self, name, command):
        self.jobs.add(name)
        return self.agent.ask("start", 30, name=name, sh=command)["pid"]

    def collect(self, name, sig=0, timeout=30):
        """End a spawned command (with a signal, or by waiting for it): (rc, output)."""
        self.jobs.discard(name)
        answer = self.agent.ask("stop", timeout + 15, name=name, signal=int(sig), timeout=timeout)
        return answer["rc"], answer["out"]

    def follow_console(self, domid, tty, handler):
        self.agent.consoles[domid] = handler
        self.agent.ask("console", 30, domid=domid, tty=tty)

    def type(self, domid, line):
        self.agent.ask("type", 30, domid=domid, line=line)

    def kill(self):
        if self.vm:
            self.vm.kill()


class Lab:
    """Two hosts on one wire. Everything of a run is below workdir.

    driver: each has memory and a disk, vdb, for a driver domain. pool: each has a NIC, eth1,
    for etcd's members. wires: so many more between them, whose NICs come after that. counted: each
    has a time of its own, that of its instructions, however busy this machine is."""

    def __init__(self, image, workdir, names=("xen-a", "xen-b"), driver=False, counted=False,
                 pool=False, wires=0):
        self.image, self.workdir, self.driver = image, os.path.abspath(workdir), driver
        self.counted, self.wires = counted, wires
        os.makedirs(self.workdir, exist_ok=True)
        self.sockets = tempfile.mkdtemp(prefix="vifswitch-xen-")
        self.members = Members(self.sockets) if pool else None
        self.names = list(names)
        self.hosts = {name: Host(self, name, i + 1) for i, name in enumerate(names)}

    def peer_name(self, name):
        return next(n for n in self.names + ["nobody"] if n != name)

    def host(self, name):
        return self.hosts[name]

    def __enter__(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self.on_signal)
        return self

    def on_signal(self, number, frame):
        """The machines die with us; waiting for them here waits for a lock that the
        interrupted thread may hold."""
        if self.members:
            self.members.drop()
        shutil.rmtree(self.sockets, ignore_errors=True)
        os._exit(128 + number)

    def __exit__(self, *exc):
        self.close()

    def close(self):
        for host in self.hosts.values():
            host.kill()
        if self.members:
            self.members.close()
        shutil.rmtree(self.sockets, ignore_errors=True)

    def tails(self, lines=25):
        return "\n".join(host.vm.tail(lines) for host in self.hosts.values() if host.vm)
