"""The files that the checks of tidy.py read, and what these yield."""

from pathlib import Path
from typing import NamedTuple

from cpp_blocks import INCLUDE, line_of

SOURCE_FOLDERS = ("include", "lib", "tests", "examples", "benchmarks", ".ci")
CPP = (".hpp", ".cpp", ".h", ".c")
SCRIPTS = ("run", "prepare", "other_catch2", "meson.build")


class Violation(NamedTuple):
    path: Path
    line: int
    message: str


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
        """What a program names; the rest is in a folder detail/ of each floor."""
        return self.files("include/ringlet/*/*.hpp")

    def tests(self):
        everything = self.files("tests/*/*.cpp", "tests/*/detail/*.cpp")
        return [path for path in everything if path.parts[1] not in ("consumer", "fuzz")]

    def includes(self, path):
        """(line, "<" or quote, name) of each #include."""
        for match in INCLUDE.finditer(self.text(path)):
            yield line_of(self.text(path), match.start()), match[1], match[2]
