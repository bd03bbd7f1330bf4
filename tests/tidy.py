#!/usr/bin/env python3
"""Checks what no compiler does: the floors, the layout and the habits of the source tree.

tidy.py ROOT [-- COMPILER ARGUMENT...]    given a compiler, also compiles each header on its own

Prints a line for every violation, with what to do about it; status 1 when there is any.
"""

import concurrent.futures
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

from cpp_blocks import OPAQUE, blank, line_of, read_blocks
from prose_checks import check_documented, check_links, check_threats
from source_tree import CPP, Tree, Violation

# Lowest first. A folder beside these is optional and stands on top of them all.
FLOORS = ("base", "ring", "loop", "coro", "net", "file", "server")

FILE_LINES_MAX = 400
LINE_COLUMNS_MAX = 110
BODY_LINES_MAX = 70


# --- Where a file belongs -----------------------------------------------------------------------


def folder_of(path):
    """`net` for include/ringlet/net/x.hpp, include/ringlet/net/detail/x.hpp and lib/net/..., else None."""
    parts = path.parts
    if parts[:2] == ("include", "ringlet") and len(parts) > 3:
        return parts[2]
    return parts[1] if parts[0] == "lib" and len(parts) > 2 else None


def namespace_of(path):
    """The namespace of what a file declares: a library beside the floors has one of its own."""
    folder = folder_of(path)
    own = ("ringlet",) if folder is None or folder in FLOORS else ("ringlet", folder)
    return (*own, "detail") if path.parent.name == "detail" else own


def height(folder):
    return FLOORS.index(folder) if folder in FLOORS else len(FLOORS)


# --- The checks -------------------------------------------------------------------------------


def check_floors(tree):
    """A file includes its own floor and those below; what is public includes nothing private."""
    for path in tree.cpp("include", "lib"):
        for line, quote, name in tree.includes(path):
            if quote == "<" and not name.startswith("ringlet/"):
                continue
            target = Path("include", name) if quote == "<" else resolve(tree, path, name)
            if fault := fault_of_include(tree, path, target):
                yield Violation(path, line, f"{name} {fault}")


def fault_of_include(tree, path, target):
    if target is None or not (tree.root / target).is_file():
        return "is not in the tree; mend the path"
    if target.parts[0] == "lib" and path.parts[0] == "include":
        return "is private; a public header cannot include it"
    own, other = folder_of(path), folder_of(target)
    if own is None:
        return None  # ringlet.hpp stands above all floors
    if other is None:
        return "is every floor at once; include what is used"
    if other != own and height(other) >= height(own):
        return f"is of {other}/, above {own}/; move what is needed down, or this file up"
    return None


def resolve(tree, path, name):
    """What `#include "name"` finds: beside the file, else in lib/. None when neither has it."""
    for base in (path.parent, Path("lib")):
        target = Path(os.path.normpath(base / name))
        if (tree.root / target).is_file():
            return target
    return None


OPENSSL = ("lib/tls/", "tests/tls/", "tests/fuzz/")


def check_openssl(tree):
    """Only the sources of ringlet-tls, and their tests, include OpenSSL: no user has to compile it."""
    for path in tree.cpp("include", "lib", "tests"):
        for line, _, name in tree.includes(path):
            if name.startswith("openssl/") and not path.as_posix().startswith(OPENSSL):
                yield Violation(path, line, f"{name} belongs into lib/tls/; declare what is needed of it")


def check_outsiders(tree):
    """Examples and benchmarks see what a user sees: the public headers, and their own files."""
    for folder in ("examples", "benchmarks"):
        for path in tree.cpp(folder):
            for line, quote, name in tree.includes(path):
                if quote == "<" and not name.startswith("ringlet/"):
                    continue
                places = [Path("include")] if quote == "<" else [path.parent, Path(folder)]
                found = (Path(os.path.normpath(place / name)) for place in places)
                if not any(p.parts[0] in ("include", folder) and (tree.root / p).is_file() for p in found):
                    fault = f"{name} is neither public nor in {folder}/; use <ringlet/...>"
                    yield Violation(path, line, fault)
            for match in re.finditer(r"\bringlet(?:/\w+/|::)detail\b", tree.text(path)):
                fault = f"{match[0]} is for the library alone; use what is public, or make it so"
                yield Violation(path, line_of(tree.text(path), match.start()), fault)


