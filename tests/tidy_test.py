#!/usr/bin/env python3
"""The checks of tidy.py, each on a small tree that it accepts and on one that it must not."""

import os
import tempfile
import unittest
from pathlib import Path

import tidy
from source_tree import Tree

HEADER = "#pragma once\n\nnamespace ringlet {{\n\nclass {name} {{}};\n\n}}  // namespace ringlet\n"
TEST = '#include "catch.hpp"\n\nnamespace tests::{name} {{\n\n{body}\n\n}}  // namespace tests::{name}\n'

CLEAN = {
    "include/ringlet/ringlet.hpp": "#pragma once\n\n#include <ringlet/ring/ring.hpp>\n"
    "#include <ringlet/net/stream.hpp>\n",
    "include/ringlet/ring/ring.hpp": HEADER.format(name="ring"),
    "include/ringlet/net/stream.hpp": "#include <ringlet/ring/ring.hpp>\n"
    + HEADER.format(name="stream"),
    "lib/net/stream.cpp": '#include "wire.hpp"\n',
    "lib/net/wire.hpp": "#pragma once\n",
    "lib/meson.build": "files('net/stream.cpp')\n",
    "include/ringlet/net/detail/wire.hpp": HEADER.format(name="wire").replace("ringlet", "ringlet::detail"),
    "tests/ring/ring.cpp": TEST.format(name="ring_ring", body='TEST_CASE("a ring turns", "[ring]") {}'),
    "tests/net/stream.cpp": TEST.format(name="net_stream", body='TEST_CASE("a stream flows", "[net]") {}'),
    "tests/ring/meson.build": "files('ring.cpp')\n",
    "tests/net/meson.build": "files('stream.cpp')\n",
    "examples/hello.cpp": '#include <ringlet/ringlet.hpp>\n#include "words.hpp"\n',
    "examples/documented/nothing.cpp": "#include <ringlet/ringlet.hpp>\n\nint main() {}\n",
    "README.md": "```cpp\n#include <ringlet/ringlet.hpp>\n\nint main() {}\n```\n\n"
    "```cpp\n#include <ringlet/ringlet.hpp>\n```\n[streams](docs/streams.md)\n",
    "docs/streams.md": "```cpp\nco_await nothing();\n```\n",
    "examples/words.hpp": "#pragma once\n// \u4f60\u597d\n",
}


