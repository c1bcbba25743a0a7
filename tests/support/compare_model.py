# SPDX-License-Identifier: MIT
"""compare_model.py — runs tcpwind and the executable reading of its semantics on the same captures and settings.

usage: compare_model.py [--seeds FIRST-LAST] [--settings NAME,...|all] [--named N] [--mixed N] [--seconds N] [--show N]
                        [--keep FOLDER] PROGRAM MODEL [CAPTURE...]

Every capture named, and those made by odd_capture.py of every seed, is read with each of the settings, or so many of
them as --named says, drawn from the seed, and with as many others as --mixed says. What must be equal: status, every
column of the flow table that the model fills, every event, every extracted packet, the counters of the report. After
--seconds no new capture is begun. Prints what differs, and the count last; captures that differ are put into --keep.
Exits with 1 when one differs.

Where the text of the semantics is clear and the model reads it otherwise, or the text leaves a choice, the model is set
right here, in class Reading: each of these says why.
"""
import argparse
import collections
import contextlib
import glob
import importlib.util
import io
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time

import odd_capture

# Names of sets of options; "-" among them means standard input.
SETTINGS = {
    "default": [],
    "threshold": ["detect.threshold=1460"],
    "rearm": ["detect.threshold=100", "detect.rearm=8192", "detect.min_segments=2"],
    "raw": ["detect.window=raw", "detect.threshold=1000", "detect.rearm=1460"],
    "conditions": ["detect.min_segments=2", "detect.min_duration=200 ms", "detect.min_packets=4", "detect.cooldown=1 s"],
    "duration": ["detect.threshold=100", "detect.min_duration=2 s", "pcap.split=flow"],
    "cooldown": ["detect.threshold=1461", "detect.rearm=1461", "detect.cooldown=10 s", "extract.after=1 s"],
    "assume": ["detect.assume_scale=7", "detect.threshold=1460"],
    "alarmed": ["extract.direction=alarmed", "detect.threshold=100", "pcap.split=flow"],
    "opposite": ["extract.direction=opposite", "extract.before=20 ms"],
    "before": ["extract.before=1 s", "extract.after=2 s", "detect.min_segments=2"],
    "from-the-alarm": ["extract.before=none", "extract.after=0", "extract.direction=alarmed"],
    "limits": ["extract.max_bytes=300", "pcap.max_packets=5", "detect.threshold=1460"],
    "rate": ["extract.max_rate=20", "extract.after=1 s", "pcap.max_age=1 s"],
    "inverted": ["extract.invert=true", "pcap.split=flow", "extract.max_rate=100"],
    "few-flows": ["flow.max=2", "detect.threshold=1460", "output.flows=alarmed"],
    "one-flow": ["flow.max=1", "flow.protocols=ip", "detect.min_duration=1 s"],
    "short-lives": ["flow.timeout.opening=1", "flow.timeout.established=5", "flow.timeout.closing=2", "flow.timeout.closed=0.02",
                    "flow.timeout.reset=0.2", "flow.timeout.other=1", "flow.protocols=ip", "extract.after=200 ms"],
    "no-timeouts": [f"flow.timeout.{state}=0" for state in ("opening", "established", "closing", "closed", "reset", "other")],
    "pipe": ["-", "ring.max_age=2 s", "detect.min_segments=2"],
    "small-ring": ["-", "ring.size=1 MiB", "ring.handshakes=2000", "detect.min_segments=2", "extract.after=5 s"],
    "snap": ["ring.snaplen=60", "ring.max_age=200 ms", "extract.max_bytes=1000"],
    "bare-keys": ["flow.vlan=false", "flow.tunnel=false", "flow.interface=false", "flow.protocols=ip"],
    "full-keys": ["flow.tunnel=true", "decode.vxlan_ports=4789", "decode.gtp_ports=", "decode.geneve_ports=6081,8472"],
    "chosen": ["--flows", "1,3-4", "--packets", "2-9", "extract.direction=alarmed"],
    "no-threshold": ["detect.threshold=0", "output.alarms=false"],
}