def check_headers(tree):
    """#pragma once, and each header declares what it is named after, in the namespace of its folder."""
    for path in tree.cpp("include", "lib", "examples", "benchmarks"):
        if path.suffix == ".hpp" and not re.search(r"^#pragma once$", tree.text(path), re.MULTILINE):
            yield Violation(path, 1, "no include guard; begin with #pragma once")
    for path in tree.files("include/ringlet/*/*.hpp", "include/ringlet/*/detail/*.hpp"):
        stem = path.stem
        namespace = namespace_of(path)
        declared = (
            rf"\b(?:class|struct|union|enum|concept|using)\s[^;{{}}()=]*\b{stem}\b|\b{stem}\s*[(=]"
        )
        if not re.search(declared, read_blocks(tree.text(path), namespace)[1]):
            whole = "::".join((*namespace, stem))
            yield Violation(path, 1, f"declares no {whole}; name the file after what is in it")


def check_detail(tree):
    """What is in a folder detail/ is in the namespace detail of its library."""
    for path in tree.cpp("include", "lib"):
        if path.parent.name != "detail":
            continue
        own = namespace_of(path)
        for block in read_blocks(tree.text(path))[0]:
            if block.kind in ("class", "enum") and block.name and block.outer == own[:-1]:
                outer, inner = "::".join(own[:-1]), "::".join(own)
                fault = f"{block.name} is in namespace {outer}; in detail/ it is in {inner}"
                yield Violation(path, block.first_line, fault)


def check_umbrella(tree):
    """ringlet.hpp includes every public header of the floors, and nothing else."""
    umbrella = Path("include/ringlet/ringlet.hpp")
    included = {name: line for line, _, name in tree.includes(umbrella)}
    public = {p.relative_to("include").as_posix() for p in tree.public_headers() if folder_of(p) in FLOORS}
    for name in sorted(public - included.keys()):
        yield Violation(umbrella, 1, f"does not include <{name}>; add it")
    for name in sorted(included.keys() - public):
        yield Violation(umbrella, included[name], f"includes <{name}>, which is no public header of a floor")


def check_mirrors(tree):
    """lib/ and tests/ mirror include/, and Meson knows every source."""
    sources = tree.files("lib/*/**/*.cpp")
    for path in sources:
        floor = folder_of(path)
        if path.parent.name not in (floor, "detail"):
            continue  # one of several that do one thing each in their way, under one declaration
        header = Path("include/ringlet", *path.parts[1:-1], path.stem + ".hpp")
        if any((tree.root / p).is_file() for p in (header, path.with_suffix(".hpp"))):
            continue
        beside = tree.files(f"include/ringlet/{floor}/*.hpp", f"{path.parent.as_posix()}/*.hpp")
        if not any(re.search(rf"\b{path.stem}\b", tree.text(p)) for p in beside):
            yield Violation(path, 1, f"has no header; declare it in {header} or beside it")
    for path in tree.public_headers():
        test = Path("tests", folder_of(path), path.stem + ".cpp")
        if not (tree.root / test).is_file():
            yield Violation(path, 1, f"has no test; write {test}")
    for path in (*sources, *tree.tests()):
        folder = Path("lib") if path.parts[0] == "lib" else Path(*path.parts[:2])
        listing = folder / "meson.build"
        if f"'{path.relative_to(folder).as_posix()}'" not in tree.text(listing):
            yield Violation(path, 1, f"is not built; list it in {listing}")


TEST_CASE = re.compile(r"^(?:\w*TEST_CASE\w*|SCENARIO\w*)\s*\(", re.MULTILINE)


def check_tests(tree):
    """Each test case carries the tag of its folder, without which nothing runs it, and each file of
    them is a namespace of its own, without which it cannot be compiled together with others."""
    for path in tree.tests():
        text, folder = tree.text(path), path.parts[1]
        namespace = f"tests::{folder}_{path.stem}"
        for match in TEST_CASE.finditer(text):
            opening = text[match.start() : text.find("{", match.end())]
            if f"[{folder}]" not in opening:
                yield Violation(path, line_of(text, match.start()), f"never runs; tag it [{folder}]")
        if TEST_CASE.search(text) and f"\nnamespace {namespace} {{\n" not in text:
            yield Violation(path, 1, f"has no namespace of its own; put all of it into {namespace}")


CATCH_HEADER = Path("tests/catch.hpp")
# All of Catch2 but the names that tests/main.cpp, the runner, needs of it and both versions have.
CATCH_NAME = re.compile(
    r"<catch2/[\w/.]*|\bCatch\s*::(?!\s*(?:Session|Test(?:RunStats|CaseInfo|CaseStats))\b)[\s\w:]*\w"
    r"|\bnamespace\s[\w\s=]*\bCatch\b|\bCATCH_(?!CONFIG_RUNNER\b|REGISTER_LISTENER\b)\w+"
)


def check_catch(tree):
    """Catch2 has two major versions, which name things differently: one file knows of it."""
    for path in tree.cpp("tests"):
        code = blank(tree.text(path), OPAQUE)
        for match in CATCH_NAME.finditer(code) if path != CATCH_HEADER else ():
            fault = f"{match[0]} may be of one version of Catch2 only; have {CATCH_HEADER} bring it in"
            yield Violation(path, line_of(code, match.start()), fault)


