#!/usr/bin/env python3
"""Has hosts of their own, each a network namespace, talk to the example echo_server: hosts.py ECHO_SERVER

The server believes the PROXY header of one host and not that of another, over TCP and UDP.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time

from judged import SKIPPED, need, need_file

TIME_LIMIT = 60
HEADER = b"PROXY TCP4 192.0.2.1 192.0.2.9 4660 80\r\n"
# Version 2, for the datagrams of the same client: signature, PROXY over UDP4, addresses and ports.
DATAGRAM_HEADER = (b"\r\n\r\n\0\r\nQUIT\n" + bytes([0x21, 0x12, 0, 12, 192, 0, 2, 1, 192, 0, 2, 9])
                   + (4660).to_bytes(2, "big") + (80).to_bytes(2, "big"))
CLIENT = """
import socket, sys
kind, host, port, text = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), bytes.fromhex(sys.argv[4])
with socket.socket(socket.AF_INET, kind) as client:
    client.settimeout(2 if kind == socket.SOCK_DGRAM else 30)
    try:
        client.connect((host, port))
        client.sendall(text)
        if kind == socket.SOCK_STREAM:
            client.shutdown(socket.SHUT_WR)
        print(client.recv(65536).decode("latin-1"), end="")
    except (ConnectionError, TimeoutError):
        pass
"""


class Host:
    """A network namespace, which lives as long as a process in it."""

    def __init__(self):
        self.process = subprocess.Popen(["unshare", "--net", "sleep", str(10 * TIME_LIMIT)],
                                        stderr=subprocess.PIPE, text=True)
        own = os.readlink("/proc/self/ns/net")
        give_up = time.monotonic() + TIME_LIMIT
        while self.process.poll() is None and os.readlink(f"/proc/{self.process.pid}/ns/net") == own:
            if time.monotonic() > give_up:
                sys.exit("unshare has made no network")
            time.sleep(0.01)
        if self.process.poll() is not None:
            print(f"no network can be made here: {self.process.stderr.read()}")
            sys.exit(SKIPPED)

    def inside(self, *command):
        return ["nsenter", "--net", f"--target={self.process.pid}", "--", *map(str, command)]

    def run(self, *command):
        return subprocess.run(self.inside(*command), check=True, capture_output=True, text=True,
                              timeout=TIME_LIMIT).stdout

    def connect(self, other, network):
        """Lays a cable between two hosts: this one is NETWORK.1, the other NETWORK.2."""
        name = "to" + network.replace(".", "")
        end = ("peer", "name", name, "netns", other.process.pid)
        self.run("ip", "link", "add", name, "type", "veth", *end)
        for host, number in ((self, 1), (other, 2)):
            host.run("ip", "address", "add", f"{network}.{number}/24", "dev", name)
            host.run("ip", "link", "set", name, "up")

    def ask(self, kind, address, text):
        host, port = address
        return self.run(sys.executable, "-c", CLIENT, kind, host, port, text.hex())

    def end(self):
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def hosts(count):
    made = []
    try:
        made.extend(Host() for _ in range(count))
        yield made
    finally:
        for host in made:
            host.end()


@contextlib.contextmanager
def serving(host, said, *command):
    """Runs the server on the host until the block ends, and gives its port."""
    with subprocess.Popen(host.inside(*command), stdout=subprocess.PIPE, stderr=said, text=True) as server:
        try:
            line = server.stdout.readline()
            if not line.startswith("listening on "):
                sys.exit(f"{command[0]} does not serve: {line}")
            yield int(line.rsplit(":", 1)[1])
        finally:
            server.terminate()


def judge(echo_server, transport, kind, header, server, proxy, stranger):
    """What is wrong."""
    with tempfile.TemporaryFile("w+") as said:
        command = [echo_server, "--transport", transport, "--address", "0.0.0.0:0"]
        command += ["--accept-proxy", "10.77.0.0/24"]
        with serving(server, said, *command) as port:
            told = proxy.ask(kind, ("10.77.0.1", port), header + b"hello")
            forged = stranger.ask(kind, ("10.77.1.1", port), header + b"hello")
        said.seek(0)
        log = said.read()
    faults = []
    if told != "hello":
        faults.append(f"{transport}: the proxy got {told!r}")
    if forged:
        faults.append(f"{transport}: a host that is no proxy was answered: {forged!r}")
    if "client=10.77.1.2:" not in log or "the client is of no trusted network" not in log:
        faults.append(f"{transport}: the log does not tell of the host that is no proxy:\n{log}")
    return faults


def main(echo_server):
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    need("ip", "iproute2")
    need("nsenter", "util-linux")
    need_file(echo_server, "the examples are not")
    with hosts(3) as (server, proxy, stranger):
        try:
            server.connect(proxy, "10.77.0")
            server.connect(stranger, "10.77.1")
        except subprocess.CalledProcessError as refused:
            print(f"hosts cannot be connected here: {refused.stderr}")
            sys.exit(SKIPPED)
        faults = judge(echo_server, "tcp", 1, HEADER, server, proxy, stranger)
        faults += judge(echo_server, "udp", 2, DATAGRAM_HEADER, server, proxy, stranger)
    print("\n".join(faults) or "the proxy is believed, and the other host is not")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
