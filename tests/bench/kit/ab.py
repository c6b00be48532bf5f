#!/usr/bin/env python3
"""Side-by-side benchmark runner (standard library only): ab.py dhcp|tftp|http [options] SPEC [SPEC...]

SPEC is NAME, started by servers/NAME.sh, or NAME=LAUNCHER, your own (see README.md). Every server gets namespaces and a
fresh state of its own. The first one is the baseline, and the order flips every round (A B, B A, ...). Raw figures of every
round go to --log, one JSON object a line; table.py reads them."""
import argparse, json, os, re, signal, subprocess, sys, time

import table
from server import BIN, DATA, PREFIX, SERVER_ADDRESS, Server

TFTP_PROBE = [BIN + "tftpbench", "-s", SERVER_ADDRESS, "-f", "os/bench/f1m.bin", "-t", "1"]
HTTP_PROBE = [BIN + "httpload", "-s", SERVER_ADDRESS, "-u", "/os/bench/ks.cfg", "-c", "1", "-t", "1"]
# Where the load generators' clients are: every one has an address of its own, as nodes have.
CLIENTS = "10.96.1.1"
# MAC of the first client, as dhcpload counts them: those of the nodes of bench_dhcp's rack file, and of nobody in it.
NODES, STRANGERS = 0xE0000001, 1


def dhcp_command(mode, inflight, secs, base, a=None, count=None):
    command = [BIN + "dhcpload", "-m", mode, "-k", str(inflight), "-t", str(secs), "-b", str(base), "-v"]
    command += ["-i", "d0"] if mode == "direct" else ["-s", SERVER_ADDRESS, "-g", "10.96.0.1"]
    count = count or (a and a.count)
    for flag, value in (("-N", count), ("-R", a and a.macs), ("-T", a and a.rto)):
        command += [flag, str(value)] if value else []
    return command + (["-x"] if a and a.pxe else [])


def cases(a):
    """(label, what the round is given) for every combination asked for."""
    if a.kind == "dhcp":
        count = f" n={a.count}" if a.count else ""
        return [(f"{m} k={k}{count}", (m, k)) for m in a.modes for k in a.inflight]
    if a.kind == "tftp":
        return [(f"{f} blk={b} win={w} cl={n}", (f, b, w, n))
                for f in a.files for b in a.blksize for w in a.window for n in a.clients]
    return [(f"{u} conns={n}{' wrk' if a.wrk else ''}", (u, n)) for u in a.paths for n in a.clients]


def wait_for_port_67(server):
    for _ in range(750):
        heard = subprocess.run(["ip", "netns", "exec", f"{PREFIX}-s-{server.slot}", "ss", "-lunH"],
                               capture_output=True, text=True)
        if ":67 " in heard.stdout:
            return True
        time.sleep(0.02)
    return False


def dhcp_round(server, case, a, number):
    mode, inflight = case
    server.start()
    probe = dhcp_command(mode, 1, 1, 0xF0000000, count=1)
    is_up = wait_for_port_67(server) if a.noprobe else server.ready(probe, lambda d: d.get("done", 0) >= 1)
    d = {"err": "not ready"}
    if is_up:
        time.sleep(a.settle)
        base = NODES if a.nodes else STRANGERS + number * 1000000
        d = server.measure(dhcp_command(mode, inflight, a.secs, base, a), a.secs + 20)
    if d.get("done"):
        d["srv_us_per_dora"] = d["srv_cpu_s"] * 1e6 / d["done"]
    server.stop()
    return d


def per_gb(d):
    if d.get("bytes"):
        d["srv_cpu_s_per_GB"] = d["srv_cpu_s"] * 1e9 / d["bytes"]
        d["cli_cpu_s_per_GB"] = d["client_cpu"] * 1e9 / d["bytes"]
    return d


def tftp_round(server, case, a):
    file, block, window, clients = case
    command = [BIN + "tftpbench", "-s", SERVER_ADDRESS, "-a", CLIENTS, "-f", file, "-b", str(block), "-w", str(window),
               "-n", str(clients), "-t", str(a.secs), "-c", str(a.count or 0)]
    before = server.memory()[0]
    d = per_gb(server.measure(command, a.secs + 15))
    d["srv_added_mb"] = max(d["srv_hwm_mb"] - before, 0)
    return d


def http_round(server, case, a):
    path, clients = case
    server.quiet()
    if a.wrk:
        return wrk_round(server, path, clients, a)
    command = [BIN + "httpload", "-s", SERVER_ADDRESS, "-a", CLIENTS, "-u", path, "-n", str(clients), "-t", str(a.secs),
               "-c", str(a.count or 0)]
    return per_gb(server.measure(command + (["-k"] if a.keep else []), a.secs + 15))


