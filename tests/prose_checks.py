"""Checks of tidy.py: the documentation shows and names what there is."""

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