# Of what the settings that --mixed draws are made.
DRAWN = {
    "detect.window": ("scaled", "raw"), "detect.threshold": ("0", "1", "2", "100", "1460", "8192", "1 MiB"), "detect.min_segments": ("1", "2", "3"),
    "detect.min_duration": ("0", "1 ms", "20 ms", "200 ms", "1 s", "30 s"), "detect.min_packets": ("1", "2", "5", "20"),
    "detect.cooldown": ("0", "1 ms", "200 ms", "1 s", "10 s"), "detect.assume_scale": ("-1", "0", "7", "14"),
    "extract.direction": ("both", "alarmed", "opposite"), "extract.before": ("0", "none", "1 ms", "20 ms", "1 s", "10 s"),
    "extract.after": ("0", "1 ms", "20 ms", "1 s", "10 s"), "extract.max_bytes": ("0", "1", "60", "500", "3000"),
    "extract.max_rate": ("0", "0", "1", "50", "1000"), "extract.invert": ("false", "false", "true"), "pcap.split": ("none", "flow"),
    "pcap.max_packets": ("0", "1", "7"), "pcap.max_size": ("0", "500"), "pcap.max_age": ("0", "20 ms", "10 s"), "ring.snaplen": ("0", "40", "64"),
    "ring.max_age": ("0", "0", "1 ms", "20 ms", "1 s"), "flow.max": ("1", "2", "3", "10", "1000"), "flow.protocols": ("tcp", "ip"),
    "flow.vlan": ("true", "false"), "flow.tunnel": ("true", "false"), "flow.interface": ("true", "false"), "output.flows": ("all", "alarmed", "none"),
    **{f"flow.timeout.{state}": ("0", "1 ms", "20 ms", "200 ms", "1 s", "10 s", "120 s") for state in
       ("opening", "established", "closing", "closed", "reset", "other")},
}


def draw_settings(rng):
    """Not --packets and one direction: of packets that were lost nobody knows which ones were sent by which side."""
    chosen = [f"{key}={rng.choice(values)}" for key, values in DRAWN.items() if rng.random() < 0.25]
    if rng.random() < 0.2:
        chosen += ["--flows", rng.choice(("1", "2,3", "1-100"))]
    if rng.random() < 0.2:
        chosen = [x for x in chosen if not x.startswith("extract.direction=")]
        chosen += ["--packets", rng.choice(("1", "2-5", "3-"))]
    return chosen + ["-"] * (rng.random() < 0.2)


# --- the model, set right where it does not follow the text

def read_model(path):
    spec = importlib.util.spec_from_file_location("model", path)
    model = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(model)
    return model


class Talkers(dict):
    """Hosts by what their flows sent. The text defines no `top`; counting packets of no flow would need memory for
    every address that somebody makes up."""

    def setdefault(self, key, default):
        return default

    def __getitem__(self, key):
        return [0, 0, 0]

    def add(self, address, d):
        packets, size, low = self.get(address, (0, 0, 0))
        self[address] = packets + d.pkts, size + d.bytes, low + d.low


EXTENSIONS = {0, 43, 44, 60, 135, 139, 140}
PAIRS = {(1, 0): 8, (1, 8): 8, (1, 14): 13, (1, 13): 13, (1, 16): 15, (1, 15): 15, (1, 18): 17, (1, 17): 17, (58, 129): 128, (58, 128): 128}


