#!/usr/bin/env python3
"""Talks to an echo server over TLS: tls_client.py HOST PORT AUTHORITY [CERTIFICATE KEY]

Status 0 where each message has come back as it was, both sides have ended with close_notify, and a
second connection has resumed the session of the first. Status 3, and OpenSSL's word for it, where
the server refuses.
"""

import socket
import ssl
import sys

MESSAGES = (b"hello", "回声".encode(), bytes(range(256)) * 200)
PATIENCE = 20  # seconds

host, port, authority, *own = sys.argv[1:]
context = ssl.create_default_context(cafile=authority)
if own:
    context.load_cert_chain(*own)


def receive(client, size):
    received = b""
    while len(received) < size and (piece := client.recv(size - len(received))):
        received += piece
    return received


def converse(session):
    """Returns the session, to be resumed, and whether this one was."""
    plain = socket.create_connection((host, int(port)), timeout=PATIENCE)
    with context.wrap_socket(plain, server_hostname=host, session=session) as client:
        for message in MESSAGES:
            client.sendall(message)
            if (answer := receive(client, len(message))) != message:
                sys.exit(f"{message[:20]!r} came back as {answer[:20]!r}, {len(answer)} bytes")
        session, resumed = client.session, client.session_reused
        with client.unwrap() as left:
            if answer := left.recv(1):
                sys.exit(f"more came behind the end: {answer!r}")
        return session, resumed


try:
    first, resumed = converse(None)
    if resumed:
        sys.exit("the first connection has resumed a session")
    if not converse(first)[1]:
        sys.exit("the session was not resumed")
except ssl.SSLError as refused:
    print(refused.reason)
    sys.exit(3)
