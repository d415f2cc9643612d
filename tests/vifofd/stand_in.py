# SPDX-License-Identifier: GPL-2.0-or-later
"""Stands in for Open vSwitch's daemons and their tools in its own tests: what they ask of a switch
is asked of a vifofd with switches in memory. What is not known here fails."""
import os
import re
import signal
import socket
import subprocess
import sys
import time

LOCAL = 4294967294


def rundir():
    return os.environ.get("OVS_RUNDIR") or os.getcwd()


def command(line):
    with socket.socket(socket.AF_UNIX) as s:
        for _ in range(3000):
            try:
                s.connect(os.path.join(rundir(), "trial"))
                break
            except OSError:
                time.sleep(0.02)
        stream = s.makefile("rw")
        stream.write(line + "\n")
        stream.flush()
        lines = []
        while True:
            answer = stream.readline()
            if answer == "ok\n":
                return lines
            if not answer or answer.startswith("error"):
                sys.exit(f"{line}: {answer}")
            lines.append(answer)


def write_pid(name, pid):
    with open(os.path.join(rundir(), name + ".pid"), "w", encoding="ascii") as f:
        f.write(f"{pid}\n")


def read_pid(name):
    with open(os.path.join(rundir(), name + ".pid"), encoding="ascii") as f:
        return int(f.read())


def daemon(name, *args):
    process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=open(os.path.join(rundir(), name + ".stderr"), "ab"))
    write_pid(name, process.pid)


def ovsdb_tool(args):
    pass


def ovsdb_server(args):
    daemon("ovsdb-server", "sleep", "600")


def ovs_vswitchd(args):
    daemon("ovs-vswitchd", os.environ["VIFOFD"], "-f", f"--trial={rundir()}/trial", f"--directory={rundir()}")
    command("warp 0")


class Database:
    """What ovs-vsctl was told, from one call to the next, as lines of a file."""

    def __init__(self):
        self.path = os.path.join(rundir(), "stand-in")
        self.bridges, self.macs = {}, 0
        if os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as f:
                state = eval(f.read(), {"__builtins__": {}})        # what save() wrote
            self.bridges, self.macs = state

    def save(self):
        with open(self.path, "w", encoding="utf-8") as f:
            f.write(repr((self.bridges, self.macs)))

    def mac(self):
        self.macs += 1
        return f"aa:55:aa:55:00:{self.macs:02x}"


def options(words):
    pairs = [word.split("=", 1) for word in words]
    if any(len(pair) != 2 for pair in pairs):
        sys.exit(f"not known: {words}")
    return {key.replace("_", "-").lower(): value.strip('"') for key, value in pairs}


def set_bridge(bridge, words):
    known = {"datapath-type", "protocols", "datapath-id"}
    for key, value in options(words).items():
        if key == "fail-mode":
            bridge["fail-mode"] = value
        elif key == "other-config:datapath-id":
            bridge["dpid"] = value
        elif key == "other-config:hwaddr":
            bridge["mac"] = value
        elif key not in known:
            sys.exit(f"not known: {key}")


def vsctl_one(db, words, changed):
    verb, rest = words[0], words[1:]
    if verb == "init":
        return
    if verb == "add-br":
        db.bridges[rest[0]] = {"dpid": "1", "fail-mode": "standalone", "mac": "", "ports": {}, "controllers": []}
        changed.add(rest[0])
    elif verb == "del-br":
        del db.bridges[rest[0]]
        command(f"no-switch {rest[0]}")
    elif verb == "set" and rest[0].lower() == "bridge":
        set_bridge(db.bridges[rest[1]], rest[2:])
        changed.add(rest[1])
    elif verb == "set-fail-mode":
        db.bridges[rest[0]]["fail-mode"] = rest[1]
        changed.add(rest[0])
    elif verb in ("set-controller", "del-controller"):
        db.bridges[rest[0]]["controllers"] = rest[1:]
        changed.add(rest[0])
    elif verb == "add-port":
        db.bridges[rest[0]]["ports"][rest[1]] = {"number": None, "mac": db.mac(), "told": False}
        changed.add(rest[0])
        if rest[2:]:
            sys.exit(f"not known: {rest[2:]}")
    elif verb == "del-port":
        port = db.bridges[rest[0]]["ports"].pop(rest[1])
        command(f"no-port {rest[0]} {port['number']}")
    elif verb == "set" and rest[0].lower() == "interface":
        settings = options(rest[2:])
        for bridge in db.bridges.values():
            if rest[1] in bridge["ports"] and "ofport-request" in settings:
                bridge["ports"][rest[1]]["number"] = int(settings.pop("ofport-request"))
        settings.pop("type", None)
        if settings:
            sys.exit(f"not known: {settings}")
    else:
        sys.exit(f"not known: {words}")