class TidyTest(unittest.TestCase):
    def violations(self, check, changes=None, *arguments):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**CLEAN, **(changes or {})}.items():
                if text is not None:
                    file = Path(root, path)
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_text(text, encoding="utf-8")
            return [f"{v.path}:{v.line}: {v.message}" for v in check(Tree(root), *arguments)]

    def refuses(self, check, changes, *expected):
        """Each of `expected` begins one violation, and there are no others."""
        found = self.violations(check, changes)
        self.assertEqual(len(found), len(expected), found)
        for message in expected:
            self.assertTrue(any(f.startswith(message) for f in found), f"{message!r} not in {found}")

    def test_a_clean_tree_passes_every_check(self):
        for check in tidy.CHECKS:
            self.assertEqual(self.violations(check), [], check.__name__)

    def test_a_floor_does_not_include_a_higher_one(self):
        path = "include/ringlet/ring/ring.hpp"
        above = "#pragma once\n#include <ringlet/net/stream.hpp>\n"
        self.refuses(tidy.check_floors, {path: above}, f"{path}:2: ringlet/net/stream.hpp is of net/")
        everything = "#pragma once\n#include <ringlet/ringlet.hpp>\n"
        self.refuses(tidy.check_floors, {path: everything}, f"{path}:2: ringlet/ringlet.hpp is every")

    def test_an_optional_folder_stands_on_all_floors_and_under_none(self):
        tls = "include/ringlet/tls/context.hpp"
        text = "#include <ringlet/net/stream.hpp>\n" + HEADER.format(name="context")
        self.refuses(tidy.check_floors, {tls: text})
        user = "lib/net/stream.cpp"
        changes = {tls: text, user: "#include <ringlet/tls/context.hpp>\n"}
        self.refuses(tidy.check_floors, changes, f"{user}:1:")

    def test_an_optional_folder_is_a_namespace_of_its_own(self):
        path, wire = "include/ringlet/tls/context.hpp", "include/ringlet/tls/detail/wire.hpp"
        text = HEADER.format(name="context")
        self.refuses(tidy.check_headers, {path: text}, f"{path}:1: declares no ringlet::tls::context")
        self.refuses(tidy.check_headers, {path: text.replace("ringlet", "ringlet::tls")})
        outside = HEADER.format(name="wire").replace("ringlet", "ringlet::tls")
        self.refuses(tidy.check_detail, {wire: outside}, f"{wire}:5: wire is in namespace ringlet::tls;")
        self.refuses(tidy.check_detail, {wire: outside.replace("::tls", "::tls::detail")})

    def test_only_tls_includes_openssl(self):
        text = "#pragma once\n#include <openssl/ssl.h>\n"
        for path in ("include/ringlet/tls/context.hpp", "lib/net/wire.hpp", "tests/net/wire.hpp"):
            self.refuses(tidy.check_openssl, {path: text}, f"{path}:2: openssl/ssl.h belongs")
        for path in ("lib/tls/detail/engine.hpp", "tests/tls/peer.hpp"):
            self.refuses(tidy.check_openssl, {path: text})

    def test_a_public_header_includes_nothing_private(self):
        path = "include/ringlet/net/stream.hpp"
        peek = {path: '#include "net/wire.hpp"\n'}
        self.refuses(tidy.check_floors, peek, f"{path}:1: net/wire.hpp is private")

    def test_an_include_that_finds_nothing_is_named(self):
        missing = {"lib/net/wire.hpp": None}
        self.refuses(tidy.check_floors, missing, "lib/net/stream.cpp:1: wire.hpp is not")

    def test_examples_and_benchmarks_include_only_what_is_public(self):
        for path in ("examples/hello.cpp", "benchmarks/load.cpp"):
            for name in ('"../lib/net/wire.hpp"', '"net/wire.hpp"', "<ringlet/net/wire.hpp>"):
                self.refuses(tidy.check_outsiders, {path: f"#include {name}\n"}, f"{path}:1:")
            for text in ("#include <ringlet/net/detail/wire.hpp>\n", "ringlet::detail::wire line;\n"):
                self.refuses(tidy.check_outsiders, {path: text}, f"{path}:1: ringlet")

    def test_a_header_declares_what_it_is_named_after(self):
        path = "include/ringlet/net/stream.hpp"
        self.refuses(tidy.check_headers, {path: HEADER.format(name="river")}, f"{path}:1: declares no")
        for accepted in (
            "template <class T = void> class [[nodiscard]] stream final : public base<T> {};",
            "enum class stream : int { a, b };",
            "using stream = basic<int>;",
            "template <class T> concept stream = true;",
            "template <class... T> task<> stream(T... values);",
        ):
            self.refuses(tidy.check_headers, {path: f"#pragma once\nnamespace ringlet {{ {accepted} }}\n"})

    def test_a_header_in_detail_is_in_namespace_detail(self):
        path = "include/ringlet/net/detail/wire.hpp"
        outside = {path: HEADER.format(name="wire")}
        self.refuses(tidy.check_detail, outside, f"{path}:5: wire is in namespace ringlet;")
        self.refuses(tidy.check_headers, outside, f"{path}:1: declares no ringlet::detail::wire")
        forward = "#pragma once\nnamespace ringlet {\nclass stream;\n}\n"
        self.refuses(tidy.check_detail, {path: forward + CLEAN[path]})

    def test_a_header_has_a_guard(self):
        path = "include/ringlet/net/pond.hpp"
        bare = {path: HEADER.format(name="pond").replace("#pragma once", "")}
        self.refuses(tidy.check_headers, bare, f"{path}:1: no include")

    def test_the_umbrella_includes_exactly_what_is_public(self):
        path, umbrella = "include/ringlet/net/pond.hpp", "include/ringlet/ringlet.hpp"
        self.refuses(tidy.check_umbrella, {path: HEADER.format(name="pond")}, f"{umbrella}:1: does not")
        detail = CLEAN[umbrella] + "#include <ringlet/net/detail/wire.hpp>\n"
        self.refuses(tidy.check_umbrella, {umbrella: detail}, f"{umbrella}:5: includes")

    def test_lib_and_tests_mirror_the_headers_and_are_built(self):
        header = "include/ringlet/net/pond.hpp"
        self.refuses(tidy.check_mirrors, {header: HEADER.format(name="pond")}, f"{header}:1: has no test")
        for stray in ("lib/net/stray.cpp", "lib/net/detail/stray.cpp"):
            faults = [f"{stray}:1: has no header", f"{stray}:1: is not built"]
            self.refuses(tidy.check_mirrors, {stray: ""}, *faults)
        listing = {"lib/meson.build": "files('net/stream.cpp', 'net/pond.cpp')\n", "lib/net/pond.cpp": ""}
        self.refuses(tidy.check_mirrors, listing, "lib/net/pond.cpp:1: has no header")
        stream = CLEAN["include/ringlet/net/stream.hpp"] + "class pond;\n"
        self.refuses(tidy.check_mirrors, {**listing, "include/ringlet/net/stream.hpp": stream})
        test = "tests/net/more.cpp"
        self.refuses(tidy.check_mirrors, {test: ""}, f"{test}:1: is not built")

    def test_a_test_case_carries_the_tag_of_its_floor(self):
        path = "tests/net/stream.cpp"
        text = TEST.format(name="net_stream", body='TEST_CASE("a stream flows",\n          "[ring]") {\n}')
        self.refuses(tidy.check_tests, {path: text}, f"{path}:5: never runs")

    def test_a_test_is_a_namespace_of_its_own(self):
        path = "tests/net/stream.cpp"
        foreign = CLEAN["tests/ring/ring.cpp"].replace("[ring]", "[net]")
        self.refuses(tidy.check_tests, {path: foreign}, f"{path}:1: has no namespace")
        self.refuses(tidy.check_tests, {path: "int helper();\n"})

    def test_one_file_knows_the_versions_of_catch(self):
        path = "tests/net/stream.cpp"
        for line in (
            "CHECK_THROWS_WITH(f(), Catch::StartsWith(name));",
            "CHECK_THAT(name, Catch::Matchers::ContainsSubstring(part));",
            "using namespace Catch::Matchers;",
            "using namespace Catch;",
            "namespace matchers = Catch::Matchers;",
            "#if CATCH_VERSION_MAJOR < 3",
            "#include <catch2/catch_test_macros.hpp>",
        ):
            self.refuses(tidy.check_catch, {path: f"\n{line}\n"}, f"{path}:2:")
            self.refuses(tidy.check_catch, {"tests/catch.hpp": f"{line}\n"})
        runner = (
            "#define CATCH_CONFIG_RUNNER\n#include \"catch.hpp\"\nCATCH_REGISTER_LISTENER(tally)\n"
            "void f(const Catch::TestRunStats& stats);  // not Catch::TestEventListenerBase\n"
        )
        self.refuses(tidy.check_catch, {"tests/main.cpp": runner})

    def test_lines(self):
        path = "lib/net/stream.cpp"
        for line in (
            "x" * 111,
            "\tint x;",
            "int x; ",
            "// TO" + "DO: later",
            "#if 0",
            "// int x = 1;",
            "// stream.close();",
            "// return x;",
            "// #include <map>",
            "// }",
            "// \u4f60\u597d",
        ):
            self.refuses(tidy.check_lines, {path: f"\n{line}\n"}, f"{path}:2:")
        for line in (
            "// read it; then go on",
            "// it is over (see close(2));",
            "//     auto x = f();",
            "// 5 \u00b1 1",
        ):
            self.refuses(tidy.check_lines, {path: f"{line}\n"})
        self.refuses(tidy.check_lines, {path: "int x;"}, f"{path}:1: the last line")
        self.refuses(tidy.check_lines, {path: "int x;\n" * 401}, f"{path}:401: 401 lines")

    def test_functions_fit_on_a_screen(self):
        path = "lib/net/stream.cpp"
        body = "    if (x) {\n    }\n" * 40
        long = f"namespace a {{\nclass b {{\nvoid f() {{\n{body}}}\n}};\n}}\n"
        self.refuses(tidy.check_bodies, {path: long}, f"{path}:3: 82 lines")
        many = "namespace a {\n" + "void f() {}\n" * 100 + "}\n"
        self.refuses(tidy.check_bodies, {path: many})

    def test_a_header_compiles_alone(self):
        compiler = [*os.environ.get("CXX", "c++").split(), "-std=c++20"]
        self.assertEqual(self.violations(tidy.check_self_contained, {}, compiler), [])
        path = "include/ringlet/net/stream.hpp"
        needy = {path: "#pragma once\nstd::string name();\n", "include/ringlet/ringlet.hpp": None}
        (found,) = self.violations(tidy.check_self_contained, needy, compiler)
        self.assertTrue(found.startswith(f"{path}:1: does not compile"), found)
        source = {**needy, "lib/net/stream.cpp": "#include <ringlet/net/stream.hpp>\n"}
        self.assertEqual(self.violations(tidy.check_self_contained, source, compiler), [])

    def test_a_program_in_the_documentation_is_one_that_is_built(self):
        program = "#include <ringlet/ringlet.hpp>\n\nint main() {}\n"
        changed = f"# Title\n\n```cpp\n{program.replace('{}', '{ return 0; }')}```\n"
        unknown = "is no program of examples/documented/"
        self.refuses(tidy.check_documented, {"docs/page.md": changed}, f"docs/page.md:3: {unknown}")
        part = f"```cpp\n{program}```\n```cpp\nco_await nothing();\n```\n"
        self.refuses(
            tidy.check_documented, {"README.md": part}, "README.md:6: is no part of a program of examples"
        )
        hidden = {"examples/documented/other.cpp": "int main() { return 1; }\n"}
        self.refuses(tidy.check_documented, hidden, "examples/documented/other.cpp:1: is shown nowhere")
        indented = {"docs/page.md": "- In a list:\n\n  ```cpp\n  int main() { return 1; }\n  ```\n"}
        self.assertEqual(self.violations(tidy.check_documented, {**hidden, **indented}), [])

    def test_threats(self):
        table = {"docs/security.md": "| an attack | **what** | *a ring turns*; *a stream flows* |\n"}
        self.assertEqual(self.violations(tidy.check_threats, table), [])
        wrong = {"docs/security.md": "\n| an attack | what | *a ring turns*; *a ring burns* |\n"}
        self.refuses(tidy.check_threats, wrong, "docs/security.md:2: no test is named 'a ring burns'")
        split = {"tests/net/stream.cpp": 'TEST_CASE("a stream "\n          "flows", "[net]") {}\n'}
        self.assertEqual(self.violations(tidy.check_threats, {**table, **split}), [])

    def test_links(self):
        good = "[a](docs/streams.md), [b](docs/page.md#a-heading-with-code), [c](https://example.org/#d)\n"
        page = "# A heading, with `code`\n\n[up](../README.md) [here](#a-heading-with-code)\n"
        self.assertEqual(self.violations(tidy.check_links, {"README.md": good, "docs/page.md": page}), [])
        self.refuses(
            tidy.check_links,
            {"README.md": good + "\n[e](docs/no.md)\n[f](docs/page.md#none)\n", "docs/page.md": page},
            "README.md:3: leads nowhere: docs/no.md",
            "README.md:4: docs/page.md has no heading for #none",
        )
        self.refuses(tidy.check_links, {"docs/page.md": page, "README.md": "[a](docs/streams.md)\n"},
                     "docs/page.md:1: no page links to it")
        shown = "```\n[a](nowhere.md)\n```\n[b](docs/streams.md)\n"
        self.assertEqual(self.violations(tidy.check_links, {"README.md": shown}), [])


if __name__ == "__main__":
    unittest.main()