def set_right(model):
    """Replaces the model's engine, decoder and view by ones that differ in what is said here."""

    class Reading(model.Engine):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            self.hosts, self.times = Talkers(), []

        def feed(self, ts, *packet):
            self.times += [ts]
            super().feed(ts, *packet)

        def finish(self):
            """interface.md: "smallest and largest packet time", not those of the first and last packet."""
            if self.times:
                self.first, self.last = min(self.times), max(self.times)
            return super().finish()

        def timer(self, when, kind, flow, arg=None):
            """What falls due at the same moment has no order in the text; here it is the kind, then the flow."""
            self.ntimers += 1
            side = arg[0] if kind == model.ALARM else 0
            model.heapq.heappush(self.timers, (when, kind, (side, flow.idx, self.ntimers), flow, arg))

        def last_considered(self, d, v):
            """"Window full: ... (where a shift is in use)": that of detect.assume_scale is."""
            super().last_considered(d, v)
            if d.eff is None and self.assume >= 0:
                d.eff = v.win << self.assume

        def segment(self, f, dr, v, rec):
            """"Per flow the last SYN of each side that has all its options": the one before gives up its place."""
            if v.flags is not None and v.flags & model.SYN and v.optok:
                before, d = getattr(f.d[dr], "last_syn", None), f.d[dr]
                d.last_syn = rec
                if before and before.aside:
                    self.give_up(before)
            super().segment(f, dr, v, rec)

        def new_flow(self, key, src, dst, v):
            """ICMP has no ports that could tell who began: its answers were sent by the responder."""
            ports = v.sport, v.dport
            if v.proto in (1, 58):
                v.sport, v.dport = (0, 1) if v.is_answer else (1, 0)
            f = super().new_flow(key, src, dst, v)
            v.sport, v.dport = ports
            return f

        def above_max_rate(self):
            """"Mean over 10 s": counted in steps of a tenth of a second."""
            step = model.NS // 10
            while self.rate and self.clock // step - self.rate[0][0] // step >= 100:
                self.rate_sum -= self.rate.popleft()[1]
            return self.c["extract.max_rate"] and self.rate_sum > 10 * self.c["extract.max_rate"]

        def write_pending(self, f, upto=None, since=None):
            """The ring does not know how old the packets were that it has lost: when it reaches less far than
            extract.before, all of them count as those that should have been written."""
            if f.x and since is not None:
                rest = f.recs[f.pos:]
                held = [r.clock for r in rest if r.data is not None and not r.aside]
                for r in rest if (held or [f.last[0]])[0] >= since else ():
                    r.clock = max(r.clock, since) if r.data is None else r.clock
            super().write_pending(f, upto, since)

        def end_extraction(self, f, at):
            """A flow that has reached extract.max_bytes is not extracted again: of what its extraction did not come to,
            no handshake is kept aside."""
            for r in f.recs[f.pos:] if f.x.full else ():
                r.handshake = False
            super().end_extraction(f, at)

        def give_up(self, r):
            self.aside, self.aside_bytes = self.aside - 1, self.aside_bytes - len(r.data)
            r.aside, r.data = False, None

        def ring_drop(self):
            r = self.ring[0]
            super().ring_drop()
            if r.aside and getattr(r.flow.d[r.dir], "last_syn", None) is not r:
                self.give_up(r)

        def end_flow(self, f, reason):
            for (address, _), d in zip(f.ends, f.d):
                if d.pkts:
                    self.hosts.add(address, d)
            super().end_flow(f, reason)

    class View(model.View):
        __slots__ = ("is_answer",)

        def __init__(self):
            super().__init__()
            self.is_answer = False

    class Reader(model.Decoder):
        def tcp(self, o):
            """"A header that the capture (or a first fragment) cut is cut_short", however little of it is left."""
            super().tcp(o)
            v = self.v
            if v.firsts:
                length = (self.d[o + 12] >> 4) * 4 if min(len(self.d), self.end) - o >= 13 else 20
                v.cut |= self.end < o + length

        def gre(self, o):
            """flowStat says that there was GRE, whatever it carried."""
            self.need(o, 4)
            self.v.bits |= 1 << 12
            super().gre(o)

        def payload(self, p, o):
            """That goes for ICMP's header as for any other. A request's identifier makes a flow of it and its answer."""
            super().payload(p, o)
            v, d = self.v, self.d
            while v.later is None and (p == 51 or v.ver == 6 and p in EXTENSIONS):
                p, o = d[o], o + ((d[o + 1] + 2) * 4 if p == 51 else 8 if p == 44 else (d[o + 1] + 1) * 8)
            if v.proto == p and p in (1, 58):
                self.need(o, 4)
                if (p, d[o]) in PAIRS:
                    self.need(o, 8)
                    request, identifier = PAIRS[p, d[o]], self.u16(o + 4)
                    v.is_answer = d[o] != request
                    v.sport, v.dport = (request, identifier) if v.is_answer else (identifier, request)

    model.Engine, model.Decoder, model.View = Reading, Reader, View

