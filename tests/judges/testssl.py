#!/usr/bin/env python3
"""Has testssl.sh judge the TLS of the example echo_server as it is by default: testssl.py ECHO_SERVER

Status 1, and the findings, where any is worse than LOW.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from judged import Authority, need, need_file

GOOD = {"OK", "INFO", "LOW", "DEBUG"}

# Not about the server, but about this machine: its openssl has no GOST, and an echo is no service
# that testssl.sh knows.
NO_FINDINGS = {"engine_problem", "service"}


def main(echo_server):
    testssl = need("testssl", "testssl.sh")
    need_file(echo_server, "the examples are not")
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        authority = Authority(folder)
        report = folder / "report.json"
        with authority.serving(echo_server) as address:
            command = [testssl, "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none"]
            command += ["--add-ca", authority.certificate, "--jsonfile", report, address]
            ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if not report.exists():
            sys.exit(f"testssl.sh has judged nothing:\n{ended.stdout}{ended.stderr}")
        findings = [one for one in json.loads(report.read_text()) if one["id"] not in NO_FINDINGS]
        if "scanTime" not in {one["id"] for one in findings}:
            sys.exit(f"testssl.sh has not come to its end:\n{ended.stdout}{ended.stderr}")
    bad = [one for one in findings if one["severity"] not in GOOD]
    for one in bad:
        print(f"{one['severity']}: {one['id']}: {one['finding']}")
    print(f"{len(findings)} findings, {len(bad)} of them worse than LOW")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
