#include "catch.hpp"
#include "run_virtually.hpp"
#include "scripted_stream.hpp"

#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/net/reader.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace tests::net_reader_options {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::reader;
using ringlet::task;

// So that one may be made in a co_await expression: see coro/temporaries.cpp.
static_assert(std::is_trivially_destructible_v<ringlet::reader_options>);

TEST_CASE("a reader's timeout that makes no sense is refused by name", "[net]") {
    run_virtually([](loop&) -> task<> {
        scripted_stream from{incoming("")};
        for (const std::chrono::milliseconds timeout : {-1ms, std::chrono::milliseconds::max()}) {
            std::string text;
            try {
                const reader refused(from, {.timeout = timeout});
            } catch (const std::invalid_argument& thrown) {
                text = thrown.what();
            }
            CHECK(text == "reader_options: timeout must be 0 to a year");
        }
        const reader patient(from, {.timeout = 24h * 365});
        co_return;
    });
}

TEST_CASE("a reader has no memory before the first read, and then what its options say", "[net]") {
    run_virtually([](loop& owner) -> task<> {
        const std::string line(3000, 'x');
        const std::string input = line + "\nshort\nshort\n";
        scripted_stream from(incoming(input), false);
        {
            reader in(from, {.buffer_size = 1024, .piece_max = 3000});
            CHECK(in.buffered().empty());
            const auto first = co_await in.read_line();
            CHECK(first == line);
            const auto second = co_await in.read_line();
            CHECK(second == "short");
        }
        CHECK(owner.core().frames().cached_bytes() >= 1024);
    });
}

}  // namespace tests::net_reader_options
