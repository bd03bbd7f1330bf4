"""What the judges share: an authority of their own, a server under judgement, and how to leave."""

import contextlib
import shutil
import subprocess
import sys
from pathlib import Path

SKIPPED = 77  # the status of a test that cannot be made here


def need(program, package):
    """Where a program is; without it the test is skipped."""
    found = shutil.which(program)
    if found is None:
        print(f"{program} is not here; on Debian the package {package} has it")
        sys.exit(SKIPPED)
    return found


def need_file(path, why):
    if not Path(path).exists():
        print(f"{path} is not built, since {why}")
        sys.exit(SKIPPED)


class Authority:
    """An authority of a test's own, in `folder`, and a certificate for localhost that it has signed."""

    def __init__(self, folder):
        need("openssl", "openssl")
        self.folder = folder
        (folder / "settings").write_text("[req]\ndistinguished_name = name\n[name]\n", encoding="ascii")
        usage = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign")
        self.certificate, self.key = self.make("authority", usage)
        names = (
            "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "extendedKeyUsage=serverAuth",
            "keyUsage=critical,digitalSignature",
            "crlDistributionPoints=URI:http://localhost/revoked",
        )
        self.server = self.make("server", names, ("-CA", self.certificate, "-CAkey", self.key))

    def make(self, name, extensions, signer=()):
        files = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        added = [word for extension in extensions for word in ("-addext", extension)]
        command = ["openssl", "req", "-x509", "-config", self.folder / "settings", "-nodes", "-days", "200"]
        command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", f"/CN={name}"]
        command += ["-out", files[0], "-keyout", files[1], *signer, *added]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return files

    @contextlib.contextmanager
    def serving(self, *command):
        """Runs an example with TLS until the block ends, and gives its address."""
        own = ["--address", "127.0.0.1:0", "--tls-certificate", self.server[0], "--tls-key", self.server[1]]
        with subprocess.Popen([*command, *own], stdout=subprocess.PIPE, text=True) as server:
            try:
                line = server.stdout.readline()
                if not line.startswith("listening on "):
                    sys.exit(f"{command[0]} does not serve: {line}")
                yield line.split()[-1]
                if server.poll() is not None:
                    sys.exit(f"{command[0]} has ended with status {server.returncode}")
            finally:
                server.terminate()
