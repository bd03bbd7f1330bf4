#!/usr/bin/env python3
"""Talks to an echo server: echo_client.py TRANSPORT HOST PORT, or echo_client.py TRANSPORT PATH.

Status 0 where each message has come back as it was.
"""

import os
import socket
import sys

MESSAGES = (b"hello", "回声".encode(), bytes(range(256)) * 200)
PATIENCE = 20  # seconds

transport, *where = sys.argv[1:]
stream = transport in ("tcp", "unix")
kind = socket.SOCK_STREAM if stream else socket.SOCK_DGRAM
if len(where) == 2:
    family, address = socket.AF_INET, (where[0], int(where[1]))
else:
    family, address = socket.AF_UNIX, where[0]


def receive(client, size):
    if not stream:
        return client.recv(1 << 16)
    received = b""
    while len(received) < size and (piece := client.recv(size - len(received))):
        received += piece
    return received


with socket.socket(family, kind) as client:
    client.settimeout(PATIENCE)
    if transport == "unix-datagram":
        client.bind(f"\0ringlet-echo-client-{os.getpid()}")  # or it could not be answered
    client.connect(address)
    for message in MESSAGES if stream else (*MESSAGES, b""):
        client.sendall(message)
        if (answer := receive(client, len(message))) != message:
            sys.exit(f"{message[:20]!r} came back as {answer[:20]!r}, {len(answer)} bytes")
    if stream:
        client.shutdown(socket.SHUT_WR)
        if answer := receive(client, 1):
            sys.exit(f"more came back: {answer!r}")
