# SPDX-License-Identifier: GPL-2.0-or-later
"""vifofd as vifswitchd tells it: switches come and go, and what they hold is there after a crash."""
import json
import os
import socket
import subprocess
import threading

from trial import PATIENCE, VIFOFD, until


class Told:
    """A control socket, and a vifofd that asks there. There is no kernel: sockets are refused."""

    def __init__(self, directory):
        self.directory, self.switches, self.status, self.generation = directory, [], {}, 1
        self.path = os.path.join(directory, "control")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(8)
        threading.Thread(target=self.accept, daemon=True).start()
        self.process = None

    def accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.answer, args=(client,), daemon=True).start()

    def answer(self, client):
        with client, client.makefile("rw") as lines:
            for line in lines:
                asked = json.loads(line)
                reply = {"id": asked["id"], "result": {}, "error": None}
                if asked["method"] == "openflow-told":
                    reply["result"] = {"generation": self.generation, "switches": self.switches}
                elif asked["method"] == "openflow-status":
                    self.status[asked["params"][0]["switch"]] = asked["params"][0]
                elif asked["method"] == "openflow-socket":
                    reply |= {"result": None, "error": {"code": "unavailable", "message": "none"}}
                try:
                    lines.write(json.dumps(reply) + "\n")
                    lines.flush()
                except OSError:
                    return

    def tell(self, *names, **more):
        self.switches = [{"switch": name, "ifindex": 5, "datapath_id": "00000000000000aa", "versions": 0,
                          "fail_mode": "secure", "controllers": [], **more} for name in names]
        self.generation += 1

    def start(self):
        with open(os.path.join(self.directory, "host.log"), "ab") as log:
            self.process = subprocess.Popen([VIFOFD, "-f", "-s", self.path, f"--directory={self.directory}"],
                                            stderr=log, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL)

    def end(self):
        self.process.terminate()
        code = self.process.wait(PATIENCE)
        with open(os.path.join(self.directory, "host.log"), encoding="utf-8", errors="replace") as log:
            said = log.read()
        assert code == 0 and "Sanitizer" not in said, said


def spoken(trial, name):
    def answers():
        return subprocess.run(["ovs-ofctl", "show", f"unix:{trial.mgmt(name)}"], capture_output=True, check=False,
                              timeout=PATIENCE).returncode == 0
    until(f"{name}.mgmt", answers)


def dump(trial, what, version="OpenFlow15"):
    out = trial.ofctl(f"-O {version} --no-stats --no-names {what}", "sw0")
    return sorted(line.strip() for line in out.splitlines() if line.strip() and "reply" not in line)


def test_host_and_crash(trial):
    told = Told(trial.directory)
    told.tell("sw0")
    told.start()
    spoken(trial, "sw0")
    trial.ofctl("-O OpenFlow15 add-meter", "sw0", "meter=3,pktps,burst,band=type=drop,rate=5,burst_size=6")
    trial.ofctl("-O OpenFlow15 add-group", "sw0", "group_id=0,type=select,bucket=bucket_id:7,weight:3,watch_port:1,actions=output:1")
    flows = ["priority=9,cookie=0x5,tcp,tp_dst=80,idle_timeout=60,actions=meter:3,group:0",
             "table=2,reg0=0x1/0xff,actions=move:NXM_NX_REG0[0..7]->NXM_NX_REG1[8..15],resubmit(,5)",
             "table=1,send_flow_rem,priority=0,actions=write_actions(output:1),goto_table:7"]
    for flow in flows:
        trial.ofctl("-O OpenFlow15 add-flow", "sw0", flow)
    before = [dump(trial, what) for what in ("dump-flows", "dump-groups", "dump-meters")]
    assert [len(lines) for lines in before[:2]] == [3, 1], before
    kept = os.path.join(trial.directory, "sw0.flows")

    def written():
        with open(kept, "rb") as f:
            return b"\x00\x00\x00\x00\x00\x00\x00\x03\x06\x0e" in f.read()
    until("the third flow in the file", lambda: os.path.exists(kept) and written())
    until("what it tells", lambda: told.status.get("sw0", {}).get("flows") == 3)
    assert told.status["sw0"]["error"], "there is no kernel"
    told.process.kill()
    told.process.wait()
    told.start()
    spoken(trial, "sw0")
    assert [dump(trial, what) for what in ("dump-flows", "dump-groups", "dump-meters")] == before
    # what was answered is there, however soon it is killed, and what is half written is not
    for n in range(6):
        trial.ofctl("-O OpenFlow15 add-flow", "sw0", f"table=3,priority={n},udp,tp_dst={n},actions=output:1")
        if n:
            trial.ofctl("-O OpenFlow15 --strict del-flows", "sw0", f"table=3,priority={n - 1},udp,tp_dst={n - 1}")
        trial.ofctl("-O OpenFlow15 mod-flows", "sw0", f"table=3,udp,tp_dst={n},actions=output:2,group:0")
        trial.ofctl("-O OpenFlow15 mod-group", "sw0", f"group_id=0,type=select,bucket=bucket_id:7,weight:{n + 1},watch_port:1,actions=output:1")
        trial.ofctl("-O OpenFlow15 mod-meter", "sw0", f"meter=3,pktps,burst,band=type=drop,rate={n + 5},burst_size=6")
        before = [dump(trial, what) for what in ("dump-flows", "dump-groups", "dump-meters")]
        told.process.kill()
        told.process.wait()
        if n % 3 == 2:
            with open(kept + ".log", "ab") as f:
                f.write(b"\x00\x00\x00\x50" + b"\x00" * 40)
        told.start()
        spoken(trial, "sw0")
        now = [dump(trial, what) for what in ("dump-flows", "dump-groups", "dump-meters")]
        assert now == before, (n, now, before)
    assert len(before[0]) == 4, before
    # a file that is cut off, or of somebody else, is what it is
    told.process.kill()
    told.process.wait()
    with open(kept, "rb") as f:
        data = f.read()
    for piece in (data[:-5], b"something else", b"", data[:17] + b"\xff" * 40, data[:10]):
        with open(kept, "wb") as f:
            f.write(piece)
        if os.path.exists(kept + ".log"):
            os.unlink(kept + ".log")
        told.start()
        spoken(trial, "sw0")
        assert len(dump(trial, "dump-flows")) in (0, 1, 2, 3)
        told.process.kill()
        told.process.wait()
    told.start()
    spoken(trial, "sw0")
    told.tell("sw1")
    spoken(trial, "sw1")
    until("sw0 to be gone", lambda: not os.path.exists(trial.mgmt("sw0")))
    assert not os.path.exists(kept) and not os.path.exists(kept + ".log"), "what is configured no more is forgotten"
    told.end()
