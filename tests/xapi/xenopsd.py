# SPDX-License-Identifier: GPL-2.0-or-later
"""xenopsd's orders on a XenStore daemon, and netback's and udev's answers to them.

What is written where, and in which order, is from the facts of xenopsd's sources: the
backend has no bridge, the rest of a VIF is in /xapi/UUID/private, and a node below
/xapi/UUID/hotplug says that its script is done. Each step of a migration is one method,
so that a test can stop, look or fail between any two.
"""
import json
import os
import re
import socket
import subprocess
import tempfile
import threading

import xsclient

HERE = os.path.dirname(os.path.abspath(__file__))
ASAN = os.path.join(os.path.dirname(os.path.dirname(HERE)), "build", "asan")
SCRIPT = "/etc/xensource/scripts/vif"
DEAD = "deadbeef-dead-beef-dead-beef0000%04x"


class PlugError(Exception):
    """wait_for_plug raises it with the text of hotplug-error."""


class Seen:
    """xapi-seen, which has what vifswitchd has of XenStore."""

    def __init__(self):
        self.lock = threading.Lock()
        self.process = subprocess.Popen([os.path.join(ASAN, "xapi-seen")], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, line):
        with self.lock:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"xapi-seen ended at: {line}")
        return answer.strip()

    def look(self):
        return {(vif["domid"], vif["devid"]): vif for vif in json.loads(self.ask("look"))}

    def close(self):
        self.process.stdin.close()
        if self.process.wait(60):
            raise RuntimeError("xapi-seen failed")


class Daemon(threading.Thread):
    """vifswitchd's control socket: plugged is what xapi-seen says is wanted."""

    def __init__(self, path, seen):
        super().__init__(daemon=True)
        self.seen = seen
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        self.socket.listen()
        self.start()

    def answer(self, request):
        what = request["params"][0]
        if what["action"] in ("offline", "remove"):
            return {"id": request["id"], "result": {"state": "gone"}, "error": None}
        domid, devid = map(int, what["backend"].split("/")[-2:])
        self.seen.ask(f"asked {domid} {devid}")
        vif = self.seen.look().get((domid, devid), {"verdict": "gone", "problem": "no VIF"})
        if vif["verdict"] == "wanted":
            return {"id": request["id"], "result": {"state": "plugged"}, "error": None}
        return {"id": request["id"], "result": None,
                "error": {"code": "refused", "message": vif["problem"] or vif["verdict"]}}

    def run(self):
        while True:
            client, _ = self.socket.accept()
            with client, client.makefile("rb") as lines:
                for line in lines:
                    client.sendall(json.dumps(self.answer(json.loads(line))).encode() + b"\n")


class Vif:
    def __init__(self, devid, mac, bridge="xenbr0", mtu=1500, locking=("unlocked",), rate=None,
                 trunks=None):
        self.devid, self.mac, self.bridge, self.mtu = devid, mac, bridge, mtu
        self.locking, self.rate, self.trunks = locking, rate, trunks
        self.uuid = f"f{devid:07x}-0000-4000-9000-{mac.replace(':', '')}"

    def private(self):
        keys = {"MTU": self.mtu, "bridge": self.bridge, "bridge-MAC": "fe:ff:ff:ff:ff:ff",
                "mac": self.mac, "vif-uuid": self.uuid, "network-uuid": self.uuid,
                "setup-vif-rules": "/usr/libexec/xenopsd/setup-vif-rules",
                "xenopsd-backend": "classic", "backend-kind": "vif", "backend-id": 0}
        if self.trunks is not None:
            keys["trunks"] = self.trunks
        keys.update(locking_keys(*self.locking))
        return keys


def locking_keys(mode, ipv4=(), ipv6=()):
    keys = {"locking-mode": mode}
    if mode == "locked":
        keys.update({"ipv4-allowed": ",".join(ipv4), "ipv6-allowed": ",".join(ipv6)})
    return keys


class Domain:
    def __init__(self, domid, uuid, vm):
        self.domid, self.uuid, self.vm, self.plugged = domid, uuid, vm, []


class Vm:
    def __init__(self, uuid, vifs, name="web"):
        self.uuid, self.vifs, self.name = uuid, vifs, name

    def temporary(self, last):
        return self.uuid[:24] + f"00000000000{last}"


