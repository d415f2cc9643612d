# SPDX-License-Identifier: GPL-2.0-or-later
"""A server that says what the test wants it to say."""

import json
import os
import socket

SCHEMA = {"name": "Test", "version": "1.0.0", "tables": {"C": {"columns": {
    "name": {"type": "string"}, "n": {"type": "integer"}}}}}
ROW = "00000000-0000-4000-8000-000000000001"


class Fake:
    def __init__(self, directory):
        self.path = os.path.join(directory, "fake.sock")
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen(8)
        self.socket.settimeout(120)
        self.peer = None

    def accept(self):
        """The next connection of the client."""
        self.hang_up()
        self.peer = self.socket.accept()[0]
        self.peer.settimeout(120)
        self.text = ""

    def hang_up(self):
        if self.peer:
            self.peer.close()
        self.peer = None

    def close(self):
        self.hang_up()
        self.socket.close()

    def request(self):
        """The next request; None when the client hung up."""
        while True:
            try:
                message, end = json.JSONDecoder().raw_decode(self.text)
                self.text = self.text[end:]
                return message
            except ValueError:
                pass
            try:
                data = self.peer.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                return None
            self.text += data.decode()

    def say(self, message):
        self.octets(json.dumps(message).encode())

    def octets(self, data):
        self.peer.sendall(data)

    def answer(self, result, error=None):
        message = self.request()
        self.say({"id": message["id"], "result": result, "error": error})
        return message

    def serve(self, rows=None):
        """A connection of the client, up to its first copy; the id it asked to go on from."""
        self.accept()
        self.answer(SCHEMA)
        return self.answer([False, ROW, {"C": rows or {}}])["params"][3]
