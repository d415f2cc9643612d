#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes spec.h from vifswitch.yaml: the policy and the entry of each operation.

  generate.py vifswitch.yaml > spec.h

spec.h is included by family.c alone, which defines vs_doit, vs_start and vs_dumpit.
Kernels before 6.2 have one policy for an operation's "do" and "dump"; there it
holds what either takes.
"""
import sys

import yaml

TYPES = {"u8": "NLA_U8", "u16": "NLA_U16", "u32": "NLA_U32", "u64": "NLA_U64"}
S16_MAX = 32767


def c(name):
    return name.upper().replace("-", "_")


def bound(value):
    """A bound as C, and its number."""
    if isinstance(value, int):
        return str(value), value
    return "VIFSWITCH_" + c(value), CONSTANTS[value]


def policy_of(attribute):
    checks = attribute.get("checks", {})
    if attribute["type"] == "binary":
        if "exact-len" in checks:
            return "NLA_POLICY_EXACT_LEN(%s)" % bound(checks["exact-len"])[0]
        if "min-len" in checks:
            return "NLA_POLICY_FULL_RANGE(NLA_BINARY, &range_%s)" % attribute["name"].replace("-", "_")
        return "{ .type = NLA_BINARY, .len = %s }" % bound(checks["max-len"])[0]
    kind = TYPES[attribute["type"]]
    if "min" in checks and "max" in checks:
        return "NLA_POLICY_FULL_RANGE(%s, &range_%s)" % (kind, attribute["name"].replace("-", "_"))
    for end in ("min", "max"):
        if end in checks:
            text, number = bound(checks[end])
            assert number <= S16_MAX, attribute["name"]
            return "NLA_POLICY_%s(%s, %s)" % (end.upper(), kind, text)
    return "{ .type = %s }" % kind


def ranges(attributes):
    for a in attributes:
        checks = a.get("checks", {})
        low, high = checks.get("min", checks.get("min-len")), checks.get("max", checks.get("max-len"))
        if low is None or high is None:
            continue
        print("static struct netlink_range_validation range_%s = {\n\t%s, %s\n};\n"
              % (a["name"].replace("-", "_"), bound(low)[0], bound(high)[0]))


def taken(operation, way):
    return operation.get(way, {}).get("request", {}).get("attributes", [])


def policy_name(operation, way):
    return "policy_%s_%s" % (operation["name"].replace("-", "_"), way)


def print_policy(name, takes):
    print("static const struct nla_policy %s[VIFSWITCH_A_MAX + 1] = {" % name)
    for attribute in takes:
        print("\t[VIFSWITCH_A_%s] = %s," % (c(attribute), policy_of(ATTRIBUTES[attribute])))
    print("};\n")


def print_op(operation, ways, policy):
    call = {"do": ".doit = vs_doit", "dump": ".start = vs_start, .dumpit = vs_dumpit"}
    # without it family.c asks (may())
    flags = ["GENL_UNS_ADMIN_PERM"] if "uns-admin-perm" in operation.get("flags", []) else []
    print("\t{ .cmd = VIFSWITCH_CMD_%s, %s," % (c(operation["name"]),
                                              ", ".join(call[w] for w in ways)))
    if policy != "both":
        flags.append("GENL_CMD_CAP_" + ways[0].upper())
    print("\t  .policy = %s, .maxattr = VIFSWITCH_A_MAX,\n\t  .flags = %s },"
          % (policy_name(operation, policy), " | ".join(flags) or "0"))


with open(sys.argv[1], encoding="utf-8") as source:
    spec = yaml.safe_load(source)
CONSTANTS = {d["name"]: d["value"] for d in spec["definitions"]}
attribute_set = spec["attribute-sets"][0]["attributes"]
ATTRIBUTES = {a["name"]: a for a in attribute_set}
operations = spec["operations"]["list"]
requests = [o for o in operations if "do" in o or "dump" in o]

print("/* SPDX-License-Identifier: GPL-2.0-or-later */\n/* Made by generate.py from vifswitch.yaml. */\n")
for name, value in CONSTANTS.items():
    print("static_assert(VIFSWITCH_%s == %d);" % (c(name), value))
for prefix, items in (("A", attribute_set), ("CMD", operations)):
    for number, item in enumerate(items, 1):
        print("static_assert(VIFSWITCH_%s_%s == %d);" % (prefix, c(item["name"]), number))
    print("static_assert(VIFSWITCH_%s_MAX == %d);" % (prefix, len(items)))
for number, item in enumerate(spec["attribute-sets"][1]["attributes"], 1):
    print("static_assert(VIFSWITCH_CTR_%s == %d);" % (c(item["name"]), number))
print("\nstatic const char *const attr_names[VIFSWITCH_A_MAX + 1] = {")
for item in attribute_set:
    print('\t[VIFSWITCH_A_%s] = "%s",' % (c(item["name"]), c(item["name"])))
print("};\n")
ranges(attribute_set)
print("#ifdef VS_COMPAT_SPLIT_OPS\n")
for o in requests:
    for way in ("do", "dump"):
        if way in o:
            print_policy(policy_name(o, way), taken(o, way))
print("static const struct genl_split_ops vs_genl_ops[] = {")
for o in requests:
    for way in ("do", "dump"):
        if way in o:
            print_op(o, [way], way)
print("};\n\n#else\n")
for o in requests:
    print_policy(policy_name(o, "both"), sorted(set(taken(o, "do") + taken(o, "dump"))))
print("static const struct genl_ops vs_genl_ops[] = {")
for o in requests:
    print_op(o, [w for w in ("do", "dump") if w in o], "both")
print("};\n\n#endif")
