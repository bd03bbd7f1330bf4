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
from typing import NamedTuple

# Lowest first. A folder beside these is optional and stands on top of them all.
FLOORS = ("ring", "loop", "coro", "net", "server")

FILE_LINES_MAX = 400
LINE_COLUMNS_MAX = 110
BODY_LINES_MAX = 70

SOURCE_FOLDERS = ("include", "lib", "tests", "examples", "benchmarks", ".ci")
CPP = (".hpp", ".cpp", ".h", ".c")
SCRIPTS = ("run", "prepare", "meson.build")


class Violation(NamedTuple):
    path: Path
    line: int
    message: str


class Block(NamedTuple):
    """A pair of braces that stands in a namespace or a class."""

    kind: str  # "namespace", "class", "enum" or "body"
    name: str  # of what is defined here; "" for a body and for a specialisation
    outer: tuple  # the names of the namespaces and classes around it, outermost first
    first_line: int
    last_line: int


# --- Reading C++ ------------------------------------------------------------------------------

OPAQUE = re.compile(
    r"""(?P<number>\b\d(?:'?[\w.])*)
      | //[^\n]* | /\*.*?\*/
      | R"(?P<mark>[^()\s]*)\(.*?\)(?P=mark)"
      | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'""",
    re.VERBOSE | re.DOTALL,
)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
NAMESPACE = re.compile(r"(?:inline\s+)?namespace\b(?:\s*\[\[.*?\]\])?\s*([\w:]*)\s*$", re.DOTALL)
# `@` stands for a list of template arguments.
TYPE = re.compile(
    r"\b(?P<key>enum(?:\s+(?:class|struct))?|class|struct|union)\s+"
    r"(?:\[\[.*?\]\]\s*|alignas\s*\(.*?\)\s*)*"
    r"(?P<name>[\w:]+)(?P<special>@?)\s*(?:final\s*)?(?::(?!:).*)?$",
    re.DOTALL,
)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def blank(text, pattern):
    """`text` with every match of `pattern` but numbers turned into spaces, lines kept."""

    def spaces(match):
        if match.groupdict().get("number"):
            return match[0]
        return re.sub(r"[^\n]", " ", match[0])

    return pattern.sub(spaces, text)


def without_template_arguments(head):
    count = 1
    while count:
        head, count = re.subn(r"<[^<>]*>", "@", head)
    return head


def read_blocks(text):
    """The blocks of a C++ file, and its text right inside `namespace ringlet`."""
    code = blank(blank(text, OPAQUE), DIRECTIVE)
    open_blocks, blocks, surface, head_start = [], [], [], 0
    for match in re.finditer(r"[;{}]", code):
        head = code[head_start : match.start()]
        head_start = match.end()
        in_namespace = all(block.kind == "namespace" for block in open_blocks)
        if in_namespace and names_of(open_blocks) == ("ringlet",):
            surface.append(head + match[0])
        inside_body = bool(open_blocks) and open_blocks[-1].kind == "body"
        if match[0] == "{":
            kind, name = ("body", "") if inside_body else classify(head)
            line = line_of(code, match.start())
            open_blocks.append(Block(kind, name, names_of(open_blocks), line, line))
        elif match[0] == "}" and open_blocks:
            closed = open_blocks.pop()._replace(last_line=line_of(code, match.start()))
            if not open_blocks or open_blocks[-1].kind != "body":
                blocks.append(closed)
    return blocks, "".join(surface)


def names_of(open_blocks):
    return tuple(name for block in open_blocks for name in block.name.split("::") if name)


def classify(head):
    """(kind, name) of what a `{` opens, from the text between the last `;`, `{` or `}` and it."""
    if head.strip() == "extern":  # "C", now blank
        return "namespace", ""
    if match := NAMESPACE.search(head):
        return "namespace", match[1] or "(unnamed)"
    if match := TYPE.search(without_template_arguments(head)):
        kind = "enum" if match["key"].startswith("enum") else "class"
        return kind, match["name"] if not match["special"] else ""
    return "body", ""


# --- The tree ---------------------------------------------------------------------------------


class Tree:
    """The files under `root`, as paths relative to it."""

    def __init__(self, root):
        self.root = Path(root)
        self._texts = {}

    def files(self, *patterns):
        found = (path for pattern in patterns for path in self.root.glob(pattern))
        return sorted(path.relative_to(self.root) for path in found if path.is_file())

    def text(self, path):
        if path not in self._texts:
            full = self.root / path
            self._texts[path] = full.read_text(encoding="utf-8") if full.is_file() else ""
        return self._texts[path]

    def sources(self):
        """All that someone wrote by hand, but for prose."""
        everything = self.files(*(f"{folder}/**/*" for folder in SOURCE_FOLDERS), "meson.*")
        return [p for p in everything if p.suffix in (*CPP, ".py") or p.name in SCRIPTS]

    def cpp(self, *folders):
        everything = self.files(*(f"{folder}/**/*" for folder in folders))
        return [path for path in everything if path.suffix in CPP]

    def public_headers(self):
        return self.files("include/ringlet/*/*.hpp")

    def includes(self, path):
        """(line, "<" or quote, name) of each #include."""
        for match in INCLUDE.finditer(self.text(path)):
            yield line_of(self.text(path), match.start()), match[1], match[2]