# --- both, as results that can be compared

def arguments(options):
    """The options of a set as both programs take them; and whether the capture comes by standard input."""
    result, plain = [], [x for x in options if x != "-"]
    while plain:
        word = plain.pop(0)
        result += [word, plain.pop(0)] if word.startswith("--") else ["-o", quoted(word)]
    return result + ["-o", "run.name=here"], "-" in options


def quoted(option):
    """Ports are lists."""
    key, value = option.split("=", 1)
    return f"{key}=[{value}]" if key.startswith("decode.") else option


HANGS_AFTER = 120                       # seconds: no capture here takes one
RAW_IP = struct.pack("<I", 101)         # what files call it; 12 and 14 are the names of some systems


class Result:
    """The files of one run."""

    def __init__(self, folder, prefix, status):
        self.status = status
        self.report = self.read_json(folder, prefix)
        self.written = self.report.get("extract", {}).get("packets")
        self.without_what_is_free()
        self.rows = self.read_table(os.path.join(folder, prefix + "_flows.tsv"))
        self.events = self.read_events(os.path.join(folder, prefix + "_alarms.jsonl"))
        self.files = [(os.path.basename(path), self.read(path)) for path in sorted(glob.glob(os.path.join(glob.escape(folder), "*.pcap*")))]

    def without_what_is_free(self):
        """A snapshot length of 0 stands for the longest."""
        source = self.report.get("source", {})
        if not 0 < source.get("snaplen", 1) <= 262144:
            source["snaplen"] = 262144

    @staticmethod
    def read(path):
        with open(path, "rb") as file:
            data = file.read()
        number = RAW_IP if data[20:24] in (b"\x0c\0\0\0", b"\x0e\0\0\0") else data[20:24]
        return data[:20] + number + data[24:]

    @staticmethod
    def read_json(folder, prefix):
        try:
            with open(os.path.join(folder, prefix + "_report.json")) as file:
                return json.load(file)
        except FileNotFoundError:
            return {}

    @staticmethod
    def read_table(path):
        if not os.path.exists(path):
            return []
        with open(path) as file:
            names = next(file).lstrip("%").split()
            return [dict(zip(names, line.rstrip("\n").split("\t"))) for line in file]

    @staticmethod
    def read_events(path):
        if not os.path.exists(path):
            return []
        with open(path) as file:
            return [json.loads(line) for line in file]


def inputs(captures, by_pipe):
    """As -r takes them; the first one comes by the pipe."""
    return ["-", *captures[1:]] if by_pipe else captures


def run_program(program, captures, options, folder, prefix):
    words, by_pipe = arguments(options)
    with open(captures[0] if by_pipe else os.devnull, "rb") as file:
        done = subprocess.run([program, "-q", "-w", folder, *words, "-r", *inputs(captures, by_pipe)], stdin=file, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, timeout=HANGS_AFTER)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{program} {words}: status {done.returncode}: {done.stderr.decode()}")
    return Result(folder, prefix, done.returncode)


def run_model(model, captures, options, folder, prefix):
    words, by_pipe = arguments(options)
    with contextlib.redirect_stderr(io.StringIO()) as said, open(captures[0], "rb") as file:
        before, sys.stdin = sys.stdin, io.TextIOWrapper(file)
        status = model.main(["-q", "-w", folder, *words, "-r", *inputs(captures, by_pipe)])
        sys.stdin = before
    if status not in (0, 1):
        raise SystemExit(f"model {words}: status {status}: {said.getvalue()}")
    return Result(folder, prefix, status)


# --- what differs

# Of flowStat, the bits that the model knows.
FLOW_STAT = 1 | sum(1 << bit for bit in (1, 4, 8, 9, 10, 12, 14, 15, 17, 21, 22, 26, 29, 30, 36, 40, 42, 49, 57))

