#!/usr/bin/env python3
"""Compares the example file_server with nginx: both serve one file, on the same CPU, to wrk.

against_nginx.py FILE_SERVER          prints medians of the ratios of neighbouring slices, and quartiles
against_nginx.py FILE_SERVER --tls    likewise over TLS 1.3, with a certificate that openssl makes

nginx and wrk are to be there, and two CPUs. Each slice takes a second, the least that wrk can; the
order of the servers changes from pair to pair.
"""

import argparse
import contextlib
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

NGINX = """
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; multi_accept on; }}
http {{
  access_log off;
  sendfile {sendfile};
  tcp_nopush {sendfile};
  keepalive_requests 1000000000;
  open_file_cache {cache};
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  {tls}
  server {{ listen 127.0.0.1:{port} {ssl} backlog=1024; root {folder}; }}
}}
"""
NGINX_TLS = "ssl_protocols TLSv1.3; ssl_certificate {certificate}; ssl_certificate_key {key};"
SERVERS_CPU, LOAD_CPU = "0", "1"
FIRST_PORT = 28_091


class Server:
    def __init__(self, command, port, scheme):
        self.port = port
        self.scheme = scheme
        self.process = subprocess.Popen(
            ["taskset", "-c", SERVERS_CPU, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while not self.listens():
            if self.process.poll() is not None:
                sys.exit(f"{command[0]} has ended")

    def listens(self):
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def cpu_ns(self):
        """The CPU time of the process and its children, which live on."""
        root = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        processes = [str(self.process.pid), *Path(root).read_text(encoding="ascii").split()]
        return sum(
            int(task.joinpath("schedstat").read_text(encoding="ascii").split()[0])
            for process in processes
            for task in Path(f"/proc/{process}/task").iterdir()
        )

    def slice(self, connections):
        """Requests per second, and the server's CPU time for one in microseconds."""
        before = self.cpu_ns()
        command = ["taskset", "-c", LOAD_CPU, "wrk", "-t1", f"-c{connections}", "-d1s"]
        url = f"{self.scheme}://127.0.0.1:{self.port}/file.html"
        report = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
        if "Socket errors" in report or "Non-2xx" in report:
            sys.exit(report)
        requests = int(re.search(r"(\d+) requests in", report)[1])
        rate = float(re.search(r"Requests/sec:\s+([\d.]+)", report)[1])
        return rate, (self.cpu_ns() - before) / requests / 1000

    def stop(self):
        self.process.terminate()
        self.process.wait()


def median(ratios):
    low, middle, high = statistics.quantiles(ratios, n=4)
    return f"{middle:.2f} [{low:.2f}, {high:.2f}]"


def compare(ours, theirs, connections, pairs):
    """The ratios of rate and of CPU time per request, as text."""
    rates, times = [], []
    for pair in range(pairs):
        order = (ours, theirs) if pair % 2 == 0 else (theirs, ours)
        slices = {server: server.slice(connections) for server in order}
        rates.append(slices[ours][0] / slices[theirs][0])
        times.append(slices[ours][1] / slices[theirs][1])
    return f"rate {median(rates)}, CPU per request {median(times)}"


def make_certificate(folder):
    """A certificate for this machine and its key, of the kind that most sites have."""
    files = {"certificate": folder / "certificate.pem", "key": folder / "key.pem"}
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-subj", "/CN=localhost", "-out", files["certificate"], "-keyout", files["key"]]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file_server")
    parser.add_argument("--bytes", type=int, default=1024, help="the size of the file")
    parser.add_argument("--tls", action="store_true", help="over TLS")
    parser.add_argument("--pairs", type=int, default=12, help="of slices, for each row")
    options = parser.parse_args()
    nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if nginx is None or shutil.which("wrk") is None:
        sys.exit("nginx and wrk are needed; Debian has them in packages of these names")
    kinds = {"nginx": ("on", "off"), "nginx without sendfile": ("off", "off"),
             "nginx with open_file_cache": ("off", "max=1000")}  # fmt: skip
    if options.tls:
        del kinds["nginx without sendfile"]  # nobody can send a file that must be encrypted first
    with tempfile.TemporaryDirectory() as root, contextlib.ExitStack() as running:
        Path(root).chmod(0o755)
        site = Path(root, "site")
        site.mkdir()
        site.joinpath("file.html").write_bytes(b"x" * options.bytes)
        command = [options.file_server, "--root", site, "--address", f"127.0.0.1:{FIRST_PORT}"]
        scheme, tls = "http", ""
        if options.tls:
            files = make_certificate(Path(root))
            command += ["--tls-certificate", files["certificate"], "--tls-key", files["key"]]
            scheme, tls = "https", NGINX_TLS.format(**files)
        ours = Server(command, FIRST_PORT, scheme)
        running.callback(ours.stop)
        others = {}
        for port, (name, (sendfile, cache)) in enumerate(kinds.items(), FIRST_PORT + 1):
            folder = Path(root, str(port))
            folder.mkdir()
            folder.joinpath("file.html").write_bytes(b"x" * options.bytes)
            config = NGINX.format(
                folder=folder, port=port, sendfile=sendfile, cache=cache, tls=tls, ssl=tls and "ssl"
            )
            folder.joinpath("nginx.conf").write_text(config, encoding="ascii")
            others[name] = Server([nginx, "-c", str(folder / "nginx.conf")], port, scheme)
            running.callback(others[name].stop)
        for connections in (64, 1):
            for name, other in others.items():
                result = compare(ours, other, connections, options.pairs)
                print(f"{connections} connections, against {name}: {result}", flush=True)


if __name__ == "__main__":
    main()