def wrk_round(server, path, clients, a):
    command = ["wrk", "-t1", "-c", str(clients), "-d", f"{max(int(a.secs), 1)}s", "--latency",
               f"http://{SERVER_ADDRESS}{path}"]
    d = server.measure(command, a.secs + 20)
    raw = d.get("_raw", "")
    if rate := re.search(r"Requests/sec:\s+([\d.]+)", raw):
        d["rps"] = float(rate[1])
    if late := re.search(r"99%\s+([\d.]+)(us|ms|s)", raw):
        d["p99_ms"] = float(late[1]) * {"us": 1e-3, "ms": 1, "s": 1e3}[late[2]]
    if (done := re.search(r"(\d+) requests in", raw)) and int(done[1]):
        d["srv_us_per_req"] = d["srv_cpu_s"] * 1e6 / int(done[1])
    return d


def measure_all(servers, a):
    """Yields (case, server's name, round, figures)."""
    if a.kind != "dhcp":
        probe, figure = (TFTP_PROBE, "bytes") if a.kind == "tftp" else (HTTP_PROBE, "ok")
        for server in servers:
            server.start()
            if not server.ready(probe, lambda d: d.get(figure, 0) >= 1):
                sys.exit(f"{server.name} does not serve what the bench fetches")
    until = time.time() + a.budget
    for label, case in cases(a):
        for number in range(a.rounds):
            for server in servers if number % 2 == 0 else servers[::-1]:
                if time.time() > until:
                    print("!! time budget reached, stopping", file=sys.stderr)
                    return
                if a.kind == "dhcp":
                    figures = dhcp_round(server, case, a, number)
                else:
                    figures = {"tftp": tftp_round, "http": http_round}[a.kind](server, case, a)
                yield label, server.name, number, figures


def run(a):
    servers = [Server(spec, index, a.delay) for index, spec in enumerate(a.spec)]
    os.makedirs(os.path.dirname(a.log), exist_ok=True)
    rows = []
    try:
        for server in servers:
            server.up()
        with open(a.log, "a") as log:
            for label, name, number, figures in measure_all(servers, a):
                row = {"t": time.time(), "row": a.row, "kind": a.kind, "case": label, "srv": name, "round": number,
                       "delay": a.delay, "load1": os.getloadavg()[0], **figures}
                log.write(json.dumps(row) + "\n")
                log.flush()
                rows.append(row)
    except KeyboardInterrupt:
        print("!! interrupted", file=sys.stderr)
    finally:
        for server in servers:
            server.down()
    table.summary(rows, [server.name for server in servers])


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = p.add_subparsers(dest="kind", required=True)
    list_of = lambda kind: (lambda text: [kind(part) for part in text.split(",")])
    for kind in ("dhcp", "tftp", "http"):
        q = kinds.add_parser(kind)
        q.add_argument("spec", nargs="+")
        q.add_argument("-r", "--rounds", type=int, default=3)
        q.add_argument("-t", "--secs", type=float, default=4)
        q.add_argument("--budget", type=float, default=600, help="stop after this many seconds in all")
        q.add_argument("--log", default=DATA + "/logs/raw.jsonl")
        q.add_argument("--row", help="name of the row in bench.sh's table")
        q.add_argument("-c", "--count", type=int, help="dhcp: exchanges in all; tftp, http: transfers per client")
        q.add_argument("--delay", type=int, help="one-way delay in us on the unicast link")
        if kind == "dhcp":
            q.add_argument("-m", "--modes", type=list_of(str), default=["direct", "relay"])
            q.add_argument("-k", "--inflight", type=list_of(int), default=[1, 42])
            q.add_argument("--macs", type=int, help="distinct MACs")
            q.add_argument("--rto", type=int, help="client step timeout, ms (4000: PXE's first retry)")
            q.add_argument("--noprobe", action="store_true", help="wait for UDP port 67 instead of a probe exchange")
            q.add_argument("--settle", type=float, default=0.7, help="seconds from there to the first request")
            q.add_argument("--nodes", action="store_true", help="the clients are the nodes of bench_dhcp's rack file")
            q.add_argument("--pxe", action="store_true", help="send options 60, 93, 94, 97")
        elif kind == "tftp":
            q.add_argument("-f", "--files", type=list_of(str), default=["os/bench/f80m.bin"])
            q.add_argument("-b", "--blksize", type=list_of(int), default=[1468])
            q.add_argument("-w", "--window", type=list_of(int), default=[1, 16])
            q.add_argument("-n", "--clients", type=list_of(int), default=[1, 32])
        else:
            q.add_argument("-u", "--paths", type=list_of(str), default=["/os/bench/f1g.bin"])
            q.add_argument("-n", "--clients", type=list_of(int), default=[48])
            q.add_argument("--wrk", action="store_true", help="load by wrk, for small documents")
            q.add_argument("--keep", action="store_true", help="keep connections alive")
    return p.parse_args()


def terminated(*_):
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, terminated)
    os.environ["PATH"] = "/usr/sbin:/sbin:" + os.environ["PATH"]
    run(arguments())
