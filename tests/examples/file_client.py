"""What Python's HTTP clients make of the file server: file_client.py HOST:PORT ROOT

ROOT holds numbers.txt and sparse.bin. Status 1, and a traceback, where anything is not as it
should be.
"""

import hashlib
import http.client
import random
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

SECONDS = 20  # that a client waits before it says that it waited in vain

# Whatever proxy this machine has for the network, the server is on the machine itself.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def check(holds, *what):
    if not holds:
        raise AssertionError(what)


def fetch_whole(server, path, contents):
    with OPENER.open(f"http://{server}/{path}", timeout=SECONDS) as response:
        check(response.status == 200, path, response.status)
        check(response.headers["Content-Length"] == str(len(contents)), path)
        check(response.read() == contents, path)


def fetch_missing(server):
    try:
        OPENER.open(f"http://{server}/none", timeout=SECONDS)
    except urllib.error.HTTPError as error:
        check(error.code == 404, error)
    else:
        check(False, "there is a file named none")


def fetch_ranges(server, path, contents, count, seed):
    """Many ranges over one connection."""
    chance = random.Random(seed)
    connection = http.client.HTTPConnection(server, timeout=SECONDS)
    connection.connect()
    socket = connection.sock
    for _ in range(count):
        first = chance.randrange(len(contents))
        last = chance.randrange(first, len(contents))
        asked = chance.choice([f"{first}-{last}", f"{first}-", f"-{len(contents) - first}"])
        expected = contents[first : last + 1] if asked == f"{first}-{last}" else contents[first:]
        connection.request("GET", "/" + path, headers={"Range": "bytes=" + asked})
        response = connection.getresponse()
        body = response.read()
        check(response.status == 206, asked, response.status)
        check(body == expected, asked, len(body), len(expected))
        content_range = f"bytes {first}-{first + len(expected) - 1}/{len(contents)}"
        check(response.headers["Content-Range"] == content_range, asked, content_range)
    check(connection.sock is socket, "the connection did not last")
    connection.close()


def fetch_hash(server, path):
    digest = hashlib.sha256()
    with OPENER.open(f"http://{server}/{path}", timeout=SECONDS) as response:
        while piece := response.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def at_once(count, work):
    """Calls work(0), work(1), ... in as many threads, and throws what one of them threw."""
    failures = []

    def run(number):
        try:
            work(number)
        except Exception as failure:  # pylint: disable=broad-except
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def main(server, root):
    numbers = (root / "numbers.txt").read_bytes()
    fetch_whole(server, "numbers.txt", numbers)
    fetch_missing(server)
    fetch_ranges(server, "numbers.txt", numbers, 300, seed=0)
    at_once(50, lambda seed: fetch_ranges(server, "numbers.txt", numbers, 20, seed))
    expected = hashlib.sha256((root / "sparse.bin").read_bytes()).hexdigest()
    check(fetch_hash(server, "sparse.bin") == expected, "sparse.bin is not the same")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
