#!/usr/bin/env python3
"""B7: one proxy hop on the dye, one worker, keep-alive, against nginx, HAProxy and Envoy.

CPU per request is the proxy's own, from the kernel's accounting, over the requests wrk completes. Latency is taken at a
fixed rate far below saturation by a generator that spins instead of sleeping and counts from the moment a request was
due; what the upstream alone takes is subtracted. Prints one JSON document. A response that is not the upstream's voids it.

Needs `cargo build --release -p dyeline-router --features proxy --example serve`, and install.sh beside this file.
"""

import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import tempfile
import time

from contestants import BODY, CONTESTANTS, UPSTREAM, Running

REQUEST = b"GET / HTTP/1.1\r\nHost: ledger\r\nx-dye: fund-income:01J9Z\r\n\r\n"
PORT = 19_700
# The most our CPU per request may be of theirs.
GOALS = {"nginx": 1.1, "Envoy": 0.4}


def load(server, seconds, connections):
    """CPU µs per request under load."""
    before = server.cpu_s()
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-H", "Host: ledger", "-H", "x-dye: fund-income:01J9Z"]
    out = subprocess.run([*command, f"http://127.0.0.1:{server.port}/"], capture_output=True, text=True, check=True).stdout
    spent = server.cpu_s() - before
    if "Non-2xx" in out or "Socket errors" in out:
        raise SystemExit(f"{server.name}: {out}")
    requests = int(re.search(r"(\d+) requests in", out).group(1))
    return spent / requests * 1e6, requests


def latency(port, rate, seconds):
    """Median and 99th percentile in µs at a fixed rate."""
    io = socket.create_connection(("127.0.0.1", port))
    io.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    took, began = [], time.perf_counter()
    for n in range(rate * seconds):
        due = began + n / rate
        while time.perf_counter() < due:
            pass
        io.sendall(REQUEST)
        answer = b""
        while not answer.endswith(BODY.encode()):
            piece = io.recv(4096)
            if not piece:
                raise SystemExit(f"port {port}: the connection ended after {answer!r}")
            answer += piece
        if not answer.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"port {port}: {answer!r}")
        took.append((time.perf_counter() - due) * 1e6)
    took.sort()
    return statistics.median(took), took[len(took) * 99 // 100]


def span(values):
    return {"median": round(statistics.median(values), 3), "low": round(min(values), 3), "high": round(max(values), 3)}


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=int, default=5)
    options.add_argument("--connections", type=int, default=32)
    options.add_argument("--rate", type=int, default=1000)
    options = options.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="b7-") as work:
        nginx = CONTESTANTS["nginx"][1]()
        servers = [Running("upstream", UPSTREAM, nginx, work, PORT)]
        try:
            for at, (name, (template, command)) in enumerate(CONTESTANTS.items(), 1):
                servers.append(Running(name, template, command(), work, PORT + at, PORT))
            # The generator stays on one core, so that a move does not look like latency.
            os.sched_setaffinity(0, cores[-1:])
            print(json.dumps(measured(servers, options), indent=1))
        finally:
            for server in servers:
                server.stop()


def measured(servers, options):
    upstream, *proxies = servers
    cpu, count, p99 = ({p.name: [] for p in proxies} for _ in range(3))
    for proxy in proxies:
        load(proxy, 1, options.connections)
    for n in range(options.rounds):
        for proxy in proxies if n % 2 == 0 else proxies[::-1]:
            spent, requests = load(proxy, options.seconds, options.connections)
            cpu[proxy.name].append(spent)
            count[proxy.name].append(requests)
            alone = latency(upstream.port, options.rate, 1)[1]
            p99[proxy.name].append(latency(proxy.port, options.rate, 2)[1] - alone)
    ratios = {name: span([a / b for a, b in zip(cpu["Dyeline"], values)]) for name, values in cpu.items()}
    return {
        "settings": vars(options),
        "load_average": os.getloadavg(),
        "commands": {proxy.name: proxy.command for proxy in proxies},
        "cpu_us_a_request": {name: span(values) for name, values in cpu.items()},
        "cpu_of_ours_to_theirs": ratios,
        "goals": {name: {"at_most": goal, "met": ratios[name]["median"] <= goal} for name, goal in GOALS.items()},
        "added_p99_us": {name: span(values) for name, values in p99.items()},
        "requests": count,
    }


if __name__ == "__main__":
    main()
