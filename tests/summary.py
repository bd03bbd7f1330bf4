#!/usr/bin/env python3
"""Adds up a Meson test log: the test cases of the Catch2 runs, and every other test as one.

summary.py LOG     says what failed, and closes with "N passed, N failed"; status 1 when a test failed or
                   none passed
"""

import json
import re
import sys

LINES_AROUND = 15  # as many before and after a failed assertion tell which test that was, and why
LINES_AT_END = 20  # of either output of a test that failed without an assertion
CASES = re.compile(r"^cases: passed=(\d+) failed=(\d+) skipped=(\d+)$", re.MULTILINE)


def count(result):
    """(passed, failed, skipped) of one Meson test."""
    cases = CASES.findall(result["stdout"] or "")
    passed, failed, skipped = map(int, cases[-1]) if cases else (0, 0, 0)
    if result["result"] == "SKIP":
        return passed, failed, skipped + 1
    if result["result"] not in ("OK", "EXPECTEDFAIL"):
        # A run that died or timed out may have counted no failure of its own.
        return passed, max(failed, 1), skipped
    return (passed, failed, skipped) if cases else (1, 0, 0)


def failure(result):
    """What the test has printed about its failure."""
    outputs = [(result.get(name) or "").splitlines() for name in ("stdout", "stderr")]
    lines = sum(outputs, [])
    told = [number for number, line in enumerate(lines) if re.search(r"FAILED:|^FAILED|ERROR: ", line)]
    if told:
        near = set().union(*(range(at - LINES_AROUND, at + LINES_AROUND) for at in told))
        lines = [line for number, line in enumerate(lines) if number in near]
    else:
        lines = [line for output in outputs for line in output[-LINES_AT_END:]]
    return "\n".join([f"FAILED: {result['name']} ({result['result']})"] + [f"    {line}" for line in lines])


def main(log):
    try:
        with open(log, encoding="utf-8") as lines:
            results = [json.loads(line) for line in lines]
    except FileNotFoundError:
        results = []
    counts = [count(result) for result in results]
    for result, (_, failed, _) in zip(results, counts):
        if failed:
            print(failure(result))
    passed, failed, skipped = (sum(column) for column in zip(*counts)) if counts else (0, 0, 0)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
