"""The proxies of B7: one worker each, kept-alive connections on both sides, the pool chosen by the header `x-dye`."""

import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from places import ROOT, TARGET  # noqa: E402

BODY = "hello, this is the static upstream\n"

UPSTREAM = """
daemon off; worker_processes 1; pid {work}/{name}.pid; error_log {work}/{name}.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 "hello, this is the static upstream\\n"; }} }}
}}
"""

NGINX = """
daemon off; worker_processes 1; pid {work}/{name}.pid; error_log {work}/{name}.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000;
  upstream online {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 1000000000; }}
  upstream batch {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 1000000000; }}
  map $http_x_dye $group {{ default online; ~^fund-income batch; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_pass http://$group;
    }}
  }}
}}
"""

HAPROXY = """
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  option forwardfor
  http-reuse always
  timeout connect 1s
  timeout client 75s
  timeout server 60s
frontend front
  bind 127.0.0.1:{port}
  use_backend batch if {{ req.hdr(x-dye) -m beg fund-income }}
  default_backend online
backend online
  server one 127.0.0.1:{upstream}
backend batch
  server one 127.0.0.1:{upstream}
"""

CLUSTER = """
  - name: {group}
    connect_timeout: 1s
    type: STATIC
    load_assignment:
      cluster_name: {group}
      endpoints: [{{ lb_endpoints: [{{ endpoint: {{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: {upstream} }} }} }} }}] }}]
"""

ENVOY = """
static_resources:
  listeners:
  - address: {{ socket_address: {{ address: 127.0.0.1, port_value: {port} }} }}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: b7
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {{ "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }}
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - match: {{ prefix: "/", headers: [{{ name: x-dye, string_match: {{ prefix: fund-income }} }}] }}
                route: {{ cluster: batch }}
              - match: {{ prefix: "/" }}
                route: {{ cluster: online }}
  clusters:
""" + CLUSTER.replace("{group}", "online") + CLUSTER.replace("{group}", "batch")

RULES = """
version = 1
[services.ledger]
online = "http://127.0.0.1:{upstream}"
batch = "http://127.0.0.1:{upstream}"
[groups.batch]
start = ["processor:*"]
[chains.fund-income]
workers = "batch"
mode = "strict"
[chains.fund-income.hops]
ledger = "batch"
"""


def envoy():
    found = list((ROOT / "target" / "bench-venv").glob("lib/python*/site-packages/envoy/_bin/envoy"))
    return str(found[0]) if found else shutil.which("envoy")


# name → configuration, command; `{file}` is the configuration.
CONTESTANTS = {
    "Dyeline": (RULES, lambda: [str(TARGET / "examples" / "serve"), "127.0.0.1:{port}", "{file}"]),
    "nginx": (NGINX, lambda: [shutil.which("nginx"), "-c", "{file}"]),
    "HAProxy": (HAPROXY, lambda: [shutil.which("haproxy"), "-db", "-f", "{file}"]),
    "Envoy": (ENVOY, lambda: [envoy(), "--concurrency", "1", "-l", "error", "-c", "{file}"]),
}


class Running:
    """A server of its own session, so that a signal to it reaches its workers."""

    def __init__(self, name, template, command, work, port, upstream=0):
        file = Path(work) / f"{name}.{'yaml' if name == 'Envoy' else 'conf'}"
        values = {"work": work, "name": name, "port": port, "upstream": upstream, "file": str(file)}
        file.write_text(template.format(**values))
        words = [word.format(**values) for word in command]
        self.name, self.port, self.command = name, port, " ".join(words)
        log = open(Path(work) / f"{name}.out", "wb")
        self.process = subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)
        self.wait()

    def wait(self):
        end = time.monotonic() + 20
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"{self.name} does not listen: {self.command}")

    def cpu_s(self):
        """Seconds of CPU so far, its children's with it."""
        pids = [self.process.pid]
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        pids += [int(child) for child in children]
        return sum(schedstat(pid) for pid in pids)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def schedstat(pid):
    """Seconds on a CPU over all threads, to the nanosecond: `/proc/PID/stat` counts in hundredths."""
    return sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9
