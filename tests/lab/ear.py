# SPDX-License-Identifier: GPL-2.0-or-later
"""A listening socket whose connections are served, each in a thread of its own, until the end.

To close a socket does not end accept() on it. Interrupted, accept() goes on with that
number, which the next test's listener may have by then, and takes its connections.
"""
import socket
import threading


def serve(listener, talk):
    """Each connection goes to talk(); what is returned ends it, and closes the listener."""
    def run():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    def end():
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        listener.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return end
