# SPDX-License-Identifier: GPL-2.0-or-later
"""A model of XAPI: its local socket, its JSON-RPC, its objects and their events.

From the facts of XAPI's interface: POST /jsonrpc; a session by login without a password;
event.from(classes, token, timeout) answers with what changed since the token, each object once,
or waits; without a token with all there is; with EVENTS_LOST for a token that is too old; with
the number of objects that there are of each class. Integers of records are JSON numbers.
"""
import json
import os
import socket
import threading
import time
import uuid

NULL = "OpaqueRef:NULL"
KEEPS = 4096            # events; older tokens have lost some


class Failure(Exception):
    """An error of XAPI's: a word, and its parameters."""


class Xapi:
    def __init__(self, path):
        self.path = path
        self.change = threading.Condition(threading.RLock())
        self.objects, self.log, self.generation, self.oldest = {}, {}, 0, 0
        self.sessions = set()
        self.calls, self.connections = [], 0
        self.spoil = None               # bytes that are answered in place of anything
        self.status = 200
        self.listener = None
        self.clients = []
        self.add("vm", name_label="Control domain on target: host", is_a_template=False,
                 is_a_snapshot=False, domid=0, power_state="Running")

    # ---- objects ----

    def record(self, kind, ref, operation):
        self.generation += 1
        self.log[(kind, ref)] = (self.generation, operation)
        self.change.notify_all()

    def add(self, kind, **fields):
        ref = f"OpaqueRef:{uuid.uuid4()}"
        with self.change:
            self.objects[(kind, ref)] = {"uuid": str(uuid.uuid4()), "other_config": {}, **fields}
            self.record(kind, ref, "add")
        return ref

    def set(self, kind, ref, **fields):
        with self.change:
            self.objects[(kind, ref)].update(fields)
            self.record(kind, ref, "mod")

    def destroy(self, kind, ref):
        with self.change:
            del self.objects[(kind, ref)]
            self.record(kind, ref, "del")

    def get(self, kind, ref, field="uuid"):
        return self.objects[(kind, ref)][field]

    def forget_events(self):
        """As XAPI does when there are too many."""
        with self.change:
            self.oldest = self.generation + 1
            self.change.notify_all()

    # ---- what a pool is made of ----

    def network(self, bridge, vlan=None, below=None, locking="unlocked"):
        network = self.add("network", bridge=bridge, MTU=1500, default_locking_mode=locking,
                           name_label=bridge)
        pif = self.add("pif", network=network, VLAN=-1 if vlan is None else vlan, device="eth0",
                       VLAN_master_of=NULL)
        if vlan is not None:
            self.set("pif", pif, VLAN_master_of=self.add("vlan", tagged_PIF=below[1],
                                                         untagged_PIF=pif, tag=vlan))
        return network, pif

    def vm(self, name="web"):
        return self.add("vm", name_label=name, is_a_template=False, is_a_snapshot=False, domid=-1,
                        power_state="Halted")

    def vif(self, vm, network, device=0, **fields):
        return self.add("vif", **{
            "VM": vm, "network": network[0], "device": str(device), "MTU": 1500,
            "MAC": f"00:16:3e:00:00:{device + 1:02x}", "locking_mode": "network_default",
            "ipv4_allowed": [], "ipv6_allowed": [], "qos_algorithm_type": "",
            "qos_algorithm_params": {}, "currently_attached": False, **fields})

    # ---- calls ----

    def session_login_with_password(self, name, password, *_):
        session = f"OpaqueRef:{uuid.uuid4()}"
        self.sessions.add(session)
        return session

    def event_from(self, session, classes, token, timeout):
        if session not in self.sessions:
            raise Failure("SESSION_INVALID", session)
        since = int(token.split(",")[0]) if token else 0
        end = time.monotonic() + timeout
        with self.change:
            while True:
                if token and since < self.oldest:
                    raise Failure("EVENTS_LOST")
                if session not in self.sessions:
                    raise Failure("SESSION_INVALID", session)
                events = self.events(classes, since, bool(token))
                left = end - time.monotonic()
                if events or left <= 0 or not token or not self.listener:
                    break
                self.change.wait(left)
            return {"events": events, "token": f"{self.generation:020d},0",
                    "valid_ref_counts": {kind: sum(1 for other, _ in self.objects if other == kind)
                                         for kind in classes}}

    def events(self, classes, since, deleted):
        found = []
        for (kind, ref), (at, operation) in sorted(self.log.items(), key=lambda item: item[1][0]):
            if at <= since or kind not in classes or (operation == "del" and not deleted):
                continue
            event = {"id": str(at), "timestamp": "0.0", "class": kind, "ref": ref,
                     "operation": operation if deleted else "add"}
            if operation != "del":
                event["snapshot"] = dict(self.objects[(kind, ref)])
            found.append(event)
        return found

    def answer(self, body):
        request = json.loads(body)
        self.calls.append(request["method"])
        reply = {"jsonrpc": "2.0", "id": request["id"]}
        try:
            call = getattr(self, request["method"].replace(".", "_"))
            reply["result"] = call(*request["params"])
        except Failure as failure:
            word, *rest = failure.args
            reply["error"] = {"code": 1, "message": word, "data": rest}
        return json.dumps(reply).encode()

    # ---- HTTP ----

    def start(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()
        return self

    def stop(self):
        """Gone at once, with its sessions and what is under way."""
        listener, self.listener = self.listener, None
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for client in self.clients:
            try:
                client.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.clients = []
        with self.change:
            self.sessions.clear()
            self.change.notify_all()

    def expire(self):
        with self.change:
            self.sessions.clear()
            self.change.notify_all()

    def accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self.clients.append(client)
            self.connections += 1
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            with client, client.makefile("rb") as lines:
                while self.serve_one(client, lines):
                    pass
        except OSError:
            pass

    def serve_one(self, client, lines):
        first = lines.readline()
        length = 0
        while True:
            line = lines.readline()
            if not line.strip():
                break
            name, _, value = line.decode().partition(":")
            if name.lower() == "content-length":
                length = int(value)
        if not first.startswith(b"POST /jsonrpc "):
            return False
        body = lines.read(length)
        text = self.spoil(body) if self.spoil else self.answer(body)
        client.sendall(b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\n"
                       b"Content-Length: %d\r\n\r\n" % (self.status, len(text)) + text)
        return True
