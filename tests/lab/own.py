# SPDX-License-Identifier: GPL-2.0-or-later
"""A directory that one run has for itself."""
import fcntl
import glob
import os

LOCKS = []      # until this process ends


def directory(path):
    """This one, or one beside it while another run has it; empty of failures."""
    os.makedirs(path, exist_ok=True)
    LOCKS.append(open(os.path.join(path, "lock"), "w"))
    try:
        fcntl.flock(LOCKS[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        path += f"-{os.getpid()}"
        os.makedirs(path)
    for old in glob.glob(os.path.join(path, "*.failed")):
        os.unlink(old)
    return path
