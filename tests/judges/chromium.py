#!/usr/bin/env python3
"""Has Chromium load a page with a script and an image over TLS: chromium.py FILE_SERVER

The browser trusts the test's authority, in a profile of its own, and no other exception is made for
the page. Status 1, and what the browser shows instead, where it does not load.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from judged import Authority, need, need_file

PAGE = """<!doctype html><html><head><title>page</title></head>
<body><p id="says">nothing</p><img id="picture" src="picture.svg">
<script src="script.js"></script></body></html>
"""
SCRIPT = """
const picture = document.getElementById("picture");
const tell = () => { document.getElementById("says").textContent =
    `secure: ${window.isSecureContext}, width: ${picture.naturalWidth}`; };
picture.complete ? tell() : picture.addEventListener("load", tell);
"""
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="123" height="10"></svg>'
EXPECTED = "secure: true, width: 123"
PATIENCE = 120  # seconds


def trust(authority, home):
    """Has programs whose home this is trust the authority: see certutil(1)."""
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    place = ["-d", f"sql:{database}"]
    subprocess.run(["certutil", "-N", *place, "--empty-password"], check=True)
    added = ["-A", *place, "-n", "test authority", "-t", "C,,", "-i", authority.certificate]
    subprocess.run(["certutil", *added], check=True)


def load(chromium, url, home):
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # which root cannot have
    options = ["--headless", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={home}/profile"]
    options += ["--no-proxy-server", "--virtual-time-budget=10000", "--dump-dom"]
    return subprocess.run(
        [chromium, *sandbox, *options, url],
        env={**os.environ, "HOME": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def main(file_server):
    chromium = need("chromium", "chromium")
    need("certutil", "libnss3-tools")
    need_file(file_server, "llhttp is not here, or the examples are not")
    with tempfile.TemporaryDirectory() as root:
        home, site = Path(root, "home"), Path(root, "site")
        home.mkdir()
        site.mkdir()
        for name, text in (("index.html", PAGE), ("script.js", SCRIPT), ("picture.svg", PICTURE)):
            (site / name).write_text(text, encoding="ascii")
        authority = Authority(Path(root))
        with authority.serving(file_server, "--root", site) as address:
            url = f"https://localhost:{address.rpartition(':')[2]}/"
            stranger = load(chromium, url, home)
            trust(authority, home)
            shown = load(chromium, url, home)
    if EXPECTED not in shown.stdout:
        sys.exit(f"the browser does not show the page:\n{shown.stdout}\n{shown.stderr}")
    if EXPECTED in stranger.stdout:
        sys.exit("the browser shows the page without knowing the authority: this test proves nothing")
    print("the browser shows the page, and only since it trusts the authority")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
