# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's python3-openvswitch: its IDL reads, writes and follows. Exits non-zero if not."""

import sys
import time

import ovs.db.idl
import ovs.jsonrpc
import ovs.stream


def pump(idl, done, seconds=20):
    deadline = time.monotonic() + seconds
    while not done():
        idl.run()
        if done():
            return
        poller = ovs.poller.Poller()
        idl.wait(poller)
        poller.timer_wait(200)
        poller.block()
        assert time.monotonic() < deadline, "the IDL did not get there in time"


def make(remote, schema_file, lock=None):
    helper = ovs.db.idl.SchemaHelper(location=schema_file)
    helper.register_all()
    idl = ovs.db.idl.Idl(remote, helper)
    if lock:
        idl.set_lock(lock)
    pump(idl, lambda: idl.state == idl.IDL_S_MONITORING and (not lock or idl.has_lock))
    return idl


def commit(idl, fill):
    txn = ovs.db.idl.Transaction(idl)
    fill(txn)
    status = txn.commit_block()
    return status, txn


def main(remote, schema_file):
    writer = make(remote, schema_file, "writer")
    reader = make(remote, schema_file)
    print("connected", writer._session.is_connected(), reader.change_seqno)

    rows = {}

    def insert(txn):
        row = rows["new"] = txn.insert(writer.tables["D"])
        row.level = 4
        row.tag = ["blue"]

    status, txn = commit(writer, insert)
    assert status == ovs.db.idl.Transaction.SUCCESS, status
    ident = txn.get_insert_uuid(rows["new"].uuid)
    pump(reader, lambda: ident in reader.tables["D"].rows)
    assert reader.tables["D"].rows[ident].tag == ["blue"]
    pump(writer, lambda: ident in writer.tables["D"].rows)

    def update(txn):
        row = writer.tables["D"].rows[ident]
        row.verify("level")
        row.level = 7

    status, _ = commit(writer, update)
    assert status == ovs.db.idl.Transaction.SUCCESS, status
    pump(reader, lambda: reader.tables["D"].rows[ident].level == 7)

    # Follow some rows only, then others.
    reader.cond_change("D", [["level", ">", 8]])
    pump(reader, lambda: ident not in reader.tables["D"].rows)
    reader.cond_change("D", [["level", ">", 5]])
    pump(reader, lambda: ident in reader.tables["D"].rows)

    pump(writer, lambda: ident in writer.tables["D"].rows)
    status, _ = commit(writer, lambda t: writer.tables["D"].rows[ident].delete())
    assert status == ovs.db.idl.Transaction.SUCCESS, status
    pump(reader, lambda: ident not in reader.tables["D"].rows)

    # Optimistic locking: what one writer verified, the other changed.
    status, txn = commit(writer, insert)
    ident = txn.get_insert_uuid(rows["new"].uuid)
    other = make(remote, schema_file)
    stale = ovs.db.idl.Transaction(other)
    other.tables["D"].rows[ident].verify("level")
    other.tables["D"].rows[ident].level = 5
    pump(writer, lambda: ident in writer.tables["D"].rows)
    commit(writer, update)
    assert stale.commit_block() == ovs.db.idl.Transaction.TRY_AGAIN
    stale.abort()
    for idl in (writer, reader, other):
        idl.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
