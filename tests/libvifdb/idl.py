#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""python3-openvswitch's idl, doing what driver.c does for the bench, with its commands.

  idl.py REMOTE SCHEMA TABLE
"""

import json
import os
import sys
import time
import uuid

import ovs.db.idl
import ovs.poller


def tell(event, **more):
    print(json.dumps(dict(more, event=event)), flush=True)


def many(idl, row, column, count):
    cpu = time.process_time()
    for n in range(count):
        txn = ovs.db.idl.Transaction(idl)
        setattr(row, column, n % 4000)
        status = txn.commit_block()
        if status != ovs.db.idl.Transaction.SUCCESS:
            sys.exit(f"{status}: {txn.get_error()}")
    tell("many", cpu=time.process_time() - cpu)


def main(remote, schema, table):
    helper = ovs.db.idl.SchemaHelper(location=schema)
    helper.register_table(table)
    idl = ovs.db.idl.Idl(remote, helper)
    os.set_blocking(0, False)
    ready, data, expected = False, b"", None
    while True:
        idl.run()
        if not ready and idl.state == idl.IDL_S_MONITORING and idl.change_seqno:
            ready = True
            tell("state", state="ready")
        if expected and getattr(idl.tables[table].rows[uuid.UUID(expected["uuid"])],
                                expected["column"]) == [expected["value"]]:
            expected = None
            tell("expected", cpu=time.process_time())
        poller = ovs.poller.Poller()
        poller.fd_wait(0, ovs.poller.POLLIN)
        idl.wait(poller)
        poller.block()
        try:
            got = os.read(0, 1 << 20)
        except BlockingIOError:
            continue
        if not got:
            return
        *lines, data = (data + got).split(b"\n")
        for line in lines:
            command = json.loads(line)
            if command["do"] == "expect":
                expected = command
                tell("expecting", cpu=time.process_time())
            else:
                many(idl, idl.tables[table].rows[uuid.UUID(command["uuid"])], command["column"],
                     command["count"])


if __name__ == "__main__":
    main(*sys.argv[1:])
