#!/usr/bin/env python3
"""Counts user-space instructions per echoed message, under callgrind.

Each server echoes a small and a large number of messages; the difference, divided by that of the
numbers, is what a message costs, without starting and stopping. The kernel's part is not in it.
"""

import argparse
import collections
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

# Their commands, and what is set in their environment. None spins: how many instructions that takes
# is a matter of time.
SERVERS = {
    "liburing": (["liburing_echo"], {}),
    "ringlet": (["ringlet_echo", "--spin-us", "0"], {"RINGLET_RING": "kernel"}),
    "ringlet on epoll": (["ringlet_echo", "--spin-us", "0"], {"RINGLET_RING": "epoll"}),
    "epoll": (["epoll_echo"], {}),
}
SKIPPED = 77  # the status of a test that cannot be made here
KEPT = Path(__file__).with_suffix(".json")
MESSAGE = b"x" * 64
MESSAGES = (1000, 8000)
TIMEOUT = 60
TIMEOUT_AT_THE_END = 0.5  # of datagrams, which a server that ends leaves unanswered


FUNCTION = re.compile(r"^\s*([\d,]+) \(\s*[\d.]+%\)\s+(?:\?\?\?|[^\s:]+):(?!:)(.+?)(?: \[[^\]]*\])?$")

COROUTINE = re.compile(r"^[^(]*\((.*)::_Z\w*\.Frame\*\).*$")


