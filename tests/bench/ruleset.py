# SPDX-License-Identifier: GPL-2.0-or-later
"""The same rules in every subject's own words: our ACL, nftables, tc flower, OpenFlow.

  rules = ruleset.make(100)             99 that deny and do not match, one that allows
  rules = ruleset.make(1000, every=True)  every field is used, all allow

The packet that is measured comes to the last rule: what a linear search hates
most, and what a decision tree or a table does not mind.
"""
import random

PROTO = {6: "tcp", 17: "udp"}
SYN_ONLY = [f for f in range(256) if f & 0x12 == 0x02]


class Rule:
    def __init__(self, deny, proto, src, dst, sport, dport, syn):
        self.deny, self.proto, self.src, self.dst = deny, proto, src, dst
        self.sport, self.dport, self.syn = sport, dport, syn


def prefix(r):
    """None, or a network inside 10.0.0.0/8 that has neither 10.0.0.1 nor 10.0.0.2."""
    length = r.choice((0, 16, 20, 24, 28, 32))
    if not length:
        return None
    value = (10 << 24 | r.randrange(1, 256) << 16 | r.randrange(65536)) >> 32 - length
    value <<= 32 - length
    return ".".join(str(value >> s & 255) for s in (24, 16, 8, 0)) + f"/{length}"


def prefix6(ip4):
    """The same network inside 2001:db8::/32: the IPv4 address follows those 32 bits."""
    value, length = ip4.split("/")
    a, b, c, d = map(int, value.split("."))
    return f"2001:db8:{a << 8 | b:x}:{c << 8 | d:x}::/{32 + int(length)}"


def as_ip6(rules):
    """The same rules for IPv6."""
    return [Rule(x.deny, x.proto, x.src and prefix6(x.src), x.dst and prefix6(x.dst), x.sport,
                 x.dport, x.syn) for x in rules]


def ports(r):
    """(first, last) as value and mask can say it, none below 1024."""
    size = r.choice((1, 1, 1, 16, 256))
    first = r.randrange(1024, 65536 - size) // size * size
    return max(first, 1024), max(first, 1024) + size - 1


def make(count, every=False):
    r = random.Random(count)
    rules = []
    while len(rules) < count - 1:
        proto = r.choice((6, 17))
        rules.append(Rule(not every, proto, prefix(r), prefix(r),
                          ports(r) if every and r.random() < 0.7 else None, ports(r),
                          every and proto == 6 and r.random() < 0.5))
    rules.append(Rule(False, 17, "10.0.0.0/8", "10.0.0.0/8", None, None, False))
    return rules


def acl(rules, stateless=True):
    import acl as blob
    return blob.compile([blob.Rule("from", "deny" if x.deny else "allow", proto=x.proto, src=x.src,
                                   dst=x.dst, sport=x.sport, dport=x.dport,
                                   flags=SYN_ONLY if x.syn else None, stateless=stateless)
                         for x in rules],
                        default_from="deny", default_to="allow", stateless=stateless)


def span(ports):
    return str(ports[0]) if ports[0] == ports[1] else f"{ports[0]}-{ports[1]}"


def nft_rule(x):
    out = [f"ip protocol {PROTO[x.proto]}"]
    for name, value in (("ip saddr", x.src), ("ip daddr", x.dst),
                        ("th sport", x.sport and span(x.sport)),
                        ("th dport", x.dport and span(x.dport))):
        if value:
            out.append(f"{name} {value}")
    if x.syn:
        out.append("tcp flags & (syn | ack) == syn")
    return " ".join(out) + (" drop" if x.deny else " accept")


def nft_element(x):
    """Of a set of what is denied, by all four fields."""
    whole = "0.0.0.0-255.255.255.255"
    return (f"{x.src or whole} . {x.dst or whole} . {PROTO[x.proto]} . "
            + (span(x.dport) if x.dport else "0-65535"))


def nft(rules, source, as_set=False, before="", accept=""):
    """The guard, the rules and the policer of in0 in the bridge family's forward hook."""
    head = [f'iifname != "in0" accept', f"ether saddr != {source} drop",
            "ether type ip ip saddr != 10.0.0.0/8 drop", "ether type arp accept",
            "limit rate over 4000 mbytes/second burst 1000 mbytes drop"] + before.splitlines()
    if as_set:
        body = ["ip saddr . ip daddr . ip protocol . th dport @denied drop"]
        body += [nft_rule(x) for x in rules if not x.deny]
        elements = ",\n".join(nft_element(x) for x in rules if x.deny)
        sets = ("set denied { type ipv4_addr . ipv4_addr . inet_proto . inet_service\n"
                "flags interval\nelements = { " + elements + " } }\n")
    else:
        body, sets = [nft_rule(x) for x in rules], ""
    return ("table bridge bench {\n" + sets + "chain forward { type filter hook forward "
            "priority 0; policy drop;\n" + "\n".join(head + body) + "\n}\n}\n")


def flower(rules, device, each):
    """Lines for tc -batch. @each: a priority for each rule, as they come; else those that deny
    share one."""
    for i, x in enumerate(rules):
        out = [f"filter add dev {device} ingress protocol ip prio",
               str(i + 2 if each else 2 if x.deny else 3), f"flower ip_proto {PROTO[x.proto]}"]
        for name, value in (("src_ip", x.src), ("dst_ip", x.dst),
                            ("src_port", x.sport and span(x.sport)),
                            ("dst_port", x.dport and span(x.dport))):
            if value:
                out.append(f"{name} {value}")
        yield " ".join(out) + " action " + (
            "drop" if x.deny else "police rate 100gbit burst 1m conform-exceed drop/pipe")


def openflow(rules, source, stateful=False):
    """Lines for ovs-ofctl add-flows: the guard in table 0, connections in 2, the rules in 1."""
    guard, track = "resubmit(,1)", "ct(table=2,zone=100)"
    allow = "ct(commit,zone=100),NORMAL" if stateful else "NORMAL"
    yield (f"table=0,priority=2,in_port=in0,dl_src={source},ip,nw_src=10.0.0.0/8,"
           f"actions={track if stateful else guard}")
    yield f"table=0,priority=2,in_port=in0,dl_src={source},arp,arp_spa=10.0.0.0/8,actions=NORMAL"
    yield "table=0,priority=1,in_port=in0,actions=drop"
    yield f"table=0,priority=0,ip,actions={track if stateful else 'NORMAL'}"
    yield "table=0,priority=0,arp,actions=NORMAL"
    if stateful:
        yield "table=2,ct_state=+trk+est,ip,actions=NORMAL"
        yield f"table=2,ct_state=+trk+new,ip,in_port=in0,actions={guard}"
    for i, x in enumerate(rules):
        out = [f"table=1,priority={40000 - i}", PROTO[x.proto]]
        for name, value in (("nw_src", x.src), ("nw_dst", x.dst)):
            if value:
                out.append(f"{name}={value}")
        for name, value in (("tp_src", x.sport), ("tp_dst", x.dport)):
            if value:
                out.append(f"{name}={value[0]}/{0xffff & ~(value[1] - value[0]):#x}")
        if x.syn:
            out.append("tcp_flags=+syn-ack")
        yield ",".join(out) + ",actions=" + ("drop" if x.deny else allow)