def folder_of(path):
    """`net` for include/ringlet/net/x.hpp, lib/net/x.cpp and lib/net/y/x.cpp, None elsewhere."""
    parts = path.parts
    if parts[:2] == ("include", "ringlet") and len(parts) == 4:
        return parts[2]
    return parts[1] if parts[0] == "lib" and len(parts) > 2 else None


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


def check_headers(tree):
    """#pragma once; one public type, named after the file; all of them in ringlet.hpp."""
    for path in tree.cpp("include", "lib", "examples", "benchmarks"):
        if path.suffix == ".hpp" and not re.search(r"^#pragma once$", tree.text(path), re.MULTILINE):
            yield Violation(path, 1, "no include guard; begin with #pragma once")
    umbrella = Path("include/ringlet/ringlet.hpp")
    included = {name for _, _, name in tree.includes(umbrella)}
    for path in tree.public_headers():
        stem, folder = path.stem, folder_of(path)
        blocks, surface = read_blocks(tree.text(path))
        declared = (
            rf"\b(?:class|struct|union|enum|concept|using)\s[^;{{}}()=]*\b{stem}\b|\b{stem}\s*[(=]"
        )
        if not re.search(declared, surface):
            yield Violation(path, 1, f"declares no ringlet::{stem}; name the file after what is in it")
        classes = [b for b in blocks if b.kind == "class" and b.name and b.outer == ("ringlet",)]
        for block in classes:
            if len(classes) > 1 and block.name != stem:
                fault = f"a second type, {block.name}; give it {block.name}.hpp"
                yield Violation(path, block.first_line, fault)
        if folder in FLOORS and f"ringlet/{folder}/{path.name}" not in included:
            yield Violation(umbrella, 1, f"does not include <ringlet/{folder}/{path.name}>; add it")


def check_mirrors(tree):
    """lib/ and tests/ mirror include/, and Meson knows every source."""
    for path in tree.files("lib/*/*.cpp"):
        header = Path("include/ringlet", path.parent.name, path.stem + ".hpp")
        if not any((tree.root / p).is_file() for p in (header, path.with_suffix(".hpp"))):
            yield Violation(path, 1, f"has no header; declare it in {header} or beside it")
    for path in tree.public_headers():
        test = Path("tests", folder_of(path), path.stem + ".cpp")
        if not (tree.root / test).is_file():
            yield Violation(path, 1, f"has no test; write {test}")
    for folder in ("lib", "tests"):
        listing = Path(folder, "meson.build")
        for path in tree.files(f"{folder}/*/*.cpp"):
            name = path.relative_to(folder).as_posix()
            if path.parts[1] != "consumer" and f"'{name}'" not in tree.text(listing):
                yield Violation(path, 1, f"is not built; list it in {listing}")


def check_tags(tree):
    """Each test case carries the tag of its folder, without which nothing runs it."""
    for path in tree.files("tests/*/*.cpp"):
        text, folder = tree.text(path), path.parts[1]
        for match in re.finditer(r"^(?:\w*TEST_CASE\w*|SCENARIO\w*)\s*\(", text, re.MULTILINE):
            opening = text[match.start() : text.find("{", match.end())]
            if f"[{folder}]" not in opening:
                yield Violation(path, line_of(text, match.start()), f"never runs; tag it [{folder}]")


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


def check_self_contained(tree, compiler):
    """Each header compiles alone, and twice in a row."""
    command = [*compiler, f"-I{tree.root / 'include'}", "-fsyntax-only", "-x", "c++", "-"]

    def compile_alone(path):
        include = f'#include "{(tree.root / path).resolve()}"\n'
        done = subprocess.run(command, input=include * 2, capture_output=True, text=True, check=False)
        if done.returncode:
            error = next((l for l in done.stderr.splitlines() if "error" in l), done.stderr.strip())
            return Violation(path, 1, f"does not compile on its own; include what it uses ({error})")
        return None

    headers = tree.files("include/**/*.hpp", "lib/**/*.hpp")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from filter(None, pool.map(compile_alone, headers))


CHECKS = (
    check_floors,
    check_outsiders,
    check_headers,
    check_mirrors,
    check_tags,
    check_lines,
    check_bodies,
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
