# SPDX-License-Identifier: MIT
"""check_truth.py — what tcpwind found in a generated load, against the truth and against itself.

usage: check_truth.py LOAD.pcap FOLDER RAW_FOLDER

FOLDER has the results of `tcpwind -r LOAD.pcap`, RAW_FOLDER those with detect.window="raw". Prints a line for each
check and the count last; exits with 1 when one failed.
"""
import collections
import glob
import json
import os
import struct
import sys

capture, folder, raw_folder = sys.argv[1:4]
passed = failed = 0


def same(name, wanted, found):
    """Count a check; of two tables show the first few differences."""
    global passed, failed
    if wanted == found:
        passed += 1
        print(f"ok {passed + failed} - {name}" + (f" ({found})" if isinstance(found, int) else ""))
        return
    failed += 1
    if isinstance(wanted, dict):
        keys = [key for key in sorted({*wanted, *found}) if wanted.get(key) != found.get(key)]
        found = f"{len(keys)} differ: " + str([(key, wanted.get(key), found.get(key)) for key in keys[:3]])
    print(f"not ok {passed + failed} - {name}: found {found}" + ("" if isinstance(wanted, dict) else f" not {wanted}"))


def read_truth():
    """Totals; and by flow and direction zero windows, episodes, and the receiver's address."""
    with open(capture + ".json") as file:
        totals = json.load(file)
    zero, episodes, receivers = {}, {}, {}
    with open(capture + ".stalls.tsv") as file:
        next(file)
        for line in file:
            flow, client, cport, server, sport, *counts = line.rstrip("\n").split("\t")
            for at, (side, end) in enumerate((("A", (client, int(cport))), ("B", (server, int(sport))))):
                if int(counts[2 + at]):
                    zero[int(flow), side] = int(counts[at])
                    episodes[int(flow), side] = int(counts[2 + at])
                    receivers[int(flow), side] = end
    return totals, zero, episodes, receivers


def read_flows(path):
    """The wanted columns of flows.tsv as dictionaries, one by one."""
    columns = ("pktsSnt", "tcpWinSegs", "tcpWinThCnt", "tcpWinZero", "tcpWinEpisodes", "tcpWinAlarms")
    with open(path) as file:
        names = next(file).lstrip("%").rstrip("\n").split("\t")
        places = [names.index(name) for name in columns]
        for line in file:
            fields = line.split("\t")
            yield fields[0], int(fields[1]), [int(fields[place]) for place in places]


def count_records(paths):
    """Packets and captured bytes in pcap files."""
    packets = size = 0
    for path in paths:
        with open(path, "rb") as file:
            data = file.read()
        at = 24
        while at < len(data):
            length = struct.unpack_from("<I", data, at + 8)[0]
            at += 16 + length
            packets += 1
            size += length
    return packets, size


def check_report(report, totals):
    for name in ("captured_bytes", "wire_bytes", "ipv6"):
        same(f"packets.{name}", totals[name], report["packets"][name])
    same("packets.total", totals["packets"], report["packets"]["total"])
    same("flows.total", totals["flows"], report["flows"]["total"])
    same("flows.ended adds up", totals["flows"], sum(report["flows"]["ended"].values()))
    same("flows.stray", totals["stray"], report["flows"]["stray"])
    same("flows.one_sided", 0, report["flows"]["one_sided"])
    same("alarms.total", totals["alarms"], report["alarms"]["total"])
    same("alarms.directions", totals["directions"], report["alarms"]["directions"])
    same("alarms.flows", totals["stalled"], report["alarms"]["flows"])
    same("window.zero_segments", totals["zero_segments"], report["window"]["zero_segments"])
    same("window.episodes", totals["alarms"], report["window"]["episodes"])


def check_alarms(prefix, report, zero, episodes, receivers):
    raised, ended, zeros, extractions = (collections.Counter() for _ in range(4))
    seen = {}
    written = size = lost = 0
    with open(prefix + "_alarms.jsonl") as file:
        for line in file:
            event = json.loads(line)
            if event["event"] == "extract_end":
                extractions[event["flow"]] += 1
                written += event["packets_written"]
                size += event["bytes_written"]
                lost += sum(event["packets_lost"].values())
                continue
            key = event["flow"], event["direction"]
            if event["event"] == "alarm":
                raised[key] += 1
                seen[key] = event["receiver"]["ip"], event["receiver"]["port"]
            else:
                ended[key] += 1
                zeros[key] += event["zero_segments"]
    same("alarms.jsonl: exactly the stalls alarm", episodes, dict(raised))
    same("alarms.jsonl: each alarm ends", episodes, dict(ended))
    same("alarms.jsonl: zero windows of the episodes", zero, dict(zeros))
    same("alarms.jsonl: the receiver is the one that stalled", receivers, seen)
    same("alarms.jsonl: every flow that stalls is extracted, and no other", {flow for flow, _ in episodes},
         set(extractions))
    same("extract_end adds up to extract.packets", report["extract"]["packets"], written)
    same("extract_end adds up to extract.bytes", report["extract"]["bytes"], size)
    same("extract_end adds up to extract.lost", sum(report["extract"]["lost"].values()), lost)


def check_flows(prefix, report, totals, zero, episodes):
    flows, sums = set(), [0] * 6
    zeros, stalls, alarms = {}, {}, {}
    for side, flow, counts in read_flows(prefix + "_flows.tsv"):
        flows.add(flow)
        sums = [a + b for a, b in zip(sums, counts)]
        for table, count in zip((zeros, stalls, alarms), counts[3:]):
            if count:
                table[flow, side] = count
    same("flows.tsv: zero windows", zero, zeros)
    same("flows.tsv: episodes", episodes, stalls)
    same("flows.tsv: alarms", episodes, alarms)
    same("flows.tsv: every flow is there", totals["flows"], len(flows))
    same("flows.tsv: packets", totals["packets"], sums[0])
    same("flows.tsv adds up to window.considered", report["window"]["considered"], sums[1])
    same("flows.tsv adds up to window.low_segments", report["window"]["low_segments"], sums[2])


def check_extracted(report):
    files = [os.path.join(folder, name) for name in report["extract"]["files"]]
    same("extract.files are those in the folder", sorted(glob.glob(os.path.join(folder, "*.pcap"))), sorted(files))
    packets, size = count_records(files)
    same("packets in the pcap files", report["extract"]["packets"], packets)
    same("bytes in the pcap files", report["extract"]["bytes"], size)


def main():
    name = os.path.splitext(os.path.basename(capture))[0]
    prefix = os.path.join(folder, name)
    totals, zero, episodes, receivers = read_truth()
    with open(prefix + "_report.json") as file:
        report = json.load(file)
    check_report(report, totals)
    check_alarms(prefix, report, zero, episodes, receivers)
    check_flows(prefix, report, totals, zero, episodes)
    check_extracted(report)
    with open(os.path.join(raw_folder, name + "_report.json")) as file:
        same("raw: every window field of 0 counts", totals["zero_fields"], json.load(file)["window"]["zero_segments"])
    print(f"{passed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