# Columns and keys that the text leaves to whoever builds it, or that depend on the machine.
FREE_COLUMNS = {"numHdrDesc", "numHdrs", "hdrDesc", "srcIPCC", "srcIPOrg", "dstIPCC", "dstIPOrg"}
FREE_KEYS = {"tcpwind", "pid", "uptime_s", "memory", "rates", "ring.used", "ring.store"}
LISTS = ("extract.files.", "top.")     # of which the program must not say more
QUOTIENTS = {"pktps", "bytps", "pktAsm", "bytAsm", "tcpWinThRt"}
LABELS = {"country", "organisation"}


def comparable_row(row):
    row = {key: value for key, value in row.items() if key not in FREE_COLUMNS}
    row["flowStat"] = hex(int(row["flowStat"], 16) & FLOW_STAT)
    row["tcpStatesAFlags"] = hex(int(row["tcpStatesAFlags"], 16) & 0x40)
    if row["l4Proto"] != "6":           # the model leaves them out; the text defines them for every flow
        row = {key: value for key, value in row.items() if key not in ("l7BytesSnt", "l7BytesRcvd", "communityID")}
    return row


def comparable_event(event):
    """Numbers as far as both write them; addresses without labels."""
    event = {key: value for key, value in event.items() if key != "community_id" or event["event"] != "extract_end"}
    for end in ("receiver", "sender", "a", "b"):
        if end in event:
            event[end] = {key: value for key, value in event[end].items() if key not in LABELS}
    if "duration_s" in event:
        event["duration_s"] = round(event["duration_s"], 6)
    return event


def flatten(document, path=""):
    if isinstance(document, dict):
        for key, value in document.items():
            if path + key not in FREE_KEYS and key not in LABELS:
                yield from flatten(value, path + key + ".")
    elif isinstance(document, list):
        for at, value in enumerate(document):
            yield from flatten(value, f"{path}{at}.")
    else:
        yield path[:-1], round(document, 6) if isinstance(document, float) else document


def are_equal(key, wanted, found):
    """Quotients are rounded by one and by the other."""
    if key in QUOTIENTS and wanted and found:
        return abs(float(wanted) - float(found)) <= 2e-6 + 1e-12 * abs(float(wanted))
    return wanted == found


def differences(name, wanted, found):
    """Two dictionaries; the second may say more, unless the first says nothing."""
    for key in sorted(wanted or found):
        if not are_equal(key, wanted.get(key), found.get(key)):
            yield f"{name} {key}: {found.get(key)} not {wanted.get(key)}"


def by_flow(events):
    flows = collections.defaultdict(list)
    for event in events:
        flows[event["flow"]].append(comparable_event(event))
    return flows


def compare_events(wanted, found):
    wanted, found = by_flow(wanted), by_flow(found)
    for flow in sorted({*wanted, *found}):
        for at in range(max(len(wanted[flow]), len(found[flow]))):
            one, other = (x[at] if at < len(x) else {} for x in (wanted[flow], found[flow]))
            yield from differences(f"flow {flow}, event {at + 1} ({one.get('event')})", one, other)


def compare_rows(wanted, found):
    wanted, found = ({(int(row["flowInd"]), row["dir"]): comparable_row(row) for row in rows} for rows in (wanted, found))
    for key in sorted({*wanted, *found}):
        yield from differences(f"flow {key[0]} {key[1]}", wanted.get(key, {}), found.get(key, {}))


def compare_files(wanted, found):
    names = [[name for name, _ in files] for files in (wanted, found)]
    yield from differences("", {"files": names[0]}, {"files": names[1]})
    for (name, one), (other_name, other) in zip(wanted, found):
        if name == other_name and one != other:
            at = next((i for i, (x, y) in enumerate(zip(one, other)) if x != y), min(len(one), len(other)))
            yield f"file {name}: differs at byte {at}"


def compare_reports(wanted, found):
    wanted, found = dict(flatten(wanted)), dict(flatten(found))
    yield from differences("report", wanted, found)
    yield from (f"report {key}: {found[key]} not in it" for key in sorted(found) if key.startswith(LISTS) and key not in wanted)


