"""Checks of tidy.py: the documentation shows, names and links to what there is."""

import os
import re
import textwrap
from pathlib import Path

from cpp_blocks import line_of
from source_tree import Violation

PROGRAMS = ("examples/documented", "examples/testing")
BLOCK = re.compile(r"^( *)```cpp\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def check_documented(tree):
    """A whole program that the documentation shows is a file that is built and tested, word for word,
    and README.md, which a newcomer copies from, shows parts of such programs only."""
    programs = {path: tree.text(path) for path in tree.files(*(f"{folder}/*.cpp" for folder in PROGRAMS))}
    places = "/ or ".join(PROGRAMS) + "/"
    shown = set()
    for page in tree.files("README.md", "docs/*.md"):
        for match in BLOCK.finditer(tree.text(page)):
            code, line = textwrap.dedent(match[2]), line_of(tree.text(page), match.start())
            shown.add(code)
            if "int main(" in code:
                if code not in programs.values():
                    yield Violation(page, line, f"is no program of {places}; show one, word for word")
            elif page.name == "README.md" and not any(code in text for text in programs.values()):
                yield Violation(page, line, f"is no part of a program of {places}; show such a part")
    for path, text in programs.items():
        if text not in shown:
            yield Violation(path, 1, "is shown nowhere; show it word for word in README.md or docs/")


THREATS = Path("docs/security.md")
NAMED_TEST = re.compile(r"(?<![*\w])\*([^*\n]+)\*(?![*\w])")
TEXTS_OF_TEST = re.compile(r'TEST_CASE\(((?:\s*"(?:[^"\\\n]|\\.)*")+)')
TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')


def check_threats(tree):
    """The tests that the table of threats names exist."""
    names = {"".join(TEXT.findall(match[1])) for path in tree.tests()
             for match in TEXTS_OF_TEST.finditer(tree.text(path))}
    text = tree.text(THREATS)
    for match in NAMED_TEST.finditer(text):
        if match[1] not in names:
            yield Violation(THREATS, line_of(text, match.start()), f"no test is named {match[1]!r}")


PAGES = ("*.md", "docs/*.md", "benchmarks/*.md", "examples/**/*.md", "tests/**/*.md")
LINK = re.compile(r"\]\(([^()\s]+)\)")
OUTSIDE = re.compile(r"[a-z]+:")
FENCED = re.compile(r"^( *)```.*?^ *```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)


def anchor(heading):
    """By what a page links to a heading of another."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def check_links(tree):
    """A link leads to a file, and to a heading in it, and each page of docs/ is linked to."""
    pages = tree.files(*PAGES)
    linked = set()
    for page in pages:
        text = FENCED.sub(lambda code: "\n" * code[0].count("\n"), tree.text(page))
        for match in LINK.finditer(text):
            if OUTSIDE.match(match[1]):
                continue
            name, _, heading = match[1].partition("#")
            target = Path(os.path.normpath(page.parent / name)) if name else page
            if target != page:
                linked.add(target)
            line = line_of(text, match.start())
            if not (tree.root / target).exists():
                yield Violation(page, line, f"leads nowhere: {match[1]}")
            elif heading and heading not in map(anchor, HEADING.findall(FENCED.sub("", tree.text(target)))):
                yield Violation(page, line, f"{target} has no heading for #{heading}")
    for page in pages:
        if page.parent.name == "docs" and page not in linked:
            yield Violation(page, 1, "no page links to it; docs/README.md lists all of them")
