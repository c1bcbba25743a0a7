# SPDX-License-Identifier: MIT
"""check_raw.py — what tcpWin and pcapd of Tranalyzer make of a capture, read with tshark, against what tcpwind made.

usage: check_raw.py CAPTURE FOLDER PREFIX EXTRACTED

FOLDER holds what tcpwind -r CAPTURE wrote with detect.window = "raw", extract.before = "none", extract.direction =
"alarmed", extract.after = 0 and the default threshold; EXTRACTED is what tests/tools/whence says of its pcap files.

The reading: a TCP segment, whatever its flags, whose window field is below 1 is low, and from the first one on every packet
of its direction is extracted. Flows are those of the two ends, split where tcpwind documents it: by silence, and by a SYN
that begins a connection. Two things are tcpwind's own, and allowed for: a SYN of the other way is extracted too, and once
both ways have alarmed so are both.

Prints what differs, a line each, and exits 1 when something does; else prints how much there was to compare.
"""
import decimal
import json
import re
import subprocess
import sys

FIELDS = ("frame.number frame.time_epoch ip.src ip.dst ipv6.src ipv6.dst tcp.srcport tcp.dstport tcp.window_size_value "
          "tcp.flags tcp.seq_raw tcp.ack_raw vlan.id icmp.type icmpv6.type").split()
FIN, SYN, RST, ACK = 1, 2, 4, 16
# Periods of silence that end a flow, by its state, in seconds.
SILENCE = {"opening": 120, "established": 610, "closing": 120, "closed": 10, "reset": 2}


def segments(capture):
    """The innermost TCP header of each packet that has one as far as its window."""
    fields = [word for name in FIELDS for word in ("-e", name)]
    off = [word for name in ("ip.defragment", "tcp.desegment_tcp_streams", "ipv6.defragment") for word in ("-o", f"{name}:FALSE")]
    command = ["tshark", "-n", "-r", capture, "-Y", "tcp", "-T", "fields", "-E", "separator=|"] + off + fields
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    for line in lines:
        row = dict(zip(FIELDS, (value.split(",")[-1] for value in line.split("|"))))
        if row["tcp.window_size_value"] and not row["icmp.type"] and not row["icmpv6.type"]:
            yield row


class Flow:
    def __init__(self):
        self.sides, self.state, self.last = {}, "opening", None

    def side(self, sender):
        return self.sides.setdefault(sender, {"first": None, "packets": [], "low": [], "syn": None, "fin": None, "acked": None})

    def begins_anew(self, row, flags, sender):
        """Whether this SYN is of another connection, by the rules of tcpwind."""
        if self.state in ("closed", "reset"):
            return True
        if flags & ACK:
            return False
        seq, own = int(row["tcp.seq_raw"]), self.sides.get(sender)
        if own:
            return own["syn"] != seq
        others = [side for name, side in self.sides.items() if name != sender]
        return bool(others) and not all(side["only_syns"] for side in others)

    def feed(self, row, flags, sender):
        side = self.side(sender)
        number, time = int(row["frame.number"]), decimal.Decimal(row["frame.time_epoch"])
        side["first"] = side["first"] or time
        side["only_syns"] = side.get("only_syns", True) and bool(flags & SYN)
        side["packets"].append((number, bool(flags & SYN)))
        if int(row["tcp.window_size_value"]) < 1:
            side["low"].append(number)
        if flags & SYN and not flags & ACK:
            side["syn"] = int(row["tcp.seq_raw"])
        self.step(flags, sender)
        self.last = time

    def step(self, flags, sender):
        """The next state, only as near as silence and reused ports need it: two FINs are taken for a close."""
        if flags & RST and not flags & SYN:
            self.state = "reset"
        elif flags & FIN and not flags & SYN:
            self.side(sender)["fin"] = True
            both = len(self.sides) == 2 and all(side["fin"] for side in self.sides.values())
            self.state = self.state if self.state == "reset" else "closed" if both else "closing"
        elif flags & ACK and not flags & SYN and self.state == "opening":
            self.state = "established"


def flows(capture):
    found, live = [], {}
    for row in segments(capture):
        flags = int(row["tcp.flags"], 16)
        sender = (row["ip.src"] or row["ipv6.src"], row["tcp.srcport"])
        receiver = (row["ip.dst"] or row["ipv6.dst"], row["tcp.dstport"])
        key = (frozenset((sender, receiver)), row["vlan.id"])
        flow = live.get(key)
        if flow:
            silence = decimal.Decimal(row["frame.time_epoch"]) - flow.last
            if silence > SILENCE[flow.state] or (flags & SYN and not flags & RST and flow.begins_anew(row, flags, sender)):
                flow = None
        if not flow:
            flow = live[key] = Flow()
            flow.ends = (sender, receiver)
            found.append(flow)
        flow.feed(row, flags, sender)
    return found


def expected(capture):
    """{(sender, receiver, time of the first packet): low segments}, and the packets that must and may be extracted."""
    alarmed, must, may = {}, set(), set()
    for flow in flows(capture):
        first_low = {sender: side["low"][0] for sender, side in flow.sides.items() if side["low"]}
        for sender, side in flow.sides.items():
            if side["low"]:
                receiver = flow.ends[1] if sender == flow.ends[0] else flow.ends[0]
                alarmed[sender, receiver, side["first"]] = len(side["low"])
                must |= {number for number, _ in side["packets"] if number >= first_low[sender]}
            elif first_low:
                may |= {number for number, is_syn in side["packets"] if is_syn and number > min(first_low.values())}
    return alarmed, must, may


def numbers(line):
    for part in line.split():
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def ours(prefix, extracted):
    lines = [line.rstrip("\n").split("\t") for line in open(f"{prefix}_flows.tsv", encoding="utf-8")]
    alarmed = {}
    for values in lines[1:]:
        row = dict(zip([lines[0][0][1:]] + lines[0][1:], values))
        if row["tcpWinAlarms"] != "0":
            ends = (row["srcIP"], row["srcPort"]), (row["dstIP"], row["dstPort"])
            alarmed[ends + (decimal.Decimal(row["timeFirst"]),)] = int(row["tcpWinThCnt"])
    packets = [number for line in open(extracted, encoding="utf-8") for number in numbers(line.split(": ", 1)[1])]
    return alarmed, packets


def differences(capture, prefix, extracted):
    alarmed, must, may = expected(capture)
    found, packets = ours(prefix, extracted)
    for key in sorted(set(alarmed) | set(found), key=str):
        if alarmed.get(key) != found.get(key):
            yield f"{key[0]} > {key[1]} from {key[2]} on: {found.get(key)} low segments, {alarmed.get(key)} expected"
    missing, more = sorted(must - set(packets)), sorted(set(packets) - must - may)
    if missing:
        yield f"not extracted: {missing}"
    if more:
        yield f"extracted without reason: {more}"
    report = json.load(open(f"{prefix}_report.json", encoding="utf-8"))
    if report["extract"]["packets"] != len(packets) or report["window"]["low_segments"] != sum(found.values()):
        yield f"the report says {report['extract']} and {report['window']}"


def main():
    capture, folder, prefix, extracted = sys.argv[1:]
    found = list(differences(capture, f"{folder}/{prefix}", extracted))
    alarmed, packets = ours(f"{folder}/{prefix}", extracted)
    print("\n".join(found or [f"# {len(alarmed)} directions with alarms, {len(packets)} packets extracted"]))
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
