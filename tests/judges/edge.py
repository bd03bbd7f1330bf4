"""HAProxy, configured as in examples/edge, in front of three instances of the file server, which run as in
its unit. Clients ask all the time while each instance in turn is restarted, by SIGUSR2 and by SIGTERM and
a start: every request is answered. The number of restarts is an argument; 100 is the whole judge."""

import ctypes
import http.client
import json
import os
import random
import select
import shlex
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from judged import Authority, need, need_file

INSTANCES = (1, 2, 3)
CLIENTS = 6
PR_SET_CHILD_SUBREAPER = 36  # successors of the instances become children of this process
PATIENCE = 60  # seconds for anything that is to happen
PAGE = b"edge\n" * 1000


def free_port():
    """A port that is free at the addresses of all instances, whose loopback nobody else takes."""
    while True:
        with socket.socket() as first:
            first.bind(("127.0.2.1", 0))
            port = first.getsockname()[1]
            try:
                for number in INSTANCES[1:]:
                    with socket.socket() as other:
                        other.bind((f"127.0.2.{number}", port))
            except OSError:
                continue
            return port


def replaced(text, words):
    for word, own in words.items():
        if word not in text:
            sys.exit(f"examples/edge has no {word}, which the judge replaces")
        text = text.replace(word, str(own))
    return text


class Site:
    """What the judge has instead of the system on which examples/edge is installed."""

    def __init__(self, edge, program, folder):
        self.edge, self.program, self.folder = edge, program, folder
        self.authority = Authority(folder)
        self.both = folder / "both.pem"
        self.both.write_bytes(b"".join(part.read_bytes() for part in self.authority.server))
        self.root = folder / "root"
        self.root.mkdir()
        (self.root / "page").write_bytes(PAGE)
        self.web, self.monitor = free_port(), free_port()

    def command(self, number):
        """The command of the unit."""
        unit = (self.edge / "edge@.service").read_text(encoding="utf-8").replace("\\\n", " ")
        started = next(line for line in unit.splitlines() if line.startswith("ExecStart="))
        words = {
            "%i": number,
            ":8443": f":{self.web}",
            ":9464": f":{self.monitor}",
            "/usr/local/bin/file_server": self.program,
            "/srv/edge": self.root,
            "/etc/edge/certificate.pem": self.authority.server[0],
            "/etc/edge/key.pem": self.authority.server[1],
            "--unready-grace 5s": "--unready-grace 2s",
            "--log journal": "--log text",
        }
        return shlex.split(replaced(started.removeprefix("ExecStart="), words))

    def configuration(self, version, listening):
        words = {
            ":8443": f":{self.web}",
            "port 9464": f"port {self.monitor}",
            "maxconn 10000": "maxconn 500",
            "user haproxy\n    group haproxy\n": "",  # whoever runs the judge
            "/etc/haproxy/edge.pem": self.both,
            "/etc/haproxy/edge-authority.pem": self.authority.certificate,
            "/run/haproxy/admin.sock": self.folder / "admin.sock",
            "bind :443": f"bind fd@{listening}",
            "inter 1s": "inter 100ms",
            "timeout check 1s": "timeout check 10s",  # a busy machine is no reason to do without one
            "send-proxy-v2": {"v1": "send-proxy", "v2": "send-proxy-v2"}[version],
        }
        return replaced((self.edge / "haproxy.cfg").read_text(encoding="utf-8"), words)


class Instance:
    """An instance under a service manager, which this is."""

    def __init__(self, site, number):
        self.command = site.command(number)
        self.name = f"edge{number}"
        self.said = site.folder / f"{self.name}.log"
        self.messages = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = str(site.folder / f"{self.name}.notify")
        self.messages.bind(path)
        self.messages.settimeout(PATIENCE)
        self.environment = {**os.environ, "NOTIFY_SOCKET": path}
        self.pid = None
        self.processes = {}

    def start(self):
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        files = [(os.POSIX_SPAWN_OPEN, fd, str(self.said), flags, 0o600) for fd in (1, 2)]
        self.main_is(os.posix_spawn(self.command[0], self.command, self.environment, file_actions=files))
        self.await_ready()

    def main_is(self, pid):
        self.pid = pid
        self.processes[pid] = os.pidfd_open(pid)

    def await_ready(self):
        """Waits until the main process says that it is ready."""
        while True:
            for line in self.messages.recv(4096).decode().splitlines():
                if line.startswith("MAINPID="):
                    self.main_is(int(line.removeprefix("MAINPID=")))
                if line == "READY=1":
                    return

    def signal(self, number):
        signal.pidfd_send_signal(self.processes[self.pid], number)

    def restart(self):
        before = self.pid
        self.signal(signal.SIGUSR2)
        self.await_ready()
        if self.pid == before:
            raise AssertionError(f"{self.name} has not been restarted")

    def stop_and_start(self):
        self.signal(signal.SIGTERM)
        self.await_end(self.pid)
        self.start()

    def await_end(self, pid):
        if not select.select([self.processes[pid]], [], [], PATIENCE)[0]:
            raise AssertionError(f"{self.name}: process {pid} does not end\n{self.said.read_text()}")

    def end(self):
        """Ends what is left of all processes, and gives what was wrong with them."""
        if self.pid and not select.select([self.processes[self.pid]], [], [], 0)[0]:
            self.signal(signal.SIGTERM)
        return [wrong for pid in self.processes for wrong in self.faults_of(pid)]

    def faults_of(self, pid):
        """What was wrong with the end of a process; those before it have ended."""
        try:
            self.await_end(pid)
        except AssertionError as fault:
            signal.pidfd_send_signal(self.processes[pid], signal.SIGKILL)
            return [str(fault)]
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        return [f"{self.name}: process {pid} has ended with status {status}"] if status else []


