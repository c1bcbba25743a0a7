# SPDX-License-Identifier: MIT
"""check_sums.py — do the files of one output folder agree with capinfos and tshark -z conv,tcp on the capture?

usage: check_sums.py CAPTURE FOLDER PREFIX

Prints what differs, a line each, and exits 1 when something does.
"""
import collections
import decimal
import json
import subprocess
import sys

UNITS = {"bytes": 1, "kB": 1000, "MB": 1000**2, "GB": 1000**3}


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def capinfos(capture):
    """Packets, bytes on the wire, and the smallest and largest time, in seconds."""
    line = run("capinfos", "-T", "-M", "-r", "-c", "-d", "-a", "-e", "-S", capture).strip().split("\t")
    return int(line[1]), int(line[2]), decimal.Decimal(line[3]), decimal.Decimal(line[4])


def conversations(capture):
    """(sender, receiver) -> frames, bytes and the error that the unit of the bytes allows for."""
    found = {}
    for line in run("tshark", "-n", "-q", "-z", "conv,tcp", "-o", "ip.defragment:FALSE", "-r", capture).splitlines():
        words = line.split()
        if len(words) < 9 or words[1] != "<->":
            continue
        one, other = (word.replace("[", "").replace("]", "") for word in (words[0], words[2]))
        back, there = words[3:6], words[6:9]
        for sender, receiver, (frames, amount, unit) in ((one, other, there), (other, one, back)):
            if int(frames):
                known = found.get((sender, receiver), (0, 0, 0))
                error = 0 if unit == "bytes" else UNITS[unit]
                found[sender, receiver] = (known[0] + int(frames), known[1] + int(amount) * UNITS[unit], known[2] + error)
    return found


def directions(table):
    """The same out of our flow table, all flows of a pair of ends together."""
    found = collections.defaultdict(lambda: [0, 0])
    lines = [line.rstrip("\n").split("\t") for line in open(table, encoding="utf-8")]
    for values in lines[1:]:
        row = dict(zip([lines[0][0][1:]] + lines[0][1:], values))
        sums = found[f"{row['srcIP']}:{row['srcPort']}", f"{row['dstIP']}:{row['dstPort']}"]
        sums[0] += int(row["pktsSnt"])
        sums[1] += int(row["bytesSnt"])
    return found


def differences(capture, prefix):
    report = json.load(open(f"{prefix}_report.json", encoding="utf-8"))
    packets, wire_bytes, _, _ = info = capinfos(capture)
    if report["packets"]["total"] != packets or report["packets"]["wire_bytes"] != wire_bytes:
        yield f"capinfos has {info}, the report {report['packets']}"
    ours, theirs = directions(f"{prefix}_flows.tsv"), conversations(capture)
    for key in sorted(set(ours) | set(theirs)):
        frames, amount = ours.get(key, (0, 0))
        want_frames, want_bytes, error = theirs.get(key, (0, 0, 0))
        if frames != want_frames or abs(amount - want_bytes) > error:
            yield f"{key[0]} > {key[1]}: {frames} packets, {amount} bytes; tshark has {want_frames}, {want_bytes}"
    sums = [sum(value[i] for value in ours.values()) for i in (0, 1)]
    in_report = [report["packets"]["a"] + report["packets"]["b"], report["packets"]["a_bytes"] + report["packets"]["b_bytes"]]
    if sums != in_report:
        yield f"the flow table sums up to {sums}, the report to {in_report}"
    alarms = [json.loads(line) for line in open(f"{prefix}_alarms.jsonl", encoding="utf-8")]
    if sum(alarm["event"] == "alarm" for alarm in alarms) != report["alarms"]["total"]:
        yield "the alarms are not as many as the report says"


def main():
    capture, folder, prefix = sys.argv[1:]
    found = list(differences(capture, f"{folder}/{prefix}"))
    print("\n".join(found))
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
