#!/usr/bin/env python3
"""A peer: Python's asyncio, with a protocol, which is its faster half."""

import asyncio
import signal


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


async def main():
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    server = await loop.create_server(Echo, "127.0.0.1", 0, backlog=4096)
    print("listening on %s:%d" % server.sockets[0].getsockname(), flush=True)
    await stopped.wait()


asyncio.run(main())
