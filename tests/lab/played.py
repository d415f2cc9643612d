# SPDX-License-Identifier: GPL-2.0-or-later
"""vifswitchd's control socket, played."""

import json
import socket
import threading


class Daemon(threading.Thread):
    """One document, self.show, for whoever asks."""

    def __init__(self, path, show):
        super().__init__(daemon=True)
        self.show = show
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        self.socket.listen()
        self.start()

    def run(self):
        while True:
            client, _ = self.socket.accept()
            with client, client.makefile("rb") as lines:
                for line in lines:
                    request = json.loads(line)
                    reply = {"id": request["id"], "result": self.answer(request["method"]), "error": None}
                    client.sendall(json.dumps(reply).encode() + b"\n")

    def answer(self, _method):
        return self.show
