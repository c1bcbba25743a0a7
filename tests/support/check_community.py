# SPDX-License-Identifier: MIT
"""check_community.py — are the community ids of a flow table those of the specification, version 1, seed 0?

usage: check_community.py CAPTURE TABLE

Packets are read with tshark, the ids computed here with hashlib, and where tshark can compute them itself, compared with
those too. Every TCP and UDP packet must have its id in the table (made with flow.protocols = "ip"), and every flow of TCP,
UDP and ICMP one that a packet between its ends has.

Prints what differs, a line each, and exits 1 when something does; else prints how many ids there were.
"""
import base64
import collections
import hashlib
import ipaddress
import struct
import subprocess
import sys

FIELDS = ("ip.src ip.dst ipv6.src ipv6.dst tcp.srcport tcp.dstport udp.srcport udp.dstport icmp.type icmp.code icmpv6.type "
          "icmpv6.code communityid").split()
TCP, UDP, ICMP, ICMPV6 = 6, 17, 1, 58
# What asks and what answers, by the specification's reference code.
PAIRS = {ICMP: {8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 10: 9, 9: 10, 17: 18, 18: 17},
         ICMPV6: {128: 129, 129: 128, 133: 134, 134: 133, 135: 136, 136: 135, 130: 131, 131: 130, 144: 145, 145: 144,
                  139: 140, 140: 139}}


def community_id(proto, source, destination, sport, dport):
    one_way = False
    if proto in PAIRS:
        one_way = sport not in PAIRS[proto]
        dport = dport if one_way else PAIRS[proto][sport]
    a, b = (ipaddress.ip_address(address).packed for address in (source, destination))
    if not one_way and (b, dport) < (a, sport):
        a, b, sport, dport = b, a, dport, sport
    packed = struct.pack(">H", 0) + a + b + struct.pack(">BBHH", proto, 0, sport, dport)
    return "1:" + base64.b64encode(hashlib.sha1(packed).digest()).decode()


def packets(capture):
    """(protocol, ends, id, tshark's id) of the packets without tunnels, fragments and quoted headers."""
    fields = [word for name in FIELDS for word in ("-e", name)]
    command = ["tshark", "-n", "-r", capture, "--enable-protocol", "communityid", "-o", "ip.defragment:FALSE",
               "-T", "fields", "-E", "separator=|"] + fields
    for line in subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines():
        row = dict(zip(FIELDS, line.split("|")))
        if "," in line or bool(row["ip.src"]) == bool(row["ipv6.src"]):
            continue
        source, destination = (row[f"ip.{end}"] or row[f"ipv6.{end}"] for end in ("src", "dst"))
        for proto, one, other in ((TCP, "tcp.srcport", "tcp.dstport"), (UDP, "udp.srcport", "udp.dstport"),
                                  (ICMP, "icmp.type", "icmp.code"), (ICMPV6, "icmpv6.type", "icmpv6.code")):
            if row[one]:
                value = community_id(proto, source, destination, int(row[one]), int(row[other]))
                yield proto, frozenset((source, destination)), value, row["communityid"]
                break


def differences(capture, table):
    lines = [line.rstrip("\n").split("\t") for line in open(table, encoding="utf-8")]
    rows = [dict(zip([lines[0][0][1:]] + lines[0][1:], values)) for values in lines[1:]]
    ours, known = {row["communityID"] for row in rows}, collections.defaultdict(set)
    for proto, ends, value, theirs in packets(capture):
        known[proto, ends].add(value)
        if proto in (TCP, UDP) and value not in ours:
            yield f"{value} of a packet of {proto} between {sorted(ends)} is not in the table"
        if theirs and theirs != value:
            yield f"tshark has {theirs}, the specification read here gives {value}"
    for row in rows:
        values = known.get((int(row["l4Proto"]), frozenset((row["srcIP"], row["dstIP"]))))
        if values and row["communityID"] not in values:
            yield f"flow {row['flowInd']}: {row['communityID']} is none of {sorted(values)}"
    sums = collections.Counter(proto for proto, _ in known)
    print("# ids of protocols:", dict(sums))


def main():
    found = list(differences(*sys.argv[1:]))
    print("\n".join(found), end="\n" if found else "")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