LEFTOVER = re.compile(r"\b([T]ODO|[F]IXME|[X]XX|[H]ACK)\b")
# A statement or a directive behind one or two spaces. An example in a comment is indented further.
DEAD_CODE = re.compile(
    r"//+ {0,2}(?:(?:[\w:]+(?:<.*>)?[&*]* )?[\w:.>-]+(?:\(.*\)|\[.*\]| ?[-+*|&]?= ?[^=].*)"
    r"|(?:return|co_await|co_return|co_yield)(?: [\w:.>-]+(?:\(.*\))?)?|break|continue);$"
    r"|//+ {0,2}#\s*(?:include|define|if|endif|else|pragma)\b|//+ *[{}]+;?$"
)


def check_lines(tree):
    """Lengths, blanks and leftovers."""
    for path in tree.sources():
        lines = tree.text(path).split("\n")
        if lines.pop():
            yield Violation(path, len(lines) + 1, "the last line has no end; add a newline")
        if len(lines) > FILE_LINES_MAX:
            yield Violation(path, len(lines), f"{len(lines)} lines, over {FILE_LINES_MAX}; split the file")
        speaks = path.parts[0] == "examples" or path.parts[:2] == ("tests", "examples")
        for number, line in enumerate(lines, 1):
            for message in line_faults(line, path.suffix in CPP):
                yield Violation(path, number, message)
            if not speaks and any(ord(c) > 127 and unicodedata.category(c)[0] == "L" for c in line):
                yield Violation(path, number, "not in English; only examples speak other languages")


def line_faults(line, cpp):
    if len(line) > LINE_COLUMNS_MAX:
        yield f"{len(line)} columns, over {LINE_COLUMNS_MAX}; break the line"
    if "\t" in line:
        yield "a tab; indent with spaces"
    if line != line.rstrip():
        yield "blanks at the end of the line; remove them"
    if match := LEFTOVER.search(line):
        yield f"{match[0]}; do it now, or say nothing"
    if cpp and re.match(r"\s*#\s*if\s+0\b", line):
        yield "code switched off; remove it"
    if cpp and DEAD_CODE.match(line.strip()):
        yield "code in a comment; remove it, or indent it when it is an example"


def check_bodies(tree):
    """Functions fit on a screen."""
    for path in tree.cpp("include", "lib", "tests", "examples", "benchmarks"):
        for block in read_blocks(tree.text(path))[0]:
            lines = block.last_line - block.first_line + 1
            if block.kind == "body" and lines > BODY_LINES_MAX:
                fault = f"{lines} lines, over {BODY_LINES_MAX}; split the function"
                yield Violation(path, block.first_line, fault)


def begins_with(tree, path):
    """The header of ours with which a source begins, or None."""
    _, quote, name = next(tree.includes(path), (0, "<", ""))
    return Path("include", name) if quote == "<" else resolve(tree, path, name)


def check_self_contained(tree, compiler):
    """Each header compiles alone, and twice in a row; but for those with which a source begins, which
    shows as much where it is compiled by itself, as the lane `clang` of .ci/run does."""
    folders = [f"-I{tree.root / folder}" for folder in ("include", "lib")]
    command = [*compiler, *folders, "-fsyntax-only", "-x", "c++", "-"]

    def compile_alone(path):
        include = f'#include "{(tree.root / path).resolve()}"\n'
        done = subprocess.run(command, input=include * 2, capture_output=True, text=True, check=False)
        if done.returncode:
            error = next((l for l in done.stderr.splitlines() if "error" in l), done.stderr.strip())
            return Violation(path, 1, f"does not compile on its own; include what it uses ({error})")
        return None

    shown = {begins_with(tree, path) for path in tree.files("lib/**/*.cpp")}
    headers = [path for path in tree.files("include/**/*.hpp", "lib/**/*.hpp") if path not in shown]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from filter(None, pool.map(compile_alone, headers))


CHECKS = (
    check_floors,
    check_openssl,
    check_outsiders,
    check_headers,
    check_detail,
    check_umbrella,
    check_mirrors,
    check_tests,
    check_catch,
    check_lines,
    check_bodies,
    check_documented,
    check_threats,
    check_links,
)


def main(arguments):
    root, compiler = arguments[0], arguments[2:]
    tree = Tree(root)
    violations = [violation for check in CHECKS for violation in check(tree)]
    if compiler:
        violations += check_self_contained(tree, compiler)
    for path, line, message in sorted(violations):
        print(f"{path}:{line}: {message}")
    if not tree.public_headers():
        sys.exit(f"no public header under {root}: is it the root of the tree?")
    print(f"{len(violations)} violations in {len(tree.sources())} files")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
