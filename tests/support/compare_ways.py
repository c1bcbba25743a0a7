# SPDX-License-Identifier: MIT
"""compare_ways.py — the same packets must give the same results whichever way the program reads them.

usage: compare_ways.py [--seeds FIRST-LAST] [--seconds N] PROGRAM

Packets made by odd_capture.py are written as pcap and pcapng of both byte orders and of other resolutions, and in a
format that only libpcap reads; each file is read as a file, whose bytes stay where they are, by standard input, whose
bytes the ring keeps, and through a filter that lets everything pass. Tables, events, reports and extracted packets are
compared. Prints what differs, and the count last; exits with 1 when something differs.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time

import compare_model
from odd_capture import Format, draw_packets

FORMATS = {"nano": Format("nano"), "nano, big": Format("nano", ">"), "micro": Format("micro"), "modified": Format("modified"),
           "ng": Format("ng"), "ng, big": Format("ng", ">"), "ng, two interfaces": Format("ng", "<", resolutions=(6, 9))}
WAYS = {"file": [], "pipe": [], "filter": ["-f", "len >= 0"]}

# What the report says of the way itself.
OF_THE_WAY = {"source.name", "source.size", "source.processed", "source.filter", "ring.store"}


def run(program, data, way, options, folder):
    """Results in which nothing is left that depends on the way."""
    capture, out = os.path.join(folder, "c.pcap"), os.path.join(folder, "out")
    with open(capture, "wb") as file:
        file.write(data)
    source = {"input": data} if way == "pipe" else {"stdin": subprocess.DEVNULL}
    words, _ = compare_model.arguments(options)
    done = subprocess.run([program, "-q", "-r", "-" if way == "pipe" else capture, "-w", out, *words, *WAYS[way]],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=compare_model.HANGS_AFTER, **source)
    prefix = "stdin" if way == "pipe" else "c"
    result = compare_model.Result(out, prefix, done.returncode)
    report = {key: value for key, value in compare_model.flatten(result.report) if key not in OF_THE_WAY}
    events = [dict(event, file="") for event in result.events]
    parts = {"status": done.returncode, "report": report, "flows": result.rows, "events": events, "files": [name for name, _ in result.files]}
    named = json.loads(json.dumps(parts).replace(f'"{prefix}-', '"'))
    return dict(named, bytes=[data for _, data in result.files])


def try_packets(program, seed):
    """Compare all ways with the first. Returns how many there are, and of those that differ what does."""
    rng = random.Random(seed)
    link, packets = draw_packets(rng)
    packets = [(stamp // 1000 * 1000, captured, wire) for stamp, captured, wire in packets]     # microseconds fit all formats
    options = [x for x in compare_model.draw_settings(rng) if x != "-"]
    wrong, first, count = [], None, 0
    for name, form in FORMATS.items():
        data = form.file(link, packets, random.Random(seed))
        for way in WAYS:
            with tempfile.TemporaryDirectory() as folder:
                found = run(program, data, way, options, folder)
            first, count = first or found, count + 1
            parts = [part for part in first if found[part] != first[part]]
            wrong += [f"{name} by {way}, {options}: {', '.join(parts)} differ"] if parts else []
    return count, wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", default="1-100000")
    parser.add_argument("--seconds", default=10, type=float)
    parser.add_argument("program")
    arguments = parser.parse_args()
    first, _, last = arguments.seeds.partition("-")
    began, passed, failed = time.monotonic(), 0, 0
    for seed in range(int(first), int(last or first) + 1):
        if time.monotonic() - began > arguments.seconds:
            break
        count, wrong = try_packets(arguments.program, seed)
        passed, failed = passed + count - len(wrong), failed + len(wrong)
        for line in wrong:
            print(f"not ok - seed {seed}, {line}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