def compare(wanted, found):
    yield from differences("", {"status": wanted.status}, {"status": found.status})
    yield from compare_reports(wanted.report, found.report)
    yield from compare_rows(wanted.rows, found.rows)
    yield from compare_events(wanted.events, found.events)
    yield from compare_files(wanted.files, found.files)


def compare_but_for_the_edge(wanted, found):
    """Which packets stand at the ring's very edge is the implementation's business, "that written and lost add up is not"."""
    for result in wanted, found:
        result.report = {key: value for key, value in result.report.items() if key not in ("extract", "ring")}
        for event in result.events:
            event.pop("pcap")
            if event["event"] == "extract_end":
                event["packets_written"] += sum(event.pop("packets_lost").values())
                del event["packets_before"], event["bytes_written"]
    written = sum(count_records(data) for _, data in found.files)
    yield from differences("", {"packets in the files": found.written}, {"packets in the files": written})
    found.files = wanted.files = []
    yield from compare(wanted, found)


def count_records(data):
    count, at = 0, 24
    while at < len(data):
        at += 16 + struct.unpack_from("<I", data, at + 8)[0]
        count += 1
    return count


# --- all of it

class Bench:
    def __init__(self, options):
        self.options, self.model = options, read_model(options.model)
        set_right(self.model)
        self.passed = self.failed = 0

    def try_one(self, captures, name, settings):
        """Compare captures, read one after the other, with one set of settings."""
        prefix = "stdin" if "-" in settings else os.path.splitext(os.path.basename(captures[0]))[0]
        with tempfile.TemporaryDirectory() as folder:
            one, other = os.path.join(folder, "model"), os.path.join(folder, "found")
            found = run_program(self.options.program, captures, settings, other, prefix)
            wanted = run_model(self.model, captures, settings, one, prefix)
        is_full = "ring.size=1 MiB" in settings and sum(map(os.path.getsize, captures)) > 900000
        wrong = list((compare_but_for_the_edge if is_full else compare)(wanted, found))
        self.passed, self.failed = self.passed + (not wrong), self.failed + bool(wrong)
        if wrong:
            drawn = settings if name.startswith("mixed") else ""
            print(f"not ok - {os.path.basename(captures[0])}, {name} {drawn}: {len(wrong)} differ")
            print("".join(f"    {line}\n" for line in wrong[:self.options.show]), end="", flush=True)

    def try_captures(self, captures, seed):
        failed = self.failed
        named = self.options.settings
        if self.options.named < len(named):
            named = random.Random(seed).sample(named, self.options.named)
        for name in named:
            self.try_one(captures, name, SETTINGS[name])
        for number in range(self.options.mixed):
            self.try_one(captures, f"mixed {number}", draw_settings(random.Random(f"{seed} {number}")))
        if self.options.keep and self.failed > failed:
            for capture in captures:
                shutil.copy(capture, self.options.keep)

    def run(self):
        began = time.monotonic()
        for capture in self.options.captures:
            self.try_captures([capture], os.path.basename(capture))
        for seed in range(*self.options.seeds):
            if time.monotonic() - began > self.options.seconds:
                break
            with tempfile.TemporaryDirectory() as folder:
                self.try_captures(odd_capture.write(seed, folder), seed)
        print(f"{self.passed} passed, {self.failed} failed")
        return self.failed > 0


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", default="1-20", type=lambda x: (int(x.split("-")[0]), int(x.split("-")[-1]) + 1))
    parser.add_argument("--settings", default=list(SETTINGS), type=lambda x: list(SETTINGS) if x == "all" else [y for y in x.split(",") if y])
    parser.add_argument("--named", default=len(SETTINGS), type=int)
    parser.add_argument("--mixed", default=5, type=int)
    parser.add_argument("--seconds", default=1e9, type=float)
    parser.add_argument("--show", default=12, type=int)
    parser.add_argument("--keep")
    parser.add_argument("program")
    parser.add_argument("model")
    parser.add_argument("captures", nargs="*")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(Bench(parse()).run())
