#!/usr/bin/env python3
"""extract.py CAPTURE FOLDER [NAME...] : test data from what `HINODE_CAPTURE=CAPTURE` kept (tests/machine/capture.sh).

Writes FOLDER/NAME.txt for each node that asked for anything, or for those named: its requests in order of arrival, byte for byte. A node of
the firmware stories that booted before it was armed has a second file, NAME-own-disk.txt. Lines of a file:

  # ...                  who asked, with the versions of its firmware and loaders
  node NAME              of the rack file beside it (rack.toml)
  armed TOKEN            or `not armed`
  dhcp HEX               a DHCP packet (UDP payload)
  dhcp6 ADDRESS HEX      a DHCPv6 packet that came from this address (UDP payload)
  tftp HEX               a TFTP request; the line before it says it in words; `tftp6` if it came over IPv6
  http                   an HTTP request head follows, a line each behind `| `; `http6` if it came over IPv6
  body HEX               and its body, if it has one

Repetitions of the same bytes are left out: what is answered once is answered again. The rack file goes with them, and
the names of the files in the install tree.
"""

import ipaddress
import re
import struct
import sys
import tomllib
from pathlib import Path

HEAD_END = b"\r\n\r\n"
# The token of an arm whose kickstart nobody asked for: any one does.
NO_TOKEN = "0" * 32
# Whose versions are told of which node: what asked, in order of appearance.
SPEAKERS = {
    "fw-bios-ipxe": ["seabios", "ipxe-qemu"],
    "fw-uefi-rom": ["ovmf", "ipxe-qemu"],
    "fw-uefi-pxe": ["ovmf", "ipxe", "shim-signed", "grub-efi-amd64-signed"],
    "fw-uefi-http": ["ovmf", "ipxe"],
    "fw-secboot": ["ovmf", "shim-signed", "grub-efi-amd64-signed"],
    "fw-uefi-pxe6": ["ovmf", "shim-signed", "grub-efi-amd64-signed"],
    "fw-uefi-http6": ["ovmf", "ipxe"],
    "fw-udhcpc": ["busybox-static"],
    "fw-dhclient": ["isc-dhcp-client"],
    "kvm-01": ["seabios", "ipxe-qemu", "busybox-static", "curl", "dnf"],
    "kvm-02": ["ovmf", "shim-signed", "grub-efi-amd64-signed", "busybox-static", "curl", "dnf"],
}


def frames(pcap):
    """Time and bytes of each Ethernet frame of a pcap file of this computer's byte order."""
    magic, _, _, _, _, _, link = struct.unpack_from("=IHHIIII", pcap)
    if link != 1 or magic not in (0xA1B2C3D4, 0xA1B23C4D):
        sys.exit("not a pcap file of Ethernet frames in this computer's byte order")
    at, unit = 24, 1e6 if magic == 0xA1B2C3D4 else 1e9
    while at + 16 <= len(pcap):
        seconds, fraction, kept, _ = struct.unpack_from("=IIII", pcap, at)
        yield seconds + fraction / unit, pcap[at + 16:at + 16 + kept]
        at += 16 + kept


def packets(pcap):
    """Time, MAC, family, protocol, source, destination port and the transport packet, of each IP packet."""
    for time, frame in frames(pcap):
        mac, kind, ip = frame[6:12].hex(":"), frame[12:14], frame[14:]
        if kind == b"\x08\x00":
            end = struct.unpack_from("!H", ip, 2)[0]
            data = ip[(ip[0] & 15) * 4:end]
            port = struct.unpack_from("!H", data, 2)[0]
            yield time, mac, "", ip[9], (ip[12:16], data[:2]), port, data
        elif kind == b"\x86\xdd":
            data = ip[40:40 + struct.unpack_from("!H", ip, 4)[0]]
            port = struct.unpack_from("!H", data, 2)[0]
            yield time, mac, "6", ip[6], (ip[8:24], data[:2]), port, data


