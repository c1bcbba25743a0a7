#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""flood_capture.py — a capture of connections that live through a flood, on standard output.

usage: flood_capture.py KIND ESTABLISHED PACKETS

First ESTABLISHED connections are opened and used; then PACKETS of the flood come: `syn` is SYNs from random addresses,
`scan` one host that tries every port of many others, `ports` 65 535 connections between two hosts, over and over,
`giant` one connection that carries everything. At the end the receiver of each of the first connections shuts its window.
"""
import random
import struct
import sys

SYN, ACK, PSH = 2, 16, 8
OUT = sys.stdout.buffer
now = 1_700_000_000_000_000  # microseconds


def frame(src, sport, dst, dport, flags, seq, ack, window, options=b"", payload=0):
    ip = struct.pack(">BBHHHBBHII", 0x45, 0, 40 + len(options) + payload, 0, 0x4000, 64, 6, 0, src, dst)
    tcp = struct.pack(">HHIIBBHHH", sport, dport, seq, ack, (20 + len(options)) << 2, flags, window, 0, 0)
    return b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + ip + tcp + options + b"x" * payload


def put(data):
    global now
    now += 3
    OUT.write(struct.pack("<IIII", now // 1_000_000, now % 1_000_000, len(data), len(data)) + data)


def connection(i):
    return 0x0A010000 + i, 20000 + i, 0x0A020001, 443


SCALE = b"\1\3\3\7"


def open_connection(i):
    a, p, b, q = connection(i)
    put(frame(a, p, b, q, SYN, 100, 0, 64240, SCALE))
    put(frame(b, q, a, p, SYN | ACK, 500, 101, 64240, SCALE))
    put(frame(a, p, b, q, ACK, 101, 501, 502))
    put(frame(b, q, a, p, ACK | PSH, 501, 101, 502, b"", 1000))


def shut_window(i):
    a, p, b, q = connection(i)
    put(frame(a, p, b, q, ACK, 101, 1501, 0))


def flood(kind, n):
    rng = random.Random(1)
    for i in range(n):
        if kind == "syn":
            put(frame(rng.getrandbits(32), rng.getrandbits(16), 0x0A020001, 443, SYN, i, 0, 1024))
        elif kind == "scan":
            put(frame(0x0A030001, 40000, 0x0B000000 + i // 65535, 1 + i % 65535, SYN, i, 0, 1024))
        elif kind == "ports":
            put(frame(0x0A030001, 1 + i % 65535, 0x0A030002, 80, ACK | PSH, 1 + i // 65535 * 10, 1, 502, b"", 10))
        else:
            put(frame(0x0A030001, 40000, 0x0A030002, 80, ACK | PSH, (1 + i * 10) & 0xFFFFFFFF, 1, 502, b"", 10))


def main():
    kind, established, packets = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    OUT.write(struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
    for i in range(established):
        open_connection(i)
    flood(kind, packets)
    for i in range(established):
        shut_window(i)


main()
