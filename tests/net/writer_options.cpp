#include "catch.hpp"
#include "run_virtually.hpp"

#include <ringlet/net/detail/memory_pipe.hpp>
#include <ringlet/net/writer.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace tests::net_writer_options {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::task;

// So that one may be made in a co_await expression: see coro/temporaries.cpp.
static_assert(std::is_trivially_destructible_v<ringlet::writer_options>);

TEST_CASE("a writer's timeout that makes no sense is refused by name", "[net]") {
    run_virtually([](loop&) -> task<> {
        ringlet::detail::memory_pipe pipe;
        for (const std::chrono::milliseconds timeout : {-1ms, std::chrono::milliseconds::max()}) {
            std::string text;
            try {
                const ringlet::writer refused(pipe, {.timeout = timeout});
            } catch (const std::invalid_argument& thrown) {
                text = thrown.what();
            }
            CHECK(text == "writer_options: timeout must be 0 to a year");
        }
        co_return;
    });
}

}  // namespace tests::net_writer_options
