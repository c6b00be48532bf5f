#!/usr/bin/env python3
"""What wires and disks allow for a rack's install: limits.py [NODES=42] [GB_A_NODE=1.5]"""
import math, sys

nodes = int(sys.argv[1]) if len(sys.argv) > 1 else 42
size = float(sys.argv[2]) if len(sys.argv) > 2 else 1.5
PAYLOAD = 1448 / 1538  # share of the wire's bytes that is TCP payload: MTU 1500, preamble and gap counted
print(f"{nodes} nodes x {size} GB = {nodes * size:.0f} GB")
for server, node in ((1, 1), (2, 1), (10, 1), (10, 10), (25, 10)):
    up, down = (gigabits * 0.125 * PAYLOAD for gigabits in (server, node))  # GB/s
    unicast = max(nodes * size / up, size / down)
    peers = max(size / up, size / down, nodes * size / (up + nodes * down))
    print(f"server {server:>2} GbE, node {node:>2} GbE: all nodes {unicast:6.1f} s ({unicast / 60:.1f} min), "
          f"one node {size / min(up, down):5.1f} s, nodes helping each other at best {peers:5.1f} s")
for name, rate in (("WAN 100 Mbit/s", 12.5 * PAYLOAD), ("WAN 1 Gbit/s", 125 * PAYLOAD), ("USB stick", 30), ("SATA SSD", 500)):
    print(f"source {name}: {nodes * size * 1000 / rate / 60:7.1f} min for all, {size * 1000 / rate / 60:5.1f} min if kept")
print("TFTP, 80 MiB, seconds of waiting for acknowledgements:")
for block in (512, 1468):
    waits = (f"window {w} RTT {ms} ms: {math.ceil(83886080 / block / w) * ms / 1e3:.0f}"
             for w in (1, 4, 16) for ms in (0.2, 1, 2))
    print(f"  blksize {block}: " + ", ".join(waits))
