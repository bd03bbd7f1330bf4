"""Has systemd, HAProxy and Prometheus look at the files of examples/edge."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from judged import SKIPPED, Authority, need_file

EXPOSURE_MAX = "30"  # tenths; systemd calls up to 3.0 OK, or better


def units(edge, program, folder):
    """The units of an instance as they would be installed, but with a program that is there."""
    made = []
    for kind in ("socket", "service"):
        text = (edge / f"edge@.{kind}").read_text(encoding="utf-8")
        made.append(folder / f"edge@1.{kind}")
        made[-1].write_text(text.replace("/usr/local/bin/file_server", str(program)), encoding="utf-8")
    return made


def configuration(edge, folder):
    """The configuration of HAProxy, with certificates that are there."""
    authority = Authority(folder)
    both = folder / "both.pem"
    both.write_bytes(b"".join(part.read_bytes() for part in authority.server))
    text = (edge / "haproxy.cfg").read_text(encoding="utf-8")
    for path, own in {
        "/etc/haproxy/edge.pem": both,
        "/etc/haproxy/edge-authority.pem": authority.certificate,
        "/run/haproxy/admin.sock": folder / "admin.sock",
    }.items():
        text = text.replace(path, str(own))
    made = folder / "haproxy.cfg"
    made.write_text(text, encoding="utf-8")
    return made


def commands(edge, program, folder):
    """What looks at the files: the commands, each with the package that has its program."""
    socket, service = units(edge, program, folder)
    analyze = "systemd-analyze"
    return {
        (analyze, "verify", "--man=no", service, socket): "systemd",
        (analyze, "security", "--offline=true", f"--threshold={EXPOSURE_MAX}", service): "systemd",
        ("haproxy", "-c", "-q", "-f", configuration(edge, folder)): "haproxy",
        ("promtool", "check", "config", edge / "prometheus.yml"): "prometheus",
    }


def main():
    edge, program = Path(sys.argv[1]), Path(sys.argv[2]).resolve()
    need_file(program, "llhttp is not here")
    missing = set()
    os.environ["PATH"] += ":/usr/sbin"
    with tempfile.TemporaryDirectory() as folder:
        for command, package in commands(edge, program, Path(folder)).items():
            if shutil.which(command[0]) is None:
                missing.add(f"{command[0]} is not here; on Debian the package {package} has it")
                continue
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            said = done.stdout + done.stderr
            # A warning of `verify` is no failure for systemd.
            if done.returncode != 0 or (command[1] == "verify" and re.search(r"edge@", said)):
                sys.exit(f"{' '.join(map(str, command))}: status {done.returncode}\n{said}")
    print("\n".join(sorted(missing)))
    return SKIPPED if missing else 0


if __name__ == "__main__":
    sys.exit(main())
