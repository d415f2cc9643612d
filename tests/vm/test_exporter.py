# SPDX-License-Identifier: GPL-2.0-or-later
"""vifexportd beside the real daemon: what it says is what vifctl says."""
import http.client
import os
import re
import signal
import socket
import subprocess

import ctl
import wait
from dom0 import RELEASE, TOP, Dom0, uuid
from registry import check, same, test
from world import BROADCAST, frame, mac


class Local(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.host)


def get(path, what):
    c = Local(path)
    c.request("GET", what)
    answer = c.getresponse()
    text = answer.read().decode()
    c.close()
    return answer.status, text


def listens(path):
    """Its socket is there before anybody listens at it."""
    try:
        return get(path, "/metrics")
    except (FileNotFoundError, ConnectionRefusedError):
        return None


def series(text):
    """{name: {(label values in order): value}}"""
    found = {}
    for name, labels, value in re.findall(r"^(\w+)(?:\{(.*)\})? ([0-9.e+]+)$", text, re.M):
        key = tuple(re.findall(r'="((?:[^"\\]|\\.)*)"', labels))
        found.setdefault(name, {})[key] = float(value)
    return found


@test(limit=90)
def exporter_and_vifctl_agree():
    """counters and drops of VMs and uplinks, before and after the daemon is killed"""
    dom0 = Dom0()
    a = dom0.vif(1, access=100, name="<b>web</b>")
    b = dom0.vif(2, access=100, name="db")
    for v in (a, b):
        dom0.plugged(v)
    for n in range(5):
        a.send(frame(b.mac, a.mac))
    a.send(frame(BROADCAST, mac(9)))
    wait.until("the forged frame to be counted", 10, lambda: a.drops())
    path = os.path.join(dom0.dir, "export")
    process = subprocess.Popen([os.path.join(RELEASE, "vifexportd"), "--foreground",
                                f"--socket={dom0.control}", f"--listen=unix:{path}",
                                f"--static={TOP}/dom0/vifexportd/static"])
    wait.until("vifexportd to listen", 20, lambda: listens(path))
    found = series(get(path, "/metrics")[1])
    ports = {p["netdev"]: p for p in ctl.document(dom0, "show")["ports"]}
    for v in (a, b):
        key, told = (uuid(v.domid), "0"), ports[v.netdev]["counters"]
        for way in ("from_vm", "to_vm"):
            for what in ("packets", "bytes"):
                same(found[f"vifswitch_port_{way}_{what}_total"][key], told[way][what],
                     f"{what} {way} of {v.netdev}")
    same(found["vifswitch_port_drops_total"][uuid(1), "0", "mac-guard"], 1, "drops")
    same(found["vifswitch_up"], {(): 1}, "up")
    status, page = get(path, "/")
    check("&lt;b&gt;web&lt;/b&gt;" in page and "<b>web" not in page, "the name is not escaped")
    dom0.kill(signal.SIGKILL)
    wait.until("the metrics to say so", 20,
               lambda: series(get(path, "/metrics")[1])["vifswitch_up"] == {(): 0})
    same(get(path, "/")[0], 503, "the page without the daemon")
    process.terminate()
    same(process.wait(wait.limit(20)), 0, "exit status")
