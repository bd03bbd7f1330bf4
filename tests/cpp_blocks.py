"""Reads C++ as far as tidy.py needs it: namespaces, classes and bodies, by their braces."""

import re
from typing import NamedTuple


class Block(NamedTuple):
    """A pair of braces that stands in a namespace or a class."""

    kind: str  # "namespace", "class", "enum" or "body"
    name: str  # of what is defined here; "" for a body and for a specialisation
    outer: tuple  # the names of the namespaces and classes around it, outermost first
    first_line: int
    last_line: int


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


def read_blocks(text, namespace=("ringlet",)):
    """The blocks of a C++ file, and its text right inside `namespace`."""
    code = blank(blank(text, OPAQUE), DIRECTIVE)
    open_blocks, blocks, surface, head_start = [], [], [], 0
    for match in re.finditer(r"[;{}]", code):
        head = code[head_start : match.start()]
        head_start = match.end()
        in_namespace = all(block.kind == "namespace" for block in open_blocks)
        if in_namespace and names_of(open_blocks) == namespace:
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