class Toolstack:
    """What xenopsd does, on self.xs. Whoever looks on says what a domain's handle is to it, what
    udev runs, and where vif-vifswitch and its daemon are."""

    helper = os.path.join(ASAN, "vif-vifswitch")
    control = hook = None
    next_domid = 7

    def handle(self, domain, uuid, how=""):
        raise NotImplementedError

    def forget(self, domain):
        raise NotImplementedError

    # ---- domains ----

    def create(self, vm, uuid=None, final=None):
        domain = Domain(self.next_domid, uuid or vm.uuid, vm)
        self.next_domid += 1
        self.handle(domain, domain.uuid)
        nodes = {f"/local/domain/{domain.domid}/vm": f"/vm/{domain.uuid}",
                 f"/local/domain/{domain.domid}/name": vm.name,
                 f"/local/domain/{domain.domid}/unique-domain-id": vm.uuid[::-1],
                 f"/vm/{domain.uuid}/uuid": domain.uuid, f"/vm/{domain.uuid}/name": vm.name}
        if final:
            nodes[f"/vm/{domain.uuid}/final-uuid"] = final
        self.xs.write_many(nodes)
        return domain

    def destroy(self, domain):
        self.handle(domain, DEAD % domain.domid)
        self.handle(domain, DEAD % domain.domid, "dying")
        self.xs.remove(f"/local/domain/{domain.domid}")
        self.xs.remove(f"/vm/{domain.uuid}")
        self.xs.remove(f"/xapi/{domain.uuid}")
        self.forget(domain)

    # ---- VIFs ----

    def paths(self, domain, vif):
        return {"backend": f"/local/domain/0/backend/vif/{domain.domid}/{vif.devid}",
                "frontend": f"/local/domain/{domain.domid}/device/vif/{vif.devid}",
                "hotplug": f"/xapi/{domain.uuid}/hotplug/{domain.domid}/vif/{vif.devid}",
                "private": f"/xapi/{domain.uuid}/private/vif/{vif.devid}"}

    def add_device(self, domain, vif):
        path = self.paths(domain, vif)
        nodes = {path["hotplug"]: ""}
        backend = {"frontend": path["frontend"], "frontend-id": domain.domid, "online": 1,
                   "state": 1, "script": SCRIPT, "mac": vif.mac, "handle": vif.devid}
        if vif.rate:
            backend["rate"] = vif.rate
        frontend = {"backend": path["backend"], "backend-id": 0, "state": 1,
                    "handle": vif.devid, "mac": vif.mac, "disconnect": 0}
        for where, keys in (("backend", backend), ("frontend", frontend),
                            ("private", vif.private())):
            nodes.update({f"{path[where]}/{key}": value for key, value in keys.items()})
        self.xs.write_many(nodes)

    def script(self, domain, vif, action, interface=True):
        env = {"PATH": os.environ["PATH"], "VIFSWITCH_CONTROL": self.control,
               "XENBUS_TYPE": "vif", "XENBUS_PATH": f"backend/vif/{domain.domid}/{vif.devid}",
               "VIFSWITCH_VIF_HOOK": self.hook or "/nonexistent", "script": SCRIPT,
               "ASAN_OPTIONS": "detect_leaks=0"}
        if interface:
            env["vif"] = f"vif{domain.domid}.{vif.devid}"
        return subprocess.run([self.helper, action, "type_if=vif"], env=env,
                              stderr=subprocess.PIPE, text=True, check=False, timeout=120)

    def netback_up(self, domain, vif):
        """Its netdev is there, and udev runs the script."""
        self.xs.write(self.paths(domain, vif)["backend"] + "/state", 2)
        return self.script(domain, vif, "online")

    def netback_down(self, domain, vif):
        path = self.paths(domain, vif)
        self.xs.write(path["backend"] + "/state", 6)
        self.xs.remove(path["backend"] + "/hotplug-status")
        self.script(domain, vif, "offline")
        return self.script(domain, vif, "remove")

    def wait_for_plug(self, domain, vif):
        path = self.paths(domain, vif)
        error = self.xs.read(path["backend"] + "/hotplug-error")
        if error is not None:
            raise PlugError(error)
        if self.xs.read(path["hotplug"] + "/hotplug") is None:
            raise PlugError("timeout")

    def plug(self, domain, vif):
        self.add_device(domain, vif)
        domain.plugged.append(vif)
        self.netback_up(domain, vif)
        self.wait_for_plug(domain, vif)

    def connect(self, domain):
        """The guest's frontends are up."""
        for vif in domain.plugged:
            path = self.paths(domain, vif)
            self.xs.write(path["frontend"] + "/state", 4)
            self.xs.write(path["backend"] + "/state", 4)

    def release(self, domain, vif, alone=True):
        path = self.paths(domain, vif)
        if self.xs.read(path["hotplug"] + "/hotplug") is not None:
            raise PlugError("the node of a VIF that is gone is still there")
        self.xs.remove(path["hotplug"])
        if alone:
            self.xs.remove(path["private"])
        self.xs.remove(path["frontend"])
        self.xs.remove(path["backend"])

    def unplug(self, domain, vif, hard=False):
        path = self.paths(domain, vif)
        domain.plugged.remove(vif)
        self.xs.write(path["backend"] + "/online", 0)
        if hard:
            self.xs.remove(path["frontend"])
        else:
            self.xs.write(path["backend"] + "/state", 5)
            self.guest_closes(domain, vif)
        self.netback_down(domain, vif)
        self.release(domain, vif)

    def guest_closes(self, domain, vif):
        self.xs.write(self.paths(domain, vif)["frontend"] + "/state", 6)

    def set_locking(self, domain, vif, mode, ipv4=(), ipv6=()):
        private = self.paths(domain, vif)["private"]
        vif.locking = (mode, ipv4, ipv6)
        self.xs.write_many({f"{private}/{key}": value
                            for key, value in locking_keys(mode, ipv4, ipv6).items()})
        for key in ("ipv4-allowed", "ipv6-allowed"):
            if mode != "locked":
                self.xs.remove(f"{private}/{key}")

    def move(self, domain, vif, bridge):
        vif.bridge = bridge
        self.xs.write(self.paths(domain, vif)["private"] + "/bridge", bridge)
        return self.script(domain, vif, "move", interface=False)

    # ---- VMs ----

    def start(self, vm):
        domain = self.create(vm)
        for vif in vm.vifs:
            self.plug(domain, vif)
        self.connect(domain)
        return domain

    def shutdown(self, domain):
        for vif in list(domain.plugged):
            self.unplug(domain, vif, hard=True)
        self.destroy(domain)

    # ---- a VM's other name, for the time of a migration ----

    def tree(self, path):
        nodes = {path: self.xs.read(path)}
        for name in self.xs.list(path) or []:
            if name:
                nodes.update(self.tree(f"{path}/{name}"))
        return nodes

    def rename_steps(self, domain, new, order=("domain", "/xapi", "/vm")):
        """The handle, then three transactions; a generator that stops after each."""
        old = domain.uuid
        self.handle(domain, new)
        yield "handle"
        for step in order:
            if step == "domain":
                tree = self.tree(f"/local/domain/{domain.domid}")
                self.xs.write_many({path: re.sub(old, new, value)
                                    for path, value in tree.items() if old in (value or "")})
            else:
                self.rename_tree(step, old, new)
                domain.uuid = new
            yield step

    def rename_tree(self, top, old, new):
        moved = {re.sub(old, new, path): re.sub(old, new, value or "")
                 for path, value in self.tree(f"{top}/{old}").items()}
        if top == "/vm":
            moved.pop(f"/vm/{new}/final-uuid", None)
            if new.endswith("000000000000"):
                moved[f"/vm/{new}/origin-uuid"] = old
        self.xs.write_many(moved)
        self.xs.remove(f"{top}/{old}")