def configure(db, name):
    bridge = db.bridges[name]
    controllers = "".join(f" controller={c}" for c in bridge["controllers"])
    command(f"switch {name} dpid={bridge['dpid']} fail-mode={bridge['fail-mode']}{controllers}")
    command(f"port {name} {LOCAL} {name} {bridge['mac'] or db.mac()}")
    for port, what in bridge["ports"].items():
        if what["number"] is None:
            taken = {p["number"] for p in bridge["ports"].values()}
            what["number"] = next(n for n in range(1, 65280) if n not in taken)
        if not what["told"]:
            command(f"port {name} {what['number']} {port} {what['mac']}")
            what["told"] = True


def ovs_vsctl(args):
    db, changed, one = Database(), set(), []
    for word in [*(a for a in args if a not in ("--no-wait",)), "--"]:
        if word != "--":
            one.append(word)
            continue
        if one:
            vsctl_one(db, one, changed)
        one = []
    for name in changed:
        configure(db, name)
    db.save()


def exit_daemon(name):
    os.kill(read_pid(name), signal.SIGTERM)
    for _ in range(3000):
        try:
            os.kill(read_pid(name), 0)
            time.sleep(0.02)
        except ProcessLookupError:
            break
    os.unlink(os.path.join(rundir(), name + ".pid"))


def dummy_receive(port, frame):
    db = Database()
    for name, bridge in db.bridges.items():
        if port in bridge["ports"]:
            command(f"receive {name} {bridge['ports'][port]['number']} {frame.lower()}")
            return
    if port not in db.bridges:
        sys.exit(f"not known: {port}")
    command(f"receive {port} {LOCAL} {frame.lower()}")


def as_frame(text):
    """A frame in hexadecimal digits, or of a flow that is Ethernet alone."""
    match = re.fullmatch(r"in_port\(\w+\),eth\(src=([\w:]+),dst=([\w:]+)\),eth_type\(0x(\w{4})\)", text)
    if not match:
        return text
    src, dst, kind = match.groups()
    return (dst + src).replace(":", "") + kind + "00" * 46


def ovs_appctl(args):
    target, words = "ovs-vswitchd", []
    args = list(args)
    while args:
        word = args.pop(0)
        if word in ("-t", "--target"):
            target = args.pop(0)
        elif word.startswith("--target="):
            target = word.split("=")[1]
        elif not word.startswith("--timeout"):
            words.append(word)
    if target not in ("ovs-vswitchd", "ovsdb-server"):
        os.execv("/usr/bin/ovs-appctl", ["ovs-appctl", "-t", target, *words])
    if words[0] == "exit":
        exit_daemon(target)
    elif words[0] == "time/stop":
        print("")
    elif words[0] == "time/warp":
        command(f"warp {words[1]}")
        print("warped")
    elif words[0] == "netdev-dummy/receive":
        dummy_receive(words[1], as_frame("".join(words[2:])))
    elif words[0] not in ("vlog/set", "revalidator/purge", "revalidator/wait"):
        sys.exit(f"not known: {words}")


if __name__ == "__main__":
    {"ovsdb-tool": ovsdb_tool, "ovsdb-server": ovsdb_server, "ovs-vswitchd": ovs_vswitchd, "ovs-vsctl": ovs_vsctl,
     "ovs-appctl": ovs_appctl}[sys.argv[1]](sys.argv[2:])
