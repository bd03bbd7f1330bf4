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


# The client of testssl.sh, which has nothing to say, may leave before the ticket has come; then it has
# no session to take up. So it is asked again.
HASTY = "sessionresumption_ticket"
HASTY_TRIES = 5


def findings_of(address, authority, report, *checks):
    command = [need("testssl", "testssl.sh"), "--quiet", "--color", "0", "--warnings", "off"]
    command += ["--nodns", "none", "--add-ca", authority.certificate, "--jsonfile", report, *checks, address]
    report.unlink(missing_ok=True)
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if not report.exists():
        sys.exit(f"testssl.sh has judged nothing:\n{ended.stdout}{ended.stderr}")
    findings = json.loads(report.read_text())
    if "scanTime" not in {one["id"] for one in findings}:
        sys.exit(f"testssl.sh has not come to its end:\n{ended.stdout}{ended.stderr}")
    return [one for one in findings if one["id"] not in NO_FINDINGS]


def is_hasty(finding):
    return finding["id"] == HASTY and finding["severity"] not in GOOD


def main(echo_server):
    need("testssl", "testssl.sh")
    need_file(echo_server, "the examples are not")
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        authority = Authority(folder)
        report = folder / "report.json"
        with authority.serving(echo_server) as address:
            findings = findings_of(address, authority, report)
            for _ in range(HASTY_TRIES):
                if not any(map(is_hasty, findings)):
                    break
                print(f"again: {HASTY}")
                again = findings_of(address, authority, report, "--server-defaults")
                findings = [one for one in findings if one["id"] != HASTY]
                findings += [one for one in again if one["id"] == HASTY]
    bad = [one for one in findings if one["severity"] not in GOOD]
    for one in bad:
        print(f"{one['severity']}: {one['id']}: {one['finding']}")
    print(f"{len(findings)} findings, {len(bad)} of them worse than LOW")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