class Client(threading.Thread):
    """Asks for the page again and again, on connections that last for some requests each."""

    def __init__(self, port, trusted, over):
        super().__init__()
        self.port, self.trusted, self.over = port, trusted, over
        self.answered, self.failures = 0, []

    def run(self):
        while not self.over.is_set():
            choices = {"timeout": PATIENCE, "context": self.trusted}
            connection = http.client.HTTPSConnection("localhost", self.port, **choices)
            requests = random.randint(1, 40)
            try:
                while requests and not self.over.is_set():
                    requests -= 1
                    self.ask(connection)
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(f"{time.strftime('%X')} {type(error).__name__}: {error}")
            finally:
                connection.close()

    def ask(self, connection):
        connection.request("GET", "/page")
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200 or body != PAGE:
            raise http.client.HTTPException(f"status {answer.status}, {len(body)} bytes")
        self.answered += 1


class Balancer:
    """HAProxy, and what it thinks of the instances."""

    def __init__(self, site, version):
        self.admin = str(site.folder / "admin.sock")
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.listening.getsockname()[1]
        configuration = site.folder / "haproxy.cfg"
        configuration.write_text(site.configuration(version, self.listening.fileno()), encoding="utf-8")
        command = [need("haproxy", "haproxy"), "-db", "-f", configuration]
        self.said = site.folder / "haproxy.log"
        with self.said.open("w", encoding="utf-8") as log:
            descriptors = [self.listening.fileno()]
            self.process = subprocess.Popen(command, pass_fds=descriptors, stdout=log, stderr=log)

    def statistics(self):
        with socket.socket(socket.AF_UNIX) as admin:
            admin.connect(self.admin)
            admin.sendall(b"show stat\n")
            text = b"".join(iter(lambda: admin.recv(65536), b"")).decode()
        header, *rows = [line.split(",") for line in text.lstrip("# ").splitlines() if line]
        return {row[1]: dict(zip(header, row)) for row in rows if row[0] == "edge"}

    def await_up(self, name):
        end = time.monotonic() + PATIENCE
        found = {}
        while time.monotonic() < end and self.process.poll() is None:
            try:
                found = self.statistics()[name]
            except (FileNotFoundError, ConnectionError):  # it does not serve yet
                pass
            if found.get("status") == "UP" and found["check_status"] == "L7OK":
                return
            time.sleep(0.02)
        raise AssertionError(f"HAProxy does not find that {name} is up: {found}\n{self.said.read_text()}")

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.listening.close()


def restart_all(instances, balancer, restarts, failed):
    """Restarts one after the other, in either way in turn."""
    for count in range(restarts):
        instance = instances[count // 2 % len(instances)]
        way = instance.restart if count % 2 == 0 else instance.stop_and_start
        way()
        balancer.await_up(instance.name)
        if failed():
            return


def judge(site, version, restarts):
    instances = [Instance(site, number) for number in INSTANCES]
    balancer, clients, over = None, [], threading.Event()
    try:
        for instance in instances:
            instance.start()
        balancer = Balancer(site, version)
        for instance in instances:
            balancer.await_up(instance.name)
        trusted = ssl.create_default_context(cafile=site.authority.certificate)
        clients = [Client(balancer.port, trusted, over) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        restart_all(instances, balancer, restarts, lambda: any(client.failures for client in clients))
        counts = balancer.statistics()["BACKEND"]
    finally:
        over.set()
        for client in clients:
            client.join()
        if balancer:
            balancer.end()
        faults = [fault for instance in instances for fault in instance.end()]
    failures = [failure for client in clients for failure in client.failures]
    answered = sum(client.answered for client in clients)
    found = {"restarts": restarts, "answered": answered, "retried": counts["wretr"], "failed": len(failures)}
    print(f"PROXY {version}: {json.dumps(found)}", flush=True)
    if failures or faults or answered < restarts:
        for said in [instance.said for instance in instances] + [balancer.said]:
            print(f"{said.name}:\n{said.read_text()}")
        sys.exit("\n".join(failures + faults) or "hardly anything was asked")


def main():
    edge, program, restarts = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    os.environ["PATH"] += ":/usr/sbin"
    need("haproxy", "haproxy")
    need_file(program, "llhttp is not here")
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    for version in ("v2", "v1"):
        with tempfile.TemporaryDirectory() as folder:
            judge(Site(edge, program, Path(folder)), version, restarts // 2)


if __name__ == "__main__":
    main()