class Host(Toolstack):
    """One dom0: XenStore, its toolstack, and what looks on."""

    def __init__(self):
        self.dir = tempfile.TemporaryDirectory(prefix="xapi-")
        self.xs = xsclient.XsClient()
        for path in ("/local", "/vm", "/xapi"):
            self.xs.remove(path)
        self.handles = {}
        self.seen = Seen()
        self.control = os.path.join(self.dir.name, "control")
        self.hook = os.path.join(self.dir.name, "hook")
        self.told = os.path.join(self.dir.name, "told")
        with open(self.hook, "w", encoding="utf-8") as script:
            script.write(f"#!/bin/sh\necho \"$*\" >>{self.told}\n")
        os.chmod(self.hook, 0o755)
        self.daemon = Daemon(self.control, self.seen)

    def handle(self, domain, uuid, how=""):
        self.handles[domain.domid] = f"domain {domain.domid} {uuid} {how}".strip()
        self.seen.ask(self.handles[domain.domid])

    def start_again(self):
        """What looks on knows nothing but what there is."""
        self.seen.close()
        self.seen = self.daemon.seen = Seen()
        for line in self.handles.values():
            self.seen.ask(line)

    def forget(self, domain):
        del self.handles[domain.domid]
        self.seen.ask(f"domain {domain.domid} gone")

    def close(self):
        self.seen.close()
        self.xs.close()
        self.dir.cleanup()

    def hooks(self):
        if not os.path.exists(self.told):
            return []
        with open(self.told, encoding="utf-8") as lines:
            return lines.read().splitlines()
