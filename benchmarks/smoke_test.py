#!/usr/bin/env python3
"""Runs each workload for a moment, and checks that its results have their shape; none is too slow.

smoke_test.py LOAD
"""

import json
import math
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

LOAD = sys.argv.pop()

A_MOMENT = ["--connections=4", "--idle=20", "--timers=100", "--seconds=0.05", "--slice-ms=10", "--warmup=0"]

PEERS = ("asio", "asio-io_uring", "libevent", "libuv", "asyncio", "socketserver")


def run_load(*arguments):
    return subprocess.run([LOAD, *arguments], capture_output=True, text=True, timeout=90)


def listed(heading):
    """The names under a heading of --list."""
    lines = run_load("--list").stdout.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(heading)) + 1
    names = []
    for line in lines[start:]:
        if line.endswith(":"):
            break
        if line[2:3].strip():
            names.append(line[2:26].strip())
    return names


class EveryWorkload(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "all.json"
            page = Path(folder) / "all.html"
            cls.ended = run_load("--full", *A_MOMENT, "--json", str(path), "--report", str(page))
            cls.page = page.read_text() if page.exists() else ""
            cls.results = json.loads(path.read_text()) if path.exists() else {"rows": []}

    def test_runs_without_an_error(self):
        self.assertEqual(self.ended.returncode, 0, self.ended.stderr)

    def test_has_a_row(self):
        self.assertEqual([row["workload"] for row in self.results["rows"]], listed("workloads"))

    def test_says_where_it_ran(self):
        machine = self.results["machine"]
        for name in ("kernel", "cpu", "ring", "compiler", "libraries"):
            self.assertTrue(machine[name], name)
        self.assertIn(machine["kernel"], self.ended.stdout)

    def test_says_how_much_time_was_stolen(self):
        for part in (self.results, *self.results["rows"]):
            self.assertTrue(0 <= part["stolen_share"] <= 1)
        self.assertEqual(self.results["too_much_stolen"], self.results["stolen_share"] > 0.05)
        self.assertEqual("BUSY HOST" in self.ended.stdout, self.results["too_much_stolen"])
        self.assertIn("% of the CPU time was stolen", self.ended.stdout.splitlines()[-1])

    def test_writes_a_page_that_needs_nothing_else(self):
        for row in self.results["rows"]:
            self.assertIn(row["row"], self.page)
        self.assertIn(self.results["machine"]["kernel"], self.page)
        self.assertIn("<svg", self.page)
        for elsewhere in ("http:", "https:", "src=", "href=", "url(", "nan", "inf "):
            self.assertNotIn(elsewhere, self.page)

    def test_measures_each_server(self):
        for row in self.results["rows"]:
            names = [server["name"] for server in row["servers"]]
            self.assertIn("ringlet on epoll", names, row["row"])
            for server in row["servers"]:
                with self.subTest(row=row["row"], server=server["name"]):
                    self.check_figures(server)
            self.check_is_baseline(row["servers"][0])

    def check_figures(self, server):
        for figure in ("cpu_ratio", "rate_ratio", "cpu_ns_per_message", "messages_per_second"):
            quartiles = server[figure]
            self.assertTrue(all(math.isfinite(value) for value in quartiles.values()), figure)
            self.assertLessEqual(quartiles["lower"], quartiles["median"])
            self.assertLessEqual(quartiles["median"], quartiles["upper"])
        self.assertGreater(server["messages_per_second"]["median"], 0)
        self.assertGreater(server["p50_ns"], 0)
        self.assertLessEqual(server["p50_ns"], server["p99_ns"])
        self.assertLessEqual(server["p99_ns"], server["p999_ns"])
        self.assertGreaterEqual(server["slices"], 1)
        self.assertGreaterEqual(server["datagrams_lost"], 0)

    def check_is_baseline(self, server):
        for bound in ("lower", "median", "upper"):
            self.assertEqual(server["rate_ratio"][bound], 1)

    def test_tells_the_memory_of_idle_connections(self):
        for row in self.results["rows"]:
            for server in row["servers"]:
                idle = row["workload"] in ("idle", "tls-idle")
                self.assertEqual("bytes_per_idle_connection" in server, idle)

    def test_tells_how_connections_come_to_tls(self):
        expected = {"tls": "full", "tls-full": "full", "tls-resumed": "resumed", "tls-idle": "full"}
        for row in self.results["rows"]:
            self.assertEqual(row["handshakes"], expected.get(row["workload"], "none"))

    def test_has_an_open_loop_for_latencies(self):
        for row in self.results["rows"]:
            self.assertEqual(row["rate_share"], 0.5 if row["workload"] == "latency" else 0)

    def test_tells_the_timers_of_the_servers(self):
        for row in self.results["rows"]:
            self.assertEqual(row["timers"], 100 if row["workload"] == "timers" else 0)

    def test_prints_a_line_for_each_server(self):
        servers = sum(len(row["servers"]) for row in self.results["rows"])
        heading, summary = 7, 2
        self.assertEqual(len(self.ended.stdout.splitlines()), heading + servers + summary)


class CommandLine(unittest.TestCase):
    def test_compares_a_server_of_the_users_own(self):
        own = "mine=" + str(Path(LOAD).parent / "epoll_echo") + " {}"
        ended = run_load("--server=epoll", "--server", own, "--workload=unix", *A_MOMENT)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn("mine", ended.stdout)

    def test_a_server_that_does_not_start_fails_the_row(self):
        ended = run_load("--server=bad=false", "--workload=pipeline", *A_MOMENT)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("bad: ended with status 1", ended.stderr)

    def test_peers_join_where_they_can_do_the_same(self):
        own = [name for name in listed("servers") if name not in PEERS]
        peers = [name for name in listed("servers") if name in PEERS]
        self.assertIn("asyncio", peers)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "peers.json"
            rows = ["--workload=pipeline", "--workload=unix"]
            ended = run_load("--peers", *rows, *A_MOMENT, "--json", str(path))
            self.assertEqual(ended.returncode, 0, ended.stderr)
            pipeline, unix = (
                [server["name"] for server in row["servers"]]
                for row in json.loads(path.read_text())["rows"]
            )
        self.assertEqual([name for name in pipeline if name not in own], peers)
        self.assertEqual([name for name in unix if name not in own], [])

    def test_says_what_waking_a_cpu_costs_beside_one_connection(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "one.json"
            rows = ["--workload=echo", "--server=epoll", *A_MOMENT, "--connections=1"]
            ended = run_load(*rows, "--json", str(path))
            self.assertEqual(ended.returncode, 0, ended.stderr)
            four, one = json.loads(path.read_text())["rows"]
        self.assertNotIn("wake_up_ns", four)
        if one["server_cpus"]:
            self.assertGreater(one["wake_up_ns"], 0)
            self.assertIn("waking a CPU takes", ended.stdout)

    def test_an_unknown_name_is_refused(self):
        for option in ("--workload=no such", "--server=no such"):
            ended = run_load(option)
            self.assertNotEqual(ended.returncode, 0)
            self.assertIn("no such", ended.stderr)


if __name__ == "__main__":
    unittest.main()
