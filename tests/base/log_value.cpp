#include "catch.hpp"

#include <ringlet/base/log.hpp>
#include <ringlet/net/address.hpp>

#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace tests::base_log_value {

using namespace std::chrono_literals;
using ringlet::log_field;
using ringlet::log_level;
using ringlet::log_line;
using ringlet::log_value;

static_assert(std::is_trivially_copyable_v<log_value>);
static_assert(std::is_trivially_destructible_v<log_value>);
static_assert(!std::is_constructible_v<log_value, std::unique_ptr<int>>);

namespace {

template <class T>
std::string text_of(const T& value) {
    return log_value(value).to_string();
}

struct costly {
    [[nodiscard]] std::string to_string() const { throw std::bad_alloc(); }
};

}  // namespace

TEST_CASE("a field's value is text, a number or a truth", "[base]") {
    CHECK(text_of("literal") == "literal");
    CHECK(text_of(std::string("string")) == "string");
    CHECK(text_of(std::string_view("a\0b", 3)) == std::string("a\0b", 3));
    CHECK(text_of(-1) == "-1");
    CHECK(text_of(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
    CHECK(text_of(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
    CHECK(text_of(std::uint16_t{9999}) == "9999");
    CHECK(text_of(0.5) == "0.5");
    CHECK(text_of(std::numeric_limits<double>::lowest()) == "-1.7976931348623157e+308");
    CHECK(text_of(true) == "true");
    CHECK(text_of(false) == "false");
}

TEST_CASE("a field's value is a duration, with its unit", "[base]") {
    CHECK(text_of(15ns) == "15ns");
    CHECK(text_of(15us) == "15us");
    CHECK(text_of(-250ms) == "-250ms");
    CHECK(text_of(5s) == "5s");
    CHECK(text_of(2min) == "2min");
    CHECK(text_of(1h) == "1h");
    CHECK(text_of(std::chrono::duration<double>(1.5)) == "1.5s");
    CHECK(text_of(std::chrono::duration<double, std::milli>(0.25)) == "0.25ms");
    CHECK(text_of(std::chrono::duration<int, std::ratio<1, 4>>(3)) == "0.75s");
    CHECK(text_of(std::chrono::days(1)) == "86400s");
    CHECK(text_of(std::chrono::nanoseconds::min()) == "-9223372036854775808ns");
}

TEST_CASE("a field's value is an error, or any object that says how it reads", "[base]") {
    CHECK(text_of(std::make_error_code(std::errc::broken_pipe)) == "Broken pipe");
    const auto failure = std::make_exception_ptr(std::runtime_error("out of order"));
    CHECK(text_of(failure) == "out of order");
    CHECK(text_of(std::exception_ptr()) == "no exception");
    CHECK(text_of(ringlet::address("::1", 80)) == "[::1]:80");
    CHECK(text_of(log_level::warning) == "warning");
}

TEST_CASE("fields of every kind are written into a line, quoted where they must be", "[base]") {
    const ringlet::address peer("127.0.0.1", 80);
    const std::initializer_list<log_field> fields{
        {"peer", peer},
        {"after", 15ms},
        {"attempts", 2},
        {"error", std::make_error_code(std::errc::broken_pipe)},
    };
    CHECK(log_line({log_level::info, "gone", fields}).text() ==
          "ringlet: gone level=info peer=127.0.0.1:80 after=15ms attempts=2 "
          "error=\"Broken pipe\"\n");
}

TEST_CASE("a value whose text cannot be made costs neither the line nor the program", "[base]") {
    const costly object;
    const std::initializer_list<log_field> fields{{"object", object}, {"next", 1}};
    CHECK(log_line({log_level::info, "seen", fields}).text() ==
          "ringlet: seen level=info object=? next=1\n");
}

TEST_CASE("a value becomes text only when it is written", "[base]") {
    const costly object;
    const log_field field{"object", object};
    CHECK_NOTHROW(ringlet::log({log_level::debug, "left out by the default log", {&field, 1}}));
    CHECK_THROWS_AS(field.value.to_string(), std::bad_alloc);
}

}  // namespace tests::base_log_value
