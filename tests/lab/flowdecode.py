# SPDX-License-Identifier: GPL-2.0-or-later
"""NetFlow 5 and 9, IPFIX and sFlow 5, decoded as their specifications have it.

Written from RFC 3954, RFC 7011, sflow_version_5.txt, sflow_drops.txt and sflow_host.txt,
not from what encodes them. Whatever does not fit is an error: lengths, padding, counts,
sequences, a record without its template.
"""
import struct


class Decoder:
    """Of one collector: keeps templates and sequences from datagram to datagram."""

    def __init__(self):
        self.templates, self.options, self.sequences = {}, {}, {}
        self.flows, self.sampling, self.samples, self.discarded, self.counters = [], [], [], [], []
        self.datagrams = 0

    def take(self, octets):
        self.datagrams += 1
        version = struct.unpack_from(">H", octets)[0]
        if version == 5:
            self.netflow5(octets)
        elif version == 9:
            self.netflow9(octets)
        elif version == 10:
            self.ipfix(octets)
        else:
            self.sflow(octets)

    def follows(self, key, sequence, step):
        """Is it the number that the one before has foretold?"""
        if key in self.sequences:
            assert sequence == self.sequences[key] % 2**32, (key, sequence, self.sequences[key])
        self.sequences[key] = sequence + step

    # ---- NetFlow 5 ----

    def netflow5(self, octets):
        _, count, uptime, seconds, _, sequence, _, engine, sampling = struct.unpack_from(
            ">HHIIIIBBH", octets)
        assert len(octets) == 24 + 48 * count and 1 <= count <= 30, (len(octets), count)
        self.follows(("v5", engine), sequence, count)
        for i in range(count):
            f = struct.unpack_from(">4s4s4sHHIIIIHHBBBBHHBBH", octets, 24 + 48 * i)
            assert f[7] <= f[8] <= uptime, (f, uptime)
            self.flows.append({8: f[0], 12: f[1], 10: f[3], 14: f[4], 2: f[5], 1: f[6], 7: f[9],
                               11: f[10], 6: f[12], 4: f[13], 5: f[14], "sampling": sampling & 0x3fff,
                               "seconds": seconds})

    # ---- NetFlow 9 and IPFIX ----

    def netflow9(self, octets):
        _, count, _, _, sequence, source = struct.unpack_from(">HHIIII", octets)
        self.follows(("v9", source), sequence, 1)
        told = self.sets(octets, 20, len(octets), source, 0, 1)
        assert told == count, (told, count)

    def ipfix(self, octets):
        _, length, _, sequence, domain = struct.unpack_from(">HHIII", octets)
        assert length == len(octets), (length, len(octets))
        before = len(self.flows) + len(self.sampling)
        self.sets(octets, 16, length, domain, 2, 3)
        self.follows(("ipfix", domain), sequence, len(self.flows) + len(self.sampling) - before)

    def sets(self, octets, at, end, domain, of_templates, of_options):
        told = 0
        while at < end:
            number, length = struct.unpack_from(">HH", octets, at)
            assert length >= 4 and at + length <= end, (number, length, at, end)
            assert length % 4 == 0 or 2 <= number <= 3, (number, length)
            body = octets[at + 4:at + length]
            if number == of_templates:
                told += self.template_set(body, domain)
            elif number == of_options:
                told += self.options_set(body, domain, of_options == 1)
            else:
                told += self.data_set(body, domain, number)
            at += length
        return told

    @staticmethod
    def fields(body, at, count):
        found = []
        for _ in range(count):
            element, size = struct.unpack_from(">HH", body, at)
            at += 4
            assert not element & 0x8000, "an enterprise's element"
            found.append((element, size))
        return found, at

    def template_set(self, body, domain):
        at = told = 0
        while len(body) - at >= 4:
            number, count = struct.unpack_from(">HH", body, at)
            self.templates[domain, number], at = self.fields(body, at + 4, count)
            told += 1
        return told

    def options_set(self, body, domain, old):
        at = told = 0
        while len(body) - at >= 6:
            number, first, second = struct.unpack_from(">HHH", body, at)
            count = (first + second) // 4 if old else first
            self.templates[domain, number], at = self.fields(body, at + 6, count)
            self.options[domain, number] = True
            told += 1
        return told

    def data_set(self, body, domain, number):
        fields = self.templates[domain, number]
        least = sum(1 if size == 65535 else size for _, size in fields)
        at = told = 0
        while len(body) - at >= least:
            record = {}
            for element, size in fields:
                if size == 65535:
                    size, at = body[at], at + 1
                assert at + size <= len(body), (element, size)
                octets, at = body[at:at + size], at + size
                record[element] = octets if element in (8, 12, 27, 28, 56, 80) or element >= 347 and \
                    element <= 350 else int.from_bytes(octets, "big")
            (self.sampling if (domain, number) in self.options else self.flows).append(record)
            told += 1
        assert not any(body[at:]), "padding that is not zero"
        return told

    # ---- sFlow ----

    def sflow(self, octets):
        x = Xdr(octets)
        assert x.word() == 5
        family = x.word()
        agent = x.octets({1: 4, 2: 16}[family])
        sub_agent, sequence, _, count = x.word(), x.word(), x.word(), x.word()
        self.follows(("sflow", agent, sub_agent), sequence, 1)
        kinds = set()
        for _ in range(count):
            kind = x.word()
            kinds.add(kind)
            body = Xdr(x.opaque())
            {1: self.flow_sample, 2: self.counter_sample, 5: self.discarded_sample}[kind](body)
            body.end()
        x.end()
        assert 5 not in kinds or kinds == {5}, kinds

    def flow_sample(self, x):
        sequence, source = x.word(), x.word()
        self.follows(("sample", source), sequence, 1)
        s = dict(zip(("rate", "pool", "drops", "input", "output"), (x.word() for _ in range(5))))
        self.samples.append({**s, "source": source, **self.flow_records(x)})

    def discarded_sample(self, x):
        sequence, kind, source = x.word(), x.word(), x.word()
        self.follows(("discarded", kind, source), sequence, 1)
        s = dict(zip(("drops", "input", "output", "reason"), (x.word() for _ in range(4))))
        self.discarded.append({**s, "source": source, **self.flow_records(x)})

    @staticmethod
    def flow_records(x):
        found = {}
        for _ in range(x.word()):
            kind = x.word()
            r = Xdr(x.opaque())
            if kind == 1:
                found["protocol"], found["length"], found["stripped"] = r.word(), r.word(), r.word()
                found["header"] = r.opaque()
            elif kind == 1001:
                found["vlan"] = [r.word() for _ in range(4)]
            elif kind == 1042:
                found["word"] = r.opaque().decode()
            else:
                raise AssertionError(f"flow record {kind}")
            r.end()
        return found

    def counter_sample(self, x):
        sequence, source = x.word(), x.word()
        self.follows(("counters", source), sequence, 1)
        found = {"source": source}
        for _ in range(x.word()):
            kind = x.word()
            r = Xdr(x.opaque())
            if kind == 1:
                names = ("index", "type", "speed", "direction", "status", "in_octets", "in_ucast",
                         "in_mcast", "in_bcast", "in_discards", "in_errors", "in_unknown", "out_octets",
                         "out_ucast", "out_mcast", "out_bcast", "out_discards", "out_errors", "promisc")
                found.update({name: r.hyper() if name in ("speed", "in_octets", "out_octets") else r.word()
                              for name in names})
            elif kind == 1005:
                found["name"] = r.opaque().decode()
            elif kind == 2000:
                found["host"], found["uuid"] = r.opaque().decode(), r.octets(16).hex()
                found["machine"], found["os"], found["release"] = r.word(), r.word(), r.opaque()
            elif kind == 2001:
                found["adapters"] = []
                for _ in range(r.word()):
                    index, macs = r.word(), r.word()
                    found["adapters"].append((index, [r.octets(8)[:6] for _ in range(macs)]))
            elif kind == 2002:
                found["parent"] = (r.word(), r.word())
            elif kind == 2104:
                found["vnio"] = [r.hyper() if i in (0, 4) else r.word() for i in range(8)]
            else:
                raise AssertionError(f"counter record {kind}")
            r.end()
        self.counters.append(found)


class Xdr:
    def __init__(self, octets):
        self.data, self.at = octets, 0

    def octets(self, n):
        assert self.at + n <= len(self.data), (self.at, n, len(self.data))
        self.at += n
        return self.data[self.at - n:self.at]

    def word(self):
        return int.from_bytes(self.octets(4), "big")

    def hyper(self):
        return int.from_bytes(self.octets(8), "big")

    def opaque(self):
        n = self.word()
        found = self.octets(n)
        assert not any(self.octets(-n % 4))
        return found

    def end(self):
        assert self.at == len(self.data), (self.at, len(self.data))
