#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One policy database for both lab hosts: vifswitchd has no network, so its socket has.

  dbrelay.py serve ADDRESS PORT    connections from the other host go to this host's vifdbd
  dbrelay.py use ADDRESS PORT      this host's socket of vifdbd leads there
"""
import os
import socket
import sys
import threading

PATH = "/run/vifswitch/db.sock"


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def main():
    tcp = (sys.argv[2], int(sys.argv[3]))
    if sys.argv[1] == "serve":
        ear, connect = socket.create_server(tcp), lambda: unix_to(PATH)
    else:
        if os.path.exists(PATH):
            os.unlink(PATH)
        ear, connect = socket.socket(socket.AF_UNIX), lambda: socket.create_connection(tcp, 20)
        ear.bind(PATH)
        ear.listen(20)
    while True:
        one, _ = ear.accept()
        try:
            other = connect()
        except OSError:
            one.close()
            continue
        for pair in ((one, other), (other, one)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


def unix_to(path):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    return s


main()