class Server:
    """A server that runs under callgrind."""

    def __init__(self, folder, name, transport, profile):
        (program, *arguments), environment = SERVERS[name]
        arguments += ["--transport", transport]
        callgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}"]
        self.process = subprocess.Popen(
            [*callgrind, folder / program, *arguments],
            env=dict(os.environ, **environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        announced = re.match(r"listening on (.*):(\d+)$", self.process.stdout.readline())
        if not announced:
            raise RuntimeError(f"{name} did not start:\n{self.process.communicate()[1]}")
        self.address = (announced[1], int(announced[2]))
        self.transport = transport

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if exception[0] is not None:
            self.process.kill()
        self.process.communicate(timeout=TIMEOUT)

    def has_ended(self):
        return self.process.poll() is not None

    def ask_to_end(self):
        self.process.send_signal(signal.SIGTERM)

    def stop(self):
        """Halts it, so that what is sent meanwhile arrives for it all at once."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)


class Clients:
    """Connections to a server, which send a message each at the same time, and count the echoes.
    Over UDP they are sockets that take no other datagrams than the server's."""

    def __init__(self, server, count):
        self.server = server
        self.echoes = 0
        connect = self.connect_udp if server.transport == "udp" else self.connect_tcp
        self.connections = [connect() for _ in range(count)]

    def connect_tcp(self):
        connection = socket.create_connection(self.server.address, TIMEOUT)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def connect_udp(self):
        connection = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        connection.settimeout(TIMEOUT)
        connection.connect(self.server.address)
        return connection

    def exchange_round(self):
        together = len(self.connections) > 1
        if together:
            self.server.stop()
        for connection in self.connections:
            connection.sendall(MESSAGE)
        if together:
            self.server.go_on()
        for connection in self.connections:
            if connection.recv(len(MESSAGE), socket.MSG_WAITALL) != MESSAGE:
                raise ConnectionError("the server closed a connection")
            self.echoes += 1

    def exchange_last_round(self):
        try:
            self.exchange_round()
        except TimeoutError:  # no end of a connection tells that the server has ended
            if self.server.has_ended():
                raise ConnectionError("the server has ended")

    def exchange_until_it_ends(self):
        """Valgrind holds signals back while a program waits in io_uring_enter(2), and looks for
        them only now and then while it runs."""
        self.server.ask_to_end()
        if self.server.transport == "udp":
            for connection in self.connections:
                connection.settimeout(TIMEOUT_AT_THE_END)
        try:
            while True:
                self.exchange_last_round()
        except (ConnectionError, ChildProcessError):
            pass


def instructions_by_function(profile):
    command = ["callgrind_annotate", "--threshold=100", str(profile)]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    counts = collections.Counter()
    for line in listing.splitlines():
        if match := FUNCTION.match(line):
            counts[match[2]] += int(match[1].replace(",", ""))
    return counts


def profile_of(folder, name, transport, connections, rounds):
    """How many messages a server has echoed, and its instructions by function."""
    with tempfile.TemporaryDirectory() as scratch:
        profile = Path(scratch) / "callgrind.out"
        with Server(folder, name, transport, profile) as server:
            clients = Clients(server, connections)
            for _ in range(rounds):
                clients.exchange_round()
            clients.exchange_until_it_ends()
        return clients.echoes, instructions_by_function(profile)


def cost_of_message(folder, name, transport, connections):
    """Instructions per message, by function."""
    few, many = (
        profile_of(folder, name, transport, connections, messages // connections)
        for messages in MESSAGES
    )
    more = many[0] - few[0]
    costs = {function: (count - few[1][function]) / more for function, count in many[1].items()}
    return {function: cost for function, cost in costs.items() if abs(cost) >= 0.5}


def readable(function):
    function = function.replace("(anonymous namespace)::", "")
    function = COROUTINE.sub(r"\1, a coroutine", function)
    return function if len(function) <= 90 else function[:87] + "..."


def print_breakdown(costs, lines):
    for function, cost in sorted(costs.items(), key=lambda item: -item[1])[:lines]:
        print(f"    {cost:8.0f}  {readable(function)}")


def kept():
    """What has been kept, by how the servers were built."""
    return json.loads(KEPT.read_text()) if KEPT.exists() else {}


def check(measured, before, tolerance):
    """Whether no server takes more than before, but for the tolerance."""
    worse = [name for name, count in measured.items()
             if count > before.get(name, count) * (1 + tolerance)]
    for name in worse:
        print(f"{name}: {measured[name]:.0f} instructions per message, {before[name]} before")
    print(f"{'more' if worse else 'no more'} instructions than {KEPT.name} keeps; "
          "where that is meant to be so, --keep")
    return not worse


def keep(measured, build):
    figures = kept() | {build: {name: round(count) for name, count in measured.items()}}
    KEPT.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")


def reason_not_to_check(build):
    if shutil.which("valgrind") is None:
        return "valgrind is not here"
    if build not in kept():
        return f"{KEPT.name} keeps nothing for {build}; --keep adds it"
    return None


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the servers are built")
    parser.add_argument("--server", action="append", choices=list(SERVERS), help="only this one")
    parser.add_argument(
        "--connections",
        action="append",
        type=int,
        help="over TCP, that each send a message at once (1, 16, and 16 clients over UDP)",
    )
    parser.add_argument(
        "--clients", action="append", type=int, help="over UDP, that each send a datagram at once"
    )
    parser.add_argument("--functions", type=int, default=12, help="lines of a breakdown (12)")
    parser.add_argument(
        "--check",
        action="store_true",
        help=f"fail where more than what is kept; status {SKIPPED} where nothing is for this build",
    )
    parser.add_argument("--tolerance", type=float, default=0.08, help="of --check (0.08)")
    parser.add_argument("--keep", action="store_true", help="keep these figures for --check")
    return parser.parse_args()


def chosen_loads(chosen):
    """What to measure: a title, the transport, and the number of clients."""
    none_chosen = chosen.connections is None and chosen.clients is None
    connections, clients = ((1, 16), (16,)) if none_chosen else (chosen.connections or (),
                                                                chosen.clients or ())
    return [
        *((f"{count} connection{'s' if count > 1 else ''}", "tcp", count) for count in connections),
        *((f"{count} client{'s' if count > 1 else ''} over UDP", "udp", count) for count in clients),
    ]


def main():
    chosen = parse_arguments()
    build = (chosen.folder / "build.txt").read_text().strip()
    if chosen.check and (reason := reason_not_to_check(build)):
        print(f"not checked: {reason}")
        return SKIPPED
    print(build)
    measured = {}
    for load, transport, count in chosen_loads(chosen):
        for name in chosen.server or SERVERS:
            title = f"{name}, {load}"
            print(f"{title} ...", file=sys.stderr)
            costs = cost_of_message(chosen.folder.resolve(), name, transport, count)
            measured[title] = sum(costs.values())
            against = measured.get(title.replace(name, "liburing", 1), measured[title])
            print(f"{title}: {measured[title]:.0f} instructions per message, "
                  f"{measured[title] - against:+.0f} against liburing")
            print_breakdown(costs, chosen.functions)
    if chosen.keep:
        keep(measured, build)
    return 0 if not chosen.check or check(measured, kept()[build], chosen.tolerance) else 1


if __name__ == "__main__":
    sys.exit(main())
