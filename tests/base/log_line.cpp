#include "catch.hpp"

#include <ringlet/base/log.hpp>

#include <algorithm>
#include <climits>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tests::base_log_line {

using ringlet::log_field;
using ringlet::log_level;
using ringlet::log_line;
using ringlet::log_record;

namespace {

/// How `value` is written.
std::string written(std::string_view value) {
    const log_field field{"value", value};
    const log_line line(log_record{log_level::info, "said", {&field, 1}});
    const std::string text(line.text());
    const std::string start = "ringlet: said level=info value=";
    REQUIRE(text.starts_with(start));
    REQUIRE(text.find('\n') == text.size() - 1);
    return text.substr(start.size(), text.size() - start.size() - 1);
}

constexpr std::string_view all_suppressed = " suppressed=18446744073709551615\n";

}  // namespace

TEST_CASE("a line has the message, the fields in order and what was suppressed", "[base]") {
    const std::vector<log_field> fields{{"client", "[::1]:80"}, {"error", "Broken pipe"}};
    CHECK(log_line({log_level::error, "a handler failed", fields}).text() ==
          "ringlet: a handler failed level=error client=[::1]:80 error=\"Broken pipe\"\n");
    CHECK(log_line({log_level::error, "a handler failed", fields, 3}).text() ==
          "ringlet: a handler failed level=error client=[::1]:80 error=\"Broken pipe\" "
          "suppressed=3\n");
    CHECK(log_line({log_level::info, "a handler failed", {}, UINT64_MAX}).text() ==
          "ringlet: a handler failed level=info suppressed=18446744073709551615\n");
    CHECK(log_line({log_level::info, "", {}}).text() == "ringlet:  level=info\n");
}

TEST_CASE("a value is quoted where it would be mistaken otherwise", "[base]") {
    CHECK(written("127.0.0.1:9999") == "127.0.0.1:9999");
    CHECK(written("/run/a_b-c.sock") == "/run/a_b-c.sock");
    CHECK(written("") == R"("")");
    CHECK(written("two words") == R"("two words")");
    CHECK(written("a=b") == R"("a=b")");
    CHECK(written(R"(say "hi")") == R"("say \"hi\"")");
    CHECK(written(R"(C:\n)") == R"("C:\\n")");
}

TEST_CASE("a client can neither forge a line nor command a terminal", "[base]") {
    CHECK(written("x\nringlet: all is well") == R"("x\nringlet: all is well")");
    CHECK(written("a\r\tb") == R"("a\r\tb")");
    CHECK(written("\x1b[2J\x7f") == R"("\x1b[2J\x7f")");
    CHECK(written(std::string_view("\0", 1)) == R"("\x00")");
    CHECK(written("\xc2\x9b"
                  "2J\x9b") == R"("\xc2\x9b2J\x9b")");
    CHECK(written(R"(" level=error x=")") == R"("\" level=error x=\"")");
    // Nor through the rest of a record.
    const log_field field{"a\nb", "c"};
    CHECK(log_line({log_level::info, "d\ne", {&field, 1}}).text() ==
          "ringlet: d\\ne level=info a\\nb=c\n");
}

TEST_CASE("every byte that is not printable is escaped", "[base]") {
    for (int byte = 0; byte <= UCHAR_MAX; ++byte) {
        const char c = static_cast<char>(byte);
        for (const char shown : written({&c, 1}))
            CHECK((shown >= ' ' && shown <= '~'));
    }
}

TEST_CASE("a line is at most what a pipe takes in one piece, and says where it was cut", "[base]") {
    // Of every length around the limit, and of some beyond: plain, quoted, and with escapes that
    // must not be cut.
    const auto [piece, shown] = GENERATE(std::pair("x", "x"), std::pair(" ", " "),
                                         std::pair("\n ", "\\n "), std::pair("\x01", "\\x01"));
    const std::string quote = *piece == 'x' ? "" : "\"";
    std::string value;
    std::string whole = "ringlet: m level=info value=" + quote;
    while (whole.size() < 2 * log_line::size_max) {
        value += piece;
        whole += shown;
        const bool near_the_limit =
            whole.size() >= log_line::size_max - 100 && whole.size() <= log_line::size_max + 100;
        if (!near_the_limit && (whole.size() < log_line::size_max || whole.size() % 41 != 0))
            continue;
        const std::vector<log_field> fields{{"value", value}, {"next", "two words"}};
        const log_line line({log_level::info, "m", fields, UINT64_MAX});
        std::string_view text = line.text();
        REQUIRE(text.size() <= log_line::size_max);
        REQUIRE(text.ends_with(all_suppressed));
        text.remove_suffix(all_suppressed.size());
        const std::string uncut = whole + quote + " next=\"two words\"";
        if (text == uncut)
            continue;
        const auto cut = text.rfind("...");
        REQUIRE(cut != text.npos);
        REQUIRE(uncut.starts_with(text.substr(0, cut)));
        REQUIRE(text.size() > log_line::size_max - 50);
        REQUIRE(std::ranges::count(text, '"') % 2 == 0);
        REQUIRE((text.ends_with("...") || text.ends_with("...\"")));
    }
}

}  // namespace tests::base_log_line
