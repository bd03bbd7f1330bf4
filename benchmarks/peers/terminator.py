#!/usr/bin/env python3
"""A proxy that ends TLS in front of the plain echo on epoll, which stands beside this script.

terminator haproxy|nginx --tls-certificate FILE --tls-key FILE

One worker, no log, and time-outs that nobody meets. The proxy and the echo are children of this
script, which itself does nothing.
"""

import argparse
import contextlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HAPROXY = """
global
  nbthread 1
  maxconn 5000
  tune.ssl.cachesize 0
defaults
  mode tcp
  timeout connect 10s
  timeout client 1h
  timeout server 1h
listen echo
  bind 127.0.0.1:{port} backlog 4096 ssl crt {folder}/both.pem
  server echo {backend}
"""

NGINX = """
{module}
worker_processes 1;
worker_rlimit_nofile 10000;
daemon off;
pid {folder}/pid;
error_log stderr;
events {{ worker_connections 10000; multi_accept on; }}
stream {{
  server {{
    listen 127.0.0.1:{port} ssl backlog=4096;
    ssl_certificate {folder}/both.pem;
    ssl_certificate_key {folder}/both.pem;
    ssl_protocols TLSv1.3;
    proxy_pass {backend};
    proxy_timeout 1h;
  }}
}}
"""
STREAM_MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so"


def free_port():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


def listens(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def command_of(proxy, folder, **values):
    program = shutil.which(proxy, path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if program is None:
        sys.exit(f"terminator: {proxy} is not here; on Debian the package {proxy} has it")
    module = ""
    if proxy == "nginx" and Path(STREAM_MODULE).exists():
        module = f"load_module {STREAM_MODULE};"
    configuration = folder / "configuration"
    template = HAPROXY if proxy == "haproxy" else NGINX
    configuration.write_text(template.format(folder=folder, module=module, **values), encoding="utf-8")
    return [program, *(["-q", "-db", "-f"] if proxy == "haproxy" else ["-c"]), str(configuration)]


@contextlib.contextmanager
def running(command):
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("proxy", choices=("haproxy", "nginx"))
    parser.add_argument("--tls-certificate", required=True)
    parser.add_argument("--tls-key", required=True)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        files = (options.tls_certificate, options.tls_key)
        both = "".join(Path(file).read_text(encoding="ascii") for file in files)
        folder.joinpath("both.pem").write_text(both, encoding="ascii")
        with running([str(Path(__file__).with_name("epoll_echo"))]) as backend:
            address = backend.stdout.readline().split()[-1]
            port = free_port()
            command = command_of(options.proxy, folder, port=port, backend=address)
            with running(command) as proxy:
                while not listens(port):
                    if proxy.poll() is not None:
                        sys.exit(f"terminator: {options.proxy} has ended")
                    time.sleep(0.01)
                print(f"listening on 127.0.0.1:{port}", flush=True)
                proxy.wait()


if __name__ == "__main__":
    main()
