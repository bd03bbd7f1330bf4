#!/usr/bin/env python3
"""A peer: Python's socketserver, with a thread for each connection."""

import socket
import socketserver


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := self.request.recv(16384):
            self.request.sendall(data)


class Server(socketserver.ThreadingTCPServer):
    request_queue_size = 4096
    daemon_threads = True


with Server(("127.0.0.1", 0), Echo) as server:
    print("listening on %s:%d" % server.server_address, flush=True)
    server.serve_forever()