class Stream:
    """What one side of a TCP connection said, in order."""

    def __init__(self, first):
        self.next, self.early, self.said, self.taken = first, {}, b"", 0

    def add(self, sequence, data):
        if data:
            self.early.setdefault(sequence, data)
        while self.next in self.early:
            data = self.early.pop(self.next)
            self.said += data
            self.next = (self.next + len(data)) & 0xFFFFFFFF

    def requests(self):
        """Heads and bodies that are whole by now, each once."""
        while (end := self.said.find(HEAD_END, self.taken)) >= 0:
            head = self.said[self.taken:end]
            fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
            begin = end + len(HEAD_END)
            body = self.said[begin:begin + int(fields.get(b"content-length", b"0"))]
            if begin + int(fields.get(b"content-length", b"0")) > len(self.said):
                return
            self.taken = begin + len(body)
            yield head, body


def asked(pcap):
    """Time, MAC and lines of each request."""
    streams = {}
    for time, mac, six, protocol, source, port, data in packets(pcap):
        if protocol == 17:
            payload = data[8:struct.unpack_from("!H", data, 4)[0]]
            if port == 69:
                words = payload[2:].decode("latin-1").replace("\0", " ").strip()
                yield time, mac, [f"# read {words}", f"tftp{six} {payload.hex()}"]
            elif port == 547:
                yield time, mac, [f"dhcp6 {ipaddress.IPv6Address(source[0])} {payload.hex()}"]
            else:
                yield time, mac, [f"dhcp {payload.hex()}"]
        elif protocol == 6:
            sequence, _, offset, flags = struct.unpack_from("!IIBB", data, 4)
            if flags & 2:
                streams[source] = Stream((sequence + 1) & 0xFFFFFFFF)
                continue
            if source in streams:
                stream = streams[source]
                stream.add(sequence, data[(offset >> 4) * 4:])
                for head, body in stream.requests():
                    lines = [f"| {line}" for line in head.decode("latin-1").split("\r\n")] + ["|"]
                    yield time, mac, ["http" + six, *lines, *([f"body {body.hex()}"] if body else [])]


def token(lines):
    for line in lines:
        if line.startswith("| GET /ks/"):
            return line.split("/ks/")[1].split()[0]
    return None


def is_armed(lines):
    """Whether the installer's script was served: it is what leads to the kernel."""
    return any("/images/pxeboot/vmlinuz" in line for line in lines)


def write(folder, name, node, lines, versions):
    known = [f"{speaker} {versions[speaker]}" for speaker in SPEAKERS.get(node, []) if speaker in versions]
    secret = token(lines) or (NO_TOKEN if is_armed(lines) else None)
    head = [f"# {name}, captured in the virtual rack: {', '.join(known)} (Debian).",
            f"node {node}", f"armed {secret}" if secret else "not armed"]
    (folder / f"{name}.txt").write_text("\n".join(head + lines) + "\n")
    print(f"{name}: {sum(not line.startswith(('|', '#', 'body')) for line in lines)} requests")


def main():
    capture, folder = map(Path, sys.argv[1:3])
    wanted = sys.argv[3:]
    rack = tomllib.loads((capture / "rack.toml").read_text())
    nodes = {node["mac"]: node["name"] for node in rack["node"]}
    versions = dict(line.split() for line in (capture / "versions").read_text().splitlines() if " " in line.strip())
    armed = [float(line) for line in (capture / "armed").read_text().split()]
    found, seen = {}, set()
    for time, mac, lines in asked((capture / "rack.pcap").read_bytes()):
        node = nodes.get(mac)
        before = node is not None and node.startswith("fw-") and armed and time < armed[0]
        name = node and node.removeprefix("fw-") + ("-own-disk" if before else "")
        if node is None or (name, *lines) in seen:
            continue
        seen.add((name, *lines))
        found.setdefault((name, node), []).extend(lines)
    for (name, node), lines in sorted(found.items()):
        if wanted and name not in wanted:
            continue
        write(folder, name, node, lines, versions)
    # Where the tree lay on that computer is of no interest.
    placed = re.sub(r'^tree = .*', 'tree = "/var/lib/hinode/standin"', (capture / "rack.toml").read_text(), flags=re.M)
    (folder / "rack.toml").write_text(placed)
    (folder / "tree").write_text((capture / "tree").read_text())


main()
